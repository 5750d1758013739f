"""Outages through time: one while they flap, revised by evidence, kept over restarts, ended by proof."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from agent.model import Kind, State
from tests.agent.simulated import Simulation, province

CODEC, ACCESS, LINE = "vc-thanh-son-yen-son", "acc-thanh-son-yen-son", "wan-thanh-ba"


@pytest.fixture
def simulation() -> Simulation:
    simulation = Simulation(province(backup=False))
    simulation.run(70.3)
    return simulation


def test_each_value_of_an_outage_is_told_once(simulation: Simulation) -> None:
    simulation.cut(LINE, CODEC)
    simulation.run(30)
    simulation.mend(LINE, CODEC)
    simulation.run(30)
    told = {id_: [one for one in simulation.told if one.id == id_] for id_ in simulation.opened}
    assert len(told) == 2
    for values in told.values():
        assert all(before != after for before, after in itertools.pairwise(values))
        assert [one.ended is not None for one in values] == [False] * (len(values) - 1) + [True]


@pytest.mark.parametrize("target", [CODEC, LINE, "r-core"])
def test_what_comes_and_goes_is_one_outage(simulation: Simulation, target: str) -> None:
    for _ in range(5):
        simulation.cut(target)
        simulation.run(15)
        simulation.mend(target)
        back_at = simulation.clock.wall()
        simulation.run(15)
    assert len(simulation.opened) <= 2, "the first time, then the one that flaps"
    (outage,) = simulation.open.values()
    assert outage.flapping
    assert outage.affected == 0
    assert simulation.state(target) is State.UP
    simulation.run(720)
    assert not simulation.open
    ended = simulation.told[-1].ended
    assert ended is not None
    assert timedelta(0) <= ended - back_at < timedelta(seconds=4), "it ended when it last came back"


def test_a_flapping_outage_that_stays_is_an_ordinary_one_in_the_end(simulation: Simulation) -> None:
    for _ in range(3):
        simulation.cut(CODEC)
        simulation.run(15)
        simulation.mend(CODEC)
        simulation.run(15)
    simulation.cut(CODEC)
    simulation.run(30)
    assert simulation.open[CODEC].flapping
    simulation.run(700)
    assert not simulation.open[CODEC].flapping
    assert len(simulation.opened) <= 2


def test_a_line_found_soon_after_its_codec_is_the_same_outage() -> None:
    simulation = Simulation(province(backup=False), snmp=False)
    simulation.run(70.3)
    simulation.cut(CODEC)
    simulation.run(5)
    (before,) = simulation.open.values()
    assert before.target == CODEC
    router = simulation.board.devices["r-thanh-son"].target
    simulation.cut(ACCESS)
    simulation.board.record_reading(router.id, simulation.network.reading(router, simulation.now_s), 0.05)
    simulation.run(5)
    (after,) = simulation.open.values()
    assert (after.id, after.target, after.kind, after.started) == (before.id, ACCESS, Kind.LINK, before.started)
    assert simulation.state(CODEC) is State.UNREACHABLE


def test_what_leaves_the_inventory_ends_its_outage(simulation: Simulation) -> None:
    simulation.cut(CODEC)
    simulation.run(10)
    whole = simulation.inventory
    ends = {id_: one for id_, one in whole.endpoints.items() if id_ != CODEC}
    simulation.follow(replace(whole, endpoints=ends))
    simulation.run(2)
    assert not simulation.open
    assert simulation.told[-1].note
    first = simulation.told[-1].id
    simulation.follow(whole)
    simulation.run(10)
    assert simulation.open[CODEC].id != first


def test_maintenance_ends_an_outage_and_what_is_broken_afterwards_is_a_new_one(simulation: Simulation) -> None:
    simulation.cut(LINE)
    simulation.run(10)
    first = simulation.open[LINE].id
    planned = simulation.board.topology.beyond({LINE}) | {LINE}
    simulation.board.plan(planned)
    simulation.run(10)
    assert not simulation.open
    assert simulation.told[-1].note == "maintenance began"
    assert {simulation.state(one) for one in planned} == {State.MAINTENANCE}
    simulation.board.plan(frozenset())
    over_at = simulation.clock.wall()
    simulation.run(10)
    assert simulation.open[LINE].id != first
    assert simulation.open[LINE].started >= over_at
    assert simulation.open[LINE].affected == 20


def test_an_outage_of_an_earlier_run_goes_on_under_its_id(simulation: Simulation) -> None:
    simulation.cut(LINE, CODEC)
    simulation.run(10)
    before = {target: (one.id, one.started) for target, one in simulation.open.items()}
    simulation.start(stopped_for_s=20)
    simulation.run(30)
    assert {target: (one.id, one.started) for target, one in simulation.open.items()} == before
    assert len(simulation.opened) == 2
    simulation.mend(LINE, CODEC)
    simulation.run(20)
    assert not simulation.open
    assert set(simulation.states().values()) == {State.UP}


def test_what_was_mended_between_two_runs_ends(simulation: Simulation) -> None:
    simulation.cut(LINE, CODEC)
    simulation.run(10)
    simulation.mend(LINE, CODEC)
    simulation.start(stopped_for_s=20)
    simulation.run(40)
    assert not simulation.open
    assert len(simulation.opened) == 2
    assert all(simulation.told[-1 - number].ended is not None for number in range(2))


def test_the_agents_own_outage_ends_with_its_run(simulation: Simulation) -> None:
    simulation.cut_uplink()
    simulation.run(10)
    simulation.start(stopped_for_s=5)
    assert not simulation.open
    simulation.mend_uplink()
    simulation.run(10)
    assert len(simulation.opened) == 1
