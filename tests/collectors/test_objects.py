"""Profiles' objects polled from devices that answer for real: the lab's agents, and Debian's snmpd."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.profile import Object, Profile
from agent.readings import Outcome, PollFailed, Sample
from collectors._snmp import SnmpClient
from collectors._table import _label, value_of
from collectors.objects import ObjectPoller
from lab.snmp.ber import counter64, object_id
from tests.collectors.box import V1, arcs, box, profiles_of
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


def told(samples: tuple[Sample, ...]) -> dict[str, float]:
    """Samples by their name, as in the text format without the prefix."""
    by_name = {}
    for sample in samples:
        labels = ",".join(f'{name}="{value}"' for name, value in sample.labels)
        name = sample.metric.removeprefix("diemcau_") + (f"{{{labels}}}" if labels else "")
        assert name not in by_name
        by_name[name] = sample.value
    return by_name


@pytest.fixture
def profiles(tmp_path: Path) -> Mapping[str, Profile]:
    return profiles_of(tmp_path)


class Clock:
    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


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


OWN = """
id: acme
metrics:
  diemcau_acme_fan_rpm: {help: Speed of a fan., labels: [fan]}
  diemcau_acme_fans: {help: Fans there are.}
  diemcau_acme_door: {help: 1 where the door is shut.}
groups:
  slow:
    interval: 60s
    tables:
      - labels: {fan: 1.3.6.1.4.1.99999.1.2}
        rows: diemcau_acme_fans
        columns: [{oid: 1.3.6.1.4.1.99999.1.3, metric: diemcau_acme_fan_rpm}]
  fast:
    scalars: [{oid: 1.3.6.1.4.1.99999.2.0, metric: diemcau_acme_door, values: {shut: 1, open: 0}}]
"""
FANS = {
    "1.3.6.1.4.1.99999.1.2.1": "Left\0",
    "1.3.6.1.4.1.99999.1.2.2": "Left",
    "1.3.6.1.4.1.99999.1.2.3": "",
    "1.3.6.1.4.1.99999.1.3.1": 1000,
    "1.3.6.1.4.1.99999.1.3.2": 2000,
    "1.3.6.1.4.1.99999.1.3.3": 3000,
    "1.3.6.1.4.1.99999.2.0": "shut",
}
SPEEDS = {'acme_fan_rpm{fan="Left"}': 1000, 'acme_fan_rpm{fan="Left [2]"}': 2000, 'acme_fan_rpm{fan="3"}': 3000}


async def test_each_group_is_asked_at_its_own_pace(tmp_path: Path) -> None:
    profile, clock = profiles_of(tmp_path, OWN)["acme"], Clock()
    async with box(FANS) as (device, client):
        poller = ObjectPoller(client, profile, clock)
        first = told(await poller.poll())
        device.show({**FANS, "1.3.6.1.4.1.99999.1.3.1": 1500, "1.3.6.1.4.1.99999.2.0": "open"})
        asked = device.asked
        clock.now_s += 30
        half_a_minute_later = told(await poller.poll())
        cheap = device.asked - asked
        clock.now_s += 29.9
        a_minute_later = told(await poller.poll())
    assert first == {**SPEEDS, "acme_fans": 3, "acme_door": 1}
    assert half_a_minute_later == {**first, "acme_door": 0}
    assert cheap == 1
    assert a_minute_later == {**first, "acme_door": 0, 'acme_fan_rpm{fan="Left"}': 1500}


async def test_names_of_rows_are_read_again_when_rows_change_hourly_and_after_a_restart(tmp_path: Path) -> None:
    profile, clock = profiles_of(tmp_path, OWN)["acme"], Clock()
    names = "1.3.6.1.4.1.99999.1.2"
    async with box(FANS) as (device, client):
        poller = ObjectPoller(client, profile, clock)
        await poller.poll()

        async def after(seconds: float, **objects: object) -> dict[str, float]:
            clock.now_s += seconds
            device.show({**FANS, **{oid.replace("_", "."): value for oid, value in objects.items()}})
            return told(await poller.poll())

        renamed = {f"{names}.1": "Right"}
        assert 'acme_fan_rpm{fan="Right"}' not in await after(60, **renamed)
        assert 'acme_fan_rpm{fan="Right"}' in await after(60, **renamed, **{"1.3.6.1.4.1.99999.1.3.4": 1})
        assert 'acme_fan_rpm{fan="Right"}' in await after(60, **{"1.3.6.1.4.1.99999.1.3.4": 1})
        assert 'acme_fan_rpm{fan="Left"}' in await after(3600, **{"1.3.6.1.4.1.99999.1.3.4": 1})
        poller.forget()
        assert 'acme_fan_rpm{fan="Right"}' in await after(0, **renamed)


async def test_what_is_gone_is_gone_at_its_group_s_next_turn(tmp_path: Path) -> None:
    profile, clock = profiles_of(tmp_path, OWN)["acme"], Clock()
    async with box(FANS) as (device, client):
        poller = ObjectPoller(client, profile, clock)
        await poller.poll()
        device.show({})
        clock.now_s += 60
        gone = told(await poller.poll())
    assert gone == {"acme_fans": 0}


async def test_a_table_without_end_costs_only_itself(tmp_path: Path) -> None:
    profile = profiles_of(tmp_path, OWN)["acme"]
    async with box(FANS) as (_, client):

        async def endless(oid: str) -> object:
            raise PollFailed(Outcome.ERROR, f"its table at {oid} has no end")

        client.walk = endless
        samples = told(await ObjectPoller(client, profile).poll())
    assert samples == {"acme_door": 1}


async def test_a_table_gives_no_more_than_a_thousand_rows(tmp_path: Path) -> None:
    profile = profiles_of(tmp_path, OWN)["acme"]
    async with box({f"1.3.6.1.4.1.99999.1.3.{index}": index for index in range(1, 1500)}) as (_, client):
        samples = told(await ObjectPoller(client, profile).poll())
    assert samples["acme_fans"] == 1000
    assert len(samples) == 1001


foreign = st.none() | st.binary(max_size=300) | st.text(max_size=300) | st.integers(-(2**64), 2**64) | st.floats()


@given(foreign, foreign)
def test_whatever_a_device_says_becomes_a_figure_or_nothing(used: object, free: object) -> None:
    said = {"1.3.1.5": used, "1.3.2.5": free}
    share = Object("1.3.1", "diemcau_x", share_of=("1.3.1", "1.3.2"))
    for value in (value_of(Object("1.3.1", "diemcau_x"), ".5", said), value_of(share, ".5", said)):
        assert value is None or math.isfinite(value)
    assert 0 < len(_label("5", "1.3.1", said)) <= 128


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
