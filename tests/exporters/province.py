"""Provinces of any size for tests of the exporters, filled by the readings a real one would give."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from agent.inventory import Inventory
from agent.model import Device, Endpoint, Level, Link, LinkRole, Secret, Site, SnmpCredentials, SnmpSettings
from agent.readings import DeviceReading, Echo, InterfaceReading, Outcome, Traffic
from agent.state import Board
from tests.exporters.web_server import WebAgent

SNMP = SnmpSettings(SnmpCredentials("province", "2c", community=Secret("public")))
DISTRICTS = 13
INTERFACES_A_LINK = 2


def inventory_of(communes: int = 225, rooms: int = 5) -> Inventory:
    """Make a province: its rooms, thirteen districts on two lines each, communes on one."""
    seats = [f"huyen-{n}" for n in range(DISTRICTS)]
    places = {f"xa-{n}": seats[n % DISTRICTS] for n in range(communes)}
    sites = [Site("phu-tho", "Tỉnh Phú Thọ", Level.PROVINCE)]
    sites += [Site(f"phong-{n}", f"Phòng họp {n}", Level.PROVINCE, "phu-tho") for n in range(rooms)]
    sites += [Site(seat, f"Huyện {seat}", Level.DISTRICT, "phu-tho") for seat in seats]
    sites += [Site(place, f"Xã {place}", Level.COMMUNE, seat) for place, seat in places.items()]
    links = [
        _link(f"{role}-{seat}", "phu-tho", seat, role, "r-core")
        for seat in seats
        for role in (LinkRole.PRIMARY, LinkRole.BACKUP)
    ]
    links += [_link(f"acc-{place}", seat, place, LinkRole.ACCESS, f"r-{seat}") for place, seat in places.items()]
    devices = [
        Device(f"r-{site}", where, "router", f"10.25.0.{n}", SNMP)
        for n, (site, where) in enumerate([("core", "phu-tho"), *[(seat, seat) for seat in seats]])
    ]
    endpoints = [
        Endpoint(f"vc-{site.id}", site.id, site.name, f"10.{25 + n // 65536}.{n // 256 % 256}.{n % 256}", "poly")
        for n, site in enumerate(sites[1:])
    ]
    return Inventory(
        {site.id: site for site in sites},
        {endpoint.id: endpoint for endpoint in endpoints},
        {device.id: device for device in devices},
        {link.id: link for link in links},
    )


def _link(id_: str, a: str, b: str, role: LinkRole, device: str) -> Link:
    return Link(id_, f"Tuyến {id_}", a, b, role, device, f"Gi0/{b}-{role}", 100e6)


def board_of(inventory: Inventory, echoes: int = 20, seed: int = 1) -> Board:
    """Give each endpoint `echoes`, some lost, and each device two polls thirty seconds apart."""
    chance = random.Random(seed)
    board = Board(inventory)
    answer(board, echoes, chance)
    now_s = time.monotonic()
    poll(board, now_s - 30, chance)
    poll(board, now_s, chance)
    return board


def answer(board: Board, echoes: int, chance: random.Random) -> None:
    """Let every endpoint be pinged once a second until now."""
    now_s = time.monotonic()
    for record in [*board.endpoints.values(), *board.devices.values()]:
        for n in range(echoes):
            rtt_s = None if chance.random() < 0.01 else chance.lognormvariate(-4, 0.6)
            outcome = Outcome.TIMEOUT if rtt_s is None else Outcome.OK
            board.record_echo(record, Echo(now_s - echoes + n, rtt_s, outcome))


def poll(board: Board, at_s: float, chance: random.Random) -> None:
    """Let every device answer for the interfaces of its links, and as many more."""
    for id_, record in board.devices.items():
        names = [link.interface for link in board.inventory.links.values() if link.device == id_]
        every = [f"{name}{'.1' * extra}" for name in names for extra in range(INTERFACES_A_LINK)]
        old = record.reading.interfaces if record.reading else {}
        interfaces = {name: _interface(name, at_s, old.get(name), chance) for name in every}
        board.record_reading(id_, DeviceReading(at_s, 1000 + at_s, interfaces), chance.random() / 10)


def _interface(name: str, at_s: float, old: InterfaceReading | None, chance: random.Random) -> InterfaceReading:
    receive = _traffic(old.receive if old else None, chance)
    transmit = _traffic(old.transmit if old else None, chance)
    return InterfaceReading(name, at_s, up=True, speed_bps=1e9, receive=receive, transmit=transmit)


def _traffic(old: Traffic | None, chance: random.Random) -> Traffic:
    if old is None:
        return Traffic(chance.randrange(10**13), chance.randrange(10**10), chance.randrange(100), 0)
    more = chance.randrange(7_000_000)
    return Traffic(old.bytes + more, old.packets + more // 800, old.errors, old.discards)


@dataclass
class FakeAgent(WebAgent):
    """An AgentView with nothing behind it but a board."""

    targets: Mapping[str, int] = field(default_factory=lambda: {"icmp": 257, "snmp": 14})
