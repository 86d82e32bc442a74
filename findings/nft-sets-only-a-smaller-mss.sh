#!/usr/bin/env bash
# nft's "tcp option maxseg size set" sets the MSS only where that lowers it.
#
# Expected: "set" sets, as it does for every other field: after "tcp option maxseg size set 1300" each SYN says 1300, and who wants to lower it alone writes
#           a condition ("tcp option maxseg size gt 1300"), which nft has.
# Seen:     a SYN with 500 keeps 500, one with 1400 gets 1300. nft_exthdr_tcp_set_eval in net/netfilter/nft_exthdr.c leaves a field of two bytes that is not
#           larger than the new value: right for clamping, but the rule is listed and counted as if it had set, and nft(8) does not say it.
# With:     Linux 6.18.44 and nftables 1.0.6 (Debian 12); needs root or user namespaces. Touches a network namespace of its own only.
set -euo pipefail

release=3.11.2-6 # of Debian 12's Python, whatever the number of its security update; it is only the tool here
version=1.0.6-2+deb12u2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work" # apt fetches as a user of its own
cd "$work"
apt-get -q download "nftables=$version" "libnftables1=$version" libnftnl11 libmnl0 libxtables12 libjansson4 libedit2 libbsd0 libmd0 libgmp10 libtinfo6 \
  "python3.11-minimal=$release*" "libpython3.11-minimal=$release*" >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" tools; done
python=$work/tools/usr/bin/python3.11
libraries=(tools/usr/lib/*-linux-gnu)
extra=(tools/lib/*-linux-gnu)
export LD_LIBRARY_PATH=$work/${libraries[0]}:$work/${extra[0]} PYTHONHOME=$work/tools/usr

cat >syn.py <<'PYTHON'
import fcntl
import socket
import struct
import subprocess
import sys

TCP_MAXSEG, ETH_P_IP, PACKET_OUTGOING, SYN = 2, 0x0800, 4, 0x02
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
RULE = "tcp flags syn tcp option maxseg size set 1300"

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
    fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH22x", b"lo", IFF_UP))
table = "add table ip t; add chain ip t out { type filter hook output priority 0; }; add rule ip t out " + RULE
subprocess.run([sys.argv[1], table], check=True)
print(f"rule: {RULE}")
tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP))
tap.bind(("lo", ETH_P_IP))
tap.settimeout(5)
listener = socket.create_server(("127.0.0.1", 0))
for mss in 1400, 500:
    with socket.socket() as client:
        client.setsockopt(socket.IPPROTO_TCP, TCP_MAXSEG, mss)
        client.connect(listener.getsockname())
        while True:
            packet, address = tap.recvfrom(2048)
            if packet[33] == SYN and address[2] != PACKET_OUTGOING:
                break
        kind, _, seen = struct.unpack_from("!BBH", packet, 40)
        print(f"SYN made with {mss}: sent with {seen}" if kind == TCP_MAXSEG else "SYN without MSS first")
PYTHON
nft=$work/tools/usr/sbin/nft
seen=$(unshare --net "$python" -I syn.py "$nft")
echo "Linux $(uname -r), $("$nft" --version)"
echo "$seen"
if [[ $seen == *'with 1400: sent with 1300'*'with 500: sent with 500' ]]; then
  echo "as found: the smaller MSS is left as it was"
else
  echo "CHANGED: expected 1400 to become 1300, and 500 to stay"
  exit 1
fi
