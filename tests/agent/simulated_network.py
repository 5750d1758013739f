"""The simulated time and network: what is sent is answered or not by what is broken, what is lossy, and chance.

Ways, routes and interfaces are the lab's own model.
"""

from __future__ import annotations

import itertools
import random
from collections import deque
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from math import prod

from agent.inventory import Inventory
from agent.model import Device, Endpoint, IcmpSettings
from agent.readings import DeviceReading, Echo, InterfaceReading, Outcome, Traffic
from lab.topology import Topology, build_hops

NOON = datetime(2026, 11, 25, 5, tzinfo=UTC)
START_S = 10_000.0
COUNTERS = Traffic(0, 0, 0, 0)


class Clock:
    """Monotonic time and the wall's, which can be set."""

    def __init__(self) -> None:
        self.now_s = START_S
        self.ahead_s = 0.0

    def __call__(self) -> float:
        return self.now_s

    def wall(self) -> datetime:
        return NOON + timedelta(seconds=self.now_s - START_S + self.ahead_s)


class Network:
    """What is broken and what lossy, and what that does to a packet and its answer."""

    def __init__(self, inventory: Inventory, sentinels: tuple[str, ...]) -> None:
        self.inventory = inventory
        self.hops = build_hops(inventory, sentinels, seed=1)
        self.topology = Topology(inventory, self.hops, sentinels)
        self.sends = True  # False: this machine has no way out, and its own system says so
        self.ways: dict[str, tuple[float, float]] = {}

    def way(self, address: str) -> tuple[float, float]:
        """Return how likely an echo to an address is answered, and after what time."""
        known = self.ways.get(address)
        if known is None:
            settings = [hop.settings for hop, _ in self.topology.way(address) or ()]
            chance = prod((1 - one.loss) ** 2 for one in settings) * all(one.up for one in settings)
            known = self.ways[address] = chance, 2 * sum(one.delay_s for one in settings)
        return known

    def set(self, ids: Iterable[str], **changes: bool | float) -> None:
        for id_ in ids:
            for name, value in changes.items():
                setattr(self.hops[id_].settings, name, value)
        if "up" in changes:
            self.topology.reroute()
        self.ways.clear()

    def reading(self, target: Endpoint | Device, now_s: float) -> DeviceReading:
        lines = [one for one in self.inventory.links.values() if one.device == target.id and one.interface]
        up = {line.interface: self.topology.alive(line) for line in lines}
        faces = {name: InterfaceReading(name, now_s, on, 1e9, COUNTERS, COUNTERS) for name, on in up.items()}
        return DeviceReading(now_s, now_s, faces)


class Pending:
    """An echo under way; `arrives_s` is when its answer does, should nothing break before."""

    __slots__ = ("address", "arrives_s", "done", "expires_s", "sent_s", "sink")

    def finish(self, rtt_s: float | None, outcome: Outcome, cause: str = "") -> None:
        if not self.done:
            self.done = True
            self.sink(Echo(self.sent_s, rtt_s, outcome, cause))


class Pinger:
    """Stands for the network: what is sent is answered or not by its state and by chance."""

    def __init__(self, network: Network, clock: Clock, seed: int) -> None:
        self._network = network
        self._clock = clock
        self._random = random.Random(seed).random
        self._coming: list[Pending] = []
        self._queues: dict[float, deque[Pending]] = {}
        self.sent = 0

    def send(self, address: str, settings: IcmpSettings, sink: Callable[[Echo], None]) -> Pending:
        self.sent += 1
        pending = Pending()
        pending.address, pending.sink, pending.done = address, sink, False
        sent_s = pending.sent_s = self._clock.now_s
        pending.expires_s = sent_s + settings.timeout_s
        if not self._network.sends:
            pending.finish(None, Outcome.ERROR, "Network is unreachable")
            return pending
        chance, rtt_s = self._network.ways.get(address) or self._network.way(address)
        if self._random() < chance:
            pending.arrives_s = sent_s + rtt_s
            self._coming.append(pending)
        queue = self._queues.get(settings.timeout_s)
        if queue is None:
            queue = self._queues[settings.timeout_s] = deque()
        queue.append(pending)
        return pending

    def turn(self) -> None:
        now_s, coming, self._coming = self._clock.now_s, self._coming, []
        for pending in coming:
            if pending.arrives_s > now_s:
                self._coming.append(pending)
            elif pending.arrives_s < pending.expires_s:
                pending.finish(pending.arrives_s - pending.sent_s, Outcome.OK)
        for queue in self._queues.values():
            while queue and queue[0].expires_s <= now_s:
                queue.popleft().finish(None, Outcome.TIMEOUT)

    def forgive(self) -> None:
        now_s, queues = self._clock.now_s, self._queues
        self._queues, coming, self._coming = {}, self._coming, []
        for pending in coming:
            if pending.arrives_s <= now_s and pending.arrives_s < pending.expires_s:
                pending.finish(pending.arrives_s - pending.sent_s, Outcome.OK)
        for pending in itertools.chain(*queues.values()):
            pending.finish(None, Outcome.ERROR)

    def break_off(self) -> None:
        """Lose what is on a way that has just broken."""
        now_s, way = self._clock.now_s, self._network.way
        self._coming = [one for one in self._coming if one.arrives_s <= now_s or way(one.address)[0]]
