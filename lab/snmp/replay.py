"""A device that answers from a recording and moves on from there: its clock runs, its counters count, it reboots."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial

from collectors.recording import Kind, Oid, Recorded, Recording
from lab.snmp.agent import V1, V2C, Agent, Engine
from lab.snmp.ber import (
    OPAQUE,
    Value,
    counter32,
    counter64,
    gauge32,
    integer,
    ip_address,
    object_id,
    octets,
    timeticks,
)
from lab.snmp.mib import Mib, Source

SYS_UPTIME: Oid = (1, 3, 6, 1, 2, 1, 1, 3, 0)
IF_TABLE: Oid = (1, 3, 6, 1, 2, 1, 2, 2, 1)
IF_X_TABLE: Oid = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1)
TABLE_LAST_CHANGE: Oid = (1, 3, 6, 1, 2, 1, 31, 1, 5, 0)
_IF_INDEX, _IF_LAST_CHANGE, _DISCONTINUITY = (*IF_TABLE, 1), (*IF_TABLE, 9), (*IF_X_TABLE, 19)
# Octet and unicast packet counters of both widths, in and out.
_OCTETS = {(*IF_TABLE, 10): 0, (*IF_TABLE, 16): 1, (*IF_X_TABLE, 6): 0, (*IF_X_TABLE, 10): 1}
_PACKETS = {(*IF_TABLE, 11): 0, (*IF_TABLE, 17): 1, (*IF_X_TABLE, 7): 0, (*IF_X_TABLE, 11): 1}
_PACKET_BITS, _BITS, _TICKS = 7200, 8, 100
_COUNTERS = (Kind.COUNTER32, Kind.COUNTER64)
_NUMBERS: dict[Kind, Callable[[int], Value]] = {
    Kind.INTEGER: integer,
    Kind.COUNTER32: counter32,
    Kind.GAUGE32: gauge32,
    Kind.TIMETICKS: lambda ticks: timeticks(ticks / _TICKS),
    Kind.COUNTER64: counter64,
}


def encoded(recorded: Recorded) -> Value:
    """Return a recorded value as an agent sends it; counters and ticks wrap at their width."""
    kind, value = recorded
    if isinstance(value, int):
        return _NUMBERS[kind](value)
    if isinstance(value, tuple):
        return object_id(value)
    return {Kind.STRING: octets, Kind.IP: ip_address}.get(kind, partial(Value, OPAQUE))(value)


class Replay:
    """A recorded device on its own `clock` (seconds).

    `rates_bps` gives traffic in and out by ifIndex. `agent` answers; what happens to the device is told by methods.
    """

    def __init__(
        self,
        recording: Recording,
        *,
        rates_bps: Mapping[int, tuple[float, float]] | None = None,
        clock: Callable[[], float] = time.monotonic,
        communities: frozenset[bytes] = frozenset({b"public"}),
        versions: frozenset[int] = frozenset({V1, V2C}),
    ) -> None:
        self._objects = dict(recording.objects)
        self._rates = dict(rates_bps or {})
        self._clock = clock
        self._since_s = clock()
        engine = Engine(b"\x80\x00\x1f\x88\x05recorded", lambda: (1, int(clock())))
        self.agent = Agent(Mib({}), engine, communities, versions=versions)
        self._publish()

    def traffic(self, index: int, in_bps: float, out_bps: float) -> None:
        """Go on at other rates on an interface."""
        self._settle()
        self._rates[index] = (in_bps, out_bps)

    def put(self, oid: Oid, kind: Kind, value: int | bytes) -> None:
        """Have another value, or a new object."""
        self._settle()
        self._objects[oid] = Recorded(kind, value)
        self._publish()

    def remove(self, index: int) -> None:
        """Lose an interface."""
        self._settle()
        self._objects = {oid: one for oid, one in self._objects.items() if not (_is_row(oid) and oid[-1] == index)}
        self._change_table()

    def reset_counters(self, *, told: bool = True) -> None:
        """Set all counters back; a device that keeps to RFC 2863 tells so in ifCounterDiscontinuityTime."""
        self._settle()
        for oid, (kind, _) in self._objects.items():
            if kind in _COUNTERS:
                self._objects[oid] = Recorded(kind, 0)
            elif oid[:-1] == _DISCONTINUITY and told:
                self._objects[oid] = self._objects[SYS_UPTIME]
        self._publish()

    def reboot(self, *, indices: Mapping[int, int] | None = None, counters: bool = True) -> None:
        """Start anew: uptime from nought, counters too; interfaces may come back under other indices (old to new)."""
        self._settle()
        if counters:
            self.reset_counters(told=False)
        for oid, (kind, _) in self._objects.items():
            if kind is Kind.TIMETICKS:
                self._objects[oid] = Recorded(kind, 0)
        if indices:
            self.renumber(indices)
        self._publish()

    def renumber(self, indices: Mapping[int, int]) -> None:
        """Give interfaces other indices, old to new."""
        self._settle()
        self._rates = {indices.get(index, index): rate for index, rate in self._rates.items()}
        self._objects = {_renumbered(oid, indices): recorded for oid, recorded in self._objects.items()}
        for oid in [oid for oid in self._objects if oid[:-1] == _IF_INDEX]:
            self._objects[oid] = Recorded(Kind.INTEGER, oid[-1])
        self._change_table()

    def _change_table(self) -> None:
        if TABLE_LAST_CHANGE in self._objects:
            self._objects[TABLE_LAST_CHANGE] = self._objects[SYS_UPTIME]
        self._publish()

    def _settle(self) -> None:
        """Take what moved since as where it stands now."""
        for oid, (kind, _) in self._objects.items():
            if self._per_second(oid):
                self._objects[oid] = Recorded(kind, self._now(oid))
        self._since_s = self._clock()

    def _publish(self) -> None:
        self.agent.mib = Mib({oid: self._source(oid) for oid in self._objects})

    def _source(self, oid: Oid) -> Source:
        if oid != SYS_UPTIME and oid[:-1] not in _OCTETS and oid[:-1] not in _PACKETS:
            return encoded(self._objects[oid])
        return lambda: encoded(Recorded(self._objects[oid].kind, self._now(oid)))

    def _now(self, oid: Oid) -> int:
        start = self._objects[oid].value
        assert isinstance(start, int)
        return start + int(self._per_second(oid) * (self._clock() - self._since_s))

    def _per_second(self, oid: Oid) -> float:
        """Return how fast an object moves."""
        if oid == SYS_UPTIME:
            return _TICKS
        column, rates = oid[:-1], self._rates.get(oid[-1], (0.0, 0.0))
        if column in _OCTETS:
            return rates[_OCTETS[column]] / _BITS
        return rates[_PACKETS[column]] / _PACKET_BITS if column in _PACKETS else 0.0


def _is_row(oid: Oid) -> bool:
    return oid[: len(IF_TABLE)] == IF_TABLE or oid[: len(IF_X_TABLE)] == IF_X_TABLE


def _renumbered(oid: Oid, indices: Mapping[int, int]) -> Oid:
    return (*oid[:-1], indices.get(oid[-1], oid[-1])) if _is_row(oid) else oid
