"""The makes of the simulated routers: what each says it is, how it numbers its ports, how it tells its health."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lab.snmp.ber import Oid, Value, gauge32, integer, object_id, octets
from lab.snmp.box import Box
from lab.snmp.mib import Source

_ENTERPRISES: Oid = (1, 3, 6, 1, 4, 1)
_ENTITY: Oid = (1, 3, 6, 1, 2, 1, 47, 1, 1, 1, 1)
_HOST: Oid = (1, 3, 6, 1, 2, 1, 25)
_RAM: Oid = (*_HOST, 2, 1, 2)
_CYCLE_S, _SWING = 600, 15
_MEMORY_BYTES = 1_073_741_824
Health = dict[Oid, Source]


def _moving(box: Box, what: str, usual: float, kind: Callable[[int], Value]) -> Source:
    """Return a figure that sways about what is usual for a device: up and down in some minutes."""
    phase = zlib.crc32(f"{box.id}/{what}".encode()) % _CYCLE_S
    return lambda: kind(round(usual + _SWING * math.sin(2 * math.pi * (box.uptime_s + phase) / _CYCLE_S)))


def _cisco(box: Box) -> Health:
    """CISCO-PROCESS-MIB, CISCO-MEMORY-POOL-MIB, CISCO-ENVMON-MIB, ENTITY-MIB."""
    mib: Oid = (*_ENTERPRISES, 9, 9)
    pool: Oid = (*mib, 48, 1, 1, 1)
    return {
        (*mib, 109, 1, 1, 1, 1, 8, 1): _moving(box, "cpu", 25, gauge32),
        (*pool, 2, 1): octets("Processor"),
        (*pool, 5, 1): gauge32(_MEMORY_BYTES * 2 // 5),
        (*pool, 6, 1): gauge32(_MEMORY_BYTES * 3 // 5),
        (*mib, 13, 1, 3, 1, 2, 1): octets("Inlet"),
        (*mib, 13, 1, 3, 1, 3, 1): _moving(box, "temperature", 38, gauge32),
        (*_ENTITY, 13, 1): octets("ISR4331/K9"),
    }


def _huawei(box: Box) -> Health:
    """HUAWEI-ENTITY-EXTENT-MIB's hwEntityStateTable, under the board's name in ENTITY-MIB; the chassis tells nought."""
    state: Oid = (*_ENTERPRISES, 2011, 5, 25, 31, 1, 1, 1, 1)
    chassis, board = 3, 9
    objects: Health = {(*_ENTITY, 7, chassis): octets("AR1220"), (*_ENTITY, 7, board): octets("SRU Board 0")}
    for column, usual in ((5, 22), (7, 48), (11, 41)):
        objects[*state, column, chassis] = integer(0)
        objects[*state, column, board] = _moving(box, str(column), usual, integer)
    return objects


def _juniper(box: Box) -> Health:
    """JUNIPER-MIB's jnxOperatingTable: the routing engine, and a fan tray that tells nought."""
    table: Oid = (*_ENTERPRISES, 2636, 3, 1, 13, 1)
    engine, fan = (9, 1, 0, 0), (4, 1, 1, 0)
    objects: Health = {(*table, 5, *engine): octets("Routing Engine"), (*table, 5, *fan): octets("FAN 0")}
    for column, usual in ((7, 45), (8, 30), (11, 55)):
        objects[*table, column, *engine] = _moving(box, str(column), usual, gauge32)
        objects[*table, column, *fan] = gauge32(0)
    return objects


def _mikrotik(box: Box) -> Health:
    """HOST-RESOURCES-MIB, and MIKROTIK-MIB's temperatures in tenths of a degree (RouterOS 6)."""
    storage: Oid = (*_HOST, 2, 3, 1)
    mib: Oid = (*_ENTERPRISES, 14988, 1, 1)
    memory = 65536
    return {
        (*_HOST, 3, 3, 1, 2, 1): _moving(box, "cpu", 20, integer),
        (*storage, 2, memory): object_id(_RAM),
        (*storage, 3, memory): octets("main memory"),
        (*storage, 4, memory): integer(1024),
        (*storage, 5, memory): integer(_MEMORY_BYTES // 1024),
        (*storage, 6, memory): integer(_MEMORY_BYTES // 4096),
        (*mib, 3, 10, 0): _moving(box, "temperature", 380, gauge32),
        (*mib, 3, 11, 0): _moving(box, "processor", 520, gauge32),
        (*mib, 4, 4, 0): octets("6.49.17"),
        (*mib, 7, 9, 0): octets("RB3011UiAS"),
    }


def _in_order() -> Iterator[int]:
    yield from range(1, 2**31)


def _with_gaps() -> Iterator[int]:
    """Yield indices as Juniper numbers its ports: the first hundreds are the device's own, and chips leave gaps."""
    for index in range(507, 2**31):
        if index % 3:
            yield index


@dataclass(frozen=True, slots=True)
class Make:
    """A make of router. `wide_only`: octets in 64 bits alone, no aliases, and speed 0 on a port without a line."""

    text: str
    product: Oid
    health: Callable[[Box], Health]
    indices: Callable[[], Iterator[int]] = _in_order
    wide_only: bool = False


CISCO = Make(
    "Cisco IOS Software [Amsterdam], ISR Software (simulated), Version 17.3.4a", (*_ENTERPRISES, 9, 1, 2068), _cisco
)
HUAWEI = Make(
    "Huawei AR1220 Huawei Versatile Routing Platform Software (simulated)\r\nVRP (R) software, Version 5.120",
    (*_ENTERPRISES, 2011, 2, 224, 1),
    _huawei,
)
JUNIPER = Make(
    "Juniper Networks, Inc. srx100h2 internet router (simulated), kernel JUNOS 12.1X46-D40.2",
    (*_ENTERPRISES, 2636, 1, 1, 1, 2, 41),
    _juniper,
    _with_gaps,
)
MIKROTIK = Make("router", (*_ENTERPRISES, 14988, 1), _mikrotik, wide_only=True)
MAKES = (CISCO, HUAWEI, CISCO, JUNIPER, MIKROTIK)  # of an inventory's devices, in turn
