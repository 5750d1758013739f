"""The real server on a loopback port, before an agent that is only a board."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from agent.inventory import Inventory
from agent.model import Device, Endpoint, Level, Link, LinkRole, Secret, Site, SnmpCredentials, SnmpSettings
from agent.readings import Echo, InterfaceReading, Outcome, Traffic
from agent.settings import AgentSettings, Config, Listen, WebSecurity
from agent.state import Board
from exporters.web.app import create_app
from exporters.web.server import serve

SNMP = SnmpSettings(SnmpCredentials("province", "2c", community=Secret("public")))
NASTY = """Xã <script>alert("x")</script> & 'Co'"""


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

    @property
    def config(self) -> Config:
        return Config(self.settings, self.board.inventory)

    async def reload(self) -> list[str]:
        self.reloads += 1
        return self.faults

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


def ping(board: Board, endpoint: str, *rtts_s: float | None, cause: str = "") -> None:
    """Let an endpoint be pinged: a round trip each, None for silence."""
    for n, rtt_s in enumerate(rtts_s):
        outcome = Outcome.TIMEOUT if rtt_s is None else Outcome.OK
        board.record_echo(board.endpoints[endpoint], Echo(float(n), rtt_s, outcome, cause if rtt_s is None else ""))


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
