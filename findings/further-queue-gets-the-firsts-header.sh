#!/usr/bin/env bash
# A further queue of a TUN device gets the header of the first, whatever it asks for, and is told that it has what it asked for.
#
# Expected: TUNSETIFF for a second queue without IFF_VNET_HDR, where the first queue has it, is refused with EINVAL, as it is when IFF_MULTI_QUEUE differs;
#           or else each queue has the header that it asked for.
# Seen:     it succeeds, and the ifreq comes back with the flags that were asked for. Yet what is read has the first queue's ten bytes of header, and what
#           is written without one is misread, here refused. Once a queue is there, tun_set_iff in drivers/net/tun.c returns before it looks at the other
#           flags, which belong to the device; only TUNGETIFF tells the truth. The same holds for the packet information (IFF_NO_PI).
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

cat >queues.py <<'PYTHON'
import fcntl
import os
import select
import socket
import struct

TUNSETIFF, TUNGETIFF, TUNSETQUEUE = 0x400454CA, 0x800454D2, 0x400454D9
IFF_TUN, IFF_MULTI_QUEUE, IFF_NO_PI, IFF_VNET_HDR, IFF_DETACH_QUEUE = 0x1, 0x100, 0x1000, 0x4000, 0x400
SIOCSIFFLAGS, SIOCSIFADDR, SIOCSIFNETMASK, IFF_UP = 0x8914, 0x8916, 0x891C, 1


def queue(flags):
    """A queue of vpn0, and the flags that TUNSETIFF leaves in the request."""
    opened = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    answer = fcntl.ioctl(opened, TUNSETIFF, struct.pack("16sH22x", b"vpn0", flags))
    return opened, struct.unpack("16sH22x", answer)[1]


def flags_of(opened):
    return struct.unpack("16sH22x", fcntl.ioctl(opened, TUNGETIFF, bytes(40)))[1]


def say(flags):
    return "with the virtio header" if flags & IFF_VNET_HDR else "without the virtio header"


first, _ = queue(IFF_TUN | IFF_NO_PI | IFF_MULTI_QUEUE | IFF_VNET_HDR)
asked = IFF_TUN | IFF_NO_PI | IFF_MULTI_QUEUE
second, answered = queue(asked)
print(f"first queue: {say(flags_of(first))}")
print(f"second queue: asked {say(asked)}, TUNSETIFF answers {say(answered)}, TUNGETIFF {say(flags_of(second))}")
fcntl.ioctl(first, TUNSETQUEUE, struct.pack("16sH22x", b"", IFF_DETACH_QUEUE))  # so that packets go to the second
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
    for request, address in (SIOCSIFADDR, "198.18.0.1"), (SIOCSIFNETMASK, "255.255.255.0"):
        fcntl.ioctl(sender, request, struct.pack("16sH2x4s16x", b"vpn0", socket.AF_INET, socket.inet_aton(address)))
    fcntl.ioctl(sender, SIOCSIFFLAGS, struct.pack("16sH22x", b"vpn0", IFF_UP))
    sender.sendto(b"x" * 100, ("198.18.0.2", 9))
while select.select([second], [], [], 5)[0]:
    packet = os.read(second, 2048)
    if packet[-100:] == b"x" * 100:
        print(f"a packet of 128 bytes is read by the second as {len(packet)}, IPv4 begins at byte {len(packet) - 128}")
        break
try:
    os.write(second, packet[-128:])
    print("written without header: taken")
except OSError as refused:
    print(f"written without header: {refused.strerror}")
PYTHON
seen=$(unshare --net "$python" -I queues.py)
echo "Linux $(uname -r), $("$python" --version)"
echo "$seen"
as_found=$(
  cat <<'LINES'
first queue: with the virtio header
second queue: asked without the virtio header, TUNSETIFF answers without the virtio header, TUNGETIFF with the virtio header
a packet of 128 bytes is read by the second as 138, IPv4 begins at byte 10
written without header: Invalid argument
LINES
)
if [[ $seen == "$as_found" ]]; then
  echo "as found: the second queue has a header that it did not ask for"
else
  echo "CHANGED: expected"
  echo "$as_found"
  exit 1
fi
