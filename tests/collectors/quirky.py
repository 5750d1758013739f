"""A link over a replayed device: asked by the real poller, judged by the real board, its time told by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from agent.inventory import Inventory
from agent.model import Device, Level, Link, LinkRole, Secret, Site, SnmpCredentials, SnmpSettings
from agent.readings import DeviceReading, PollFailed
from agent.records import LinkRecord
from agent.state import Board
from collectors import recording
from collectors.snmp import SnmpPoller
from lab.snmp.quirks import Quirk, plain
from lab.snmp.replay import Replay
from lab.snmp.udp import Served, served

RECORDINGS = Path(__file__).parents[1] / "recordings"
TIMEOUT_S = 0.2


@dataclass
class Clock:
    now_s: float = 1000.0

    def __call__(self) -> float:
        return self.now_s


class Watch:
    """Polls one interface of a device and keeps its link's record; `restarts` and `reading` are the device's."""

    def __init__(self, device: Device, replay: Replay, clock: Clock, poller: SnmpPoller, about: Served) -> None:
        sites = {name: Site(name, name, Level.DISTRICT) for name in ("a", "b")}
        link = Link("line", "line", "a", "b", LinkRole.PRIMARY, device.id, device.interfaces[0])
        self.board = Board(Inventory(sites, devices={device.id: device}, links={"line": link}), clock)
        self.device, self.replay, self.served, self._clock, self._poller = device, replay, about, clock, poller

    async def poll(self, after_s: float = 0.0) -> LinkRecord:
        """Let time pass on the device's clock and ours, and poll. Raises PollFailed."""
        self._clock.now_s += after_s
        try:
            reading = _at(await self._poller.poll(), self._clock())
        except PollFailed as failure:
            self.board.record_failure(self.device.id, failure, 0.0)
            raise
        self.board.record_reading(self.device.id, reading, 0.0)
        return self.board.links["line"]

    @property
    def reading(self) -> DeviceReading:
        return self.board.devices[self.device.id].reading

    @property
    def restarts(self) -> int:
        return self.board.devices[self.device.id].restarts


def _at(reading: DeviceReading, at_s: float) -> DeviceReading:
    interfaces = {name: replace(one, at_s=at_s) for name, one in reading.interfaces.items()}
    return replace(reading, at_s=at_s, interfaces=interfaces)


@asynccontextmanager
async def watched(
    name: str,
    *interfaces: str,
    rates_bps: dict[int, tuple[float, float]] | None = None,
    quirks: tuple[Quirk, ...] = (),
    version: str = "2c",
    retries: int = 1,
    **agent: frozenset[int],
) -> AsyncIterator[Watch]:
    """A recording replayed on loopback with these quirks around it, the innermost first."""
    clock = Clock()
    replay = Replay(recording.read(RECORDINGS / f"{name}.snmp"), rates_bps=rates_bps, clock=clock, **agent)
    answering = plain(replay.agent)
    for quirk in quirks:
        answering = quirk(answering)
    async with served(answering) as about:
        credentials = SnmpCredentials("c", version, Secret("public"))
        settings = SnmpSettings(credentials, timeout_s=TIMEOUT_S, retries=retries, port=about.port)
        device = Device("d", "a", "router", "127.0.0.1", settings, interfaces=interfaces)
        async with SnmpPoller(device) as poller:
            yield Watch(device, replay, clock, poller, about)


async def failure(watch: Watch) -> PollFailed:
    with pytest.raises(PollFailed) as raised:
        await watch.poll()
    return raised.value
