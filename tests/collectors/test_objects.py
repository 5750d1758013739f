"""Profiles' objects polled from devices that answer for real: the lab's agents, and Debian's snmpd."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from agent.profile import Profile
from agent.readings import Outcome, PollFailed
from collectors._snmp import SnmpClient
from collectors.objects import ObjectPoller
from lab.snmp.ber import counter64, object_id
from tests.collectors.box import V1, arcs, box, profiles_of, told
from tests.servers import SNMPD_CONF, snmp_settings, snmpd

POLY = "1.3.6.1.4.1.13885.101.1"
CALL = f"{POLY}.4.1.1"
IDLE = {
    f"{POLY}.1.6.0": 2,
    f"{POLY}.2.7.2.0": 2,
    f"{POLY}.2.8.3.1.2.1": 3,
    f"{POLY}.3.1.0": 2,
    f"{POLY}.3.5.1.0": 2,
    f"{POLY}.3.6.1.0": 3,
    f"{POLY}.3.10.1.0": 1,
    f"{POLY}.5.1.0": 0,
}
STATUS = {
    'endpoint_component_ok{component="camera"}': 0,
    'endpoint_component_ok{component="hardware"}': 1,
    'endpoint_component_ok{component="microphone"}': 1,
    'endpoint_component_ok{component="overall"}': 1,
    'endpoint_registered{protocol="h323"}': 1,
    'endpoint_registered{protocol="sip"}': 0,
}


def call(index: int, rate: int, lost: int, jitter: int, latency: int) -> dict[str, int]:
    """A row of Poly's calls, received at `rate` kbit/s and transmitted at twice that."""
    columns = {16: lost, 17: 0, 18: latency, 19: latency + 1, 20: jitter, 21: jitter + 1, 56: rate, 57: 2 * rate}
    return {f"{CALL}.{column}.{index}": value for column, value in columns.items()}


@pytest.fixture
def profiles(tmp_path: Path) -> Mapping[str, Profile]:
    return profiles_of(tmp_path)


async def test_a_poly_out_of_a_call(profiles: Mapping[str, Profile]) -> None:
    async with box(IDLE) as (device, client):
        samples = told(await ObjectPoller(client, profiles["poly"]).poll())
    assert samples == {**STATUS, "endpoint_in_call": 0}
    assert device.asked == 3  # two tables' rows, and one GET of all else


async def test_a_poly_in_a_call_and_after_it(profiles: Mapping[str, Profile]) -> None:
    async with box({**IDLE, **call(7, rate=1800, lost=7, jitter=12, latency=85)}) as (device, client):
        poller = ObjectPoller(client, profiles["poly"])
        during = told(await poller.poll())
        device.show(IDLE)
        after = told(await poller.poll())
        device.show({**IDLE, **call(7, rate=900, lost=0, jitter=1, latency=5)})
        again = told(await poller.poll())
    assert during == {
        **STATUS,
        "endpoint_in_call": 1,
        "call_receive_bits_per_second": 1_800_000,
        "call_transmit_bits_per_second": 3_600_000,
        'call_loss_ratio{direction="receive"}': 0.07,
        'call_loss_ratio{direction="transmit"}': 0,
        'call_jitter_seconds{direction="receive"}': 0.012,
        'call_jitter_seconds{direction="transmit"}': 0.013,
        'call_latency_seconds{direction="receive"}': 0.085,
        'call_latency_seconds{direction="transmit"}': 0.086,
    }
    assert after == {**STATUS, "endpoint_in_call": 0}
    assert again["call_receive_bits_per_second"] == 900_000


async def test_of_several_calls_rates_add_up_and_the_worst_quality_counts(profiles: Mapping[str, Profile]) -> None:
    calls = call(1, rate=1000, lost=0, jitter=30, latency=20) | call(4, rate=500, lost=2, jitter=3, latency=200)
    async with box({**IDLE, **calls}) as (_, client):
        samples = told(await ObjectPoller(client, profiles["poly"]).poll())
    assert samples["endpoint_in_call"] == 1
    assert samples["call_receive_bits_per_second"] == 1_500_000
    assert samples['call_loss_ratio{direction="receive"}'] == 0.02
    assert samples['call_jitter_seconds{direction="receive"}'] == 0.03
    assert samples['call_latency_seconds{direction="receive"}'] == 0.2


