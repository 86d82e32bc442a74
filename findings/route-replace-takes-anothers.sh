#!/usr/bin/env bash
# "ip route replace" of a device's own route takes a route of another device away.
#
# Expected: "ip route replace 198.18.88.0/24 dev vpn0 rto_min 300ms" changes the route through vpn0 that is there, which the kernel made when vpn0 got its
#           address; the LAN's route through lan0, to the same network, stays.
# Seen:     the LAN's route is gone, and there are two through vpn0. For IPv4 a route is told from another by network, type of service and metric
#           alone (fib_table_insert in net/ipv4/fib_trie.c); routes that the kernel makes for addresses all have metric 0, so replace takes the
#           first, whosever it is, and neither proto, nor src, nor dev in the command says otherwise.
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
set -euo pipefail
ip=$1
"$ip" link add lan0 type veth peer name lan1
"$ip" link add vpn0 type veth peer name vpn1
for device in lan0 lan1 vpn0 vpn1; do "$ip" link set "$device" up; done
"$ip" addr add 198.18.88.1/24 dev lan0
"$ip" addr add 198.18.88.9/24 dev vpn0
echo "before:"
"$ip" -4 route show
"$ip" route replace 198.18.88.0/24 dev vpn0 proto kernel scope link src 198.18.88.9 rto_min 300ms
echo "after the replacement of the route through vpn0:"
"$ip" -4 route show
INSIDE
)
seen=$(unshare --net bash -c "$inside" inside "$ip")
echo "Linux $(uname -r), $("$ip" -V)"
echo "$seen"
left=$(sed '1,/^after/d' <<<"$seen")
if [[ $left != *'dev lan0 '* && $left == *'dev vpn0 '* ]]; then
  echo "as found: the route through lan0 is gone"
else
  echo "CHANGED: expected the route through lan0 to be replaced"
  exit 1
fi
