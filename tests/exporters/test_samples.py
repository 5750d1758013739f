"""What profiles read, on the page: to the letter as prometheus-client would write it, and gone when it is gone."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

from agent._config_profile_check import AGENTS_OWN, PREFIX
from agent.config import load
from agent.inventory import Inventory
from agent.profile import Group, Metric, Object, Profile
from agent.readings import DeviceReading, Identity, Sample
from agent.settings import AgentSettings, Config
from agent.state import Board
from exporters.families import SUBJECTS
from exporters.prometheus import MetricsPage
from exporters.samples import declared
from tests.exporters.province import SNMP, FakeAgent, board_of, inventory_of
from tests.exporters.reference import Reference

JUDGES = {False: generate_latest, True: generate_openmetrics}
ROOT = Path(__file__).parents[2]
OWN = {
    "diemcau_acme_calls_total": Metric("diemcau_acme_calls_total", "counter", 'Calls "there" were.\\', ("kind",)),
    "diemcau_acme_door": Metric("diemcau_acme_door", "gauge", "1 where the door is shut."),
}
ACME = Profile("acme", "Acme", groups=(Group("g", scalars=(Object("1.3", "diemcau_acme_door"),)),), metrics=OWN)


@dataclass
class Agent(FakeAgent):
    """One with profiles."""

    profiles: Mapping[str, Profile] = field(default_factory=dict)

    @property
    def config(self) -> Config:
        return Config(AgentSettings(), self.board.inventory, profiles=dict(self.profiles))


@pytest.fixture(scope="module")
def profiles() -> dict[str, Profile]:
    return {**load(ROOT / "config" / "diemcau.yaml", {}).profiles, "acme": ACME}


def asked_by_snmp(inventory: Inventory) -> Inventory:
    endpoints = {id_: replace(endpoint, snmp=SNMP) for id_, endpoint in inventory.endpoints.items()}
    return replace(inventory, endpoints=endpoints)


def fill(board: Board, profiles: Mapping[str, Profile], chance: random.Random, at_s: float) -> None:
    """Let every target tell some samples of every metric there is."""
    texts = ["receive", 'a "part"', "back\\slash", "two\nlines", "Huyện"]
    for id_ in [*board.endpoints, *board.devices]:
        samples = [
            Sample(metric.name, tuple((label, text) for label in metric.labels), chance.choice([0.0, 1.0, 3.6e6, 0.07]))
            for metric in declared(profiles)
            for text in (chance.sample(texts, 2) if metric.labels else [""])
            if chance.random() < 0.8
        ]
        board.record_reading(id_, DeviceReading(at_s, at_s, {}, samples=tuple(samples)), 0.01)


async def text(page: MetricsPage, *, openmetrics: bool = False) -> bytes:
    whole = b"".join([chunk async for chunk in page.render(openmetrics=openmetrics)])
    bulk, mark, _ = whole.partition(b"# HELP process_")
    assert mark
    return bulk


@pytest.mark.parametrize("openmetrics", [False, True])
async def test_the_page_equals_prometheus_clients(*, openmetrics: bool, profiles: dict[str, Profile]) -> None:
    board = board_of(asked_by_snmp(inventory_of(communes=80)))
    now_s = time.monotonic()
    page = MetricsPage(Agent(board, profiles=profiles), lambda: now_s)
    chance = random.Random(7)
    for _ in range(3):  # texts are made, kept and made anew
        fill(board, profiles, chance, now_s)
        theirs = JUDGES[openmetrics](Reference(board, profiles, lambda: now_s)).removesuffix(b"# EOF\n")
        assert await text(page, openmetrics=openmetrics) == theirs
        assert await text(page, openmetrics=openmetrics) == theirs


def lines(page: bytes, metric: str) -> list[str]:
    return [line for line in page.decode().splitlines() if line.startswith(metric)]


async def test_series_go_with_the_call_the_reading_and_the_target(profiles: dict[str, Profile]) -> None:
    board = board_of(asked_by_snmp(inventory_of(communes=1, rooms=0)))
    now_s = [time.monotonic()]
    page = MetricsPage(Agent(board, profiles=profiles), lambda: now_s[0])

    def tell(*samples: Sample) -> None:
        board.record_reading("vc-xa-0", DeviceReading(now_s[0], 1.0, {}, samples=samples), 0.01)

    rate = Sample("diemcau_call_receive_bits_per_second", (), 1.8e6)
    loss = Sample("diemcau_call_loss_ratio", (("direction", "receive"),), 0.01)
    tell(Sample("diemcau_endpoint_in_call", (), 1.0), rate, loss)
    own = 'endpoint="vc-xa-0",level="commune",site="xa-0"'
    during = await text(page)
    assert lines(during, "diemcau_call_receive") == [
        f'diemcau_call_receive_bits_per_second{{district="huyen-0",{own}}} 1.8e+06'
    ]
    assert lines(during, "diemcau_call_loss") == [
        f'diemcau_call_loss_ratio{{direction="receive",district="huyen-0",{own}}} 0.01'
    ]
    tell(Sample("diemcau_endpoint_in_call", (), 0.0))
    after = await text(page)
    assert not lines(after, "diemcau_call_")
    assert [line.split()[-1] for line in lines(after, "diemcau_endpoint_in_call")] == ["0.0"]
    now_s[0] += 1000
    assert not lines(await text(page), "diemcau_endpoint_in_call")
    now_s[0] -= 1000
    board.follow(replace(board.inventory, endpoints={}))
    assert not lines(await text(page), "diemcau_endpoint_in_call")


async def test_a_metric_no_profile_in_force_declares_is_not_written() -> None:
    board = board_of(asked_by_snmp(inventory_of(communes=1)))
    agent = Agent(board, profiles={"acme": ACME})
    reading = DeviceReading(time.monotonic(), 1.0, {}, samples=(Sample("diemcau_acme_door", (), 1.0),))
    board.record_reading("vc-xa-0", reading, 0.01)
    page = MetricsPage(agent)
    assert len(lines(await text(page), "diemcau_acme_door")) == 1
    agent.profiles = {}
    assert b"diemcau_acme_door" not in await text(page)


async def test_what_an_endpoint_says_it_is_stands_in_its_info() -> None:
    board = board_of(asked_by_snmp(inventory_of(communes=2)))
    identity = Identity("1.3.6.1.4.1.13885.101", "a codec", "vc", "poly-x", 'Group "500"', "6.2.2")
    board.record_reading("vc-xa-0", DeviceReading(time.monotonic(), 1.0, {}, identity=identity), 0.01)
    info = lines(await text(MetricsPage(Agent(board))), "diemcau_endpoint_info")
    (told,) = [line for line in info if "vc-xa-0" in line]
    assert 'firmware="6.2.2"' in told
    assert r'model="Group \"500\""' in told
    assert 'profile="poly-x"' in told
    (untold,) = [line for line in info if "vc-xa-1" in line]
    assert 'model="",name="Xã xa-1",profile="poly"' in untold


async def test_no_profile_may_fill_a_metric_of_the_agent_s_own(profiles: dict[str, Profile]) -> None:
    board = board_of(inventory_of(communes=1))
    whole = b"".join([chunk async for chunk in MetricsPage(Agent(board)).render(openmetrics=False)]).decode()
    names = {line.split()[2] for line in whole.splitlines() if line.startswith(f"# TYPE {PREFIX}")}
    assert names >= {family.name for subject in SUBJECTS for family in subject.families}
    assert not [name for name in names if not AGENTS_OWN.fullmatch(name.removeprefix(PREFIX))]
    assert not [metric.name for metric in declared(profiles) if AGENTS_OWN.fullmatch(metric.name.removeprefix(PREFIX))]
