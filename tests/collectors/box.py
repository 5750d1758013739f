"""A device made of whatever objects a test gives it, answering SNMP at a port of loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from agent.config import load
from agent.model import Secret, SnmpCredentials
from agent.profile import Profile
from agent.readings import Sample
from collectors._snmp import SnmpClient
from lab.snmp.agent import Agent, Engine
from lab.snmp.ber import Value, gauge32, integer, object_id, octets, timeticks
from lab.snmp.mib import Mib
from tests.servers import snmp_settings

Plain = int | str | bytes | Value

V1 = SnmpCredentials("old", "1", Secret("public"))
SYSTEM = "1.3.6.1.2.1.1"
MAIN = "inventory: inventory.yaml\ncredentials: {lab: {version: 2c, community: public}}\n"
INVENTORY = "sites: [{id: hq, name: HQ, level: province}]\n"


def arcs(oid: str) -> tuple[int, ...]:
    return tuple(map(int, oid.split(".")))


def value(plain: Plain) -> Value:
    if isinstance(plain, Value):
        return plain
    if isinstance(plain, int):
        return gauge32(plain) if plain >= 0 else integer(plain)
    return octets(plain)


class Box(asyncio.DatagramProtocol):
    """A device; `asked` counts the requests that came."""

    def __init__(self, objects: Mapping[str, Plain]) -> None:
        self.asked = 0
        self.system = {
            f"{SYSTEM}.1.0": octets("A device"),
            f"{SYSTEM}.2.0": object_id((1, 3, 6, 1, 4, 1, 99999)),
            f"{SYSTEM}.3.0": timeticks(100),
            f"{SYSTEM}.5.0": octets("vc-hq"),
        }
        self.show(objects)

    def show(self, objects: Mapping[str, Plain]) -> None:
        """Have these objects from now on, beside the system group."""
        every = {**self.system, **objects}
        mib = Mib({arcs(oid): value(plain) for oid, plain in every.items()})
        self.agent = Agent(mib, Engine(b"engine-id", lambda: (1, 1)), frozenset({b"public"}))

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.asked += 1
        if reply := self.agent.answer(data):
            self.transport.sendto(reply, addr)


@asynccontextmanager
async def box(objects: Mapping[str, Plain], **changes: object) -> AsyncIterator[tuple[Box, SnmpClient]]:
    """Serve a device and a client that asks it."""
    device = Box(objects)
    await asyncio.get_running_loop().create_datagram_endpoint(lambda: device, local_addr=("127.0.0.1", 0))
    port = device.transport.get_extra_info("sockname")[1]
    try:
        async with SnmpClient("127.0.0.1", snmp_settings(**{"port": port, **changes})) as client:
            yield device, client
    finally:
        device.transport.close()
        await asyncio.sleep(0)


def profiles_of(folder: Path, *texts: str) -> dict[str, Profile]:
    """Read profiles as a configuration would: these texts, a file each, and the shipped ones."""
    (folder / "profiles").mkdir(exist_ok=True)
    for number, text in enumerate(texts):
        (folder / "profiles" / f"{number}.yaml").write_text(text, encoding="utf-8")
    (folder / "inventory.yaml").write_text(INVENTORY, encoding="utf-8")
    (folder / "main.yaml").write_text(MAIN + "profiles: profiles/\n", encoding="utf-8")
    return load(folder / "main.yaml", {}).profiles


def told(samples: tuple[Sample, ...]) -> dict[str, float]:
    """Samples by their name, as in the text format without the prefix."""
    by_name = {}
    for sample in samples:
        labels = ",".join(f'{name}="{value}"' for name, value in sample.labels)
        name = sample.metric.removeprefix("diemcau_") + (f"{{{labels}}}" if labels else "")
        assert name not in by_name
        by_name[name] = sample.value
    return by_name


class Clock:
    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s
