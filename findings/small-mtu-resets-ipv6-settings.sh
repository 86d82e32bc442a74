#!/usr/bin/env bash
# An MTU below 1280, be it for a moment, sets the IPv6 settings of a device back to the defaults.
#
# Expected: below IPv6's least MTU a device carries no IPv6. When the MTU is put back, the settings under net.ipv6.conf are as they were,
#           as after a device has been down and up, though it may be that addresses and routes have to be added again.
# Seen:     the directory net/ipv6/conf/vpn0 vanishes and comes back with the defaults: here the hop limit and forwarding. addrconf_notify in
#           net/ipv6/addrconf.c calls addrconf_ifdown as for a device that is unregistered, and ipv6_add_dev when the MTU is large enough again. The
#           device keeps its IPv4 side, so what set the MTU need not notice. Set down and up, the device keeps its settings.
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
conf=/proc/sys/net/ipv6/conf/vpn0
settings() { if [[ -d $conf ]]; then echo "hop_limit $(<$conf/hop_limit), forwarding $(<$conf/forwarding)"; else echo "none"; fi; }
echo "defaults: $(settings)"
echo 77 >$conf/hop_limit
echo 1 >$conf/forwarding
"$ip" link set vpn0 down
"$ip" link set vpn0 up
echo "set, then down and up: $(settings)"
"$ip" link set vpn0 mtu 1279
echo "MTU 1279: $(settings)"
"$ip" link set vpn0 mtu 1500
echo "MTU 1500 again: $(settings)"
INSIDE
)
seen=$(unshare --net bash -c "$inside" inside "$ip")
echo "Linux $(uname -r), $("$ip" -V)"
echo "$seen"
defaults=$(sed -n 's/^defaults: //p' <<<"$seen")
if [[ $seen == *'down and up: hop_limit 77, forwarding 1'* && $seen == *"MTU 1279: none"* && $seen == *"MTU 1500 again: $defaults" && $defaults != *77* ]]; then
  echo "as found: the settings are lost"
else
  echo "CHANGED: expected the settings to be lost"
  exit 1
fi
