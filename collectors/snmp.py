"""A device's interfaces by SNMP: what moves is asked each poll, what does not is remembered (IF-MIB, RFC 2863)."""

from __future__ import annotations

import time
from typing import Self

from agent.model import Device, DeviceReading, InterfaceReading, Traffic
from collectors._snmp import SnmpClient, Value, chunks

SYS_UPTIME = "1.3.6.1.2.1.1.3.0"
TABLE_LAST_CHANGE = "1.3.6.1.2.1.31.1.5.0"
IF_NAME = "1.3.6.1.2.1.31.1.1.1.1"
IF_ALIAS = "1.3.6.1.2.1.31.1.1.1.18"
IF_DESCR = "1.3.6.1.2.1.2.2.1.2"
IF_SPEED = "1.3.6.1.2.1.2.2.1.5"
IF_HIGH_SPEED = "1.3.6.1.2.1.31.1.1.1.15"
IF_OPER_STATUS = "1.3.6.1.2.1.2.2.1.8"
DISCONTINUITY = "1.3.6.1.2.1.31.1.1.1.19"

# Per direction: octets; unicast, multicast and broadcast packets; discards; errors. 64 bits wide where there is such.
RECEIVE = (
    "1.3.6.1.2.1.31.1.1.1.6",
    "1.3.6.1.2.1.31.1.1.1.7",
    "1.3.6.1.2.1.31.1.1.1.8",
    "1.3.6.1.2.1.31.1.1.1.9",
    "1.3.6.1.2.1.2.2.1.13",
    "1.3.6.1.2.1.2.2.1.14",
)
TRANSMIT = (
    "1.3.6.1.2.1.31.1.1.1.10",
    "1.3.6.1.2.1.31.1.1.1.11",
    "1.3.6.1.2.1.31.1.1.1.12",
    "1.3.6.1.2.1.31.1.1.1.13",
    "1.3.6.1.2.1.2.2.1.19",
    "1.3.6.1.2.1.2.2.1.20",
)
MOVING = (IF_OPER_STATUS, DISCONTINUITY, *RECEIVE, *TRANSMIT)

OIDS_A_REQUEST = 45  # their answers stay within one Ethernet frame
KEPT_S = 3600.0  # how long names, aliases and speeds are believed
UP = 1
SATURATED_SPEED = 4_294_967_295


class Interface:
    """A wanted interface, found: its index now, its speed, and the OIDs that move."""

    __slots__ = ("name", "oids", "speed_bps")

    def __init__(self, name: str, index: str, speed_bps: float | None) -> None:
        self.name = name
        self.speed_bps = speed_bps
        self.oids = [f"{column}.{index}" for column in MOVING]


class SnmpPoller:
    """Polls one device's wanted interfaces; keeps between polls what it has learnt. An async context manager."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._client = SnmpClient(device.address, device.snmp)
        self._interfaces: list[Interface] = []
        self._missing: tuple[str, ...] = ()
        self._requests: list[list[str]] = []
        self._learnt_s = -KEPT_S
        self._last_change: Value = None
        self._uptime_ticks = 0

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.__aexit__()

    async def poll(self) -> DeviceReading:
        """Ask once. Raises `PollFailed`."""
        if time.monotonic() - self._learnt_s >= KEPT_S:
            await self._learn()
        answers, times_s = await self._ask()
        if self._moved(answers):
            await self._learn()
            answers, times_s = await self._ask()
        return DeviceReading(
            at_s=time.monotonic(),
            uptime_s=self._uptime_ticks / 100,
            interfaces={
                interface.name: _reading(interface, answers, times_s[interface.oids[0]])
                for interface in self._interfaces
                if interface.oids[0] in answers
            },
            missing=self._missing,
        )

    async def _ask(self) -> tuple[dict[str, Value], dict[str, float]]:
        """GET all that moves; each interface's objects share a request, and so a time."""
        answers: dict[str, Value] = {}
        times_s: dict[str, float] = {}
        for request in self._requests:
            answers |= await self._client.get(request)
            now_s = time.monotonic()
            times_s |= dict.fromkeys(request, now_s)
        return answers, times_s

    def _moved(self, answers: dict[str, Value]) -> bool:
        """Say whether indices may have moved: the device restarted, its table changed, or an interface is gone."""
        uptime, before = answers.get(SYS_UPTIME), self._uptime_ticks
        self._uptime_ticks = uptime if isinstance(uptime, int) else 0
        changed = answers.get(TABLE_LAST_CHANGE) != self._last_change
        gone = any(interface.oids[0] not in answers for interface in self._interfaces)
        return self._uptime_ticks < before or changed or gone

    async def _learn(self) -> None:
        """Find the wanted interfaces by name, alias or description, and their speeds."""
        names = await self._client.walk(IF_NAME)
        indices = {_text(value): index for index, value in names.items()}
        for column in (IF_ALIAS, IF_DESCR):
            if all(name in indices for name in self._device.interfaces):
                break
            others = await self._client.walk(column)
            indices = {_text(value): index for index, value in others.items()} | indices
        found = {name: indices[name] for name in self._device.interfaces if name in indices}
        speeds = await self._speeds(list(found.values()))
        self._interfaces = [Interface(name, index, speeds.get(index)) for name, index in found.items()]
        self._missing = tuple(name for name in self._device.interfaces if name not in found)
        groups = [[SYS_UPTIME, TABLE_LAST_CHANGE], *(interface.oids for interface in self._interfaces)]
        self._requests = chunks(groups, OIDS_A_REQUEST)
        marks = await self._client.get([SYS_UPTIME, TABLE_LAST_CHANGE])
        self._last_change = marks.get(TABLE_LAST_CHANGE)
        self._learnt_s = time.monotonic()

    async def _speeds(self, indices: list[str]) -> dict[str, float]:
        """Return interface speeds in bit/s: ifHighSpeed, and ifSpeed where that is zero or missing."""
        speeds: dict[str, float] = {}
        for request in chunks(([f"{IF_HIGH_SPEED}.{i}", f"{IF_SPEED}.{i}"] for i in indices), OIDS_A_REQUEST):
            answers = await self._client.get(request)
            for oid, value in answers.items():
                column, _, index = oid.rpartition(".")
                if not isinstance(value, int) or not value:
                    continue
                if column == IF_HIGH_SPEED:
                    speeds[index] = value * 1e6
                elif value != SATURATED_SPEED:
                    speeds.setdefault(index, float(value))
        return speeds


def _reading(interface: Interface, answers: dict[str, Value], at_s: float) -> InterfaceReading:
    status, discontinuity, *counters = [answers.get(oid) for oid in interface.oids]
    return InterfaceReading(
        name=interface.name,
        at_s=at_s,
        up=status == UP,
        speed_bps=interface.speed_bps,
        receive=_traffic(counters[: len(RECEIVE)]),
        transmit=_traffic(counters[len(RECEIVE) :]),
        discontinuity=discontinuity if isinstance(discontinuity, int) else 0,
    )


def _traffic(counters: list[Value]) -> Traffic:
    octets, unicast, multicast, broadcast, discards, errors = (c if isinstance(c, int) else None for c in counters)
    packets = None if unicast is None else unicast + (multicast or 0) + (broadcast or 0)
    return Traffic(bytes=octets, packets=packets, errors=errors, discards=discards)


def _text(value: Value) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
