"""What was really broken, and who could really be reached, by the lab's own log."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from agent.inventory import Inventory
from agent.model import State
from lab.province import Change
from lab.topology import Topology, build_hops

NO_TIME = timedelta()
Period = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Cut:
    """A line, router or codec that was off; `ended` is None where it still is."""

    target: str
    began: datetime
    ended: datetime | None


def cuts(log: Iterable[Change]) -> list[Cut]:
    """Every cut of the log, oldest first."""
    found: list[Cut] = []
    began: dict[str, datetime] = {}
    for entry in log:
        match entry.changes.get("up"):
            case False:
                began.setdefault(entry.id, entry.at)
            case True if entry.id in began:
                found.append(Cut(entry.id, began.pop(entry.id), entry.at))
    found += [Cut(target, at, None) for target, at in began.items()]
    return sorted(found, key=lambda cut: cut.began)


def behind(inventory: Inventory, target: str, off: Iterable[str] = ()) -> set[str]:
    """The endpoints that are lost when a line, router or codec goes off while others are off already."""
    start = datetime.min.replace(tzinfo=UTC)
    truth = Truth(inventory, [Change(start, 0.0, one, {"up": False}) for one in (*off, target)])
    before, after = truth.states[-2:]
    return {endpoint for endpoint, state in after.items() if state is not State.UP and before[endpoint] is State.UP}


class Truth:
    """Each endpoint's true state from each change of the log on: up, down (the codec itself), or unreachable."""

    def __init__(self, inventory: Inventory, log: Sequence[Change]) -> None:
        self._inventory = inventory
        self._hops = build_hops(inventory, (), 0)
        self._topology = Topology(inventory, self._hops, ())
        changes = [entry for entry in log if "up" in entry.changes]
        self._times = [entry.at for entry in changes]
        self.states = [self._look()]
        for entry in changes:
            if entry.id in self._hops:
                self._hops[entry.id].settings.up = bool(entry.changes["up"])
                self._topology.reroute()
            self.states.append(self._look())

    def _look(self) -> dict[str, State]:
        return {id_: self._state(id_, endpoint.address) for id_, endpoint in self._inventory.endpoints.items()}

    def _state(self, endpoint: str, address: str) -> State:
        steps = self._topology.way(address)
        assert steps
        if not all(hop.settings.up for hop, _ in steps if hop.id != endpoint):
            return State.UNREACHABLE
        return State.UP if self._hops[endpoint].settings.up else State.DOWN

    def times(self, periods: Iterable[Period]) -> dict[str, dict[State, timedelta]]:
        """Each endpoint's true time in each state over some periods together."""
        spent = {id_: dict.fromkeys((State.UP, State.DOWN, State.UNREACHABLE), NO_TIME) for id_ in self.states[0]}
        for start, end in periods:
            for since, until, states in self._stretches(start, end):
                for endpoint, state in states.items():
                    spent[endpoint][state] += until - since
        return spent

    def _stretches(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, dict[str, State]]]:
        first, last = bisect_right(self._times, start), bisect_right(self._times, end)
        bounds = [start, *self._times[first:last], end]
        for number, (since, until) in enumerate(pairwise(bounds)):
            yield since, until, self.states[first + number]
