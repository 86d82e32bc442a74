#!/usr/bin/env bash
# Where a table takes every address for this host's own, an unbound IPv4 socket answers a client from the client's own address.
#
# Expected: "ip rule add to CLIENTS iif lo lookup 100" with "ip route add local default dev lo table 100" brings answers to sockets of this host that are
#           bound to clients' addresses (IP_TRANSPARENT). A UDP service that is bound to no address answers from an address of this host, as IPv6 does:
#           198.19.0.1, the only one that is not of 127.0.0.0/8.
# Seen:     IPv4 answers from the destination itself: the client gets a datagram from its own address, which a connected socket drops. For a route of type
#           local ip_route_output_key_hash_rcu in net/ipv4/route.c takes the route's preferred source, or else the destination; IPv6 chooses by RFC 6724.
#           With "src 198.19.0.1" on the route both answer as expected.
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
"$ip" link set lo up
"$ip" addr add 198.19.0.1/32 dev lo
"$ip" addr add 2001:2::1/128 dev lo nodad
answer() { # FAMILY CLIENT: the source of what is sent there from a socket without one
  "$ip" "$1" route get "$2" | sed -n 's/.* src \([^ ]*\) .*/\1/p'
}
for source in "" "src 198.19.0.1"; do
  "$ip" -4 rule add pref 5000 to 198.18.0.0/24 iif lo lookup 100
  # shellcheck disable=SC2086
  "$ip" -4 route add local default dev lo table 100 $source
  echo "IPv4, ${source:-no src}: 198.18.0.9 is answered from $(answer -4 198.18.0.9)"
  "$ip" -4 rule del pref 5000
  "$ip" -4 route flush table 100
done
"$ip" -6 rule add pref 5000 to 2001:2:0:5::/64 iif lo lookup 100
"$ip" -6 route add local default dev lo table 100
echo "IPv6, no src: 2001:2:0:5::9 is answered from $(answer -6 2001:2:0:5::9)"
INSIDE
)
seen=$(unshare --net bash -c "$inside" inside "$ip")
echo "Linux $(uname -r), $("$ip" -V)"
echo "$seen"
if [[ $seen == "IPv4, no src: 198.18.0.9 is answered from 198.18.0.9
IPv4, src 198.19.0.1: 198.18.0.9 is answered from 198.19.0.1
IPv6, no src: 2001:2:0:5::9 is answered from 2001:2::1" ]]; then
  echo "as found: an IPv4 client is answered from its own address"
else
  echo "CHANGED: expected an IPv4 client to be answered from its own address"
  exit 1
fi
