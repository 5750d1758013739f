"""Real packets through the lab, by the usual commands."""

from __future__ import annotations

import dataclasses
import re
import socket
import statistics
import time

import pytest

from agent.model import SnmpSettings
from lab import Lab, LabError

SENTINEL = "10.25.255.254"
COMMUNE, DISTRICT, ROUTER, OTHER = "10.25.238.20", "10.25.238.10", "10.25.238.1", "10.25.240.20"


def rtts_ms(said: str) -> list[float]:
    return [float(found) for found in re.findall(r"time=([0-9.]+) ms", said)]


def test_every_address_answers(lab, answers):
    addresses = [one.address for one in (*lab.inventory.endpoints.values(), *lab.inventory.devices.values())]
    assert answers(*addresses, SENTINEL) == [True] * (len(addresses) + 1)
    assert answers("10.25.99.99") == [False]


def test_a_delay_is_kept_within_half_a_millisecond(lab, run):
    lab.set("wan-thanh-son", delay_s=0.03)
    lab.set("acc-son-hung", delay_s=0.01)
    rtts = rtts_ms(run("ping", "-c", "100", "-i", "0.01", COMMUNE))
    assert len(rtts) == 100
    assert min(rtts) >= 80
    assert statistics.median(rtts) <= 80.5


def test_jitter_spreads_delays_evenly(lab, run):
    lab.set("wan-thanh-son", delay_s=0.0, jitter_s=0.02)
    rtts = rtts_ms(run("ping", "-c", "200", "-i", "0.005", ROUTER))
    assert len(rtts) == 200
    assert statistics.mean(rtts) == pytest.approx(20, abs=3)
    assert max(rtts) <= 42


def test_loss_is_binomial_and_counted(lab, run):
    lab.set("acc-son-hung", loss=0.05)
    run("ping", "-f", "-c", "2000", "-i", "0.0005", "-W", "0.1", "-q", COMMUNE)
    truth = lab.truth("acc-son-hung")
    assert truth.outward.sent == 2000
    # 99.99 % of binomial(n, 0.05): ± 3.9 standard deviations.
    for passed in (truth.outward, truth.inward):
        band = 3.9 * (passed.sent * 0.05 * 0.95) ** 0.5
        assert abs(passed.dropped - passed.sent * 0.05) <= band
    assert truth.inward.sent == truth.outward.sent - truth.outward.dropped


def test_the_same_seed_loses_the_same_packets(inventory):
    lost = []
    for _ in range(2):
        with Lab(inventory, seed=7) as lab:
            lab.set("wan-tan-son", loss=0.3)
            with lab.inside():
                _send_blindly("10.25.240.1", 200)
            lost.append(_settled(lab, "wan-tan-son", 200))
    assert lost[0] == lost[1]


def _send_blindly(address: str, packets: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(packets):
            sender.sendto(b"?", (address, 9))


def _settled(lab, hop: str, packets: int) -> int:
    deadline = time.monotonic() + 3
    while lab.truth(hop).outward.sent < packets:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return lab.truth(hop).outward.dropped


def test_a_cut_line_cuts_off_what_is_beyond_it_alone(lab, answers):
    lab.set("wan-tan-son", up=False)
    assert answers("10.25.240.1", "10.25.240.10", OTHER, COMMUNE, SENTINEL) == [False, False, False, True, True]
    lab.set("wan-tan-son", up=True)
    assert answers(OTHER) == [True]


def test_a_cut_primary_moves_its_district_to_the_backup(lab, answers):
    lab.set("wan-thanh-son", up=False)
    assert answers(ROUTER, COMMUNE) == [True, True]
    lab.set("bak-thanh-son", up=False)
    assert answers(ROUTER, COMMUNE) == [False, False]


def test_a_router_or_codec_or_core_switched_off(lab, answers):
    lab.set("vc-son-hung", up=False)
    assert answers(COMMUNE, DISTRICT) == [False, True]
    lab.set("r-thanh-son", up=False)
    assert answers(ROUTER, DISTRICT, OTHER) == [False, False, True]
    lab.set("r-core", up=False)
    assert answers("10.25.0.1", OTHER, SENTINEL) == [False, False, True]
    lab.set("agent-uplink", up=False)
    assert answers(SENTINEL) == [False]


def test_a_narrow_line_queues_and_then_refuses(lab, run):
    lab.set("acc-son-hung", rate_bps=1e6, queue_s=0.05)
    slow = rtts_ms(run("ping", "-c", "3", "-i", "0.1", "-s", "1222", COMMUNE))
    assert statistics.median(slow) == pytest.approx(20, abs=1.5)  # 1250 bytes at 1 Mbit/s: 10 ms each way
    with lab.inside():
        _send_blindly(COMMUNE, 3000)
    assert _settled(lab, "acc-son-hung", 3000) > 0


def test_two_labs_side_by_side_do_not_meet(lab, inventory, answers):
    with Lab(inventory) as other:
        other.set("r-core", up=False)
        assert answers(COMMUNE) == [True]
        assert other.place.name != lab.place.name


def test_the_log_tells_what_changed_and_when(lab):
    lab.set("wan-tan-son", up=False)
    lab.set("wan-tan-son", up=True, loss=0.1)
    *_, cut, mended = lab.truth("wan-tan-son").log
    assert cut.changes == {"up": False}
    assert mended.changes == {"up": True, "loss": 0.1}
    assert cut.at < mended.at
    assert cut.at.utcoffset().total_seconds() == 0
    assert lab.log()[-1] == mended


def test_an_address_of_the_agent_s_own_or_of_ipv6_is_refused(inventory):
    core = inventory.devices["r-core"]
    for address, sentence in (("10.25.255.1", "the agent's own address"), ("2001:db8::1", "IPv4 addresses only")):
        devices = inventory.devices | {"r-core": dataclasses.replace(core, address=address)}
        with pytest.raises(LabError, match=sentence), Lab(dataclasses.replace(inventory, devices=devices)):
            pass


def test_credentials_the_devices_cannot_speak_are_refused(inventory):
    credentials = dataclasses.replace(inventory.devices["r-thanh-son"].snmp.credentials, priv="AES-512")
    router = dataclasses.replace(inventory.devices["r-thanh-son"], snmp=SnmpSettings(credentials))
    devices = inventory.devices | {"r-thanh-son": router}
    with pytest.raises(LabError, match="speak AES or AES-128, not AES-512"):
        Lab(dataclasses.replace(inventory, devices=devices)).__enter__()
