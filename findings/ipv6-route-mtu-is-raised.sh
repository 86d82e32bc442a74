#!/usr/bin/env bash
# The mtu of an IPv6 route is raised by the kernel, when the device's MTU has been below it for a moment.
#
# Expected: "ip -6 route add ... mtu 1400" is what the administrator says of the way. A smaller MTU of the device bounds it meanwhile; when the device
#           has its MTU again, the route has its own, as for IPv4.
# Seen:     with the device at 1300 the route says 1300, and with the device at 1500 again it says 1500. rt6_mtu_change_route in net/ipv6/route.c writes the
#           device's MTU into the route's metric if that is larger, and follows the device upwards once both are the same; nobody keeps the 1400.
#           Only "mtu lock 1400" stays.
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
"$ip" addr add 198.18.88.1/24 dev vpn0
"$ip" route add 198.19.1.0/24 dev vpn0 mtu 1400
"$ip" -6 route add 2001:2:0:1::/64 dev vpn0 mtu 1400
"$ip" -6 route add 2001:2:0:2::/64 dev vpn0 mtu lock 1400
for mtu in 1500 1300 1500; do
  "$ip" link set vpn0 mtu "$mtu"
  echo "device $mtu:" "$({ "$ip" route show 198.19.1.0/24 && "$ip" -6 route show root 2001:2::/47; } | sed -nE 's/^([^ ]+) .*(mtu (lock )?[0-9]+).*/\1 \2/p' | paste -sd,)"
done
INSIDE
)
seen=$(unshare --net bash -c "$inside" inside "$ip")
echo "Linux $(uname -r), $("$ip" -V)"
echo "$seen"
as_found="device 1500: 198.19.1.0/24 mtu 1400,2001:2:0:1::/64 mtu 1400,2001:2:0:2::/64 mtu lock 1400
device 1300: 198.19.1.0/24 mtu 1400,2001:2:0:1::/64 mtu 1300,2001:2:0:2::/64 mtu lock 1400
device 1500: 198.19.1.0/24 mtu 1400,2001:2:0:1::/64 mtu 1500,2001:2:0:2::/64 mtu lock 1400"
if [[ $seen == "$as_found" ]]; then
  echo "as found: the route that said 1400 says 1500"
else
  echo "CHANGED: expected"
  echo "$as_found"
  exit 1
fi
