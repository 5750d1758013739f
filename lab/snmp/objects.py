"""The objects of the simulated devices: SNMPv2-MIB's system group and IF-MIB (RFC 3418, RFC 2863)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from lab.snmp.ber import (
    Oid,
    Value,
    counter32,
    counter64,
    gauge32,
    integer,
    object_id,
    octets,
    timeticks,
)
from lab.snmp.box import Box, Port
from lab.snmp.mib import Source

_SYSTEM: Oid = (1, 3, 6, 1, 2, 1, 1)
_ENGINE: Oid = (1, 3, 6, 1, 6, 3, 10, 2, 1)
_IF_NUMBER: Oid = (1, 3, 6, 1, 2, 1, 2, 1, 0)
_IF_TABLE: Oid = (1, 3, 6, 1, 2, 1, 2, 2, 1)
_IF_X_TABLE: Oid = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1)
_TABLE_LAST_CHANGE: Oid = (1, 3, 6, 1, 2, 1, 31, 1, 5, 0)
_NARROW = (10, 11, 16, 17)
_ETHERNET, _MTU, _MEGABIT = 6, 1500, 1_000_000
_UP, _DOWN, _TRUE, _FALSE = 1, 2, 1, 2
_LONG_NAMES = {"Gi": "GigabitEthernet", "Fa": "FastEthernet", "Te": "TenGigabitEthernet"}


def system(box: Box, description: str, kind: Oid, place: str) -> dict[Oid, Source]:
    """Return the system group."""
    return {
        (*_SYSTEM, 1, 0): octets(description),
        (*_SYSTEM, 2, 0): object_id(kind),
        (*_SYSTEM, 3, 0): lambda: timeticks(box.uptime_s),
        (*_SYSTEM, 4, 0): octets("trực vận hành"),
        (*_SYSTEM, 5, 0): octets(box.id),
        (*_SYSTEM, 6, 0): octets(place),
        (*_SYSTEM, 7, 0): integer(78),
    }


def engine(engine_id: bytes, box: Box, max_size: int) -> dict[Oid, Source]:
    """Return SNMP-FRAMEWORK-MIB's engine group (RFC 3411)."""
    return {
        (*_ENGINE, 1, 0): octets(engine_id),
        (*_ENGINE, 2, 0): lambda: integer(box.boots),
        (*_ENGINE, 3, 0): lambda: integer(int(box.uptime_s)),
        (*_ENGINE, 4, 0): integer(max_size),
    }


def interfaces(box: Box, ports: Sequence[Port], *, wide_only: bool = False) -> dict[Oid, Source]:
    """Return IF-MIB's objects for a device's ports; `wide_only` as `lab.snmp.makes.Make` has it."""
    objects: dict[Oid, Source] = {
        _IF_NUMBER: integer(len(ports)),
        _TABLE_LAST_CHANGE: lambda: timeticks(box.table_changed_s),
    }
    for port in ports:
        for column, source in _if_table(port):
            objects[*_IF_TABLE, column, port.index] = source
        for column, source in _if_x_table(port):
            objects[*_IF_X_TABLE, column, port.index] = source
        if wide_only:
            for column in _NARROW:
                del objects[*_IF_TABLE, column, port.index]
            objects[*_IF_X_TABLE, 15, port.index] = partial(_speed_in_use, port)
            objects[*_IF_X_TABLE, 18, port.index] = octets("")
    return objects


def _speed_in_use(port: Port) -> Value:
    return gauge32(port.speed_bps // _MEGABIT if port.up else 0)


def _columns(
    port: Port, kind: Callable[[int], Value], counters: Iterable[tuple[int, str]]
) -> Iterator[tuple[int, Source]]:
    for column, counter in counters:
        yield column, partial(_counted, port, kind, counter)


def _counted(port: Port, kind: Callable[[int], Value], counter: str) -> Value:
    return kind(port.counted(counter))


def _if_table(port: Port) -> Iterator[tuple[int, Source]]:
    prefix = port.name[:2]
    yield 1, integer(port.index)
    yield 2, octets(_LONG_NAMES.get(prefix, prefix) + port.name[2:])
    yield 3, integer(_ETHERNET)
    yield 4, integer(_MTU)
    yield 5, gauge32(port.speed_bps)
    yield 6, octets(bytes((2, 0)) + port.index.to_bytes(4, "big"))
    yield 7, integer(_UP)
    yield 8, lambda: integer(_UP if port.up else _DOWN)
    yield 9, lambda: timeticks(port.changed_s)
    moving = ((10, "in_bytes"), (11, "in_packets"), (13, "in_discards"), (14, "in_errors"))
    yield from _columns(port, counter32, moving)
    yield from _columns(port, counter32, ((16, "out_bytes"), (17, "out_packets")))
    yield from _columns(port, counter32, ((19, "out_discards"), (20, "out_errors")))


def _if_x_table(port: Port) -> Iterator[tuple[int, Source]]:
    yield 1, octets(port.name)
    for column in (2, 3, 4, 5):
        yield column, counter32(0)
    yield from _columns(port, counter64, ((6, "in_bytes"), (7, "in_packets")))
    yield from _columns(port, counter64, ((8, "in_multicast"), (9, "in_broadcast")))
    yield from _columns(port, counter64, ((10, "out_bytes"), (11, "out_packets")))
    yield from _columns(port, counter64, ((12, "out_multicast"), (13, "out_broadcast")))
    yield 14, integer(_UP)
    yield 15, gauge32(port.speed_bps // _MEGABIT)
    yield 16, integer(_FALSE)
    yield 17, integer(_TRUE)
    yield 18, octets(port.alias)
    yield 19, timeticks(0)
