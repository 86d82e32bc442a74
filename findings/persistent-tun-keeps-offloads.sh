#!/usr/bin/env bash
# A persistent TUN device keeps the offloads of its last user, and gives the next one, who knows of none, packets that are larger than the MTU.
#
# Expected: offloads are for readers with a virtio header, which says how to cut a packet and finish its checksum. Who opens the device without IFF_VNET_HDR,
#           and never asked for offloads, reads packets of at most the MTU with checksums that are right.
# Seen:     after a first user with IFF_VNET_HDR and TUNSETOFFLOAD has closed the device, a second one without a header reads TCP segments of several times
#           the MTU whose checksums are not finished, and no word of either. tun_set_iff in drivers/net/tun.c takes over the flags of the new
#           user and leaves the features that set_offload gave the device; TUNSETOFFLOAD with 0 is what each user has to begin with. The header
#           length (TUNSETVNETHDRSZ) stays too.
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

cat >persistent.py <<'PYTHON'
import fcntl
import os
import select
import socket
import struct

TUNSETIFF, TUNSETPERSIST, TUNSETOFFLOAD = 0x400454CA, 0x400454CB, 0x400454D0
IFF_TUN, IFF_NO_PI, IFF_VNET_HDR = 0x1, 0x1000, 0x4000
TUN_F_CSUM, TUN_F_TSO4 = 0x1, 0x2
SIOCSIFFLAGS, SIOCSIFADDR, SIOCSIFNETMASK, SIOCGIFMTU, IFF_UP = 0x8914, 0x8916, 0x891C, 0x8921, 1
SYN, ACK = 0x02, 0x10
HOST, PEER = socket.inet_aton("198.18.0.1"), socket.inet_aton("198.18.0.2")


def opened(flags):
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", b"vpn0", flags))
    return device


def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def tcp_sum(source, destination, segment):
    return checksum(source + destination + struct.pack("!HH", 6, len(segment)) + segment)


def next_segment(device, port):
    while select.select([device], [], [], 5)[0]:
        packet = os.read(device, 70000)
        if packet[0] == 0x45 and packet[9] == socket.IPPROTO_TCP and packet[22:24] == struct.pack("!H", port):
            return packet
    raise TimeoutError("no segment was sent in 5 s")


def largest_read(device, port):
    """Plays the peer of a connection through the device, and reads what the kernel sends of 8000 bytes at first."""
    with socket.socket() as client:
        client.setblocking(False)
        client.connect_ex(("198.18.0.2", port))
        ours, _, sequence = struct.unpack_from("!HHI", next_segment(device, port), 20)
        mss = struct.pack("!BBH", 2, 4, 1460)
        segment = struct.pack("!HHIIBBHHH", port, ours, 1, sequence + 1, 6 << 4, SYN | ACK, 65535, 0, 0) + mss
        segment = segment[:16] + struct.pack("!H", tcp_sum(PEER, HOST, segment)) + segment[18:]
        header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 44, 0, 0, 64, 6, 0, PEER, HOST)
        os.write(device, header[:10] + struct.pack("!H", checksum(header)) + header[12:] + segment)
        next_segment(device, port)  # the ACK of the handshake
        client.send(bytes(8000))
        packet = next_segment(device, port)
        right = tcp_sum(packet[12:16], packet[16:20], packet[20:]) == 0
        return f"{'more' if len(packet) > 1500 else 'no more'} than the MTU, checksum {'right' if right else 'unfinished'}"


device = opened(IFF_TUN | IFF_NO_PI)
fcntl.ioctl(device, TUNSETPERSIST, 1)
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
    for request, address in (SIOCSIFADDR, "198.18.0.1"), (SIOCSIFNETMASK, "255.255.255.0"):
        fcntl.ioctl(control, request, struct.pack("16sH2x4s16x", b"vpn0", socket.AF_INET, socket.inet_aton(address)))
    fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH22x", b"vpn0", IFF_UP))
    print("MTU", struct.unpack_from("=i", fcntl.ioctl(control, SIOCGIFMTU, struct.pack("16s24x", b"vpn0")), 16)[0])
print("a user without header reads", largest_read(device, 1001))
os.close(device)

device = opened(IFF_TUN | IFF_NO_PI | IFF_VNET_HDR)
fcntl.ioctl(device, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4)
os.close(device)

device = opened(IFF_TUN | IFF_NO_PI)
print("a user without header, after one with header and offloads, reads", largest_read(device, 1002))
fcntl.ioctl(device, TUNSETOFFLOAD, 0)
print("having turned the offloads off it reads", largest_read(device, 1003))
PYTHON
seen=$(unshare --net "$python" -I persistent.py)
echo "Linux $(uname -r), $("$python" --version)"
echo "$seen"
as_found=$(
  cat <<'LINES'
MTU 1500
a user without header reads no more than the MTU, checksum right
a user without header, after one with header and offloads, reads more than the MTU, checksum unfinished
having turned the offloads off it reads no more than the MTU, checksum right
LINES
)
if [[ $seen == "$as_found" ]]; then
  echo "as found: the second user gets the first one's offloads"
else
  echo "CHANGED: expected"
  echo "$as_found"
  exit 1
fi
