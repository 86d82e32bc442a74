#!/usr/bin/env bash
# A rule "from" no address picks out traffic without a source in IPv4, and matches nothing in IPv6.
#
# Expected: "ip rule add from 0.0.0.0/32 to CLIENTS iif lo lookup 100" is for what this host sends from sockets that have no address yet, and leaves alone what has
#           one. "ip -6 rule add from ::/128 to CLIENTS iif lo lookup 100" does the same.
# Seen:     The IPv4 rule does. The IPv6 rule is taken, shown, and never matches: where a flow has no source, fib6_rule_match in net/ipv6/fib6_rules.c passes over
#           every rule that names one, unless the rule has the flag FIB_RULE_FIND_SADDR (0x10000). With it, and "from" the address that the rule's table leads to, such
#           traffic is picked out and gets that address, and what has another goes its way. ip(8) can neither set nor show that flag.
# With:     Linux 6.18.44 and iproute2 6.1.0 (Debian 12), and python3 to say the flag; needs root or user namespaces. Touches a network namespace of its own only.
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

cat >find-source.py <<'FIND'
"""RTM_NEWRULE with FIB_RULE_FIND_SADDR: from 2001:2::1 to 2001:2:0:5::/64 iif lo lookup 100, priority 5000 (linux/fib_rules.h)."""
import socket, struct

def attribute(number, value):
    return struct.pack("HH", 4 + len(value), number) + value + bytes(-len(value) % 4)

source = socket.inet_pton(socket.AF_INET6, "2001:2::1")
clients = socket.inet_pton(socket.AF_INET6, "2001:2:0:5::")
body = struct.pack("BBBBBBBBI", socket.AF_INET6, 64, 128, 0, 0, 0, 0, 1, 0x10000)
body += attribute(1, clients) + attribute(2, source) + attribute(3, b"lo\0")
body += attribute(6, struct.pack("I", 5000)) + attribute(15, struct.pack("I", 100))
with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as kernel:
    kernel.bind((0, 0))
    kernel.send(struct.pack("IHHII", 16 + len(body), 32, 0x605, 1, 0) + body)
    error = struct.unpack_from("i", kernel.recv(4096), 16)[0]
    assert error == 0, error
FIND

inside=$(cat <<'INSIDE'
set -euo pipefail
ip=$1
"$ip" link set lo up
"$ip" link add e0 type veth peer name e1
"$ip" link set e0 up
"$ip" link set e1 up
"$ip" addr add 198.18.7.1/24 dev e0
"$ip" addr add 2001:2:0:7::1/64 dev e0 nodad
"$ip" addr add 198.19.0.1/32 dev lo
"$ip" addr add 2001:2::1/128 dev lo nodad
"$ip" -4 route add default dev e0
"$ip" -6 route add default dev e0
"$ip" -4 route add local default dev lo table 100 src 198.19.0.1
"$ip" -6 route add local default dev lo table 100 src 2001:2::1
way() { # FAMILY CLIENT [from SOURCE]: the device, and the source that it gets
  "$ip" "$1" route get "${@:2}" | sed -n 's/.* dev \([^ ]*\) .*src \([^ ]*\) .*/\1 as \2/p; s/.* from \([0-9][^ ]*\) dev \([^ ]*\) [^s]*$/\2 as \1/p' | head -n 1
}
"$ip" -4 rule add pref 5000 from 0.0.0.0/32 to 198.18.0.0/24 iif lo lookup 100
echo "IPv4 from 0.0.0.0: without a source $(way -4 198.18.0.9), with 198.18.7.1 $(way -4 198.18.0.9 from 198.18.7.1 | cut -d' ' -f1)"
"$ip" -6 rule add pref 5000 from ::/128 to 2001:2:0:5::/64 iif lo lookup 100
echo "IPv6 from ::: without a source $(way -6 2001:2:0:5::9), with 2001:2:0:7::1 $(way -6 2001:2:0:5::9 from 2001:2:0:7::1 | cut -d' ' -f1)"
"$ip" -6 rule del pref 5000
python3 find-source.py
echo "IPv6 finding 2001:2::1: without a source $(way -6 2001:2:0:5::9), with 2001:2:0:7::1 $(way -6 2001:2:0:5::9 from 2001:2:0:7::1 | cut -d' ' -f1)"
INSIDE
)
seen=$(unshare --net bash -c "$inside" inside "$ip")
echo "Linux $(uname -r), $("$ip" -V)"
echo "$seen"
if [[ $seen == "IPv4 from 0.0.0.0: without a source lo as 198.19.0.1, with 198.18.7.1 e0
IPv6 from ::: without a source e0 as 2001:2:0:7::1, with 2001:2:0:7::1 e0
IPv6 finding 2001:2::1: without a source lo as 2001:2::1, with 2001:2:0:7::1 e0" ]]; then
  echo "as found: no IPv6 rule \"from ::\" is for traffic without a source"
else
  echo "CHANGED: expected IPv4's rule to be for traffic without a source, and IPv6's for nothing"
  exit 1
fi
