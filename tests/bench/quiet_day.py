"""A quiet day, simulated: 24 h of the sample province with 1 % loss on every line, each way, and nothing broken.

The agent's own rounds, bursts and verdicts run on a simulated clock and network: no outage may come of it.
"""

from __future__ import annotations

import time
from pathlib import Path

from agent.history import Outage
from agent.model import State
from agent.records import AnyProbed
from tests.agent.simulated import Simulation, province
from tests.bench.meter import Series
from tests.bench.table import Row

HOURS = 24
LOSS_RATIO = 0.01
SETTLING_S = 60.0


def quiet_day(_folder: Path, _rounds: int) -> list[Row]:
    """Let one day pass, whatever the number of rounds: nothing in it depends on this machine."""
    outages, suspicions = _day(HOURS)
    what = f"{HOURS} h simulated, {len(province().endpoints)} sites, {LOSS_RATIO:.0%} loss on every line each way"
    return [
        Row(f"{what}: false outages", "", Series(float(outages)), 0.0),
        Row(f"{what}: suspicions", "", Series(float(suspicions))),
    ]


def _day(hours: int, seed: int = 1) -> tuple[int, int]:
    """Return how many outages and how many suspicions there were."""
    simulation = Simulation(province(), seed=seed)
    begun: list[AnyProbed] = []
    _count_bursts(simulation, begun)
    simulation.board.outage_listeners.append(lambda outage: _say(f"    FALSE: {outage}"))
    simulation.lose(LOSS_RATIO, *province().links)
    simulation.run(SETTLING_S)
    suspicions, began_s = 0, time.monotonic()
    for hour in range(1, hours + 1):
        begun.clear()
        simulation.changes.clear()
        simulation.run(3600)
        suspicions += len(begun)
        wrong = [one for one in simulation.changes if one.new.state not in (State.UP, State.DEGRADED)]
        figures = f"{simulation.pinger.sent} echoes, {suspicions} suspicions, {_false(simulation.told)} false outages"
        _say(f"    hour {hour}: {figures}, {len(wrong)} wrong states, {time.monotonic() - began_s:.0f} s")
    return _false(simulation.told), suspicions


def _count_bursts(simulation: Simulation, begun: list[AnyProbed]) -> None:
    confirmer = simulation.watch._confirmer
    begin = confirmer._begin

    def count(record: AnyProbed, since_s: float) -> None:
        begun.append(record)
        begin(record, since_s)

    confirmer._begin = count


def _false(told: list[Outage]) -> int:
    return len({outage.id for outage in told})


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a bench prints
