"""What simulated codecs and routers tell of themselves, and what they say unasked, by net-snmp's own commands."""

from __future__ import annotations

import socket
import time
from contextlib import contextmanager
from dataclasses import replace

import pytest

from agent.model import Device, Secret, SnmpSettings
from collectors.snmp import SnmpPoller
from lab import Lab, LabError
from lab.snmp.agent import Agent, Engine
from lab.snmp.ber import encode_oid
from lab.snmp.box import Box
from lab.snmp.makes import HUAWEI, JUNIPER, MAKES, MIKROTIK
from lab.snmp.mib import Mib
from lab.snmp.objects import interfaces, system
from lab.snmp.quirks import plain
from lab.snmp.udp import served
from tests.collectors.box import profiles_of
from tests.lab.conftest import V2C as V2C_CREDENTIALS

CODEC = "10.25.238.20"
ROUTER, CORE = "10.25.240.1", "10.25.0.1"
V2C = ("-v2c", "-cxem", "-On", "-Oqe")
SECRETS = ("-a", "SHA-256", "-A", "chia-khoa-xac-thuc", "-x", "AES", "-X", "chia-khoa-ma-hoa")
V3 = ("-v3", "-lauthPriv", "-umonitor", *SECRETS, "-On", "-Oqe")
POLY = ".1.3.6.1.4.1.13885.101.1"
CALLS = f"{POLY}.4.1.1"
OK, FAILED = "2", "3"
PORT = 10162


@pytest.fixture
def told(run):
    """Return what a device tells below an OID, by OID."""

    def ask(address: str, oid: str, *version: str) -> dict[str, str]:
        said = run("snmpbulkwalk", *(version or V2C), address, oid)
        return {
            line.split()[0]: line.partition(" ")[2].strip('"') for line in said.splitlines() if "No Such" not in line
        }

    return ask


def soon(condition):
    deadline = time.monotonic() + 3
    while not (found := condition()):
        assert time.monotonic() < deadline
    return found


def test_a_codec_tells_its_parts_and_registrations(lab, told):
    first = told(CODEC, POLY)
    assert first[f"{POLY}.1.4.0"] == "RealPresence Group 500"
    assert [first[f"{POLY}.{oid}"] for oid in ("1.6.0", "2.7.2.0", "2.8.3.1.2.1", "3.6.1.0")] == [OK] * 4
    lab.set("vc-son-hung", camera="failed", registered=False)
    soon(lambda: told(CODEC, POLY)[f"{POLY}.3.6.1.0"] == FAILED)
    after = told(CODEC, POLY)
    assert [after[f"{POLY}.{oid}"] for oid in ("1.6.0", "2.7.2.0", "2.8.3.1.2.1", "3.1.0")] == [FAILED] * 4
    assert after[f"{POLY}.3.5.1.0"] == OK
    assert lab.truth("vc-son-hung").settings["camera"] == "failed"


def test_a_call_is_told_as_the_way_to_the_codec_is(lab, told):
    assert told(CODEC, CALLS) == {}
    lab.call(["vc-son-hung"])
    lab.set("acc-son-hung", loss=0.04, delay_s=0.03, jitter_s=0.06)
    row = soon(lambda: (found := told(CODEC, CALLS)).get(f"{CALLS}.16.1") == "4" and found)
    figures = {column: int(row[f"{CALLS}.{column}.1"]) for column in (16, 17, 18, 19, 20, 21, 54, 55, 56, 57)}
    assert figures == {16: 4, 17: 4, 18: 60, 19: 60, 20: 20, 21: 20, 54: 2000, 55: 2000, 56: 1920, 57: 2000}
    assert told(CODEC, f"{POLY}.5")[f"{POLY}.5.1.0"] == "1"
    lab.set("acc-son-hung", loss=0, rate_bps=1e6)
    soon(lambda: told(CODEC, CALLS).get(f"{CALLS}.56.1") == "1000")
    lab.call([])
    soon(lambda: told(CODEC, CALLS) == {})


async def polled(lab, target, profiles) -> dict[tuple[str, ...], float]:
    with lab.inside():
        async with SnmpPoller(target, profiles) as poller:
            reading = await poller.poll()
    assert reading.trouble == ""
    return {(one.metric.removeprefix("diemcau_"), *dict(one.labels).values()): one.value for one in reading.samples}


async def test_the_poller_sees_the_call_as_the_lab_made_it(lab, tmp_path):
    codec = replace(lab.inventory.endpoints["vc-son-hung"], snmp=SnmpSettings(V2C_CREDENTIALS))
    lab.call(["vc-son-hung"])
    lab.set("acc-son-hung", loss=0.04, delay_s=0.03, jitter_s=0.06)
    lab.set("vc-son-hung", microphone="failed", sip="disabled")
    profiles = profiles_of(tmp_path)
    seen: dict[tuple[str, ...], float] = {}
    while seen.get(("endpoint_component_ok", "microphone")) != 0 or ("call_loss_ratio", "receive") not in seen:
        seen = await polled(lab, codec, profiles)
    assert seen["endpoint_in_call",] == 1
    assert seen["call_receive_bits_per_second",] == 1_920_000
    assert seen["call_transmit_bits_per_second",] == 2_000_000
    assert seen["call_loss_ratio", "receive"] == 0.04
    assert seen["call_jitter_seconds", "transmit"] == 0.02
    assert seen["call_latency_seconds", "receive"] == 0.06
    assert seen["endpoint_registered", "h323"] == 1
    assert ("endpoint_registered", "sip") not in seen
    lab.call([])
    while seen["endpoint_in_call",]:
        seen = await polled(lab, codec, profiles)
    assert not [name for name in seen if name[0].startswith("call_")]


