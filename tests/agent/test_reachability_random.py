"""Anything may break and be mended at any moment: what is held in the end is the truth, and nothing was made up."""

from __future__ import annotations

import itertools
import random
from collections import defaultdict

import pytest

from agent.model import Level, State
from agent.topology import Topology
from tests.agent.simulated import Simulation, province

PLAYED_S, CALM_S = 300.0, 60.0
SURE_S = 6.0  # what lasts as long is an outage
NOTICED_S = 4.0  # what comes back for less may never have been seen to
WELL = (State.UP, State.DEGRADED)


class Play:
    """Random cuts and mends on the sample province; `broken_s` has each target's breaks, from when to when."""

    def __init__(self, seed: int, loss: float, *, nested: bool) -> None:
        self._rng = random.Random(seed)
        self.inventory = province(backup=False)
        self.simulation = Simulation(self.inventory, seed=seed)
        self.broken: set[str] = set()
        self.broken_s: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
        self._since_s: dict[str, float] = {}
        self.simulation.lose(loss, *self.inventory.links)
        self.simulation.run(75)
        end_s = self.simulation.now_s + PLAYED_S
        for target in self._anywhere() if nested else self._apart():
            self._script(target, end_s)
        self.simulation.run(PLAYED_S + CALM_S)

    def _apart(self) -> list[str]:
        """Choose targets none of which is behind another."""
        districts = [one.id for one in self.inventory.sites.values() if one.level is Level.DISTRICT]
        self._rng.shuffle(districts)
        chosen = [self._rng.choice(["r-", "wan-"]) + district for district in districts[:4]]
        for district in districts[4:]:
            places = [site for site in self.inventory.under(district) if site != district]
            chosen += [self._rng.choice(["vc-", "acc-"]) + place for place in self._rng.sample(places, 2)]
        return chosen

    def _anywhere(self) -> list[str]:
        mains = [target for target in self.inventory.targets if target.startswith(("wan-", "r-"))]
        mains.remove("r-core")
        return self._rng.sample(mains, 6) + self._rng.sample(list(self.inventory.targets), 20)

    def _script(self, target: str, end_s: float) -> None:
        """Have a target cut and mended up to three times; it may stay cut."""
        at_s = self.simulation.now_s + self._rng.uniform(0, 60)
        for _ in range(self._rng.randint(1, 3)):
            self.simulation.at(at_s, lambda: self._cut(target))
            at_s += self._rng.choice([1, 2, 3, 5, 8, 12, 30, 60, 90]) * self._rng.uniform(0.7, 1.3)
            if at_s > end_s or self._rng.random() < 0.25:
                return
            self.simulation.at(at_s, lambda: self._mend(target))
            at_s += self._rng.choice([1, 3, 8, 20, 60]) * self._rng.uniform(0.7, 1.3)
            if at_s > end_s:
                return

    def _cut(self, target: str) -> None:
        self.broken.add(target)
        self._since_s[target] = self.simulation.now_s
        self.simulation.cut(target)

    def _mend(self, target: str) -> None:
        self.broken.remove(target)
        self.broken_s[target].append((self._since_s.pop(target), self.simulation.now_s))
        self.simulation.mend(target)

    def breaks(self, target: str) -> list[tuple[float, float]]:
        still = [(since_s, self.simulation.now_s) for one, since_s in self._since_s.items() if one == target]
        return self.broken_s[target] + still

    @property
    def ever(self) -> set[str]:
        return self.broken | self.broken_s.keys()

    def true_state(self, target: str, topology: Topology, reached: set[str]) -> tuple[State, ...]:
        if target in reached:
            return WELL
        seen = any(other in reached for other in topology.neighbours[target])
        return (State.DOWN,) if target in self.broken and seen else (State.UNREACHABLE,)


def check_the_end(play: Play) -> None:
    """All held states are the truth, but that a router and its only line can't be told apart."""
    topology, simulation = Topology(play.inventory), play.simulation
    doubled = {f"r-{one[4:]}": one for one in play.inventory.links if one.startswith("wan-")}
    broken = {doubled.get(target, target) for target in play.broken}
    reached = topology.reach(broken)
    shown = play.broken
    play.broken = broken
    wrong = {
        target: state
        for target, state in simulation.states().items()
        if state not in play.true_state(target, topology, reached)
    }
    play.broken = shown
    assert not wrong
    visible = {target for target in broken if any(one in reached for one in topology.neighbours[target])}
    named = {target for target, outage in simulation.open.items() if not outage.flapping}
    assert visible <= simulation.open.keys()
    assert named <= visible | (simulation.inventory.targets.keys() - reached), "nothing whole is called broken"


def check_nothing_made_up(play: Play) -> None:
    last = {outage.id: outage for outage in play.simulation.told}
    for id_, first in play.simulation.opened.items():
        names = {first.target, *first.suspects, last[id_].target, *last[id_].suspects}
        assert names & play.ever, f"nothing of it was ever cut: {last[id_]}"


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("loss", [0.0, 0.01])
def test_every_cause_is_one_outage(seed: int, loss: float) -> None:
    play = Play(seed, loss, nested=False)
    check_the_end(play)
    check_nothing_made_up(play)
    last = {outage.id: outage for outage in play.simulation.told}
    flapping = {outage.target for outage in play.simulation.told if outage.flapping}
    for target in play.ever:
        name = f"wan-{target[2:]}" if target.startswith("r-") else target
        breaks = play.breaks(target)
        sure = [end_s - since_s >= SURE_S for since_s, end_s in breaks]
        joined = sum(after[0] - before[1] < NOTICED_S for before, after in itertools.pairwise(breaks))
        opened = sum(outage.target == name for outage in last.values())
        if name not in flapping:
            assert sum(sure) - joined <= opened <= len(breaks), (target, breaks)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("loss", [0.0, 0.01])
def test_one_behind_another(seed: int, loss: float) -> None:
    play = Play(seed, loss, nested=True)
    check_the_end(play)
    check_nothing_made_up(play)
