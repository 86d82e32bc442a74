#!/usr/bin/env bash
# Replacing a route cuts the next write of each idle TCP connection that has used it into segments of 36 bytes.
#
# Expected: a route that is replaced by the same one, but for a metric such as rto_min, is taken up by its connections as they send next; their segment size stays what it was, for
#           neither device, MTU nor path has changed.
# Seen:     the next write of 500 bytes leaves in ten or more segments, of 36 bytes each. The kernel hands the cached entry of a route that is gone to blackhole_netdev, whose MTU is 68 (dst_dev_put in
#           net/core/dst.c), and TCP asks that for its segment size before it looks for another route (tcp_current_mss). 68 less headers is less than tcp_min_snd_mss, 48, so of 48
#           less timestamps 36 bytes are left. It lasts until the connection has sent once. Where the route that was replaced told an mtu of its own, nothing is cut.
# With:     Linux 6.18.44 (and 6.1.192 of Debian 12) and iproute2 6.1.0 (Debian 12); needs root or user namespaces. Touches network namespaces of its own only.
set -euo pipefail

version=6.1.0-3
release=3.11.2-6 # of Debian 12's Python, whatever the number of its security update; it is only the tool here
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work" # apt fetches as a user of its own
cd "$work"
apt-get -q download "iproute2=$version" "python3.11-minimal=$release*" "libpython3.11-minimal=$release*" >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" tools; done
ip=$work/tools/bin/ip
[[ -x $ip ]] || ip=$work/tools/sbin/ip
export PYTHONHOME=$work/tools/usr
python=$PYTHONHOME/bin/python3.11

cat >sink.py <<'PYTHON'
import socket
import threading

listener = socket.socket()
listener.bind(("198.18.88.2", 7000))
listener.listen(8)


def swallow(connection):
    while connection.recv(65536):
        pass


while True:
    threading.Thread(target=swallow, args=(listener.accept()[0],), daemon=True).start()
PYTHON
cat >cut.py <<'PYTHON'
import socket
import struct
import subprocess
import sys
import time

ROUTE = "route replace 198.18.88.0/24 dev va proto kernel scope link src 198.18.88.1"
DATA_SEGS_OUT_AT, INFO_BYTES = 156, 160  # struct tcp_info


def ip(words):
    subprocess.run([sys.argv[1], *words.split()], check=True)


def segments(client):
    info = client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, INFO_BYTES)
    return struct.unpack_from("I", info, DATA_SEGS_OUT_AT)[0]


def write(client):
    """Whether a write of 500 bytes leaves in one segment, or in at least ten."""
    before = segments(client)
    client.send(bytes(500))
    time.sleep(0.5)
    count = segments(client) - before
    return "whole" if count == 1 else "cut" if count >= 10 else f"in {count}"


def look(*changes):
    client = socket.create_connection(("198.18.88.2", 7000))
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    write(client)
    for change in changes:
        ip(change)
        time.sleep(0.5)  # the kernel frees the old route when all its processors have looked away (RCU)
    return write(client), write(client)


print("nothing replaced:", *look(), sep=" | ")
print("replaced, another rto_min:", *look(ROUTE + " rto_min 250ms"), sep=" | ")
ip(ROUTE + " rto_min 260ms mtu 1400")
print("the same, the old one told an mtu:", *look(ROUTE + " rto_min 270ms mtu 1400"), sep=" | ")
PYTHON
# Two namespaces, and a veth pair between them.
cat >run.sh <<'SHELL'
set -euo pipefail
ip=$1 python=$2
unshare --net sleep 60 &
other=$!
trap 'kill $(jobs -p)' EXIT
until [[ $(readlink "/proc/$other/ns/net") != $(readlink /proc/self/ns/net) ]]; do sleep 0.05; done
in_other=(nsenter --net="/proc/$other/ns/net")
"$ip" link add va mtu 1400 type veth peer name vb mtu 1400 netns "$other"
"$ip" addr add 198.18.88.1/24 dev va
"$ip" link set va up
"${in_other[@]}" "$ip" addr add 198.18.88.2/24 dev vb
"${in_other[@]}" "$ip" link set vb up
"${in_other[@]}" "$python" -I sink.py &
sleep 2
"$python" -I cut.py "$ip"
SHELL
seen=$(unshare --net bash run.sh "$ip" "$python")
echo "Linux $(uname -r), $("$ip" -V)"
echo "$seen"
as_found="nothing replaced: | whole | whole
replaced, another rto_min: | cut | whole
the same, the old one told an mtu: | whole | whole"
if [[ $seen == "$as_found" ]]; then
  echo "as found: the next write is cut"
else
  echo "CHANGED: expected"
  echo "$as_found"
  exit 1
fi
