"""A histogram as Prometheus means it, cheap enough for every echo."""

from __future__ import annotations

from bisect import bisect_left


class Histogram:
    """Counts per bucket; `bounds` are upper limits, the last bucket is without one."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        """Count one value into its bucket."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value
