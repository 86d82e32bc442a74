#!/usr/bin/env bash
# Turning TCP_REPAIR on and off again sends a segment, and so makes the peer acknowledge at once.
#
# Expected: TCP_REPAIR, made for saving and restoring sockets, is local. On an idle connection of which nothing is saved or changed, to turn it on
#           and off puts nothing on the wire.
# Seen:     turning it off sends one segment without data and with a sequence number one too low, and the peer answers with an ACK that tells its present
#           window: do_tcp_setsockopt in net/ipv4/tcp.c calls tcp_send_window_probe (net/ipv4/tcp_output.c), as a restored socket may have to learn the
#           window. TCP_REPAIR_OFF_NO_WP (-1) does not. So it is a way to ask for an ACK without sending data.
# With:     Linux 6.18.44 (Python 3.11.2 of Debian 12 speaks to it); needs root or user namespaces. Touches a network namespace of its own only.
set -euo pipefail

release=3.11.2-6 # of Debian 12's Python, whatever the number of its security update; it is only the tool here
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work" # apt fetches as a user of its own
cd "$work"
apt-get -q download "python3.11-minimal=$release*" "libpython3.11-minimal=$release*" >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" tools; done
export PYTHONHOME=$work/tools/usr
python=$PYTHONHOME/bin/python3.11

cat >repair.py <<'PYTHON'
import fcntl
import socket
import struct

TCP_REPAIR, ON, OFF, OFF_WITHOUT_PROBE = 19, 1, 0, -1
ETH_P_IP, PACKET_OUTGOING = 0x0800, 4
SIOCSIFFLAGS, IFF_UP = 0x8914, 1

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
    fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH22x", b"lo", IFF_UP))
tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP))
tap.bind(("lo", ETH_P_IP))
listener = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(listener.getsockname())
server, _ = listener.accept()
last = {}  # the next sequence number of each port


def segments():
    """What was on the wire until it was quiet for a third of a second, which is longer than an ACK may be delayed."""
    tap.settimeout(0.33)
    seen = []
    try:
        while True:
            packet, address = tap.recvfrom(2048)
            if address[2] == PACKET_OUTGOING:  # loopback: each is seen twice
                continue
            port, _, sequence, _, offset, flags = struct.unpack_from("!HHIIBB", packet, 20)
            length = len(packet) - 20 - (offset >> 4) * 4
            expected = last.get(port, sequence)
            last[port] = max(expected, sequence + length + (flags & 3 != 0))
            who = "client" if port == client.getsockname()[1] else "server"
            seen.append(f"{who}: {length} bytes at {sequence - expected:+d}")
    except TimeoutError:
        return seen


client.send(b"there")
server.recv(5)
segments()
for name, off in ("off", OFF), ("off without a probe", OFF_WITHOUT_PROBE):
    client.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, ON)
    print(f"on: {segments()}")
    client.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, off)
    print(f"{name}: {segments()}")
PYTHON
seen=$(unshare --net "$python" -I repair.py)
echo "Linux $(uname -r), $("$python" --version)"
echo "$seen"
as_found=$(
  cat <<'LINES'
on: []
off: ['client: 0 bytes at -1', 'server: 0 bytes at +0']
on: []
off without a probe: []
LINES
)
if [[ $seen == "$as_found" ]]; then
  echo "as found: a segment goes out, and the peer acknowledges it"
else
  echo "CHANGED: expected"
  echo "$as_found"
  exit 1
fi
