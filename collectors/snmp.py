"""A device's interfaces by SNMP: what moves is asked each poll, what does not is remembered (IF-MIB, RFC 2863)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Self

from agent.model import Device, Endpoint
from agent.profile import Profile
from agent.readings import DeviceReading, Identity, InterfaceReading, PollFailed, Sample, Traffic
from collectors._snmp import SnmpClient, chunks
from collectors._snmp_session import Value
from collectors.identify import identify
from collectors.objects import ObjectPoller

SYS_UPTIME = "1.3.6.1.2.1.1.3.0"
TABLE_LAST_CHANGE = "1.3.6.1.2.1.31.1.5.0"
IF_NAME = "1.3.6.1.2.1.31.1.1.1.1"
IF_ALIAS = "1.3.6.1.2.1.31.1.1.1.18"
IF_DESCR = "1.3.6.1.2.1.2.2.1.2"
IF_SPEED = "1.3.6.1.2.1.2.2.1.5"
IF_HIGH_SPEED = "1.3.6.1.2.1.31.1.1.1.15"
IF_OPER_STATUS = "1.3.6.1.2.1.2.2.1.8"
DISCONTINUITY = "1.3.6.1.2.1.31.1.1.1.19"

# Per direction: octets; unicast, multicast and broadcast packets; discards; errors. 64 bits wide, or where a device
# (or SNMPv1) lacks those, 32.
RECEIVE = {
    64: ("31.1.1.1.6", "31.1.1.1.7", "31.1.1.1.8", "31.1.1.1.9", "2.2.1.13", "2.2.1.14"),
    32: ("2.2.1.10", "2.2.1.11", "31.1.1.1.2", "31.1.1.1.3", "2.2.1.13", "2.2.1.14"),
}
TRANSMIT = {
    64: ("31.1.1.1.10", "31.1.1.1.11", "31.1.1.1.12", "31.1.1.1.13", "2.2.1.19", "2.2.1.20"),
    32: ("2.2.1.16", "2.2.1.17", "31.1.1.1.4", "31.1.1.1.5", "2.2.1.19", "2.2.1.20"),
}
MIB_2 = "1.3.6.1.2.1"
WIDE_OCTETS = f"{MIB_2}.31.1.1.1.6"

KEPT_S = 3600.0  # how long names, aliases and speeds are believed
SEARCH_PAUSE_S = 60.0  # a table that goes on naming what it no longer tells of is not searched each poll
MISSED_S = 300.0  # how often an interface that is not there is looked for
UP = 1
NO_PROFILES: Mapping[str, Profile] = MappingProxyType({})
SATURATED_SPEED = 4_294_967_295


class Interface:
    """A wanted interface, found: where its name stands, its speed, its counters' width, and the OIDs that move."""

    __slots__ = ("label", "name", "oids", "request", "speed_bps", "width")

    def __init__(self, name: str, label: str, speed_bps: float | None, width: int) -> None:
        index = label.rpartition(".")[2]
        counters = (f"{MIB_2}.{column}" for column in (*RECEIVE[width], *TRANSMIT[width]))
        self.name = name
        self.label = label  # the OID under which the device calls it by this name
        self.speed_bps = speed_bps
        self.width = width
        self.request = 0  # which of the poll's requests asks for it
        self.oids = [f"{column}.{index}" for column in (IF_OPER_STATUS, DISCONTINUITY, *counters)]


