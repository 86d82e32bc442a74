#!/usr/bin/env bash
# A policy rule is removed by what is named of it; a suppress_prefixlength that is not named may be any.
#
# Expected: of two rules with the same priority and table, one with suppress_prefixlength, "ip rule del" of the plain one removes the plain one:
#           the other asks for more than the command says, and "ip rule show" prints it otherwise.
# Seen:     the one with the suppressor goes, because it comes first. The kernel compares what the command names (rule_find in
#           net/core/fib_rules.c), and a suppressor that is not named matches any; so what was meant to be the same table with all its
#           routes is still there, and what kept default routes out of it is gone.
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
"$ip" rule add pref 5001 lookup 100 suppress_prefixlength 3
"$ip" rule add pref 5001 lookup 100
echo "before:"
"$ip" rule show pref 5001
"$ip" rule del pref 5001 lookup 100
echo "after 'ip rule del pref 5001 lookup 100':"
"$ip" rule show pref 5001
INSIDE
)
seen=$(unshare --net bash -c "$inside" inside "$ip")
echo "Linux $(uname -r), $("$ip" -V)"
echo "$seen"
left=$(sed '1,/^after/d' <<<"$seen")
if [[ $left == *'lookup 100'* && $left != *suppress_prefixlength* ]]; then
  echo "as found: the rule with the suppressor was removed, the one that was named is left"
else
  echo "CHANGED: expected the plain rule alone to be left"
  exit 1
fi
