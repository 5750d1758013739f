"""Which standing is due to a target: by what it is seen to be, by the explanation, and by plan."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from agent.evidence import Books, Evidence
from agent.judge import judge_use
from agent.model import Cause, Kind, Standing, State
from agent.outages import Explanation
from agent.records import AnyProbed, LinkRecord
from agent.topology import Topology


class Due(NamedTuple):
    """A state, its cause, and the id of what cuts the target off."""

    state: State
    cause: Cause
    root: str = ""


class Standings:
    """Writes the standings that follow from `found`, the newest explanation."""

    def __init__(self, books: Books, evidence: Evidence) -> None:
        self.found = Explanation()
        self._books = books
        self._evidence = evidence

    def show(self, record: AnyProbed | LinkRecord, topology: Topology, at: datetime | None = None) -> None:
        """Put a target into the standing that is due, `at` a moment; at none given, now."""
        due = self._of_link(record, topology) if isinstance(record, LinkRecord) else self._of_probed(record)
        old = record.standing
        if due is None or (due.state is old.state and due.cause is old.cause and due.root == old.root):
            return
        at = at or self._books.stamp(self._books.now_s())
        since = old.since if due.state is old.state else at
        speaks = due.cause in (Cause.SILENT, Cause.NOT_SENT)
        detail = record.last_cause if speaks and not isinstance(record, LinkRecord) else ""
        self._books.stand(record, Standing(due.state, since, due.cause, detail, due.root), at)

    def _of_probed(self, record: AnyProbed) -> Due | None:
        """Return what is due to an endpoint or device; None where the old one stays until more is known."""
        target = record.target.id
        if target in self._books.planned:
            return Due(State.MAINTENANCE, Cause.PLANNED)
        finding, root = self.found.causes.get(target), self.found.cut_off.get(target)
        if finding is not None and record.seen is State.DOWN:
            return Due(State.DOWN, finding.cause)
        if root is not None and not record.answers:
            return Due(State.UNREACHABLE, Cause.CUT_OFF, root)
        was_cut_off = record.standing.state is State.UNREACHABLE
        if record.seen is State.DOWN or (was_cut_off and not record.answers):
            return None
        return Due(record.seen, record.seen_cause)

    def _of_link(self, record: LinkRecord, topology: Topology) -> Due | None:
        target = record.target.id
        if target in self._books.planned:
            return Due(State.MAINTENANCE, Cause.PLANNED)
        if finding := self.found.causes.get(target):
            return Due(State.DOWN, finding.cause)
        if root := self.found.cut_off.get(target):
            return Due(State.UNREACHABLE, Cause.CUT_OFF, root)
        if target in self.found.held:
            return None
        return self._by_its_interface(record, topology)

    def _by_its_interface(self, record: LinkRecord, topology: Topology) -> Due | None:
        target, line = record.target.id, self._evidence.line(record)
        passes = self._evidence.passes(topology, target, line.at_s if line else 0.0)
        if line is None and not passes:
            if record.interface is not None:
                return None  # it is being asked anew
            return Due(State.UNKNOWN, Cause.STARTING if record.standing.cause is Cause.STARTING else Cause.STALE)
        if passes or (line and line.up):
            use = record.busiest_ratio
            return Due(*judge_use(use, record.target.thresholds, record.standing.cause))
        beside = (node for node in topology.neighbours.get(target, ()) if node in self.found.causes)
        router = next((node for node in beside if topology.kinds.get(node) is Kind.DEVICE), None)
        return Due(State.DOWN, Cause.INTERFACE_DOWN, router) if router else None
