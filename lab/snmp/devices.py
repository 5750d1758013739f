"""The agents of an inventory: every router with its lines, every codec with its cable."""

from __future__ import annotations

import hashlib
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple, TypedDict

from agent.inventory import Inventory
from agent.model import Device, Endpoint, Link, SnmpCredentials
from lab.counts import IN, OUT
from lab.snmp.agent import MAX_SIZE, Agent, Engine
from lab.snmp.ber import Oid
from lab.snmp.box import Box, Port, Wire
from lab.snmp.mib import Mib
from lab.snmp.objects import engine, interfaces, system
from lab.snmp.usm import User
from lab.topology import targets
from lab.wan import Wan

_ROUTER: Oid = (1, 3, 6, 1, 4, 1, 9, 1, 2068)
_POLY: Oid = (1, 3, 6, 1, 4, 1, 13885, 101)
_CISCO_CODEC: Oid = (1, 3, 6, 1, 4, 1, 5596, 150, 6, 4, 1)
_GIGABIT, _HUNDRED_MEGABIT = 1_000_000_000, 100_000_000
# RFC 3411: an SNMPv3 engine id of net-snmp's enterprise whose last 8 bytes are the maker's own.
_ENGINE_PREFIX = bytes.fromhex("80001f8805")
_ROUTER_TEXT = "Cisco IOS Software [Amsterdam], ISR Software (simulated), Version 17.3.4a"
_CODECS = {
    "poly": ("Polycom RealPresence Group 500 (simulated)", _POLY),
    "cisco-codec": ("Cisco Codec SoftW: TC7.3.5 MCU: Cisco TelePresence SX20 (simulated)", _CISCO_CODEC),
}


@dataclass(slots=True)
class Fleet:
    """All agents by address, what they stand on by hop id, and the ports that each hop's state touches.

    An agent is made when it is first asked: most of a large province's never are.
    """

    makers: dict[str, Callable[[], Agent]] = field(default_factory=dict)
    agents: dict[str, Agent] = field(default_factory=dict)
    boxes: dict[str, Box] = field(default_factory=dict)
    wires: dict[str, Wire] = field(default_factory=dict)
    ports: dict[str, list[Port]] = field(default_factory=lambda: defaultdict(list))

    def agent(self, address: str) -> Agent | None:
        """Return the agent at an address, None where there is none."""
        if address not in self.agents and address in self.makers:
            self.agents[address] = self.makers[address]()
        return self.agents.get(address)

    def add(self, ports: Iterable[Port]) -> None:
        """Take in a device's ports."""
        for port in ports:
            for touching in {part.id for part in (port.box, port.wire, port.far) if part}:
                self.ports[touching].append(port)

    def hear(self, hop_id: str, *, up: bool, out_bps: float, in_bps: float, booted: bool) -> None:
        """Take note of a hop's news (see `lab.wan.News`)."""
        touched = self.ports[hop_id]
        were_up = [port.up for port in touched]
        wire, box = self.wires.get(hop_id), self.boxes.get(hop_id)
        if wire:
            wire.up = up
            wire.meters[OUT].change(out_bps)
            wire.meters[IN].change(in_bps)
        if box:
            box.up = up
            if booted:
                self._boot(box)
        for port, was_up in zip(touched, were_up, strict=True):
            if port.up != was_up:
                port.changed_s = port.box.uptime_s

    def _boot(self, box: Box) -> None:
        box.booted_s = time.monotonic()
        box.boots += 1
        for port in self.ports[box.id]:
            if port.box is box:
                port.restart()


def build(wan: Wan) -> Fleet:
    """Return the agents of a network as it stands."""
    fleet = Fleet()
    inventory = wan.inventory
    for index, hop in enumerate(wan.hops.values()):
        wire = fleet.wires[hop.id] = Wire(hop.id, wan.counts.of(index), up=hop.settings.up)
        for meter, bps in zip(wire.meters, wan.traffic_bps(hop), strict=True):
            meter.change(bps)
    for target in targets(inventory):
        fleet.boxes[target.id] = Box.running(target.id)
    for device in inventory.devices.values():
        _add_router(fleet, wan, device)
    shared = _shared_credentials(inventory)
    for credentials in shared:
        User(credentials, _ENGINE_PREFIX)  # one the lab can't speak is refused now, not when it is first used
    for endpoint in inventory.endpoints.values():
        _add_codec(fleet, inventory, endpoint, shared)
    return fleet


