#!/usr/bin/env bash
# suppress_prefixlength does not suppress an unreachable default route.
#
# Expected: "lookup main suppress_prefixlength 0" takes of the main table what is more specific than a default route and goes on to the next rule for the
#           rest. Whether the default route that it passes over leads through a gateway or says "unreachable" makes no difference.
# Seen:     with an unreachable default route in the main table nothing gets to the next rule; lookups end with EHOSTUNREACH, for IPv4 and for IPv6.
#           Such a route answers the lookup with an error, and fib_rules_lookup in net/core/fib_rules.c asks the suppressor only about lookups
#           without one ("if (!err && ...suppress"). The same holds for blackhole and prohibit; only "throw" goes on.
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
for device in lan vpn; do
  "$ip" link add "${device}0" type veth peer name "${device}1"
  for end in 0 1; do "$ip" link set "$device$end" up; done
done
"$ip" addr add 198.18.88.1/24 dev lan0
"$ip" addr add 198.18.99.1/24 dev vpn0
"$ip" addr add 2001:2:0:88::1/64 dev lan0 nodad
"$ip" addr add 2001:2:0:99::1/64 dev vpn0 nodad
way() { # what a lookup answers: the device, or the error
  "$ip" route get "$1" 2>&1 | sed -nE '1{s/.*( dev [^ ]+).*/\1/;s/^ //;p}'
}
for family in -4 -6; do
  if [[ $family == -4 ]]; then gateway=198.18.88.2; far=198.19.0.1; else gateway=2001:2:0:88::2; far=2001:2:0:77::1; fi
  "$ip" "$family" route add default dev vpn0 table 100
  "$ip" "$family" rule add pref 5001 lookup main suppress_prefixlength 0
  "$ip" "$family" rule add pref 5002 lookup 100
  "$ip" "$family" route add default via "$gateway"
  echo "$far, default via the LAN's gateway: $(way "$far")"
  "$ip" "$family" route del default via "$gateway"
  "$ip" "$family" route add unreachable default
  echo "$far, default unreachable: $(way "$far")"
done
INSIDE
)
seen=$(unshare --net bash -c "$inside" inside "$ip")
echo "Linux $(uname -r), $("$ip" -V)"
echo "$seen"
if [[ $(grep -c 'gateway: dev vpn0' <<<"$seen") == 2 && $(grep -c 'unreachable: .*No route to host' <<<"$seen") == 2 ]]; then
  echo "as found: the default route via the gateway is passed over, the unreachable one is not"
else
  echo "CHANGED: expected lookups to end at the unreachable default route"
  exit 1
fi
