#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""One `next` of rondo beside those of other libraries.

usage: compare.py OURS PEER=COMMAND…

Each command reads `expression<TAB>zone<TAB>kind` lines and writes `p50<TAB>p99<TAB>found` in ns, or dashes
where it refuses. Fails if a p99 of ours is above 10 us, or a peer that accepts is not 10 times slower.
"""

import shlex
import subprocess
import sys

WORK = [
    ("*/5 * * * *", "easy"),
    ("0 3 * * *", "easy"),
    ("30 2 * * 1-5", "easy"),
    ("0 0 1 1 *", "hard"),
    ("59 23 31 12 5", "hard"),
    ("0 0 29 2 *", "hard"),
    ("0 12 * * 5#5", "hard"),
    ("0 0 L * *", "hard"),
    ("0 0 ? 2 1#5", "hard"),
    ("0 0 30 2 *", "impossible"),
]
ZONES = ("UTC", "Europe/Brussels")
P99_NS_MAX = 10_000
TIMES_FASTER = 10


def measure(command, lines):
    done = subprocess.run(shlex.split(command), input=lines, capture_output=True, text=True, check=True, timeout=900)
    return [row.split("\t") for row in done.stdout.splitlines()]


def main():
    work = [(expression, zone, kind) for expression, kind in WORK for zone in ZONES]
    lines = "".join("\t".join(row) + "\n" for row in work)
    ours = measure(sys.argv[1], lines)
    peers = {}
    for argument in sys.argv[2:]:
        name, _, command = argument.partition("=")
        peers[name] = measure(command, lines)
    print(f"{'ns per next':34}{'p50':>8}{'p99':>9}" + "".join(f"{name + ' p50':>18}{'p99':>11}{'times':>8}" for name in peers))
    worst = 0
    least = float("inf")
    for i, (expression, zone, kind) in enumerate(work):
        p50, p99 = int(ours[i][0]), int(ours[i][1])
        worst = max(worst, p99)
        row = f"{kind:11}{expression:14}{'' if zone == 'UTC' else 'Brussels':9}{p50:>8}{p99:>9}"
        for rows in peers.values():
            if rows[i][0] == "-":
                row += f"{'refuses':>18}{'':>11}{'':>8}"
                continue
            times = int(rows[i][0]) / p50
            least = min(least, times)
            row += f"{rows[i][0]:>18}{rows[i][1]:>11}{times:>7.0f}x"
        print(row)
    ok = worst < P99_NS_MAX and least >= TIMES_FASTER
    print(f"bench-next: {'ok' if ok else 'FAILED'} worst_p99_ns={worst} least_times_faster={least:.1f} peers={len(peers)}")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
