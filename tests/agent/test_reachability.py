"""Whether the agent sees at all, and what becomes of all that was cut off once its cause is mended."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from agent.model import Cause, Kind, State
from tests.agent.simulated import SENTINEL, Simulation, province

SELF, CODEC, LINE = "phutho", "vc-thanh-son-yen-son", "wan-thanh-ba"


@pytest.fixture
def simulation() -> Simulation:
    simulation = Simulation(province(backup=False))
    simulation.run(70.3)
    return simulation


def probed(simulation: Simulation) -> dict[str, State]:
    return {one.target.id: one.standing.state for one in simulation.board.probed}


def heard(simulation: Simulation, targets: Iterable[str]) -> set[State]:
    """Every state these were put into."""
    return {one.new.state for one in simulation.changes if one.target in set(targets)}


def test_with_its_own_line_cut_the_agent_says_so_and_nothing_else(simulation: Simulation) -> None:
    simulation.cut(CODEC)
    simulation.run(10)
    (codec,) = simulation.open.values()
    cut_at = simulation.clock.wall()
    simulation.cut_uplink()
    simulation.run(5)
    assert set(simulation.states().values()) == {State.UNKNOWN}
    assert simulation.open.keys() == {CODEC, SELF}
    blind = simulation.open[SELF]
    assert (blind.kind, blind.cause, blind.affected) == (Kind.AGENT, Cause.BLIND, 0)
    assert timedelta(0) <= blind.started - cut_at < timedelta(seconds=1.1)
    assert (blind.confirmed - cut_at).total_seconds() < 3.5
    simulation.run(120)
    simulation.changes.clear()
    simulation.mend_uplink()
    simulation.run(2.5)
    assert sum(state is State.UP for state in probed(simulation).values()) == len(probed(simulation)) - 1
    assert State.UNREACHABLE not in heard(simulation, simulation.board.endpoints)
    assert State.DOWN not in heard(simulation, set(simulation.board.endpoints) - {CODEC})
    simulation.run(10)
    assert {target: outage.id for target, outage in simulation.open.items()} == {CODEC: codec.id}
    assert len(simulation.opened) == 2
    assert simulation.state(CODEC) is State.DOWN


def test_a_sentinel_silent_alone_means_nothing(simulation: Simulation) -> None:
    simulation.changes.clear()
    with capture_logs() as lines:
        simulation.cut(SENTINEL)
        simulation.run(60)
        simulation.mend(SENTINEL)
        simulation.run(10)
    assert not simulation.told
    assert not simulation.changes
    assert [(one["log_level"], one["target"]) for one in lines] == [
        ("warning", f"sentinel {SENTINEL}"),
        ("info", f"sentinel {SENTINEL}"),
    ]


def test_a_core_that_is_silent_before_an_answering_sentinel_is_the_cause(simulation: Simulation) -> None:
    simulation.cut("r-core")
    simulation.run(10)
    (outage,) = simulation.open.values()
    assert (outage.target, outage.kind, outage.affected) == ("r-core", Kind.DEVICE, 243)
    assert set(simulation.states().values()) == {State.DOWN, State.UNREACHABLE}
    simulation.mend("r-core")
    simulation.run(15)
    assert not simulation.open
    assert set(simulation.states().values()) == {State.UP}
    assert len(simulation.opened) == 1
    assert State.DOWN not in heard(simulation, simulation.board.endpoints)


def test_without_a_sentinel_all_silent_is_the_agents_own_fault() -> None:
    simulation = Simulation(province(backup=False), sentinels=())
    simulation.run(70)
    simulation.cut("r-core")
    simulation.run(10)
    assert simulation.open.keys() == {SELF}
    assert set(simulation.states().values()) == {State.UNKNOWN}
    simulation.mend("r-core")
    simulation.run(10)
    assert not simulation.open
    assert len(simulation.opened) == 1


def test_one_that_cannot_send_is_blind(simulation: Simulation) -> None:
    simulation.network.sends = False
    simulation.run(15)
    assert simulation.open.keys() == {SELF}
    assert set(simulation.states().values()) == {State.UNKNOWN}
    simulation.network.sends = True
    simulation.run(5)
    assert not simulation.open
    assert set(probed(simulation).values()) == {State.UP}


def test_an_uplink_that_comes_and_goes_is_one_outage_and_only_its_own(simulation: Simulation) -> None:
    simulation.cut(CODEC)
    simulation.run(10)
    codec = simulation.open[CODEC].id
    for _ in range(6):
        simulation.cut_uplink()
        simulation.run(7)
        simulation.mend_uplink()
        simulation.run(8)
    simulation.run(20)
    assert simulation.open[CODEC].id == codec
    assert {outage.target for outage in simulation.opened.values()} == {CODEC, SELF}
    assert len([one for one in simulation.opened.values() if one.target == SELF]) <= 2
    simulation.run(700)
    assert simulation.open.keys() == {CODEC}


def test_cut_while_blind_is_its_own_outage_afterwards(simulation: Simulation) -> None:
    simulation.cut_uplink()
    simulation.run(20)
    simulation.cut(LINE)
    simulation.run(20)
    simulation.mend_uplink()
    simulation.run(15)
    assert simulation.open.keys() == {LINE}
    assert simulation.open[LINE].affected == 20
    assert State.DOWN not in heard(simulation, simulation.board.endpoints)


@pytest.mark.parametrize("backup", [False, True])
@pytest.mark.parametrize("cause", [LINE, "r-thanh-ba", "r-core"])
@pytest.mark.parametrize("for_s", [3.0, 5.0, 40.0, 200.0])
def test_what_was_cut_off_comes_back_without_a_second_outage(cause: str, for_s: float, *, backup: bool) -> None:
    simulation = Simulation(province(backup=backup))
    simulation.run(70.4)
    simulation.cut(cause)
    simulation.run(for_s)
    simulation.mend(cause)
    simulation.run(40)
    assert set(simulation.states().values()) == {State.UP}
    assert not simulation.open
    assert len({outage.id for outage in simulation.told}) <= 1
    assert State.DOWN not in heard(simulation, simulation.board.endpoints)


def test_a_codec_that_died_behind_a_cut_line_is_its_own_outage_once_the_line_is_back(simulation: Simulation) -> None:
    dead = "vc-thanh-ba-chi-tien"
    simulation.cut(LINE)
    simulation.run(20)
    simulation.cut(dead)
    simulation.run(20)
    assert simulation.open.keys() == {LINE}
    mended_at = simulation.clock.wall()
    simulation.mend(LINE)
    simulation.run(20)
    assert simulation.open.keys() == {dead}
    assert simulation.open[dead].started >= mended_at - timedelta(seconds=1)
    assert heard(simulation, set(simulation.board.endpoints) - {dead}) <= {State.UP, State.UNREACHABLE}
    states = [one.new.state for one in simulation.changes if one.target == dead]
    assert states[-2:] == [State.UNREACHABLE, State.DOWN], "it is not up in between"
