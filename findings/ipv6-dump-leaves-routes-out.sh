#!/usr/bin/env bash
# A dump of IPv6 routes leaves routes out that were there all the time, and does not say that it was interrupted.
#
# Expected: a dump (RTM_GETROUTE with NLM_F_DUMP) that is read while others change routes may miss what comes or goes meanwhile. A route that nobody touches
#           is in it once; where the kernel cannot promise that, the parts have NLM_F_DUMP_INTR set, so that the reader asks again.
# Seen:     ten routes are removed and one is added between the first part and the second: ten others, never touched, are left out. Ten added:
#           ten others come twice. NLM_F_DUMP_INTR is not set. When the tree has grown, fib6_dump_table in net/ipv6/ip6_fib.c starts again at the
#           root and passes over as many routes as it has given, whichever these were. IPv4 resumes at the prefix where it stopped (fib_table_dump
#           in net/ipv4/fib_trie.c), and misses none.
# With:     Linux 6.18.44 (Python 3.11.2 of Debian 12 speaks to it); needs root or user namespaces. Touches a network namespace of its own only.
set -euo pipefail

release=3.11.2-6 # of Debian 12's Python, whatever the number of its security update; it is only the tool here
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work" # apt fetches as a user of its own
cd "$work"
apt-get -q download "python3.11-minimal=$release*" "libpython3.11-minimal=$release*" >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" tools; done
export PYTHONHOME=$work/tools/usr
python=$PYTHONHOME/bin/python3.11

cat >dump.py <<'PYTHON'
import socket
import struct

REQUEST, ACK, DUMP, INTERRUPTED = 0x1, 0x4, 0x300, 0x10
CREATE_NEW = 0x600
NEWLINK, NEWROUTE, DELROUTE, GETROUTE, DONE = 16, 24, 25, 26, 3
MAIN, STATIC, UNICAST = 254, 4, 1
RTA_DST, RTA_OIF, RTA_TABLE = 1, 4, 15


def attribute(kind, value):
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def attributes(data):
    found = {}
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        found[kind] = data[4:length]
        data = data[length + 3 & ~3 :]
    return found


def message(kind, flags, body):
    return struct.pack("=IHHII", 16 + len(body), kind, flags, 1, 0) + body


def messages(data):
    while data:
        length, kind, flags = struct.unpack_from("=IHH", data)
        yield kind, flags, data[16:length]
        data = data[length + 3 & ~3 :]


def netlink():
    channel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    channel.settimeout(10)
    return channel


control = netlink()


def order(kind, flags, body):
    control.send(message(kind, REQUEST | ACK | flags, body))
    error = -struct.unpack_from("=i", control.recv(65536), 16)[0]
    if error:
        raise OSError(error, "the kernel refuses")


class Family:
    def __init__(self, name, number, length, scope, prefix):
        self.name, self.number, self.length, self.scope, self.prefix = name, number, length, scope, prefix

    def destination(self, i):
        return socket.inet_pton(self.number, self.prefix % i)

    def change(self, kind, numbers):
        for i in numbers:
            header = struct.pack("=8BI", self.number, self.length, 0, 0, MAIN, STATIC, self.scope, UNICAST, 0)
            body = header + attribute(RTA_DST, self.destination(i)) + attribute(RTA_OIF, struct.pack("=I", 1))
            order(kind, CREATE_NEW if kind == NEWROUTE else 0, body)

    def dump(self, between):
        """The destinations, in parts, as read with the changes made after the first part; and whether a part says that it was interrupted."""
        reader = netlink()
        reader.send(message(GETROUTE, REQUEST | DUMP, struct.pack("=8BI", self.number, *[0] * 8)))
        parts, interrupted = [], False
        while True:
            part = []
            for kind, flags, body in messages(reader.recv(16384)):
                interrupted |= bool(flags & INTERRUPTED)
                if kind == DONE:
                    return parts, interrupted
                found = attributes(body[12:])
                if body[1] == self.length and found[RTA_TABLE] == struct.pack("=I", MAIN):
                    part.append(found[RTA_DST])
            parts.append(part)
            if len(parts) == 1:
                between(part)


order(NEWLINK, 0, struct.pack("=BBHiII", 0, 0, 0, 1, 1, 1))  # lo up
for family in Family("IPv4", socket.AF_INET, 24, 253, "198.18.%d.0"), Family("IPv6", socket.AF_INET6, 64, 0, "2001:2:0:%x::"):
    kept = range(11, 241)

    def report(what, between):
        parts, interrupted = family.dump(between)
        times = [sum(part.count(family.destination(i)) for part in parts) for i in kept]
        print(f"{family.name}, {what}: of {len(kept)} untouched routes {times.count(0)} are left out, "
              f"{times.count(2)} come twice; NLM_F_DUMP_INTR {'set' if interrupted else 'not set'}")

    def shrink(part):
        family.change(DELROUTE, range(1, 11))
        family.change(NEWROUTE, [250])

    family.change(NEWROUTE, range(1, 241))
    report("no changes", lambda part: None)
    report("ten removed and one added", shrink)
    report("ten added", lambda part: family.change(NEWROUTE, range(1, 11)))
PYTHON
seen=$(unshare --net "$python" -I dump.py)
echo "Linux $(uname -r), $("$python" --version)"
echo "$seen"
as_found=$(
  cat <<'LINES'
IPv4, no changes: of 230 untouched routes 0 are left out, 0 come twice; NLM_F_DUMP_INTR not set
IPv4, ten removed and one added: of 230 untouched routes 0 are left out, 0 come twice; NLM_F_DUMP_INTR not set
IPv4, ten added: of 230 untouched routes 0 are left out, 0 come twice; NLM_F_DUMP_INTR not set
IPv6, no changes: of 230 untouched routes 0 are left out, 0 come twice; NLM_F_DUMP_INTR not set
IPv6, ten removed and one added: of 230 untouched routes 10 are left out, 0 come twice; NLM_F_DUMP_INTR not set
IPv6, ten added: of 230 untouched routes 0 are left out, 10 come twice; NLM_F_DUMP_INTR not set
LINES
)
if [[ $seen == "$as_found" ]]; then
  echo "as found: IPv6 dumps leave out or double routes that were there all the time, unsaid"
else
  echo "CHANGED: expected"
  echo "$as_found"
  exit 1
fi
