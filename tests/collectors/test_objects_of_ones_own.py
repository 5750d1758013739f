"""A profile of one's own: groups at their pace, tables whose rows come and go, values that are nonsense."""

from __future__ import annotations

import math
from pathlib import Path

from hypothesis import given, strategies as st

from agent.profile import Object
from agent.readings import Outcome, PollFailed
from collectors._table import _label, value_of
from collectors.objects import ObjectPoller
from tests.collectors.box import Clock, box, profiles_of, told

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
