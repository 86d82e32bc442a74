#!/usr/bin/env bash
# "ip -json route show" does not say whether a metric is locked, so two routes that behave differently look alike.
#
# Expected: JSON output holds what the text holds, the more so as it is what programs are told to read.
# Seen:     a route with "mtu lock 1400", which turns path MTU discovery off, and one with "mtu 1400", which leaves it on, give the same metrics in JSON.
#           print_rta_metrics in ip/iproute.c prints the word "lock" only outside of JSON.
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
for metric in "mtu 1400" "mtu lock 1400"; do
  read -ra words <<<"$metric"
  "$ip" route replace 198.19.1.0/24 dev vpn0 "${words[@]}"
  echo "text: $("$ip" route show 198.19.1.0/24)"
  echo "json: $("$ip" -json route show 198.19.1.0/24)"
done
INSIDE
)
seen=$(unshare --net bash -c "$inside" inside "$ip")
echo "Linux $(uname -r), $("$ip" -V)"
echo "$seen"
text=$(grep '^text' <<<"$seen" | sort -u | wc -l)
json=$(grep '^json.*"mtu":1400' <<<"$seen" | sort -u | wc -l)
if [[ $text == 2 && $json == 1 ]]; then
  echo "as found: the two differ in the text and not in JSON"
else
  echo "CHANGED: expected two routes that differ in the text alone"
  exit 1
fi
