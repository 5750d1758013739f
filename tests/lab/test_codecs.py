"""What simulated codecs and routers tell of themselves, and what they say unasked, by net-snmp's own commands."""

from __future__ import annotations

import socket
import time

import pytest

from lab import Lab, LabError
from lab.snmp.ber import encode_oid
from lab.snmp.makes import HUAWEI, JUNIPER, MIKROTIK

CODEC = "10.25.238.20"
ROUTER, CORE = "10.25.240.1", "10.25.0.1"
V2C = ("-v2c", "-cxem", "-On", "-Oqe")
SECRETS = ("-a", "SHA-256", "-A", "chia-khoa-xac-thuc", "-x", "AES", "-X", "chia-khoa-ma-hoa")
V3 = ("-v3", "-lauthPriv", "-umonitor", *SECRETS, "-On", "-Oqe")
POLY = ".1.3.6.1.4.1.13885.101.1"
CALLS = f"{POLY}.4.1.1"
OK, FAILED = "2", "3"


@pytest.fixture
def told(run):
    """Return what a device tells below an OID, by OID."""

    def ask(address: str, oid: str, *version: str) -> dict[str, str]:
        said = run("snmpbulkwalk", *(version or V2C), address, oid)
        return {line.split()[0]: line.partition(" ")[2].strip('"') for line in said.splitlines() if " " in line}

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


@pytest.fixture
def listening(inventory):
    """A lab whose devices send what they have to say to a socket on the agent's side."""
    with Lab(inventory, traps=("10.25.255.1", 10162)) as lab, lab.inside():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
            receiver.bind(("10.25.255.1", 10162))
            receiver.settimeout(3)
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
    with Lab(inventory, traps=("10.25.255.1", 10162), informs=True) as lab, lab.inside():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
            receiver.bind(("10.25.255.1", 10162))
            receiver.settimeout(3)
            lab.set("wan-tan-son", up=False)
            first = heard(receiver, CORE, LINK_DOWN)
            assert heard(receiver, CORE, LINK_DOWN) == first
            receiver.sendto(first.replace(b"xem\xa6", b"xem\xa2"), (CORE, 161))
            receiver.settimeout(1.5)
            with pytest.raises(TimeoutError):
                heard(receiver, CORE, LINK_DOWN)
