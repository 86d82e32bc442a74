#!/usr/bin/env bash
# libpcap refuses a capture of two TUN devices, because the second is of the same link type as the first.
#
# Expected: pcapng files with several interfaces can be read by libpcap as long as all have the same link type, be it Ethernet or raw IP, which is
#           what a TUN device has (LINKTYPE_RAW, 101).
# Seen:     with two of raw IP: "an interface has a type 101 different from the type of the first interface", though that is 101 too. The first one's is
#           kept as the DLT_ value that programs see, which for raw IP is 12, and the second one's is compared with it as it is in the file
#           (pcap_ng_check_header and pcap_ng_next_packet in sf-pcapng.c). Ethernet is 1 in both. "mergecap -F pcap" is a way round it.
# With:     libpcap 1.10.3 and tcpdump 4.99.3 (Debian 12); needs root or user namespaces. Touches a network namespace of its own only.
set -euo pipefail

release=3.11.2-6 # of Debian 12's Python, whatever the number of its security update; it only writes the files here
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work" # apt fetches as a user of its own
cd "$work"
apt-get -q download tcpdump=4.99.3-1 libpcap0.8=1.10.3-1 "libssl3=3.0.*" "libdbus-1-3=1.14.*" \
  "python3.11-minimal=$release*" "libpython3.11-minimal=$release*" >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" tools; done
libraries=(tools/usr/lib/*-linux-gnu)
tcpdump() { LD_LIBRARY_PATH=$work/${libraries[0]} unshare --net "$work/tools/usr/bin/tcpdump" -Z root "$@"; }

cat >capture.py <<'PYTHON'
import socket
import struct


def block(kind, body):
    body += bytes(-len(body) % 4)
    return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)


def capture(name, interfaces):
    """A pcapng file (one section) with a UDP datagram from each interface, given as link type and snapshot length."""
    host, peer = socket.inet_aton("198.18.0.1"), socket.inet_aton("198.18.0.2")
    packet = struct.pack("!BBHIBBH", 0x45, 0, 28, 0, 64, 17, 0) + host + peer + struct.pack("!4H", 1000, 2000, 8, 0)
    with open(name, "wb") as file:
        file.write(block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)))
        for link_type, snapshot_length in interfaces:
            file.write(block(1, struct.pack("<HHI", link_type, 0, snapshot_length)))
        for number, (link_type, _) in enumerate(interfaces):
            frame = (struct.pack("!6s6sH", b"\2" * 6, b"\2" * 6, 0x0800) if link_type == 1 else b"") + packet
            file.write(block(6, struct.pack("<5I", number, 0, number + 1, len(frame), len(frame)) + frame))


capture("one-raw.pcapng", [(101, 262144)])
capture("two-ethernet.pcapng", [(1, 262144)] * 2)
capture("two-raw.pcapng", [(101, 262144)] * 2)
PYTHON
PYTHONHOME=$work/tools/usr tools/usr/bin/python3.11 -I capture.py
tcpdump --version 2>&1 | grep version
seen=$(for file in one-raw two-ethernet two-raw; do
  echo "$file: $(tcpdump -nttr "$file.pcapng" 2>&1 | grep -v '^reading' | tr '\n' ';')"
done)
echo "$seen"
datagram="IP 198.18.0.1.1000 > 198.18.0.2.2000: UDP, length 0"
as_found="one-raw: 0.000001 $datagram;
two-ethernet: 0.000001 $datagram;0.000002 $datagram;
two-raw: tcpdump: pcap_loop: an interface has a type 101 different from the type of the first interface;"
if [[ $seen == "$as_found" ]]; then
  echo "as found: the capture with two interfaces of raw IP is refused"
else
  echo "CHANGED: expected"
  echo "$as_found"
  exit 1
fi
