"""A hop: a line, router or codec's cable that packets pass, with its faults, its queue and its truth."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from lab.counts import IN, OUT, WIDTH, Count
from lab.errors import LabError

_SENT, _SENT_BYTES = int(Count.SENT_PACKETS), int(Count.SENT_BYTES)
_LOST, _LOST_BYTES, _REFUSED = int(Count.LOST_PACKETS), int(Count.LOST_BYTES), int(Count.REFUSED_PACKETS)
_BITS = 8
Setting = bool | float | str | None


@dataclass(slots=True)
class Settings:
    """How a hop treats packets.

    Every packet waits `delay_s` and, evenly spread, up to `jitter_s` more; `loss` of them (0…1) vanish, each
    direction for itself. With `rate_bps` packets queue for the wire, and those that would wait longer than
    `queue_s` are refused. `traffic_out_bps` and `traffic_in_bps` are simulated traffic that only counters see,
    away from the hop's home end and towards it.
    """

    up: bool = True
    delay_s: float = 0.0
    jitter_s: float = 0.0
    loss: float = 0.0
    rate_bps: float | None = None
    queue_s: float = 0.1
    traffic_out_bps: float = 0.0
    traffic_in_bps: float = 0.0


_HIGHEST = {
    "delay_s": 60.0,
    "jitter_s": 60.0,
    "loss": 1.0,
    "rate_bps": 1e12,
    "queue_s": 60.0,
    "traffic_out_bps": 1e12,
    "traffic_in_bps": 1e12,
}
SETTINGS = ("up", *_HIGHEST)


def checked(name: str, value: object) -> Setting:
    """Return the value as the setting has it.

    Raises LabError: a sentence on what would be right.
    """
    if name == "up":
        if isinstance(value, bool):
            return value
        raise LabError(f"up is true or false, not {value!r}")
    highest = _HIGHEST[name]
    if name == "rate_bps" and value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise LabError(f"{name} is a number from 0 to {highest:g}, not {value!r}")
    if not 0 <= value <= highest or (name == "rate_bps" and value == 0):
        raise LabError(
            f"{name} is a number {'above' if name == 'rate_bps' else 'from'} 0 to {highest:g}, not {value:g}"
        )
    return float(value)


class Hop:
    """One line, router or cable. `home` is the site at the end that OUT leads away from."""

    __slots__ = ("_counts", "_free_s", "_plain", "_random", "call_bps", "home", "id", "kind", "settings")

    def __init__(self, hop_id: str, kind: str, home: str, settings: Settings, seed: str) -> None:
        self.id = hop_id
        self.kind = kind
        self.home = home
        self.settings = settings
        self.call_bps = [0.0, 0.0]
        # Each direction draws for itself: the same packets are lost however the two interleave.
        self._random = [random.Random(f"{seed}/{hop_id}/{way}").random for way in (OUT, IN)]
        self._free_s = [0.0, 0.0]
        self.changed()

    def count_in(self, counts: memoryview) -> None:
        """Count into these words from now on."""
        self._counts = counts

    def changed(self) -> None:
        """Take note that a setting changed."""
        settings = self.settings
        self._plain = not (settings.jitter_s or settings.loss or settings.rate_bps)

    @property
    def traffic_bps(self) -> tuple[float, float]:
        """Simulated traffic OUT and IN: the background and the calls, as much as the rate lets through."""
        settings = self.settings
        most = (settings.rate_bps or math.inf) if settings.up else 0.0
        background = (settings.traffic_out_bps, settings.traffic_in_bps)
        out, back = (min(most, bps + call) for bps, call in zip(background, self.call_bps, strict=True))
        return out, back

    def carry(self, way: int, size: int, at_s: float) -> float | None:
        """Return when a packet that comes at `at_s` is at the other end; None where it is lost."""
        counts, first, settings = self._counts, way * WIDTH, self.settings
        if not settings.up:
            counts[first + _REFUSED] += 1
            return None
        if not self._plain:
            return self._carry_badly(way, size, at_s)
        counts[first + _SENT] += 1
        counts[first + _SENT_BYTES] += size
        return at_s + settings.delay_s

    def _carry_badly(self, way: int, size: int, at_s: float) -> float | None:
        counts, first, settings = self._counts, way * WIDTH, self.settings
        if settings.rate_bps:
            start_s = max(at_s, self._free_s[way])
            if start_s - at_s > settings.queue_s:
                counts[first + _REFUSED] += 1
                return None
            at_s = self._free_s[way] = start_s + size * _BITS / settings.rate_bps
        counts[first + _SENT] += 1
        counts[first + _SENT_BYTES] += size
        if settings.loss and self._random[way]() < settings.loss:
            counts[first + _LOST] += 1
            counts[first + _LOST_BYTES] += size
            return None
        return at_s + settings.delay_s + settings.jitter_s * self._random[way]()

    def counted(self, way: int = OUT) -> dict[str, int]:
        """Return one direction's counters by name."""
        return {count.name.lower(): self._counts[way * WIDTH + count] for count in Count}
