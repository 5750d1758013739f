"""A province, its network and the time, all simulated, around the agent's own rounds, bursts and verdicts.

Nothing waits and nothing is sent: the clock moves from one turn, poll or break to the next. Only the pinger and the
SNMP pollers are stand-ins.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

from agent.config import load
from agent.echoes import EchoWatch
from agent.history import Outage
from agent.inventory import Inventory
from agent.model import Change, Device, Endpoint, LinkRole, Sentinel, State
from agent.readings import Outcome, PollFailed
from agent.schedule import SECOND_LOOK_S, phase
from agent.state import Board
from agent.watch import POKE_PAUSE_S
from lab.topology import UPLINK
from tests.agent.simulated_network import Clock, Network, Pinger

SNMP_TAKES_S = 0.05
SENTINEL = "10.25.255.254"


@cache
def province(*, backup: bool = True) -> Inventory:
    """The sample's 243 sites, with the districts' backup lines or without."""
    inventory = load(Path(__file__).parents[2] / "config" / "diemcau.yaml", {}).inventory
    if backup:
        return inventory
    links = {id_: link for id_, link in inventory.links.items() if link.role is not LinkRole.BACKUP}
    return replace(inventory, links=links)


class Poller:
    """Asks one target by SNMP: every interval, when poked, and once more soon after."""

    def __init__(self, target: Endpoint | Device, simulation: Simulation) -> None:
        self._target = target
        self._simulation = simulation
        self._poked = False
        self._free_s = 0.0
        assert target.snmp is not None
        self._interval_s = target.snmp.interval_s
        simulation.at(simulation.now_s + phase(target.id) * min(self._interval_s, 5.0), self._beat)

    def poke(self) -> None:
        if not self._poked:
            self._poked = True
            self._simulation.at(max(self._simulation.now_s, self._free_s + POKE_PAUSE_S), self._look)

    def _beat(self) -> None:
        self._simulation.at(self._simulation.now_s + self._interval_s, self._beat)
        self._ask()

    def _look(self) -> None:
        self._poked = False
        self._ask()
        self._simulation.at(self._simulation.now_s + SECOND_LOOK_S, self._ask)

    def _ask(self) -> None:
        simulation, snmp = self._simulation, self._target.snmp
        now_s = simulation.now_s
        if now_s < self._free_s or self._target.id not in simulation.inventory.targets:
            return
        for _ in range(1 + snmp.retries):
            if simulation.chance() < simulation.network.way(self._target.address)[0]:
                simulation.at(now_s + SNMP_TAKES_S, self._answer)
                break
            now_s += snmp.timeout_s
        else:
            simulation.at(now_s, self._fail)
        self._free_s = now_s + SNMP_TAKES_S

    def _answer(self) -> None:
        simulation = self._simulation
        if simulation.network.way(self._target.address)[0] and self._target.id in simulation.inventory.targets:
            reading = simulation.network.reading(self._target, simulation.now_s)
            simulation.board.record_reading(self._target.id, reading, SNMP_TAKES_S)

    def _fail(self) -> None:
        if self._target.id in self._simulation.inventory.targets:
            self._simulation.board.record_failure(self._target.id, PollFailed(Outcome.TIMEOUT, "no answer"), 4.0)


class Simulation:
    """The agent watching a simulated province. `told` and `changes` are all that its listeners heard."""

    def __init__(
        self, inventory: Inventory, *, sentinels: tuple[str, ...] = (SENTINEL,), seed: int = 1, snmp: bool = True
    ) -> None:
        self.clock = Clock()
        self.inventory = inventory
        self.network = Network(inventory, sentinels)
        self.chance = random.Random(f"polls {seed}").random
        self.pinger = Pinger(self.network, self.clock, seed)
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._serial = itertools.count()
        self._sentinels = [Sentinel(f"sentinel {one}", one) for one in sentinels]
        self._snmp = snmp
        self.told: list[Outage] = []
        self.changes: list[Change] = []
        self.start(stopped_for_s=0.0)

    def start(self, stopped_for_s: float) -> None:
        """Start an agent, or another one after the one before: what that left open is all it knows."""
        left = list(self.board.outages.values()) if self.told else []
        self._events.clear()
        self.clock.now_s += stopped_for_s
        self.board = Board(self.inventory, self.clock, self.clock.wall, name="phutho")
        self.board.listeners.append(self.changes.append)
        self.board.outage_listeners.append(self.told.append)
        self.board.restore(left)
        self.watch = EchoWatch(self.pinger, self.board, self._poke, self.clock)
        self.follow(self.inventory)
        targets = self.board.probed if self._snmp else []
        self._pollers = {one.target.id: Poller(one.target, self) for one in targets if one.target.snmp}
        self._turn_s = self.now_s
        self.at(self.now_s + 1, self._sweep)

    def follow(self, inventory: Inventory) -> None:
        """Take another inventory, as a reload does."""
        self.inventory = inventory
        self.board.follow(inventory, sentinels=self._sentinels)
        self.watch.follow()

    @property
    def now_s(self) -> float:
        return self.clock.now_s

    def at(self, time_s: float, action: Callable[[], None]) -> None:
        """Have something happen at a moment."""
        heapq.heappush(self._events, (time_s, next(self._serial), action))

    def run(self, for_s: float) -> None:
        """Let time pass."""
        until_s = self.now_s + for_s
        while True:
            event_s = self._events[0][0]
            if event_s <= min(self._turn_s, until_s):
                self.clock.now_s = max(event_s, self.now_s)
                heapq.heappop(self._events)[2]()
            elif self._turn_s <= until_s:
                self.clock.now_s = self._turn_s
                self.watch.rounds.turn(self._turn_s)
                self._turn_s += self.watch.rounds.turn_s
            else:
                self.clock.now_s = until_s
                return

    def stop_for(self, gap_s: float) -> None:
        """Stop the process for a while; polls due meanwhile come late."""
        self.clock.now_s += gap_s
        self._turn_s = self.now_s

    def cut(self, *ids: str) -> None:
        self.network.set(ids, up=False)
        self.pinger.break_off()

    def mend(self, *ids: str) -> None:
        self.network.set(ids, up=True)

    def lose(self, loss: float, *ids: str) -> None:
        """Have hops lose this share of what passes, each way."""
        self.network.set(ids, loss=loss)

    def cut_uplink(self) -> None:
        self.cut(UPLINK)

    def mend_uplink(self) -> None:
        self.mend(UPLINK)

    def _sweep(self) -> None:
        self.board.sweep()
        self.at(self.now_s + 1, self._sweep)

    def _poke(self, target: str) -> None:
        if poller := self._pollers.get(target):
            poller.poke()

    def state(self, target: str) -> State:
        board = self.board
        return (board.endpoints.get(target) or board.devices.get(target) or board.links[target]).standing.state

    def states(self) -> dict[str, State]:
        """The state of every target."""
        return {target: self.state(target) for target in self.inventory.targets}

    @property
    def open(self) -> dict[str, Outage]:
        """The open outages by their target."""
        return {outage.target: outage for outage in self.board.outages.values()}

    @property
    def opened(self) -> dict[str, Outage]:
        """Every outage ever told, by id, as it was told first."""
        return {outage.id: outage for outage in reversed(self.told)}
