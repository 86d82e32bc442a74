#!/usr/bin/env bash
# A policy rule and its opposite, made with "not", are the same rule to the kernel.
#
# Expected: "fwmark 1 lookup 100" and "not fwmark 1 lookup 100" match no packet in common. With one priority both can be there, and
#           "ip rule del" of the one that is not there fails.
# Seen:     the second cannot be added ("File exists"), and "ip rule del not fwmark 1" removes the rule "fwmark 1". FIB_RULE_INVERT is a flag of the rule,
#           and neither rule_exists nor rule_find in net/core/fib_rules.c looks at flags.
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
for family in -4 -6; do
  "$ip" "$family" rule add pref 5001 fwmark 1 lookup 100
  echo "there is: $("$ip" "$family" rule show pref 5001)"
  echo "adding its opposite: $("$ip" "$family" rule add pref 5001 not fwmark 1 lookup 100 2>&1) (exit $?)"
  echo "removing its opposite: $("$ip" "$family" rule del pref 5001 not fwmark 1 lookup 100 2>&1)(exit $?)"
  echo "there is left: $("$ip" "$family" rule show pref 5001)."
done
INSIDE
)
seen=$(unshare --net bash -c "$inside" inside "$ip")
echo "Linux $(uname -r), $("$ip" -V)"
echo "$seen"
counted() { grep -c "$1" <<<"$seen" || true; }
if [[ $(counted 'adding.*File exists') == 2 && $(counted 'removing.*(exit 0)') == 2 && $(counted '^there is left: \.$') == 2 ]]; then
  echo "as found: the opposite cannot be added, and its removal removes the rule"
else
  echo "CHANGED: expected the rule to be taken for its opposite"
  exit 1
fi
