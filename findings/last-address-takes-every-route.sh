#!/usr/bin/env bash
# The removal of a device's last IPv4 address removes every IPv4 route through it, also those that can be added again without one.
#
# Expected: "ip addr del" takes the routes that the kernel made for the address, and those that prefer it as their source. A static route through the
#           device that names no source stays, as it does for IPv6: it can be added to a device that has no address at all.
# Seen:     every such route of every table is gone, whoever made it, and the very command that made it succeeds a moment later.
#           Without addresses IPv4 is turned off for the device (fib_inetaddr_event calls fib_disable_ip in net/ipv4/fib_frontend.c). The removal of
#           the first of two addresses in one network does it too, since the second goes with it, unless promote_secondaries is set. Only a
#           route by a nexthop object stays, which shows that it need not be so.
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
"$ip" link add vpn0 type veth peer name vpn1
for device in vpn0 vpn1; do "$ip" link set "$device" up; done
routes() {
  { "$ip" route show table 100 2>/dev/null && "$ip" route show dev vpn0 && "$ip" -6 route show dev vpn0; } | grep 'proto static' || echo "none"
}
prepare() {
  "$ip" route replace 198.19.1.0/24 dev vpn0 proto static
  "$ip" route replace 198.19.2.0/24 dev vpn0 proto static table 100
}
"$ip" addr add 198.18.88.1/24 dev vpn0
"$ip" addr add 2001:2:0:88::1/64 dev vpn0 nodad
"$ip" -6 route add 2001:2:0:99::/64 dev vpn0 proto static
"$ip" nexthop add id 5 dev vpn0
"$ip" route add 198.19.3.0/24 nhid 5 proto static
prepare
echo "before:"
routes
"$ip" addr del 198.18.88.1/24 dev vpn0
"$ip" addr del 2001:2:0:88::1/64 dev vpn0
echo "after the removal of the only addresses:"
routes
prepare
echo "added again, without an address:"
routes
"$ip" addr add 198.18.88.1/24 dev vpn0
"$ip" addr add 198.18.88.2/24 dev vpn0
echo 0 >/proc/sys/net/ipv4/conf/vpn0/promote_secondaries
"$ip" addr del 198.18.88.1/24 dev vpn0
echo "after the removal of the first of two:"
routes
INSIDE
)
seen=$(unshare --net bash -c "$inside" inside "$ip")
echo "Linux $(uname -r), $("$ip" -V)"
echo "$seen"
removed=$(sed '1,/^after the removal of the only/d; /^added again/,$d' <<<"$seen")
again=$(sed '1,/^added again/d; /^after/,$d' <<<"$seen")
first=$(sed '1,/^after the removal of the first/d' <<<"$seen")
if [[ $removed != *198.19.[12].* && $removed == *198.19.3.0*2001:2:0:99::/64* && $again == *198.19.2.0*198.19.1.0* && $first != *198.19.[12].* ]]; then
  echo "as found: the IPv4 routes are gone with the last address, the IPv6 route stays"
else
  echo "CHANGED: expected the IPv4 routes to go with the last address"
  exit 1
fi
