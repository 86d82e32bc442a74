#!/usr/bin/env bash
# The mtu of a route beats the device's: the kernel sends packets that are larger than the MTU of the device.
#
# Expected: a route's mtu can only lower the MTU, since no packet larger than the device's leaves through it: of "mtu 9000" on a device with 1500, nothing
#           is seen but packets of 1500.
# Seen:     datagrams of 5000 bytes leave in one packet, for IPv4 and IPv6. The metric is used as it is where there is one (ip_dst_mtu_maybe_forward in
#           include/net/ip.h, ip6_mtu in net/ipv6/route.c), and what is not cut by it is not held against the device. It is accepted without a word,
#           and for IPv4 it happens as well when the device's MTU is lowered below the mtu of a route that was there.
# With:     Linux 6.18.44 and iproute2 6.1.0 (Debian 12); needs root or user namespaces. Touches a network namespace of its own only.
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

cat >mtu.py <<'PYTHON'
import fcntl
import os
import select
import socket
import struct
import subprocess
import sys

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x1, 0x1000
UDP, FRAGMENT = 17, 44


def ip(words):
    subprocess.run([sys.argv[1], *words.split()], check=True)


def sent(family, destination, size):
    """The lengths of the packets in which a datagram of so many bytes leaves through the device."""
    header = 28 if family == socket.AF_INET else 48
    with socket.socket(family, socket.SOCK_DGRAM) as sender:
        sender.sendto(bytes(size - header), (destination, 9))
    lengths = []
    while select.select([device], [], [], 0.3)[0]:
        packet = os.read(device, 70000)
        protocol = packet[9] if packet[0] >> 4 == 4 else packet[6]
        if protocol in (UDP, FRAGMENT):  # not what IPv6 says of its own accord
            lengths.append(len(packet))
    return lengths


device = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", b"vpn0", IFF_TUN | IFF_NO_PI))
ip("addr add 198.18.88.1/24 dev vpn0")
ip("addr add 2001:2:0:88::1/64 dev vpn0 nodad")
ip("link set vpn0 up mtu 1500")
ip("route add 198.19.0.0/24 dev vpn0")
ip("route add 198.19.1.0/24 dev vpn0 mtu 9000")
ip("route add 198.19.2.0/24 dev vpn0 mtu 1400")
ip("-6 route add 2001:2:0:1::/64 dev vpn0 mtu 9000")
print("device 1500, IPv4 route without mtu:", sent(socket.AF_INET, "198.19.0.1", 5000))
print("device 1500, IPv4 route with mtu 9000:", sent(socket.AF_INET, "198.19.1.1", 5000))
print("device 1500, IPv6 route with mtu 9000:", sent(socket.AF_INET6, "2001:2:0:1::1", 5000))
ip("link set vpn0 mtu 1300")
print("device lowered to 1300, IPv4 route with mtu 1400:", sent(socket.AF_INET, "198.19.2.1", 1400))
PYTHON
seen=$(unshare --net "$python" -I mtu.py "$ip")
echo "Linux $(uname -r), $("$ip" -V)"
echo "$seen"
as_found="device 1500, IPv4 route without mtu: [1500, 1500, 1500, 560]
device 1500, IPv4 route with mtu 9000: [5000]
device 1500, IPv6 route with mtu 9000: [5000]
device lowered to 1300, IPv4 route with mtu 1400: [1400]"
if [[ $seen == "$as_found" ]]; then
  echo "as found: packets larger than the device's MTU leave through it"
else
  echo "CHANGED: expected"
  echo "$as_found"
  exit 1
fi