class SnmpPoller:
    """Polls one target and its wanted interfaces; remembers what it has learnt. An async context manager."""

    def __init__(self, target: Device | Endpoint, profiles: Mapping[str, Profile] = NO_PROFILES) -> None:
        assert target.snmp is not None
        self._wanted = target.interfaces if isinstance(target, Device) else ()
        self._profile = target.profile
        self._profiles = profiles
        self._client = SnmpClient(target.address, target.snmp)
        self._identity: Identity | None = None
        self._objects: ObjectPoller | None = None
        self._interfaces: list[Interface] = []
        self._missing: tuple[str, ...] = ()
        self._requests: list[list[str]] = []
        self._packed_for = 0  # OIDs a request
        self._learn_at_s = 0.0
        self._search_at_s = 0.0
        self._last_change: Value = None
        self._uptime_ticks = 0

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.__aexit__()

    async def poll(self) -> DeviceReading:
        """Ask once. Raises `PollFailed`."""
        if time.monotonic() >= self._learn_at_s:
            self._client.forget()
            await self._learn()
        answers, times_s = await self._ask()
        if self._moved(answers):
            await self._learn()
            answers, times_s = await self._ask()
            self._search_at_s = 0 if self._all_there(answers) else time.monotonic() + SEARCH_PAUSE_S
        samples, trouble = await self._samples()
        there = [interface for interface in self._interfaces if _is_there(interface, answers)]
        gone = tuple(interface.name for interface in self._interfaces if interface not in there)
        return DeviceReading(
            at_s=time.monotonic(),
            uptime_s=self._uptime_ticks / 100,
            interfaces={one.name: _reading(one, answers, times_s[one.request]) for one in there},
            missing=self._missing + gone,
            samples=samples,
            identity=self._identity,
            trouble=trouble,
        )

    async def _samples(self) -> tuple[tuple[Sample, ...], str]:
        """Ask for what the profile names; a failure there costs no interface its figures, and is told in words."""
        if self._objects is None:
            return (), ""
        try:
            return await self._objects.poll(), ""
        except PollFailed as failure:
            if not self._wanted:
                raise
            return (), failure.reason

    async def _ask(self) -> tuple[dict[str, Value], list[float]]:
        """GET all that moves; return the answers, and when each request was answered."""
        if self._packed_for != self._client.most:
            self._pack(self._client.most)
        answers: dict[str, Value] = {}
        times_s: list[float] = []
        for request in self._requests:
            answers |= await self._client.get(request)
            times_s.append(time.monotonic())
        return answers, times_s

    def _pack(self, most: int) -> None:
        """Pack what moves into requests; an interface's objects share one, and so a time, where that fits."""
        groups = [[SYS_UPTIME, TABLE_LAST_CHANGE], *([one.label, *one.oids] for one in self._interfaces)]
        self._requests = chunks(groups, most)
        asked_in = {oid: number for number, request in enumerate(self._requests) for oid in request}
        for interface in self._interfaces:
            interface.request = asked_in[interface.oids[0]]
        self._packed_for = most

    def _moved(self, answers: dict[str, Value]) -> bool:
        """Say whether indices may have moved: a restart, a changed table, a name that is elsewhere."""
        before, uptime = self._uptime_ticks, answers.get(SYS_UPTIME)
        self._uptime_ticks = uptime if isinstance(uptime, int) else 0
        changed = answers.get(TABLE_LAST_CHANGE) != self._last_change
        if self._uptime_ticks < before or changed:
            return True
        return not self._all_there(answers) and time.monotonic() >= self._search_at_s

    def _all_there(self, answers: dict[str, Value]) -> bool:
        return all(_is_there(interface, answers) for interface in self._interfaces)

    async def _learn(self) -> None:
        """Learn what does not move: what the device is, where the wanted interfaces are, and their speeds."""
        if self._profiles:
            self._identity = await identify(self._client, self._profiles, self._profile)
            self._objects = ObjectPoller(self._client, self._profiles[self._identity.profile])
        labels = await self._labels()
        indices = [label.rpartition(".")[2] for label in labels.values()]
        speeds, wide = await self._facts(indices)
        self._interfaces = [
            Interface(name, label, speeds.get(index), 64 if index in wide else 32)
            for (name, label), index in zip(labels.items(), indices, strict=True)
        ]
        self._missing = tuple(name for name in self._wanted if name not in labels)
        self._last_change = (await self._client.get([SYS_UPTIME, TABLE_LAST_CHANGE])).get(TABLE_LAST_CHANGE)
        self._packed_for = 0
        self._learn_at_s = time.monotonic() + (MISSED_S if self._missing else KEPT_S)

    async def _labels(self) -> dict[str, str]:
        """Return where the device says each wanted interface's name: as ifName, ifAlias or ifDescr, in this order."""
        labels: dict[str, str] = {}
        for column in (IF_NAME, IF_ALIAS, IF_DESCR):
            if len(labels) == len(self._wanted):
                break
            for index, value in (await self._client.walk(column)).items():
                name = _text(value)
                if name in self._wanted:
                    labels.setdefault(name, f"{column}.{index}")
        return {name: labels[name] for name in self._wanted if name in labels}

    async def _facts(self, indices: list[str]) -> tuple[dict[str, float], set[str]]:
        """Return speeds in bit/s (ifHighSpeed, else ifSpeed), and the indices whose counters are wide."""
        speeds: dict[str, float] = {}
        wide: set[str] = set()
        oids = [f"{column}.{index}" for index in indices for column in (IF_HIGH_SPEED, IF_SPEED, WIDE_OCTETS)]
        for oid, value in (await self._client.get(oids)).items():
            column, _, index = oid.rpartition(".")
            if column == WIDE_OCTETS:
                wide.add(index)
            elif column == IF_HIGH_SPEED and isinstance(value, int) and value:
                speeds[index] = value * 1e6
            elif column == IF_SPEED and isinstance(value, int) and value not in (0, SATURATED_SPEED):
                speeds.setdefault(index, float(value))
        return speeds, wide


def _is_there(interface: Interface, answers: dict[str, Value]) -> bool:
    return interface.oids[0] in answers and _text(answers.get(interface.label)) == interface.name


def _reading(interface: Interface, answers: dict[str, Value], at_s: float) -> InterfaceReading:
    status, discontinuity, *counters = [answers.get(oid) for oid in interface.oids]
    return InterfaceReading(
        name=interface.name,
        at_s=at_s,
        up=status == UP,
        speed_bps=interface.speed_bps,
        receive=_traffic(counters[:6]),
        transmit=_traffic(counters[6:]),
        discontinuity=discontinuity if isinstance(discontinuity, int) else 0,
        width=interface.width,
    )


def _traffic(counters: list[Value]) -> Traffic:
    octets, unicast, multicast, broadcast, discards, errors = (c if isinstance(c, int) else None for c in counters)
    packets = None if unicast is None else unicast + (multicast or 0) + (broadcast or 0)
    return Traffic(bytes=octets, packets=packets, errors=errors, discards=discards)


def _text(value: Value) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
