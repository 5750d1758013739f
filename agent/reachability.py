"""From what targets are seen to be to what is held true of them: who is down, who is cut off, whether we see at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from agent.cases import Case, Cases, Found
from agent.evidence import BROKEN, Books, Evidence
from agent.history import Outage
from agent.inventory import Inventory
from agent.model import Cause, Kind, Standing, State
from agent.outages import Explanation, Finding, explain
from agent.records import AnyProbed, LinkRecord
from agent.standings import Standings
from agent.topology import Topology

LEAST_PAUSE_S = 0.1  # between two verdicts, and at least …
SHARE = 5  # … so many times what a verdict takes, so that thousands of targets don't hold up the rest


class Reachability:
    """Decides every standing. What must be explained waits for `settle`; the rest is shown at once."""

    def __init__(self, books: Books, cases: Cases, name: str) -> None:
        self.topology = Topology(Inventory())
        self.cases = cases
        self._books = books
        self._name = name
        self._evidence = Evidence(books)
        self._standings = Standings(books, self._evidence)
        self._unsettled = True
        self._not_before_s = 0.0
        self._blind_since_s: float | None = None

    def follow(self, topology: Topology) -> None:
        """Take another inventory's ways."""
        self.topology, self.cases.inventory = topology, self._books.inventory
        self._unsettled = True

    def look_at(self, record: AnyProbed | LinkRecord) -> None:
        """Take it that something of a target has changed."""
        state = record.standing.state
        if isinstance(record, LinkRecord):
            self._unsettled |= record.interface is None or not record.interface.up or state in BROKEN
        else:
            self._unsettled |= record.seen is State.DOWN or state in (*BROKEN, State.UNKNOWN)
        self._show(record)

    def sweep(self, now_s: float) -> None:
        """Do what is due with time."""
        found, open_ = self._standings.found, self.cases.open
        self._unsettled |= bool(found.held) or not open_.keys() <= found.causes.keys()
        self.cases.sweep(now_s)

    def restore(self, outages: Iterable[Outage], now_s: float) -> None:
        """Take up the outages an earlier run left open, with what each had cut off."""
        self.cases.restore(outages, now_s)
        gone = self.cases.open.keys()
        beyond = self.topology.beyond(gone)
        for target, case in self.cases.open.items():
            case.beyond = beyond - self.topology.beyond(gone - {target})
        self._unsettled = True

    def replan(self, changed: Iterable[str]) -> None:
        """Show targets that came into or out of a maintenance window."""
        changed = frozenset(changed)
        self.cases.unplanned(changed - self._books.planned, self._books.now_s())
        for record in map(self._evidence.record, changed):
            if record is not None:
                self._show(record)
        self._unsettled = True

    def settle(self, now_s: float) -> None:
        """Explain what is silent, where anything has changed."""
        if self._blind_since_s is not None:
            if not self._evidence.sees_since(self._blind_since_s):
                return
            self._see_again(now_s)
        if not self._unsettled or now_s < self._not_before_s:
            return
        self._unsettled = False
        if self._evidence.is_blind():
            self._lose_sight(now_s)
            return
        self._explain(now_s)
        took_s = self._books.now_s() - now_s
        self._books.verdict_s.observe(took_s)
        self._not_before_s = now_s + took_s + max(LEAST_PAUSE_S, SHARE * took_s)

    def _explain(self, now_s: float) -> None:
        self._begin_anew_behind_what_is_mended()
        before = self._standings.found
        found = self._standings.found = explain(self.topology, self._evidence.sight(self.cases, self.topology))
        self._show_all(before)
        self.cases.update(self._causes(now_s), found.cut_off, self._over, now_s)
        for link in map(self._books.links.get, found.held):
            if link is not None and link.target.device is not None:
                self._books.ask(link.target.device)
        self._unsettled |= bool(found.held)

    def _show(self, record: AnyProbed | LinkRecord, at: datetime | None = None) -> None:
        if self._blind_since_s is None:
            self._standings.show(record, self.topology, at)

    def _show_all(self, before: Explanation) -> None:
        """Show what the explanation, or the one before it, speaks of, and what is not well."""
        found, at = self._standings.found, self._books.stamp(self._books.now_s())
        told = {*before.causes, *before.cut_off, *found.causes, *found.cut_off}
        show, topology = self._standings.show, self.topology
        for record in self._books.probed:
            if record.target.id in told or record.standing.state is not record.seen:
                show(record, topology, at)
        for link in self._books.links.values():
            if link.target.id in told or link.standing.state is not State.UP or link.interface is None:
                show(link, topology, at)

    # Whether the agent sees at all.

    def _lose_sight(self, now_s: float) -> None:
        self._blind_since_s = self._evidence.blind_since_s()
        self._standings.found = Explanation()
        self._darken(Cause.BLIND, self._blind_since_s)
        self.cases.lose_sight(self._name, self._blind_since_s, now_s)

    def _darken(self, cause: Cause, since_s: float, lost_s: float = 0.0) -> None:
        """Hold all unknown from `since_s` on, or since `lost_s` by the wall clock, but not before what was told."""
        at = max(self._books.stamp(since_s) - timedelta(seconds=lost_s), self._books.told)
        standing = Standing(State.UNKNOWN, at, cause)
        for record in (*self._books.probed, *self._books.links.values()):
            self._books.stand(record, standing, at)

    def _see_again(self, now_s: float) -> None:
        """Go on without a burst of false verdicts: each target is asked anew; what was open stays open until then."""
        since_s, self._blind_since_s, self._unsettled = self._blind_since_s or now_s, None, True
        self._evidence.sees_since_s = now_s
        for record in (*self._books.probed, *self._books.sentinels.values()):
            record.window.forget_since(since_s)
            if not record.answers:
                self._books.doubt(record)
            self._show(record)
        self.cases.see_again(self._name, now_s)

    def pause(self, since_s: float, lost_s: float) -> None:
        """Take it that the agent did not run for a while, see `Board.pause`: all is asked anew, outages stay open."""
        self._standings.found = Explanation()
        self._darken(Cause.PAUSED, since_s, lost_s)
        self._evidence.sees_since_s = self._books.now_s()
        for one in (*self._books.probed, *self._books.sentinels.values()):
            one.window.forget_since(since_s)
            self._books.doubt(one)

    # Outages.

    def _begin_anew_behind_what_is_mended(self) -> None:
        """Ask anew who was cut off by something that is proved good again: each had been silent for that reason."""
        for target, case in self.cases.open.items():
            if case.answered or not self._evidence.answers_since((*case.beyond, target), case.since_s):
                continue
            self._begin_anew_behind(case)
            self._ask_of_lines(target)

    def _begin_anew_behind(self, case: Case) -> None:
        for record in map(self._evidence.probed, case.beyond):
            if record is not None and not record.answers:
                self._books.doubt(record)
        case.beyond, case.answered = frozenset(), True

    def _ask_of_lines(self, root: str) -> None:
        """Ask anew of a line that is mended, and of all that a mended cause had taken down or cut off."""
        for id_, link in self._books.links.items():
            if root in (id_, link.standing.root) and link.target.device is not None:
                if id_ != root:
                    self._evidence.mended_s[id_] = self._books.now_s()
                self._books.ask(link.target.device)

    def _causes(self, now_s: float) -> Mapping[str, Found]:
        """Return the causes that are nobody's plan."""
        found = self._standings.found
        beyond: dict[str, list[str]] = {target: [] for target in found.causes}
        for target, cause in found.cut_off.items():
            beyond[cause].append(target)
        return {
            target: self._as_found(target, finding, beyond[target], now_s)
            for target, finding in found.causes.items()
            if target not in self._books.planned
        }

    def _as_found(self, target: str, finding: Finding, beyond: list[str], now_s: float) -> Found:
        concerned = (*beyond, target)
        affected = sum(one in self._books.endpoints and one not in self._books.planned for one in concerned)
        record, own = self._evidence.record(target), self._evidence.probed(target)
        if own is not None and own.silent_s is not None:
            return Found(finding, own.silent_s, frozenset(beyond), affected, own.last_cause)
        silences = map(self._evidence.silent_s, concerned)
        times = [since_s for since_s in silences if since_s is not None]
        if isinstance(record, LinkRecord) and record.interface is not None and not record.interface.up:
            times.append(record.interface.at_s)
        return Found(finding, min(times, default=now_s), frozenset(beyond), affected)

    def _over(self, target: str, case: Case) -> str | None:
        """Return the note a case that is not found any more ends with; None where nothing proves its end."""
        record, found = self._evidence.record(target), self._standings.found
        if record is None:
            return None if case.outage.kind is Kind.AGENT else "no longer in the inventory"
        if target in self._books.planned:
            return "maintenance began"
        held_back = {one.standing.root for one in map(self._evidence.record, found.held) if one is not None}
        if target in found.cut_off or target in found.held or target in held_back:
            return None
        if not isinstance(record, LinkRecord):
            return "" if record.seen.answers else None
        line = self._evidence.line(record)
        mended = (line is not None and line.up) or case.answered
        if not mended and not self._evidence.passes(self.topology, target, case.since_s):
            return None
        self._begin_anew_behind(case)
        return ""
