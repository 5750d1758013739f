"""The SNMP poller against Debian's snmpd, over an interface the test made."""

from __future__ import annotations

import asyncio
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import monotonic

import pytest

from agent.model import Device, Secret, SnmpCredentials
from agent.readings import Outcome, PollFailed, Traffic
from collectors._snmp import chunks
from collectors.snmp import SnmpPoller
from tests.servers import COMMUNITY, USER, snmp_settings, snmpd

BOTH = pytest.mark.parametrize("credentials", [COMMUNITY, USER], ids=["v2c", "v3"])


@pytest.fixture
def wan0(own_network: None) -> None:
    """An interface nobody uses, so that its counters stand still."""
    subprocess.run(["ip", "link", "add", "wan0", "type", "veth", "peer", "name", "far0"], check=True)
    for name in ("wan0", "far0"):
        subprocess.run(["ip", "link", "set", name, "addrgenmode", "none", "up"], check=True)


@pytest.fixture
def device_agent(wan0: None, tmp_path: Path) -> Iterator[None]:
    with snmpd(tmp_path):
        yield


def router(credentials: SnmpCredentials = COMMUNITY, *interfaces: str, **changes: float) -> Device:
    settings = snmp_settings(credentials, **changes)
    return Device("r-core", "phu-tho", "router", "127.0.0.1", settings, interfaces=interfaces or ("wan0",))


async def poll_once(device: Device) -> PollFailed | None:
    async with SnmpPoller(device) as poller:
        try:
            await poller.poll()
        except PollFailed as failure:
            return failure
    return None