def _add_router(fleet: Fleet, wan: Wan, device: Device) -> None:
    box = fleet.boxes[device.id]
    lines = enumerate(cabling(wan.inventory, device).items(), start=1)
    ports = [
        Port(box, index, name, link.id if link else "", _GIGABIT, **_plug(fleet, wan, device, link))
        for index, (name, link) in lines
    ]
    kind = _Kind(_ROUTER_TEXT, _ROUTER, wan.inventory.sites[device.site].name)
    fleet.add(ports)
    fleet.makers[device.address] = partial(_agent, box, kind, ports, [device.snmp.credentials])


class _Plug(TypedDict, total=False):
    wire: Wire
    receives: int
    far: Box | None


def _plug(fleet: Fleet, wan: Wan, device: Device, link: Link | None) -> _Plug:
    """Return what a router's interface is plugged into."""
    if link is None:
        return {}
    far = wan.topology.far_router(link, device.id)
    receives = IN if wan.hops[link.id].home == device.site else OUT
    return {"wire": fleet.wires[link.id], "receives": receives, "far": fleet.boxes[far.id] if far else None}


def cabling(inventory: Inventory, device: Device) -> dict[str, Link | None]:
    """Return which line each interface of a device carries.

    Lines that name the device are on the interface they name; those that only end at its site take its
    remaining interfaces in order.
    """
    named = {link.interface: link for link in inventory.links.values() if link.device == device.id and link.interface}
    ends = [link for link in inventory.links.values() if device.site in (link.a, link.b) and link.device != device.id]
    waiting = iter(ends if _is_first(inventory, device) else [])
    ports = {name: named.get(name) or next(waiting, None) for name in device.interfaces}
    return {**ports, **{name: link for name, link in named.items() if name not in ports}}


def _is_first(inventory: Inventory, device: Device) -> bool:
    return next(one.id for one in inventory.devices.values() if one.site == device.site) == device.id


def _add_codec(fleet: Fleet, inventory: Inventory, endpoint: Endpoint, shared: list[SnmpCredentials]) -> None:
    box = fleet.boxes[endpoint.id]
    port = Port(box, 1, "eth0", "", _HUNDRED_MEGABIT, fleet.wires[endpoint.id], receives=OUT)
    text, product = _CODECS.get(endpoint.profile, _CODECS["poly"])
    kind = _Kind(text, product, inventory.sites[endpoint.site].name)
    fleet.add([port])
    fleet.makers[endpoint.address] = partial(_agent, box, kind, [port], shared)


def _shared_credentials(inventory: Inventory) -> list[SnmpCredentials]:
    """Return what the codecs accept: all that any router does."""
    return list(
        {device.snmp.credentials.name: device.snmp.credentials for device in inventory.devices.values()}.values()
    )


class _Kind(NamedTuple):
    """What a device says it is, and where."""

    text: str
    product: Oid
    place: str


def _agent(box: Box, kind: _Kind, ports: list[Port], credentials: list[SnmpCredentials]) -> Agent:
    engine_id = _ENGINE_PREFIX + hashlib.sha256(box.id.encode()).digest()[:8]
    objects = system(box, *kind) | engine(engine_id, box, MAX_SIZE) | interfaces(ports)
    communities = {one.community.reveal().encode() for one in credentials if one.version == "2c" and one.community}
    users = {one.user.encode(): User(one, engine_id) for one in credentials if one.version == "3" and one.user}
    if not communities and not users:
        communities = {b"public"}
    now = Engine(engine_id, lambda: (box.boots, int(box.uptime_s)))
    return Agent(Mib(objects), now, frozenset(communities), users)
