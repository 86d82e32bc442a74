#!/usr/bin/env bash
# The TCP segments that text2pcap makes have no flags at all, unless their direction is given.
#
# Expected: "text2pcap -T 1000,2000" puts data into segments like those of a connection: ACK is set, which every segment but the first SYN has to have
#           (RFC 9293, section 3.10.7.4: without it a receiver drops the segment). -D only says which side sends.
# Seen:     without -D no flag is set, and the segments are ones that no TCP would take; with -D they have ACK. The header's flags are set only where a
#           direction was read (ui/text_import.c). Decoders follow such a stream and say "[<None>]", a kernel that it is replayed to ignores it.
# With:     text2pcap 4.0.17 and tcpdump 4.99.3 (Debian 12); needs root or user namespaces. Touches a network namespace of its own only.
set -euo pipefail

release=4.0.17-0+deb12u3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work" # apt fetches as a user of its own
cd "$work"
apt-get -q download "wireshark-common=$release" "libwireshark16=$release" "libwiretap13=$release" "libwsutil14=$release" \
  tcpdump=4.99.3-1 libpcap0.8=1.10.3-1 libssl3 libdbus-1-3 libglib2.0-0 libpcre2-8-0 libbrotli1 libc-ares2 libgcrypt20 libgpg-error0 libgnutls30 \
  libkrb5-3 libk5crypto3 libkrb5support0 libkeyutils1 libxml2 libicu72 liblua5.2-0 liblz4-1 libnghttp2-14 libsmi2ldbl libsnappy1v5 libzstd1 \
  libp11-kit0 libidn2-0 libunistring2 libtasn1-6 libnettle8 libhogweed6 libgmp10 libffi8 libcom-err2 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" tools; done
libraries=(tools/usr/lib/*-linux-gnu)
extra=(tools/lib/*-linux-gnu)
export LD_LIBRARY_PATH=$work/${libraries[0]}:$work/${extra[0]}
text2pcap=$work/tools/usr/bin/text2pcap

{ "$text2pcap" --version 2>/dev/null || true; } | head -1
printf '0000 01 02 03\n0000 04 05\n' >plain
printf 'O\n0000 01 02 03\nO\n0000 04 05\n' >directed
unshare --net "$text2pcap" -q -F pcap -T 1000,2000 plain plain.pcap
unshare --net "$text2pcap" -q -F pcap -D -T 1000,2000 directed directed.pcap
seen=$(for file in plain directed; do
  flags=$(unshare --net tools/usr/bin/tcpdump -Z root -ntr "$file.pcap" 2>/dev/null | sed -E 's/.*Flags (\[[^]]*\]).*length ([0-9]+).*/\1 with \2 bytes/' | paste -sd, -)
  echo "$file: $flags"
done)
echo "$seen"
as_found="plain: [none] with 3 bytes,[none] with 2 bytes
directed: [.] with 3 bytes,[.] with 2 bytes"
if [[ $seen == "$as_found" ]]; then
  echo "as found: ACK is set only where the direction is given"
else
  echo "CHANGED: expected"
  echo "$as_found"
  exit 1
fi
