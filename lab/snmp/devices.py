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
from lab.codecs import Codec, fresh
from lab.counts import IN, OUT
from lab.snmp.agent import MAX_SIZE, Agent, Engine
from lab.snmp.ber import Oid
from lab.snmp.box import Box, Port, Wire
from lab.snmp.makes import MAKES, Make
from lab.snmp.mib import Mib, Source
from lab.snmp.notify import COLD_START, Notifier
from lab.snmp.objects import engine, interfaces, system
from lab.snmp.poly import OBJECTS as POLY_OBJECTS, PRODUCT as POLY_PRODUCT, notifications, poly
from lab.snmp.usm import User
from lab.topology import targets
from lab.wan import News, Wan

_CISCO_CODEC: Oid = (1, 3, 6, 1, 4, 1, 5596, 150, 6, 4, 1)
_GIGABIT, _HUNDRED_MEGABIT = 1_000_000_000, 100_000_000
# RFC 3411: an SNMPv3 engine id of net-snmp's enterprise whose last 8 bytes are the maker's own.
_ENGINE_PREFIX = bytes.fromhex("80001f8805")
_CODECS = {
    "poly": ("Polycom RealPresence Group 500 (simulated)", POLY_PRODUCT),
    "cisco-codec": ("Cisco Codec SoftW: TC7.3.5 MCU: Cisco TelePresence SX20 (simulated)", _CISCO_CODEC),
}


@dataclass(slots=True)
class Fleet:
    """All agents by address, what they stand on by hop id, and the ports that each hop's state touches.

    An agent is made when it is first asked: most of a large province's never are. `notifier` None: devices say
    nothing of their own accord.
    """

    makers: dict[str, Callable[[], Agent]] = field(default_factory=dict)
    agents: dict[str, Agent] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    boxes: dict[str, Box] = field(default_factory=dict)
    wires: dict[str, Wire] = field(default_factory=dict)
    codecs: dict[str, Codec] = field(default_factory=dict)
    ports: dict[str, list[Port]] = field(default_factory=lambda: defaultdict(list))
    notifier: Notifier | None = None

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

    def hear(self, news: News) -> None:
        """Take note of a hop's news."""
        touched = self.ports[news.id]
        were_up = [port.up for port in touched]
        wire, box = self.wires.get(news.id), self.boxes.get(news.id)
        if wire:
            wire.up = news.up
            wire.meters[OUT].change(news.out_bps)
            wire.meters[IN].change(news.in_bps)
        if box:
            box.up = news.up
            if news.booted:
                self._boot(box, renumbered=news.renumbered)
        for port, was_up in zip(touched, were_up, strict=True):
            if port.up != was_up:
                port.changed_s = port.box.uptime_s
                if self.notifier:
                    self.notifier.tell_link(port)
        if news.codec and news.id in self.codecs:
            self._change(news.id, news.codec)

    def _boot(self, box: Box, *, renumbered: bool) -> None:
        box.booted_s = time.monotonic()
        box.boots += 1
        box.table_changed_s = 0.0
        own = [port for port in self.ports[box.id] if port.box is box]
        for port in own:
            port.restart()
        if renumbered:
            self._renumber(box, own)
        if self.notifier:
            self.notifier.tell(box, COLD_START)

    def _renumber(self, box: Box, ports: list[Port]) -> None:
        """Give each port its neighbour's index, the last one a new one."""
        indices = [port.index for port in ports]
        for port, index in zip(ports, [*indices[1:], max(indices) + 1], strict=True):
            port.index = index
        box.table_changed_s = box.uptime_s
        self.agents.pop(self.addresses[box.id], None)  # it is made anew when it is next asked

    def _change(self, codec_id: str, codec: Codec) -> None:
        old, self.codecs[codec_id] = self.codecs[codec_id], codec
        agent = self.agents.get(self.addresses[codec_id])
        if agent:
            agent.mib.replace(POLY_OBJECTS, poly(codec, codec_id))
        for what in notifications(old, codec):
            if self.notifier:
                self.notifier.tell(self.boxes[codec_id], what)


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
        fleet.addresses[target.id] = target.address
    for number, device in enumerate(inventory.devices.values()):
        _add_router(fleet, wan, device, MAKES[number % len(MAKES)])
    shared = shared_credentials(inventory)
    for credentials in shared:
        User(credentials, _ENGINE_PREFIX)  # one the lab can't speak is refused now, not when it is first used
    for endpoint in inventory.endpoints.values():
        _add_codec(fleet, inventory, endpoint, shared)
    return fleet


def _add_router(fleet: Fleet, wan: Wan, device: Device, make: Make) -> None:
    box = fleet.boxes[device.id]
    lines = zip(make.indices(), cabling(wan.inventory, device).items(), strict=False)
    ports = [
        Port(box, index, name, link.id if link else "", _GIGABIT, **_plug(fleet, wan, device, link))
        for index, (name, link) in lines
    ]
    kind = _Kind(make.text, make.product, wan.inventory.sites[device.site].name)
    fleet.add(ports)

    def objects() -> dict[Oid, Source]:
        return system(box, *kind) | interfaces(box, ports, wide_only=make.wide_only) | make.health(box)

    fleet.makers[device.address] = partial(_agent, box, objects, [device.snmp.credentials])


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
    if product == POLY_PRODUCT:
        fleet.codecs[endpoint.id] = fresh(endpoint)

    def objects() -> dict[Oid, Source]:
        codec = fleet.codecs.get(endpoint.id)
        own = poly(codec, endpoint.id) if codec else {}
        return system(box, *kind) | interfaces(box, [port]) | own

    spoken = [endpoint.snmp.credentials, *shared] if endpoint.snmp else shared
    fleet.makers[endpoint.address] = partial(_agent, box, objects, spoken)


def shared_credentials(inventory: Inventory) -> list[SnmpCredentials]:
    """Return what the codecs accept: all that any router does."""
    return list(
        {device.snmp.credentials.name: device.snmp.credentials for device in inventory.devices.values()}.values()
    )


class _Kind(NamedTuple):
    """What a device says it is, and where."""

    text: str
    product: Oid
    place: str


def _agent(box: Box, objects: Callable[[], dict[Oid, Source]], credentials: list[SnmpCredentials]) -> Agent:
    engine_id = _ENGINE_PREFIX + hashlib.sha256(box.id.encode()).digest()[:8]
    communities = {one.community.reveal().encode() for one in credentials if one.version != "3" and one.community}
    users = {one.user.encode(): User(one, engine_id) for one in credentials if one.version == "3" and one.user}
    if not communities and not users:
        communities = {b"public"}
    now = Engine(engine_id, lambda: (box.boots, int(box.uptime_s)))
    return Agent(Mib(objects() | engine(engine_id, box, MAX_SIZE)), now, frozenset(communities), users)


def sources(fleet: Fleet, inventory: Inventory) -> dict[str, tuple[str, bytes]]:
    """Return each device's address and the community of its notifications: its own, else any of the province's."""
    known = [one.community.reveal().encode() for one in shared_credentials(inventory) if one.community]
    usual = known[0] if known else b"public"
    own = {target.id: target.snmp.credentials.community for target in targets(inventory) if target.snmp}
    found = {name: one.reveal().encode() for name, one in own.items() if one}
    return {name: (address, found.get(name, usual)) for name, address in fleet.addresses.items()}
