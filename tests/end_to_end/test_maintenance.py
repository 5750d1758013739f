"""Planned work raises nothing while its window lasts, and what is left broken shows when it is over."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from agent.model import State
from tests.end_to_end.breaking import Province, configure, now, province_lab
from tests.end_to_end.conftest import RunningAgent, change, running_agent
from tests.servers import diemcau

DISTRICT, LINE = "thanh-son", "wan-thanh-son"
ROOM = "vc-pt-ioc"


def ask(agent: RunningAgent, *words: str) -> str:
    """Run `diemcau maintenance …` as people do; return what it says."""
    command = diemcau("maintenance", *words, "--url", agent.url)
    told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert told.returncode == 0, told.stderr
    return told.stdout


@contextmanager
def watching(province: Province) -> Iterator[Province]:
    """An agent over the province's history, once it has seen what there is to see."""
    config = province.agent.config
    with running_agent(config, province.lab.exec_prefix, config.parent / "agent.log") as agent:
        again = Province(province.lab, agent, province.inventory)
        agent.until(lambda: "unknown" not in agent.states().values(), 20, "all known")
        yield again


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    """The province, with a window of the configuration over one room."""
    folder = tmp_path_factory.mktemp("maintenance")
    with province_lab(backups=False) as lab:
        config = configure(folder, lab, backups=False)
        window = {"targets": [ROOM], "why": "Thay codec"}
        window |= {"from": now().isoformat(), "to": (now() + timedelta(hours=1)).isoformat()}
        change(config, lambda main: main.update(maintenance=[window]))
        with running_agent(config, lab.exec_prefix, folder / "agent.log") as agent:
            made = Province(lab, agent, lab.inventory)
            agent.until(lambda: "unknown" not in agent.states().values(), 20, "all known")
            agent.until(lambda: {one.value for one in agent.series("diemcau_link_up")} == {1.0}, 25, "all lines up")
            yield made


def in_maintenance(province: Province) -> set[str]:
    """The endpoints and links shown in maintenance."""
    series = province.agent.series("diemcau_endpoint_state", "diemcau_link_state")
    covered = (one.labels for one in series if one.value == State.MAINTENANCE.number)
    return {labels.get("endpoint") or labels["link"] for labels in covered}


def of_the_district(province: Province) -> set[str]:
    inventory = province.inventory
    sites = {id_ for id_ in inventory.sites if DISTRICT in (id_, inventory.district(id_))}
    endpoints = {end.id for end in inventory.endpoints.values() if end.site in sites}
    assert len(endpoints) == 24
    return endpoints | {link.id for link in inventory.links.values() if {link.a, link.b} & sites}


def test_a_window_of_the_configuration_covers(province: Province) -> None:
    assert in_maintenance(province) == {ROOM}
    assert "Thay codec" in ask(province.agent, "list")
    province.cut(ROOM)
    time.sleep(6)
    province.mend(ROOM)
    time.sleep(3)
    assert province.outages_since(now() - timedelta(seconds=20)) == []


def test_a_window_over_a_district_covers_all_of_it_until_it_is_ended(province: Province) -> None:
    began = now()
    said = ask(province.agent, "add", DISTRICT, "--for", "2h", "--why", "Thay cáp quang")
    window = said.partition(":")[0]
    wanted = of_the_district(province) | {ROOM}
    province.agent.until(lambda: in_maintenance(province) == wanted, 5, "the district is in maintenance")
    assert "Thay cáp quang" in ask(province.agent, "list")
    province.cut(LINE)
    time.sleep(6)
    assert province.open() == {}
    assert in_maintenance(province) == wanted
    province.agent.stop(9)
    with watching(province) as again:
        assert in_maintenance(again) == wanted, "it outlives what kills the agent"
        time.sleep(6)
        assert again.outages_since(began) == [], again.story()
        assert "ended" in ask(again.agent, "end", window)
        again.until_open({LINE}, {}, 15)
        again.agent.until(lambda: again.shown() == {LINE: ("link", 24.0)}, 5, "it counts the 24")
        assert set(again.agent.states().values()) == {"up", "unreachable", "maintenance"}
        again.mend(LINE)
        again.until_open(set(), {}, 10)
        time.sleep(2)
        again.agent.until(lambda: set(again.agent.states().values()) == {"up", "maintenance"}, 15, "all is well")
        assert [one.target for one in again.outages_since(began)] == [LINE], again.story()
