"""Fuzz the trap port: `scripts/fuzz traps [COUNT] [SEED]`; exit 1 where something broke, grew or was slow."""

from __future__ import annotations

import random
import sys
import time

from tests.trap_fuzzing import fuzz

COUNT = 200_000
MOST_GROWTH = 8 << 20  # bytes, after the first tenth
SLOWEST_S = 0.1


def main() -> None:
    """Run, print what was measured, and judge it."""
    words = sys.argv[1:]
    count = int(words[0]) if words else COUNT
    seed = int(words[1]) if len(words) > 1 else random.SystemRandom().randrange(1 << 32)
    say(f"fuzzing the trap port with {count} mutated datagrams, seed {seed}")
    began_s = time.perf_counter()
    fuzzed = fuzz(seed, count)
    took_s = time.perf_counter() - began_s
    say(f"{took_s:.0f} s, {took_s / count * 1e6:.0f} µs each; slowest {fuzzed.slowest_s * 1e3:.1f} ms")
    say("memory, MiB: " + " ".join(f"{size / (1 << 20):.1f}" for size in fuzzed.rss))
    say("objects: " + " ".join(map(str, fuzzed.objects)))
    say(f"rows of users: {fuzzed.rows}")
    for result, times in fuzzed.results.most_common():
        say(f"{times:9} {result}")
    growth = fuzzed.rss[-1] - fuzzed.rss[1]
    if growth > MOST_GROWTH or fuzzed.slowest_s > SLOWEST_S:
        sys.exit(f"grew by {growth} bytes; slowest {fuzzed.slowest_s:.3f} s: {fuzzed.slowest.hex()}")


def say(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)  # noqa: T201  # a bench prints


if __name__ == "__main__":
    main()
