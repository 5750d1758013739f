"""The process stopped, the machine asleep, the clock set: what that time seems to say is unknown."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agent.model import Cause, State
from tests.agent.simulated import Simulation, province

GAP_S = 60.0
CODEC, OTHER, LINE = "vc-thanh-son-yen-son", "vc-cam-khe-phu-lac", "wan-thanh-ba"


@pytest.fixture
def simulation() -> Simulation:
    simulation = Simulation(province(backup=False))
    simulation.run(75.3)
    return simulation


def test_a_stopped_process_finds_all_as_it_was(simulation: Simulation) -> None:
    stopped_at = simulation.clock.wall()
    simulation.stop_for(GAP_S)
    simulation.run(0.01)
    changed = [one for one in simulation.changes if one.new.cause is Cause.PAUSED]
    assert {one.target for one in changed} == set(province(backup=False).targets)
    assert all(abs(one.at - stopped_at) < timedelta(seconds=0.2) for one in changed)
    simulation.run(3)
    assert {simulation.state(one) for one in (*simulation.board.endpoints, *simulation.board.devices)} == {State.UP}
    simulation.run(10)
    assert set(simulation.states().values()) == {State.UP}
    assert not simulation.told


def test_echoes_under_way_are_no_losses(simulation: Simulation) -> None:
    before = {one.target.id: one.window.sent for one in simulation.board.probed}
    simulation.stop_for(GAP_S)
    simulation.run(20)
    assert all(one.window.sent == one.window.received for one in simulation.board.probed)
    assert all(one.window.sent > before[one.target.id] for one in simulation.board.probed)


def test_what_was_open_stays_open_with_its_id(simulation: Simulation) -> None:
    simulation.cut(CODEC, LINE)
    simulation.run(10)
    before = {target: outage.id for target, outage in simulation.open.items()}
    assert set(before) == {CODEC, LINE}
    simulation.stop_for(GAP_S)
    simulation.run(20)
    assert {target: outage.id for target, outage in simulation.open.items()} == before
    assert len(simulation.opened) == 2
    assert simulation.state(CODEC) is State.DOWN
    assert simulation.state("r-thanh-ba") is State.UNREACHABLE


def test_what_broke_and_what_was_mended_meanwhile(simulation: Simulation) -> None:
    simulation.cut(CODEC)
    simulation.run(10)
    simulation.stop_for(GAP_S)
    back_at = simulation.clock.wall()
    simulation.mend(CODEC)
    simulation.cut(OTHER)
    simulation.run(20)
    assert set(simulation.open) == {OTHER}
    assert simulation.open[OTHER].started >= back_at - timedelta(seconds=0.2)
    assert simulation.state(CODEC) is State.UP
    assert {outage.target for outage in simulation.opened.values()} == {CODEC, OTHER}


def test_stopped_while_a_silence_is_being_made_sure_of(simulation: Simulation) -> None:
    simulation.cut(CODEC)
    simulation.run(1.5)
    simulation.stop_for(GAP_S)
    simulation.mend(CODEC)
    simulation.run(20)
    assert not simulation.told
    assert set(simulation.states().values()) == {State.UP}


def test_stopped_while_blind(simulation: Simulation) -> None:
    simulation.cut_uplink()
    simulation.run(10)
    simulation.stop_for(GAP_S)
    simulation.run(10)
    assert set(simulation.open) == {"phutho"}
    simulation.mend_uplink()
    simulation.run(20)
    assert not simulation.open
    assert {outage.target for outage in simulation.told} == {"phutho"}
    assert set(simulation.states().values()) == {State.UP}


@pytest.mark.parametrize("jump_s", [3600.0, -3600.0])
def test_a_clock_that_is_set_breaks_nothing(simulation: Simulation, jump_s: float) -> None:
    simulation.cut(CODEC)
    simulation.run(10)
    before = simulation.open[CODEC].id
    simulation.clock.ahead_s += jump_s
    simulation.board.pause(simulation.now_s, max(jump_s, 0.0))
    simulation.run(20)
    assert [outage.id for outage in simulation.open.values()] == [before]
    now, slept = simulation.clock.wall(), timedelta(seconds=max(jump_s, 0.0) + 25)
    for one in simulation.changes:
        if one.new.cause is Cause.PAUSED:
            assert now - slept <= one.at <= max(now, simulation.board.told), "never before what others were told"
    assert simulation.state(CODEC) is State.DOWN
    simulation.mend(CODEC)
    simulation.run(10)
    assert not simulation.open
    assert len(simulation.opened) == 1
    assert set(simulation.states().values()) == {State.UP}
