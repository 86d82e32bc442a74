#!/usr/bin/env bash
# Routes that the kernel removes with the last IPv4 address are not announced, so "ip monitor" goes on believing in them.
#
# Expected: who listens to route changes hears of each route that goes, with an RTM_DELROUTE for it, as is said of each that comes.
# Seen:     the routes that the kernel made are announced as deleted; the static ones vanish in silence, and so does a route whose device is set down.
#           fib_disable_ip in net/ipv4/fib_frontend.c marks them dead, and fib_table_flush in net/ipv4/fib_trie.c sweeps them up without
#           calling rtmsg_fib. A copy of the table that is kept by listening is wrong from then on.
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
"$ip" link add vpn2 type veth peer name vpn3
for device in vpn0 vpn1 vpn2 vpn3; do "$ip" link set "$device" up; done
timeout 20 "$ip" -4 monitor route >heard &
monitor=$!
trap 'kill "$monitor" 2>/dev/null || true' EXIT
heard() { # bounded wait: add and remove a route of our own until the monitor has written of it
  for ((i = 0; i < 100; i++)); do
    "$ip" route replace "$1" dev vpn0 proto boot
    "$ip" route del "$1" dev vpn0 proto boot
    grep -q "^Deleted $1 " heard && return
    sleep 0.05
  done
  return 1
}
heard 198.19.100.0/24
"$ip" addr add 198.18.88.1/24 dev vpn0
"$ip" addr add 198.18.89.1/24 dev vpn2
"$ip" route add 198.19.1.0/24 dev vpn0 proto static
"$ip" route add 198.19.2.0/24 dev vpn2 proto static
echo "there are:"
"$ip" -4 route show proto static
"$ip" addr del 198.18.88.1/24 dev vpn0
"$ip" link set vpn2 down
heard 198.19.101.0/24
echo "there are left:"
"$ip" -4 route show proto static
echo "heard, of the static ones and of the one that the kernel made:"
grep -E '198\.19\.[12]\.0/24|198\.18\.88\.0/24' heard
INSIDE
)
seen=$(unshare --net bash -c "$inside" inside "$ip")
echo "Linux $(uname -r), $("$ip" -V)"
echo "$seen"
left=$(sed '1,/^there are left/d; /^heard/,$d' <<<"$seen")
heard=$(sed '1,/^heard/d' <<<"$seen")
if [[ $left != *198.19.* && $heard == *198.19.1.0* && $heard == *198.19.2.0* && $heard == *'Deleted 198.18.88.0/24'* && $heard != *'Deleted 198.19.'* ]]; then
  echo "as found: both static routes are gone, and no one was told"
else
  echo "CHANGED: expected the static routes to vanish unannounced"
  exit 1
fi
