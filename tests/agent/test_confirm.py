"""How soon a cut is certain, and that loss alone never is: the agent's own code on a simulated province and clock."""

from __future__ import annotations

import random
from statistics import median

import pytest

from agent.confirm import LEAST_QUESTIONS, MOST_QUESTIONS, Luck, questions_needed
from agent.history import Outage
from agent.model import Level, LinkRole, State
from tests.agent.simulated import Simulation, province

WELL = (State.UP, State.DEGRADED)
CODEC, LINE = "vc-cam-khe-phu-lac", "wan-cam-khe"


def test_one_percent_loss_on_every_line_is_no_outage() -> None:
    """Half an hour of it; `scripts/bench quiet_day` has the whole day."""
    simulation = Simulation(province(), seed=1)
    simulation.lose(0.01, *province().links)
    simulation.run(1800)
    assert not simulation.told
    assert all(one.new.state in WELL for one in simulation.changes)


@pytest.mark.parametrize("seed", [1, 2])
def test_bursts_of_loss_degrade_and_never_end(seed: int) -> None:
    """30 % each way, 51 % of echoes, for 20 to 120 s, 240 times an hour: now and then two on one way, 76 %."""
    rng, inventory = random.Random(seed), province()
    simulation = Simulation(inventory, seed=seed)
    simulation.run(60)
    simulation.changes.clear()
    lines = [one.id for one in inventory.links.values() if one.role is not LinkRole.BACKUP]
    mains = [one.id for one in inventory.links.values() if one.role is LinkRole.PRIMARY]

    def begin() -> None:
        line = rng.choice(mains if rng.random() < 0.2 else lines)
        simulation.lose(0.3, line)
        simulation.at(simulation.now_s + rng.uniform(20, 120), lambda: simulation.lose(0.0, line))
        simulation.at(simulation.now_s + rng.expovariate(240 / 3600), begin)

    begin()
    simulation.run(3600)
    assert not simulation.told
    assert all(one.new.state in WELL for one in simulation.changes)
    assert sum(one.new.state is State.DEGRADED for one in simulation.changes) > 100


class Cuts:
    """Some forty cuts at random moments, none behind another; `took_s` is from each until its outage was told."""

    def __init__(self, seed: int, loss: float) -> None:
        self._rng = random.Random(seed)
        self.took_s: dict[str, float] = {}
        self._at_s: dict[str, float] = {}
        self._simulation = Simulation(province(backup=False), seed=seed)
        self._simulation.lose(loss, *province(backup=False).links)
        self._simulation.run(70)
        self._simulation.board.outage_listeners.append(self._heard)
        chosen = self._choose()
        for target in chosen:
            self._simulation.at(self._simulation.now_s + self._rng.uniform(0, 20), lambda id_=target: self._cut(id_))
        self._simulation.run(20 + 12)
        assert self.took_s.keys() == set(chosen)

    def _choose(self) -> list[str]:
        chosen, inventory = [], province(backup=False)
        for district in (one.id for one in inventory.sites.values() if one.level is Level.DISTRICT):
            if self._rng.random() < 0.25:
                chosen.append(self._rng.choice(["wan-", "r-"]) + district)
            else:
                places = self._rng.sample([one for one in inventory.under(district) if one != district], 4)
                chosen += [self._rng.choice(["vc-", "acc-"]) + place for place in places]
        return chosen

    def _cut(self, target: str) -> None:
        self._at_s[target] = self._simulation.now_s
        self._simulation.cut(target)

    def _heard(self, outage: Outage) -> None:
        named = [one for one in (outage.target, *outage.suspects) if one in self._at_s]
        assert named, f"nothing of it was cut: {outage}"
        self.took_s.setdefault(named[0], self._simulation.now_s - self._at_s[named[0]])


@pytest.mark.parametrize("loss", [0.0, 0.01])
def test_a_cut_is_confirmed_in_time(loss: float) -> None:
    took_s: list[float] = []
    seed = 0
    while len(took_s) < 500:
        took_s += Cuts(seed, loss).took_s.values()
        seed += 1
    took_s.sort()
    middle, most = median(took_s), took_s[int(0.99 * len(took_s))]
    figures = f"median {middle:.2f} s, p99 {most:.2f} s, longest {took_s[-1]:.2f} s"
    print(f"{len(took_s)} cuts at {loss:.0%} loss: {figures}")  # noqa: T201 - the measure
    assert middle <= 2.8
    assert most <= 6


@pytest.mark.parametrize("target", [CODEC, LINE, "r-cam-khe", "r-core", "agent-uplink"])
@pytest.mark.parametrize("offset_s", [0.0, 0.3, 0.6, 0.9])
def test_a_cut_shorter_than_that_is_nothing(target: str, offset_s: float) -> None:
    simulation = Simulation(province(backup=False), snmp=False)
    simulation.run(70 + offset_s)
    simulation.changes.clear()
    simulation.cut(target)
    simulation.run(1.9)
    simulation.mend(target)
    simulation.run(20)
    assert not simulation.told
    assert all(one.new.state in WELL for one in simulation.changes if one.target not in province().links)


def test_the_more_is_lost_the_more_is_asked() -> None:
    record = next(iter(Simulation(province()).board.probed))
    asked = [questions_needed(record, lost) for lost in (0.0, 0.04, 0.3, 0.5, 0.76, 1.0)]
    assert asked == sorted(asked)
    assert (asked[0], asked[1], asked[-1]) == (LEAST_QUESTIONS, LEAST_QUESTIONS, MOST_QUESTIONS)


def test_luck_is_forgotten() -> None:
    luck = Luck()
    for second in range(10):
        luck.add(1, float(second))
    assert 0.35 < luck.loss_ratio(10.0) < 0.5
    assert luck.loss_ratio(100.0) < 0.15