async def test_a_call_that_ends_between_finding_and_asking_is_asked_again_when_it_is_back(
    profiles: Mapping[str, Profile],
) -> None:
    busy = {**call(1, rate=1000, lost=0, jitter=1, latency=1)}
    async with box(busy) as (device, client):
        walk = client.walk

        async def ending(oid: str) -> object:
            rows = await walk(oid)
            device.show({})
            return rows

        client.walk = ending
        poller = ObjectPoller(client, profiles["poly"])
        cut = told(await poller.poll())
        client.walk = walk
        device.show(busy)
        whole = told(await poller.poll())
    assert "call_transmit_bits_per_second" not in cut
    assert whole["call_transmit_bits_per_second"] == 2_000_000


@pytest.mark.parametrize("missing", sorted(IDLE))
async def test_a_missing_object_costs_only_itself(profiles: Mapping[str, Profile], missing: str) -> None:
    rest = {oid: value for oid, value in IDLE.items() if oid != missing}
    async with box(rest) as (_, client):
        samples = told(await ObjectPoller(client, profiles["poly"]).poll())
    assert samples.items() <= {**STATUS, "endpoint_in_call": 0}.items()
    assert len(samples) >= len(STATUS)


async def test_snmpv1_tells_the_same_though_it_refuses_a_request_for_one_missing_object(
    profiles: Mapping[str, Profile],
) -> None:
    rest = {**IDLE, **call(2, rate=1000, lost=1, jitter=1, latency=1)}
    del rest[f"{POLY}.3.5.1.0"]
    async with box(rest, credentials=V1) as (_, client):
        samples = told(await ObjectPoller(client, profiles["poly"]).poll())
    assert samples['call_loss_ratio{direction="receive"}'] == 0.01
    assert 'endpoint_component_ok{component="microphone"}' not in samples
    assert samples['endpoint_component_ok{component="overall"}'] == 1


async def test_a_silent_device_is_a_failed_poll(profiles: Mapping[str, Profile]) -> None:
    async with box(IDLE, timeout_s=0.1) as (device, client):
        device.agent.communities = frozenset()
        with pytest.raises(PollFailed) as failed:
            await ObjectPoller(client, profiles["poly"]).poll()
    assert failed.value.outcome is Outcome.TIMEOUT


CTS = "1.3.6.1.4.1.9.9.644.1"


async def test_a_cisco_telepresence_forgets_calls_that_have_ended(profiles: Mapping[str, Profile]) -> None:
    streams = f"{CTS}.4.10.1"
    objects = {
        f"{CTS}.2.6.1.4.1": 4,  # not registered here
        f"{CTS}.2.6.1.4.2": 5,  # but there
        f"{CTS}.4.8.1.11.11": 14,  # terminated normally
        f"{CTS}.4.8.1.11.12": 8,  # in progress
    }
    for row, active, rate in (("11.1.2", 2, 999), ("12.1.2", 1, 3000), ("12.2.2", 1, 64)):
        columns = {2: active, 6: 250_000, 10: active, 14: 1_500_000, 36: rate, 38: rate + 1}
        objects |= {f"{streams}.{column}.{row}": value for column, value in columns.items()}
        objects[f"{streams}.22.{row}"] = counter64(9)
    cameras = "1.3.6.1.4.1.9.9.643.1.2.1.1"
    objects |= {f"{cameras}.4.1": 4, f"{cameras}.3.1": 0, f"{cameras}.4.2": 4, f"{cameras}.3.2": 2}
    async with box(objects) as (device, client):
        poller = ObjectPoller(client, profiles["cisco-telepresence"])
        during = told(await poller.poll())
        device.show({**objects, f"{CTS}.4.8.1.11.12": 14, f"{streams}.10.12.1.2": 2, f"{streams}.10.12.2.2": 2})
        after = told(await poller.poll())
    assert during == {
        'endpoint_registered{protocol="sip"}': 1,
        'endpoint_component_ok{component="camera"}': 0,
        "endpoint_in_call": 1,
        "call_receive_bits_per_second": 3_066_000,
        "call_transmit_bits_per_second": 3_064_000,
        'call_loss_ratio{direction="receive"}': 0.015,
        'call_loss_ratio{direction="transmit"}': 0.0025,
        'call_jitter_seconds{direction="receive"}': 0.009,
    }
    assert after["endpoint_in_call"] == 0
    assert "call_receive_bits_per_second" not in after


