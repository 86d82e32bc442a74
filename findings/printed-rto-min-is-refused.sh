#!/usr/bin/env bash
# "ip route show" prints a route with rto_min in words that "ip route add" refuses.
#
# Expected: what "ip route show" prints of a route can be given to "ip route add" to make it again, as scripts that save and restore routes do.
# Seen:     a route added with "rto_min 300ms" is printed as "rto_min lock 300ms", and that is refused: '"rto_min" value is invalid'. The value counts only
#           when it is locked, so iproute_modify in ip/iproute.c locks it unasked and takes no word "lock" for it; print_rta_metrics in the same
#           file prints the word for every locked metric.
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
"$ip" link add vpn0 type veth peer name vpn1
for device in vpn0 vpn1; do "$ip" link set "$device" up; done
"$ip" addr add 198.18.88.1/24 dev vpn0
"$ip" route add 198.19.1.0/24 dev vpn0 rto_min 300ms
printed=$("$ip" route show 198.19.1.0/24)
echo "printed: $printed"
"$ip" route del 198.19.1.0/24
read -ra words <<<"$printed"
"$ip" route add "${words[@]}" 2>&1
echo "added again: exit $?"
INSIDE
)
seen=$(unshare --net bash -c "$inside" inside "$ip")
echo "Linux $(uname -r), $("$ip" -V)"
echo "$seen"
if [[ $seen == *'rto_min lock 300ms'* && $seen == *'"rto_min" value is invalid'* && $seen != *'exit 0'* ]]; then
  echo "as found: the printed route is refused"
else
  echo "CHANGED: expected the printed route to be refused"
  exit 1
fi
