"""The real server on a loopback port, before an agent that is only a board."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from agent.archive import Archive
from agent.history import Maintenance
from agent.inventory import Inventory
from agent.maintenance import Calendar
from agent.model import (
    Device,
    Endpoint,
    Level,
    Link,
    LinkRole,
    Secret,
    Sentinel,
    Site,
    SnmpCredentials,
    SnmpSettings,
    State,
)
from agent.readings import DeviceReading, Echo, InterfaceReading, Outcome, Traffic
from agent.settings import AgentSettings, Config, Listen, WebSecurity
from agent.state import Board
from exporters.web.app import create_app
from exporters.web.server import serve

SNMP = SnmpSettings(SnmpCredentials("province", "2c", community=Secret("public")))
SENTINEL = Sentinel("sentinel", "10.25.255.254")
NASTY = """Xã <script>alert("x")</script> & 'Co'"""


class Clock:
    """The monotonic clock, put forward by what a test wants to have passed."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead_s


class Watched(Board):
    """A board with a clock that tests put forward, and a sentinel, without which a silence of all is its own fault."""

    def __init__(self, inventory: Inventory) -> None:
        self.clock = Clock()
        super().__init__(inventory, self.clock)
        self.follow(inventory, sentinels=[SENTINEL])

    def hear(self, target: str, rtt_s: float | None, cause: str = "") -> None:
        """Let a second pass and a target's echo end; all that answers by then answers its own a little later."""
        self.clock.ahead_s += 1
        record = self.endpoints.get(target) or self.devices[target]
        outcome = Outcome.TIMEOUT if rtt_s is None else Outcome.OK
        self.record_echo(record, Echo(self.now_s() - 0.6, rtt_s, outcome, cause if rtt_s is None else ""))
        for other in (*self.sentinels.values(), *self.devices.values()):
            if other is not record and other.seen is not State.DOWN:
                self.record_echo(other, Echo(self.now_s(), 0.001, Outcome.OK))
        self.settle()

    def live(self, seconds: int, *, silent: Collection[str] = ()) -> None:
        """Let so many seconds pass in which all are pinged once each, and all but some answer."""
        for _ in range(seconds):
            self.clock.ahead_s += 1
            for record in (*self.sentinels.values(), *self.probed):
                dead = record.target.id in silent
                outcome = Outcome.TIMEOUT if dead else Outcome.OK
                self.record_echo(record, Echo(self.now_s() - 0.1, None if dead else 0.01, outcome))
            self.settle()

    def poll(self, device: str, octets: int = 0, **lines: bool) -> None:
        """Let ten seconds pass and a device tell of its interfaces, True for those that are up; then it is pinged."""
        self.clock.ahead_s += 10
        at_s = self.now_s()
        interfaces = {name.replace("_", "-"): up for name, up in lines.items()}
        told = {name: interface(name, at_s, octets, up=up) for name, up in interfaces.items()}
        self.record_reading(device, DeviceReading(at_s, at_s, told), 0.1)
        self.hear(device, 0.001)


@dataclass
class WebAgent:
    """An AgentView whose every answer a test can set."""

    board: Board
    settings: AgentSettings = field(default_factory=AgentSettings)
    ready: bool = True
    reload_ok: bool = True
    reloaded_at: datetime = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    targets: Mapping[str, int] = field(default_factory=lambda: {"icmp": 3})
    faults: list[str] = field(default_factory=list)
    reloads: int = 0
    calendar: Calendar = field(default_factory=Calendar)
    history_trouble: str = ""
    archive: Archive = field(default_factory=lambda: Archive(Path("no-such-folder") / "diemcau.sqlite3"))

    @property
    def config(self) -> Config:
        return Config(self.settings, self.board.inventory)

    async def reload(self) -> list[str]:
        self.reloads += 1
        return self.faults

    def __post_init__(self) -> None:
        self.calendar.follow(self.board.inventory, ())

    @property
    def windows(self) -> tuple[Maintenance, ...]:
        return self.calendar.windows(datetime.now(UTC))

    def add_maintenance(self, targets: Iterable[str], start: datetime, end: datetime, why: str) -> Maintenance:
        return self.calendar.add(targets, start, end, why, datetime.now(UTC))

    def end_maintenance(self, id_: str) -> Maintenance | None:
        return self.calendar.end(id_, datetime.now(UTC))

    def allow(self, **users: str) -> None:
        secrets = {name: Secret(hashed) for name, hashed in users.items()}
        self.settings = replace(self.settings, web=WebSecurity(users=secrets))


def village(*names: str) -> Inventory:
    """Make a district with a commune for each name, a line to each, and one router."""
    sites = {
        "phu-tho": Site("phu-tho", "Tỉnh Phú Thọ", Level.PROVINCE),
        "thanh-son": Site("thanh-son", "Huyện Thanh Sơn", Level.DISTRICT, "phu-tho"),
    }
    communes = {f"xa-{n}": Site(f"xa-{n}", name, Level.COMMUNE, "thanh-son") for n, name in enumerate(names)}
    seats = [*sites.values(), *communes.values()]
    return Inventory(
        sites | communes,
        {f"vc-{s.id}": Endpoint(f"vc-{s.id}", s.id, s.name, f"10.25.0.{n}") for n, s in enumerate(seats)},
        {"r-1": Device("r-1", "thanh-son", "router", "10.25.1.1", SNMP)},
        {
            f"acc-{id_}": Link(f"acc-{id_}", f"Đường {site.name}", "thanh-son", id_, LinkRole.ACCESS, "r-1", id_, 1e7)
            for id_, site in communes.items()
        },
    )


def ping(board: Watched, target: str, *rtts_s: float | None, cause: str = "") -> None:
    """Let a target be pinged once a second: a round trip each, None for silence; the router and the sentinel answer."""
    for rtt_s in rtts_s:
        board.hear(target, rtt_s, cause)


def interface(name: str, at_s: float, octets: int, *, up: bool = True) -> InterfaceReading:
    traffic = Traffic(octets, 0, 0, 0)
    return InterfaceReading(name, at_s, up=up, speed_bps=1e9, receive=traffic, transmit=traffic)


@asynccontextmanager
async def serving(agent: WebAgent, security: WebSecurity | None = None) -> AsyncIterator[str]:
    """Serve on a free port of 127.0.0.1, through an inherited socket; give `HOST:PORT`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listen = Listen(fd=listener.fileno())
        async with running(agent, listen, security):
            yield f"127.0.0.1:{listener.getsockname()[1]}"


@asynccontextmanager
async def running(agent: WebAgent, listen: Listen, security: WebSecurity | None = None) -> AsyncIterator[None]:
    """Serve where `listen` says for as long as the block runs."""
    started = asyncio.Event()
    task = asyncio.create_task(serve(create_app(agent), listen, security or WebSecurity(), started=started))
    waiting = asyncio.create_task(started.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    try:
        if task.done():
            await task
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