async def test_the_poller_sees_every_make_s_health(lab, tmp_path):
    profiles = profiles_of(tmp_path)
    for router in ("r-core", "r-thanh-son"):
        seen = await polled(lab, lab.inventory.devices[router], profiles)
        kinds = {"device_cpu_ratio", "device_memory_used_ratio", "device_temperature_celsius"}
        assert {name for name, *_ in seen} >= kinds, router


@pytest.mark.parametrize("make", MAKES, ids=lambda make: make.text[:8])
async def test_every_make_has_a_profile_that_reads_its_health(make, tmp_path):
    box = Box.running("r")
    mib = Mib(system(box, make.text, make.product, "") | interfaces(box, []) | make.health(box))
    agent = Agent(mib, Engine(b"engine", lambda: (1, 1)), frozenset({b"public"}))
    async with served(plain(agent)) as about:
        settings = SnmpSettings(replace(V2C_CREDENTIALS, community=Secret("public")), port=about.port)
        async with SnmpPoller(Device("r", "s", "router", "127.0.0.1", settings), profiles_of(tmp_path)) as poller:
            reading = await poller.poll()
    assert reading.identity.profile.startswith("router-")
    figures = {one.metric: one.value for one in reading.samples}
    assert 0 < figures["diemcau_device_cpu_ratio"] < 1
    assert 0 < figures["diemcau_device_memory_used_ratio"] < 1
    assert 20 < figures["diemcau_device_temperature_celsius"] < 80


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"camera": "broken"}, "camera is ok, failed or disabled, not 'broken'"),
        ({"registered": "no"}, "registered is true or false, not 'no'"),
        ({"camra": "ok"}, "there is no setting 'camra'; did you mean 'camera'?"),
    ],
)
def test_a_codec_s_wrong_setting_is_refused(lab, changes, sentence):
    with pytest.raises(LabError) as refusal:
        lab.set("vc-son-hung", **changes)
    assert str(refusal.value) == sentence


def test_a_router_has_no_camera(lab):
    with pytest.raises(LabError, match="there is no setting 'camera'"):
        lab.set("r-core", camera="ok")


def test_routers_are_of_several_makes_with_their_health(told):
    cisco = told(CORE, ".1.3.6.1.4.1.9.9")
    assert 0 < int(cisco[".1.3.6.1.4.1.9.9.109.1.1.1.1.8.1"]) < 100
    assert int(cisco[".1.3.6.1.4.1.9.9.13.1.3.1.3.1"]) > 20
    huawei = told("10.25.238.1", ".1.3.6.1.4.1.2011.5.25.31.1.1.1.1", *V3)
    assert 0 < int(huawei[".1.3.6.1.4.1.2011.5.25.31.1.1.1.1.7.9"]) < 100
    assert huawei[".1.3.6.1.4.1.2011.5.25.31.1.1.1.1.7.3"] == "0"


def test_makes_number_their_ports_in_their_own_way():
    assert [index for index, _ in zip(JUNIPER.indices(), range(4), strict=False)] == [508, 509, 511, 512]
    assert MIKROTIK.wide_only
    assert not HUAWEI.wide_only


def test_a_reboot_may_renumber_and_the_table_says_when(lab, told, answers):
    names, changed = ".1.3.6.1.2.1.31.1.1.1.1", ".1.3.6.1.2.1.31.1.5"
    before = told(ROUTER, names)
    lab.reboot("r-tan-son", off_s=0.1, renumber=True)
    soon(lambda: answers(ROUTER) == [True])
    after = soon(lambda: told(ROUTER, names))
    assert sorted(after.values()) == sorted(before.values())
    assert after != before
    assert told(ROUTER, changed)


@contextmanager
def receiving():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("10.25.255.1", PORT))
        receiver.settimeout(3)
        yield receiver


@pytest.fixture
def listening(inventory):
    """A lab whose devices send what they have to say to a socket on the agent's side."""
    with Lab(inventory, traps=("10.25.255.1", PORT)) as lab, lab.inside(), receiving() as receiver:
        yield lab, receiver


def heard(receiver, address: str, oid: tuple[int, ...]) -> bytes:
    """Wait for a device's notification, past those of others."""
    while True:
        data, (source, _) = receiver.recvfrom(2000)
        if source == address and encode_oid(oid) in data:
            return data


LINK_DOWN, LINK_UP, COLD_START = ((1, 3, 6, 1, 6, 3, 1, 1, 5, number) for number in (3, 4, 1))


def test_a_cut_line_is_told_unasked_from_the_router_s_own_address(listening):
    lab, receiver = listening
    lab.set("wan-tan-son", up=False)
    data = heard(receiver, CORE, LINK_DOWN)
    assert b"\x04\x03xem\xa7" in data
    assert encode_oid((1, 3, 6, 1, 2, 1, 2, 2, 1, 8, 3)) in data
    lab.set("wan-tan-son", up=True)
    heard(receiver, CORE, LINK_UP)
    lab.reboot("r-tan-son", off_s=0.1)
    heard(receiver, ROUTER, COLD_START)
    lab.set("vc-son-hung", camera="failed")
    heard(receiver, CODEC, (1, 3, 6, 1, 4, 1, 13885, 101, 0, 76))


def test_an_inform_is_sent_again_until_it_is_acknowledged(inventory):
    with Lab(inventory, traps=("10.25.255.1", PORT), informs=True) as lab, lab.inside(), receiving() as receiver:
        lab.set("wan-tan-son", up=False)
        first = heard(receiver, CORE, LINK_DOWN)
        assert heard(receiver, CORE, LINK_DOWN) == first
        receiver.sendto(first.replace(b"xem\xa6", b"xem\xa2"), (CORE, 161))
        receiver.settimeout(1.5)
        with pytest.raises(TimeoutError):
            heard(receiver, CORE, LINK_DOWN)
