"""Fuzz the trap port: `python -m tests.bench.fuzz_traps [COUNT] [SEED]`; exit 1 where something grew or was slow."""

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
    print(f"fuzzing the trap port with {count} mutated datagrams, seed {seed}", flush=True)
    began_s = time.perf_counter()
    fuzzed = fuzz(seed, count)
    took_s = time.perf_counter() - began_s
    growth = fuzzed.rss[-1] - fuzzed.rss[1]
    print(f"{took_s:.0f} s, {took_s / count * 1e6:.0f} µs each; slowest {fuzzed.slowest_s * 1e3:.1f} ms")
    print("memory, MiB:", *(f"{size / (1 << 20):.1f}" for size in fuzzed.rss))
    print("objects:", *fuzzed.objects)
    print(f"rows of users: {fuzzed.rows}")
    for result, times in fuzzed.results.most_common():
        print(f"{times:9} {result}")
    if growth > MOST_GROWTH or fuzzed.slowest_s > SLOWEST_S:
        sys.exit(f"grew by {growth} bytes; slowest {fuzzed.slowest_s:.3f} s: {fuzzed.slowest.hex()}")


if __name__ == "__main__":
    main()
