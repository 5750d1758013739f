"""What the board's records say, as evidence: what answers, what is silent, what is up, whether we see at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Protocol

from agent.cases import Cases
from agent.histogram import Histogram
from agent.inventory import Inventory
from agent.model import Cause, Standing, State
from agent.outages import GRACE_S
from agent.records import AnyProbed, DeviceRecord, EndpointRecord, LinkRecord
from agent.sight import Line, Sight, Silence
from agent.topology import Topology

BROKEN = (State.DOWN, State.UNREACHABLE)
Record = EndpointRecord | DeviceRecord | LinkRecord


class Books(Protocol):
    """What is read of the board, and how it is told what follows."""

    inventory: Inventory
    endpoints: dict[str, EndpointRecord]
    devices: dict[str, DeviceRecord]
    links: dict[str, LinkRecord]
    sentinels: dict[str, AnyProbed]
    planned: frozenset[str]
    told: datetime
    verdict_s: Histogram

    @property
    def probed(self) -> list[EndpointRecord | DeviceRecord]:
        """Endpoints and devices."""

    def now_s(self) -> float:
        """Return this moment, monotonic."""

    def stamp(self, at_s: float) -> datetime:
        """Return a monotonic moment in UTC."""

    def stand(self, record: AnyProbed | LinkRecord, new: Standing, at: datetime) -> None:
        """Put a target into a standing."""

    def ask(self, device: str) -> None:
        """Have a device polled at once."""

    def doubt(self, record: AnyProbed) -> None:
        """Begin anew with a target."""


class Evidence:
    """Reads the books. What was read of lines before `sees_since_s` says nothing: the agent was blind or paused.

    Nor does what was read of a line before `mended_s`, when something came back that had taken it down or cut it off.
    """

    def __init__(self, books: Books) -> None:
        self.sees_since_s = 0.0
        self.mended_s: dict[str, float] = {}
        self._books = books

    def record(self, target: str) -> Record | None:
        """Return a target's record."""
        return self.probed(target) or self._books.links.get(target)

    def probed(self, target: str) -> EndpointRecord | DeviceRecord | None:
        """Return the record of an endpoint or device; None for a link, and for what this shard does not ask."""
        return self._books.endpoints.get(target) or self._books.devices.get(target)

    def silent_s(self, target: str) -> float | None:
        """Return since when a target is silent: for certain, or by more than the one echo that any line may lose."""
        record = self.probed(target)
        if record is None:
            return None
        if record.silent_s is not None:
            return record.silent_s
        return record.window.silent_since_s if record.window.lost_in_a_row > 1 else None

    def line(self, record: LinkRecord) -> Line | None:
        """Return what a link's interface says, None where that is not known."""
        interface = record.interface
        if interface is None or interface.at_s < max(self.sees_since_s, self.mended_s.get(record.target.id, 0.0)):
            return None
        return Line(interface.up, interface.at_s, record.says_since_s)

    def answers_since(self, targets: Iterable[str], since_s: float) -> bool:
        """Say whether one of these has answered something sent since."""
        records = map(self.probed, targets)
        return any(one is not None and one.answers and (one.alive_s or 0.0) > since_s + GRACE_S for one in records)

    def passes(self, topology: Topology, link: str, since_s: float) -> bool:
        """Say whether something that only this link leads to has answered since."""
        return self.answers_since(topology.dominated(link), since_s)

    def _not_alone(self, topology: Topology, silent: dict[str, Silence]) -> Iterator[str]:
        """Yield the silent targets on whose way, or beyond which, something came back after they were asked last.

        Then both may have been silent for one reason that is over: such a target is to be asked anew.
        """
        newest_s = max((one.returned_s for one in self._books.probed if one.answers), default=0.0)
        returned_s: dict[str, float] = {}
        for target, silence in silent.items():
            if silence.asked_s >= newest_s:
                continue
            for node in (target, *topology.way(target)):
                if node not in returned_s and self.probed(node) is not None:
                    returned_s[node] = self._returned_s(topology, node)
                if returned_s.get(node, 0.0) > silence.asked_s:
                    yield target
                    break

    def _returned_s(self, topology: Topology, node: str) -> float:
        """Return when a target, or if it does not answer anything beyond it, came back from a silence."""
        record = self.probed(node)
        if record is not None and record.answers:
            return record.returned_s
        beyond = map(self.probed, topology.dominated(node))
        return max((one.returned_s for one in beyond if one is not None and one.answers), default=0.0)

    def none_answers(self) -> bool:
        """Say whether neither a sentinel nor a target answers."""
        sentinels = self._books.sentinels.values()
        return not any(one.answers for one in sentinels) and not any(one.answers for one in self._books.probed)

    def sees_since(self, since_s: float) -> bool:
        """Say whether a sentinel or a target has answered something sent since."""
        records = (*self._books.sentinels.values(), *self._books.probed)
        return any(one.alive_s is not None and one.alive_s > since_s + GRACE_S for one in records)

    def is_blind(self) -> bool:
        """Say whether the agent has lost its own line: nothing answers, nor do the sentinels where there are any."""
        witnesses = list(self._books.sentinels.values()) or self._books.probed
        silent = (one.seen is State.DOWN or one.seen_cause is Cause.NOT_SENT for one in witnesses)
        return bool(witnesses) and self.none_answers() and all(silent)

    def blind_since_s(self) -> float:
        """Return since when nothing answers."""
        witnesses = list(self._books.sentinels.values()) or [
            one for one in self._books.probed if one.standing.state not in BROKEN
        ]
        since = [one.heard_s if one.silent_s is None else one.silent_s for one in witnesses]
        return min([*since, self._books.now_s()])

    def sight(self, cases: Cases, topology: Topology) -> Sight:
        """Return all of it, for an explanation."""
        silent: dict[str, Silence] = {}
        answered_s: dict[str, float] = {}
        doubtful: set[str] = set()
        for record in self._books.probed:
            window, id_ = record.window, record.target.id
            if record.seen is State.DOWN:
                since_s = record.heard_s if record.silent_s is None else record.silent_s
                silent[id_] = Silence(since_s, window.newest_s, wavering=window.answered_in_a_row > 0)
            elif record.answers:
                answered_s[id_] = record.alive_s or 0.0
            elif record.seen.answers or record.seen_cause is Cause.STARTING:
                doubtful.add(id_)
        for target in list(self._not_alone(topology, silent)):
            silent[target] = silent[target]._replace(wavering=True)
        alive = [one.alive_s or 0.0 for one in self._books.sentinels.values() if one.answers]
        lines = {id_: self.line(record) for id_, record in self._books.links.items()}
        return Sight(
            silent=silent,
            answered_s=answered_s,
            doubtful=doubtful,
            lines={id_: line for id_, line in lines.items() if line is not None},
            standing={target: (case.outage.cause, case.since_s) for target, case in cases.open.items()},
            planned=self._books.planned,
            agent_s=max([*alive, *answered_s.values()], default=None),
        )