def by_snmpget(oid: str) -> str:
    command = ["snmpget", "-v2c", "-cpublic", "-Oqve", "127.0.0.1:1161", oid]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def send(count: int, size: int = 500) -> None:
    """Put frames on far0, so that wan0 receives them."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
        wire.bind(("far0", 0))
        for _ in range(count):
            wire.send(bytes(12) + b"\x88\xb5" + bytes(size - 14))  # an EtherType for experiments


@BOTH
async def test_counters_equal_what_snmpget_says(wan0: None, tmp_path: Path, credentials: SnmpCredentials) -> None:
    send(17)
    index = socket.if_nametoindex("wan0")
    with snmpd(tmp_path):
        async with SnmpPoller(router(credentials, "wan0", "lo")) as poller:
            reading = await poller.poll()
        said = {column: int(by_snmpget(f"1.3.6.1.2.1.31.1.1.1.{column}.{index}")) for column in range(6, 14)}
        discards = int(by_snmpget(f"1.3.6.1.2.1.2.2.1.13.{index}"))
    wan0 = reading.interfaces["wan0"]
    assert wan0.receive == Traffic(bytes=said[6], packets=said[7] + said[8] + said[9], errors=0, discards=discards)
    assert wan0.transmit == Traffic(bytes=said[10], packets=said[11] + said[12] + said[13], errors=0, discards=0)
    assert wan0.receive.bytes == 17 * 500
    assert wan0.up
    assert wan0.speed_bps == 10e9
    assert reading.interfaces["lo"].name == "lo"
    assert reading.missing == ()


@BOTH
async def test_an_interface_that_is_not_there_costs_only_itself(
    device_agent: None, credentials: SnmpCredentials
) -> None:
    async with SnmpPoller(router(credentials, "wan0", "Gi0/99")) as poller:
        reading = await poller.poll()
    assert (list(reading.interfaces), reading.missing) == (["wan0"], ("Gi0/99",))


@BOTH
async def test_an_interface_that_is_down_is_down(wan0: None, tmp_path: Path, credentials: SnmpCredentials) -> None:
    subprocess.run(["ip", "link", "set", "far0", "down"], check=True)
    with snmpd(tmp_path):
        async with SnmpPoller(router(credentials)) as poller:
            reading = await poller.poll()
    assert not reading.interfaces["wan0"].up


async def test_a_poll_asks_only_what_moves(device_agent: None) -> None:
    async with SnmpPoller(router(COMMUNITY, "wan0", "far0", "lo")) as poller:
        await poller.poll()
        asked: list[list[str]] = []
        get = poller._client.get

        async def noted(oids: list[str]) -> object:
            asked.append(oids)
            return await get(oids)

        poller._client.get = noted
        await poller.poll()
    assert [len(oids) for oids in asked] == [2 + 3 * 15]


async def test_an_interface_made_anew_is_found_at_its_new_index(wan0: None, tmp_path: Path) -> None:
    poller = SnmpPoller(router(COMMUNITY, "wan0", "lo"))
    indices = []
    for _ in range(2):
        with snmpd(tmp_path):
            assert "wan0" in (await poller.poll()).interfaces
        indices.append(poller._interfaces[0].oids[0].rpartition(".")[2])
        subprocess.run(["ip", "link", "del", "wan0"], check=True)
        subprocess.run(["ip", "link", "add", "wan0", "type", "veth", "peer", "name", "far0"], check=True)
    assert indices[0] != indices[1]


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({"auth_key": Secret("not the key")}, Outcome.AUTH, "authentication failed: the device refuses user 'vcmon'"),
        ({"user": "stranger"}, Outcome.AUTH, "authentication failed: the device refuses user 'stranger'"),
        ({"auth": "SHA-1"}, Outcome.AUTH, "authentication failed"),
        ({"priv_key": Secret("not the key")}, Outcome.AUTH, "is the privacy key right?"),
    ],
)
async def test_wrong_credentials_say_so(
    device_agent: None, changes: dict[str, str | Secret], outcome: Outcome, words: str
) -> None:
    failure = await poll_once(router(replace(USER, **changes)))
    assert failure is not None
    assert failure.outcome is outcome
    assert words in failure.reason
    assert "not the key" not in failure.reason


async def test_a_wrong_community_is_silence_and_the_sentence_says_so(device_agent: None) -> None:
    failure = await poll_once(router(replace(COMMUNITY, community=Secret("private")), timeout_s=0.2))
    assert failure is not None
    assert failure.outcome is Outcome.TIMEOUT
    assert "a wrong community is silence too" in failure.reason


async def test_a_closed_port_is_refused_at_once(own_network: None) -> None:
    began_s = monotonic()
    failure = await poll_once(router(COMMUNITY, timeout_s=5))
    assert failure is not None
    assert (failure.outcome, failure.reason) == (Outcome.REFUSED, "nothing listens on UDP port 1161")
    assert monotonic() - began_s < 1


@BOTH
async def test_silence_costs_the_tries_it_is_given(own_network: None, credentials: SnmpCredentials) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 1161))
        began_s = monotonic()
        failure = await poll_once(router(credentials, timeout_s=0.2, retries=2))
    assert failure is not None
    assert failure.outcome is Outcome.TIMEOUT
    assert 0.55 < monotonic() - began_s < 1.5


@pytest.mark.parametrize("garbage", [b"", b"\x30", b"\xff" * 1400, b"\x30\x82\xff\xff\x02\x01\x01"])
async def test_garbage_costs_its_sender_alone(own_network: None, garbage: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as babbler:
        babbler.bind(("127.0.0.1", 1161))
        babbler.setblocking(False)

        def babble() -> None:
            babbler.sendto(garbage, babbler.recvfrom(2000)[1])

        asyncio.get_running_loop().add_reader(babbler, babble)
        try:
            failure = await poll_once(router(COMMUNITY, timeout_s=0.2))
        finally:
            asyncio.get_running_loop().remove_reader(babbler)
    assert failure is not None
    assert failure.outcome in (Outcome.ERROR, Outcome.TIMEOUT)


async def test_a_restarted_v3_device_is_known_again_within_the_poll(wan0: None, tmp_path: Path) -> None:
    poller = SnmpPoller(router(USER))
    for _ in range(3):  # each snmpd has started once more: what was learnt of the one before no longer holds
        with snmpd(tmp_path):
            assert "wan0" in (await poller.poll()).interfaces


def test_groups_share_a_request_as_far_as_they_fit() -> None:
    assert chunks([["a"] * 14, ["b"] * 14, ["c"] * 14, ["d"] * 14], 45) == [
        ["a"] * 14 + ["b"] * 14 + ["c"] * 14,
        ["d"] * 14,
    ]
    assert chunks([["a"] * 60], 45) == [["a"] * 45, ["a"] * 15]
