#!/usr/bin/env bash
# A Lua dissector that asks TCP for exactly the bytes that it lacks, twice for one message, shows that message in one pass, and not in two.
#
# Expected: pinfo.desegment_len tells how many more bytes a message needs, and a dissector may ask for the rest of a header, then for the rest of
#           the message. A second pass, "-2" or a click in the window, shows what the first did.
# Seen:     a message of 7 bytes whose header of 4 is cut behind 2: the first pass asks for 2 bytes, then for 3, both of which are in the next segment,
#           and shows the message. The second pass shows nothing of it. With DESEGMENT_ONE_MORE_SEGMENT in place of the first count both passes show it.
# With:     tshark 4.0.17 (Debian 12, package tshark 4.0.17-0+deb12u3). Valid segments; needs no privilege and no network.
set -euo pipefail

release=4.0.17
found=$({ tshark --version 2>/dev/null || true; } | head -1)
if [[ $found != *"$release"* ]]; then
  echo "skipped: wants tshark $release (apt-get install tshark=$release-0+deb12u3), found: ${found:-none}"
  exit 0
fi
echo "$found"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >lua <<'END'
local protocol = Proto("counted", "A length of four bytes, and so many more")
local message = ProtoField.bytes("counted.message", "Message")
protocol.fields = { message }
local asks_exactly = os.getenv("ASKS") == "exactly"
function protocol.dissector(tvb, pinfo, tree)
  local at = 0
  while at < tvb:len() do
    local there = tvb:len() - at
    local missing = there < 4 and 4 - there or math.max(0, 4 + tvb(at, 4):uint() - there)
    if missing > 0 then
      pinfo.desegment_offset = at
      pinfo.desegment_len = (asks_exactly or there >= 4) and missing or DESEGMENT_ONE_MORE_SEGMENT
      return tvb:len()
    end
    local bytes = 4 + tvb(at, 4):uint()
    tree:add(message, tvb(at, bytes))
    at = at + bytes
  end
  return tvb:len()
end
DissectorTable.get("tcp.port"):add(9999, protocol)
END
printf 'O\n0000 00 00\nO\n0000 00 03 01 02 03\nO\n0000 00 00 00 01 04\n' >segments
text2pcap -q -D -T 1000,9999 -4 198.18.0.1,198.18.0.2 segments segments.pcap 2>/dev/null

messages() {
  ASKS=$1 timeout 60 tshark -n -X lua_script:lua -r segments.pcap "${@:2}" -T fields -e counted.message 2>/dev/null | paste -sd, -
}
seen="exactly, one pass: $(messages exactly)
exactly, two passes: $(messages exactly -2)
one more segment, one pass: $(messages segment)
one more segment, two passes: $(messages segment -2)"
echo "$seen"
as_found="exactly, one pass: ,00000003010203,0000000104
exactly, two passes: ,,0000000104
one more segment, one pass: ,00000003010203,0000000104
one more segment, two passes: ,00000003010203,0000000104"
if [[ $seen == "$as_found" ]]; then
  echo "as found: the second pass loses the message that was asked for twice within one segment"
else
  echo "CHANGED: expected"
  echo "$as_found"
  exit 1
fi
