"""A simulated device as its agent reads it: when it booted, and its ports with their counters."""

from __future__ import annotations

import time
import zlib
from dataclasses import dataclass, field

from lab.counts import WIDTH, Count

_BITS = 8
_BACKGROUND_PACKET_BYTES = 900
_DAY_S = 86_400


@dataclass(slots=True)
class Meter:
    """Simulated traffic one way, summed over time."""

    bps: float = 0.0
    _bits: float = 0.0
    _since_s: float = field(default_factory=time.monotonic)

    def bytes(self) -> int:
        """Return the bytes so far."""
        return int((self._bits + self.bps * (time.monotonic() - self._since_s)) / _BITS)

    def change(self, bps: float) -> None:
        """Go on at another rate."""
        now_s = time.monotonic()
        self._bits += self.bps * (now_s - self._since_s)
        self._since_s, self.bps = now_s, bps


@dataclass(slots=True)
class Wire:
    """A hop as both its ends count it: real packets from the shared words, simulated ones from meters."""

    id: str
    counts: memoryview
    up: bool = True
    meters: tuple[Meter, Meter] = field(default_factory=lambda: (Meter(), Meter()))

    def sent(self, way: int) -> tuple[int, int]:
        """Return packets and bytes put on the wire in one direction."""
        simulated = self.meters[way].bytes()
        first = way * WIDTH
        packets = self.counts[first + Count.SENT_PACKETS] + simulated // _BACKGROUND_PACKET_BYTES
        return packets, self.counts[first + Count.SENT_BYTES] + simulated

    def lost(self, way: int) -> tuple[int, int]:
        """Return packets and bytes that never came out of the wire."""
        first = way * WIDTH
        return self.counts[first + Count.LOST_PACKETS], self.counts[first + Count.LOST_BYTES]

    def refused(self, way: int) -> int:
        """Return packets that were never put on the wire."""
        return self.counts[way * WIDTH + Count.REFUSED_PACKETS]


@dataclass(slots=True)
class Box:
    """A router or codec: its boots, and when the current one began (monotonic seconds).

    `table_changed_s` is its uptime when its interfaces last changed their indices.
    """

    id: str
    booted_s: float
    boots: int = 1
    up: bool = True
    table_changed_s: float = 0.0

    @classmethod
    def running(cls, box_id: str) -> Box:
        """Return a device that has been up for some weeks, always the same number for an id."""
        uptime_s = zlib.crc32(box_id.encode()) % (200 * _DAY_S)
        return cls(box_id, time.monotonic() - uptime_s, boots=1 + uptime_s % 7)

    @property
    def uptime_s(self) -> float:
        """Seconds since it booted."""
        return time.monotonic() - self.booted_s


@dataclass(slots=True)
class Port:
    """An interface of a box. `receives` is the direction of its wire that comes in here; without a wire it is idle."""

    box: Box
    index: int
    name: str
    alias: str
    speed_bps: int
    wire: Wire | None = None
    receives: int = 0
    far: Box | None = None
    changed_s: float = 0.0
    _start: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Start with what simulated traffic has brought since the box booted."""
        if self.wire:
            for side, way in (("in", self.receives), ("out", 1 - self.receives)):
                passed = int(self.wire.meters[way].bps * self.box.uptime_s / _BITS)
                self._start |= {f"{side}_bytes": -passed, f"{side}_packets": -passed // _BACKGROUND_PACKET_BYTES}

    @property
    def up(self) -> bool:
        """Whether the line is there and something at its other end."""
        return self.wire is not None and self.wire.up and (self.far is None or self.far.up)

    def _raw(self) -> dict[str, int]:
        if self.wire is None:
            return {}
        into, out_of = self.receives, 1 - self.receives
        in_packets, in_bytes = self.wire.sent(into)
        lost_packets, lost_bytes = self.wire.lost(into)
        out_packets, out_bytes = self.wire.sent(out_of)
        return {
            "in_bytes": in_bytes - lost_bytes,
            "in_packets": in_packets - lost_packets,
            "in_errors": lost_packets,
            "out_bytes": out_bytes,
            "out_packets": out_packets,
            "out_discards": self.wire.refused(out_of),
        }

    def counted(self, counter: str) -> int:
        """Return a counter since the box booted."""
        return self._raw().get(counter, 0) - self._start.get(counter, 0)

    def restart(self) -> None:
        """Count from nought again: the box booted."""
        self._start = self._raw()
        self.changed_s = 0.0
