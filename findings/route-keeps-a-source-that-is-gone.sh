#!/usr/bin/env bash
# A route in a table of its own keeps an address as its source that the host has no more.
#
# Expected: when an IPv4 address is removed, the routes that prefer it as source go, as they do from the main table: such a route cannot even be added
#           without the address, so it should not be able to stay.
# Seen:     the route in the main table goes, the one in table 100 stays, and "ip route get" answers with the address that is gone: new connections by that
#           table start from it and get no answer. fib_sync_down_addr in net/ipv4/fib_semantics.c compares the table of the device, which is the main
#           table (or that of its VRF), with the route's, so routes in tables of policy rules are never looked at.
# With:     Linux 6.18.44 and iproute2 6.1.0 (Debian 12); needs root or user namespaces. Touches a network namespace of its own only.
set -euo pipefail

version=6.1.0-3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work" # apt fetches as a user of its own
cd "$work"
apt-get -q download "iproute2=$version" >/dev/null 2>&1
dpkg -x iproute2_*.deb tools
ip=$work/tools/bin/ip
[[ -x $ip ]] || ip=$work/tools/sbin/ip

inside=$(cat <<'INSIDE'
set -uo pipefail
ip=$1
for pair in 0 1; do
  "$ip" link add "vpn$pair" type veth peer name "far$pair"
  for device in vpn far; do "$ip" link set "$device$pair" up; done
done
"$ip" addr add 198.18.88.1/24 dev vpn0
"$ip" addr add 198.18.99.9/32 dev vpn1
"$ip" rule add pref 5001 fwmark 1 lookup 100
"$ip" route add 198.19.1.0/24 dev vpn0 src 198.18.99.9
"$ip" route add 198.19.1.0/24 dev vpn0 src 198.18.99.9 table 100
"$ip" addr del 198.18.99.9/32 dev vpn1
echo "in the main table: $("$ip" route show 198.19.1.0/24)."
echo "in table 100: $("$ip" route show 198.19.1.0/24 table 100)."
echo "a lookup by table 100: $("$ip" route get 198.19.1.1 mark 1 | head -1)"
echo "its source is local: $("$ip" route show table local 198.18.99.9)."
echo "the same added once more: $("$ip" route add 198.19.2.0/24 dev vpn0 src 198.18.99.9 table 100 2>&1)"
INSIDE
)
seen=$(unshare --net bash -c "$inside" inside "$ip")
echo "Linux $(uname -r), $("$ip" -V)"
echo "$seen"
if [[ $seen == *'main table: .'* && $seen == *'table 100: 198.19.1.0/24'*'src 198.18.99.9'*'lookup'*'src 198.18.99.9'*'local: .'*'Invalid'* ]]; then
  echo "as found: the route in table 100 keeps the source that is gone"
else
  echo "CHANGED: expected the route in table 100 to stay, and that in the main table to go"
  exit 1
fi