async def test_routers_tell_their_health(profiles: Mapping[str, Profile]) -> None:
    cisco = {
        "1.3.6.1.4.1.9.9.109.1.1.1.1.8.1": 23,
        "1.3.6.1.4.1.9.9.48.1.1.1.2.1": "Processor",
        "1.3.6.1.4.1.9.9.48.1.1.1.5.1": 250,
        "1.3.6.1.4.1.9.9.48.1.1.1.6.1": 750,
        "1.3.6.1.4.1.9.9.13.1.3.1.2.1004": "Switch 1 - Inlet Temp Sensor",
        "1.3.6.1.4.1.9.9.13.1.3.1.3.1004": 31,
    }
    jnx = "1.3.6.1.4.1.2636.3.1.13.1"
    juniper = {
        f"{jnx}.{column}.9.1.0.0": value for column, value in {5: "Routing Engine", 7: 45, 8: 12, 11: 61}.items()
    }
    juniper |= {f"{jnx}.{column}.4.1.0.0": value for column, value in {5: "Fan 1", 7: 0, 8: 0, 11: 0}.items()}
    tik = "1.3.6.1.4.1.14988.1.1.3"
    storage = "1.3.6.1.2.1.25.2.3.1"
    mikrotik = {
        "1.3.6.1.2.1.25.3.3.1.2.1": 7,
        "1.3.6.1.2.1.25.3.3.1.2.2": 9,
        f"{storage}.2.65536": object_id(arcs("1.3.6.1.2.1.25.2.1.2")),
        f"{storage}.3.65536": "main memory",
        f"{storage}.5.65536": 1_000_000,
        f"{storage}.6.65536": 250_000,
        f"{storage}.2.131072": object_id(arcs("1.3.6.1.2.1.25.2.1.4")),
        f"{storage}.3.131072": "system disk",
        f"{storage}.5.131072": 10,
        f"{storage}.6.131072": 9,
        f"{tik}.10.0": 315,
        f"{tik}.100.1.2.14": "cpu-temperature",
        f"{tik}.100.1.3.14": 52,
        f"{tik}.100.1.4.14": 1,
        f"{tik}.100.1.2.15": "fan1-speed",
        f"{tik}.100.1.3.15": 4000,
        f"{tik}.100.1.4.15": 2,
    }
    assert await _health(profiles["router-cisco"], cisco) == {
        'device_cpu_ratio{part="1"}': 0.23,
        'device_memory_used_ratio{part="Processor"}': 0.25,
        'device_temperature_celsius{part="Switch 1 - Inlet Temp Sensor"}': 31,
    }
    assert await _health(profiles["router-juniper"], juniper) == {
        'device_cpu_ratio{part="Routing Engine"}': 0.12,
        'device_memory_used_ratio{part="Routing Engine"}': 0.61,
        'device_temperature_celsius{part="Routing Engine"}': 45,
    }
    assert await _health(profiles["router-mikrotik"], mikrotik) == {
        'device_cpu_ratio{part="1"}': 0.07,
        'device_cpu_ratio{part="2"}': 0.09,
        'device_memory_used_ratio{part="main memory"}': 0.25,
        'device_temperature_celsius{part="board"}': 31.5,
        'device_temperature_celsius{part="cpu-temperature"}': 52,
    }


async def test_huawei_s_parts_without_a_value_are_left_out(profiles: Mapping[str, Profile]) -> None:
    entity = "1.3.6.1.4.1.2011.5.25.31.1.1.1.1"
    objects = {}
    for index, name, cpu, temperature in ((67108873, "MPU", 14, 33), (67108867, "Fan", 0, 2_147_483_647)):
        objects |= {
            f"1.3.6.1.2.1.47.1.1.1.1.7.{index}": name,
            f"{entity}.5.{index}": cpu,
            f"{entity}.7.{index}": cpu * 3,
        }
        objects[f"{entity}.11.{index}"] = temperature
    assert await _health(profiles["router-huawei"], objects) == {
        'device_cpu_ratio{part="MPU"}': 0.14,
        'device_memory_used_ratio{part="MPU"}': 0.42,
        'device_temperature_celsius{part="MPU"}': 33,
    }


async def _health(profile: Profile, objects: Mapping[str, object]) -> dict[str, float]:
    async with box(objects) as (_, client):
        return told(await ObjectPoller(client, profile).poll())


async def test_debian_s_snmpd_tells_its_memory_and_what_it_is_made_to(tmp_path: Path) -> None:
    override = "".join(f"override {oid} integer {value}\n" for oid, value in IDLE.items())
    profiles = profiles_of(tmp_path)
    with snmpd(tmp_path, conf=SNMPD_CONF + override):
        async with SnmpClient("127.0.0.1", snmp_settings()) as client:
            poly = told(await ObjectPoller(client, profiles["poly"]).poll())
            host = told(await ObjectPoller(client, profiles["net-snmp"]).poll())
    assert poly == {**STATUS, "endpoint_in_call": 0}
    memory = host['device_memory_used_ratio{part="Physical memory"}']
    assert 0 < memory <= 1
