"""Outages through time: opened with a cause, revised by evidence, ended by proof, one while they flap."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from agent.history import Outage
from agent.inventory import Inventory
from agent.model import Cause, Kind
from agent.outages import Finding

FLAPPING_CHANGES = 4  # that many changes within …
FLAPPING_S = 600.0  # … this time make an outage a flapping one, until they have grown old
SAME_EVENT_S = 30.0  # evidence this close together speaks of one event: the outage is revised, not a second one opened


@dataclass(frozen=True, slots=True)
class Found:
    """A root cause as found now: since when (monotonic), the targets it cuts off, and what was heard of it."""

    finding: Finding
    since_s: float
    beyond: frozenset[str]
    affected: int
    detail: str = ""


@dataclass(slots=True)
class Case:
    """An open outage. `beyond` are the targets it cuts off.

    `answered`: one of them has answered since, so it is mended or gone around. `quiet_s` is since when it is over
    that is held open because it flaps.
    """

    outage: Outage
    since_s: float
    beyond: frozenset[str] = frozenset()
    answered: bool = False
    quiet_s: float | None = None


class Cases:
    """The open outages by their target. `tell` hears each new value of an outage, the last with its end."""

    def __init__(self, stamp: Callable[[float], datetime], tell: Callable[[Outage], None]) -> None:
        self.open: dict[str, Case] = {}
        self.inventory = Inventory()
        self._stamp = stamp
        self._tell = tell
        self._changes: defaultdict[str, deque[float]] = defaultdict(deque)
        self._earliest_s: dict[str, float] = {}  # no outage of a target begins before its last one ended

    def restore(self, outages: Iterable[Outage], now_s: float) -> None:
        """Take up the outages an earlier run left open; the agent's own ended with it."""
        now = self._stamp(now_s)
        for outage in outages:
            if outage.kind is Kind.AGENT:
                self._tell(replace(outage, ended=now, affected=0))
            else:
                since_s = now_s - (now - outage.started).total_seconds()
                self.open[outage.target] = Case(outage, since_s)

    def update(
        self,
        found: Mapping[str, Found],
        cut_off: Mapping[str, str],
        over: Callable[[str, Case], str | None],
        now_s: float,
    ) -> None:
        """Take what is found now. `over` tells whether a case not found any more is: the note for it, None if not."""
        for target, one in found.items():
            case = self.open.get(target) or self._revised(target, one, found, cut_off)
            if case is None:
                self._begin(target, one, now_s)
            else:
                self._go_on(case, one, now_s)
        for target, case in list(self.open.items()):
            if target not in found and case.quiet_s is None:
                note = over(target, case)
                if note is not None:
                    self._end(target, case, note, now_s)

    def _revised(self, target: str, one: Found, found: Collection[str], cut_off: Mapping[str, str]) -> Case | None:
        """Return the open case that this cause explains better, under its new name."""
        for old, case in self.open.items():
            related = cut_off.get(old) == target or target in case.beyond or old in one.finding.suspects
            same = case.quiet_s is None and abs(case.since_s - one.since_s) <= SAME_EVENT_S
            if old not in found and related and same:
                self.open[target] = self.open.pop(old)
                kind = one.finding.kind
                case.outage = replace(case.outage, kind=kind, target=target, district=self._district(kind, target))
                return case
        return None

    def unplanned(self, targets: Iterable[str], now_s: float) -> None:
        """Take it that maintenance of these is over: what is still broken is an outage from now on."""
        self._earliest_s |= dict.fromkeys(targets, now_s)

    def _begin(self, target: str, one: Found, now_s: float) -> None:
        since_s = max(one.since_s, self._earliest_s.get(target, one.since_s))
        started = self._stamp(since_s)
        outage = Outage(
            id=f"{started:%Y%m%dT%H%M%S}{started.microsecond // 1000:03}-{target}",
            kind=one.finding.kind,
            target=target,
            cause=one.finding.cause,
            started=started,
            confirmed=self._stamp(now_s),
            district=self._district(one.finding.kind, target),
        )
        outage = _shaped(outage, one)
        self.open[target] = Case(outage, since_s, one.beyond)
        self._changes[target].append(now_s)
        self._tell(outage)

    def _go_on(self, case: Case, one: Found, now_s: float) -> None:
        if case.quiet_s is not None:
            case.quiet_s = None
            self._changes[case.outage.target].append(now_s)
        case.beyond, case.answered = one.beyond, case.answered and not one.beyond
        self._renew(case, _shaped(case.outage, one))

    def _renew(self, case: Case, outage: Outage) -> None:
        if outage != case.outage:
            case.outage = outage
            self._tell(outage)

    def _end(self, target: str, case: Case, note: str, now_s: float) -> None:
        changes = self._recent(target, now_s)
        changes.append(now_s)
        if len(changes) >= FLAPPING_CHANGES and not note:
            case.quiet_s = now_s
            self._renew(case, replace(case.outage, flapping=True, affected=0))
        else:
            self._close(target, now_s, note)

    def _close(self, target: str, ended_s: float, note: str) -> None:
        outage = self.open.pop(target).outage
        self._earliest_s[target] = ended_s
        self._tell(replace(outage, ended=self._stamp(ended_s), affected=0, note=note or outage.note))

    def _recent(self, target: str, now_s: float) -> deque[float]:
        changes = self._changes[target]
        while changes and changes[0] < now_s - FLAPPING_S:
            changes.popleft()
        return changes

    def sweep(self, now_s: float) -> None:
        """End the flapping that has calmed down; to be called about once a second."""
        for target in list(self._changes):
            calm = len(self._recent(target, now_s)) < FLAPPING_CHANGES
            case = self.open.get(target)
            if case is not None and case.outage.flapping and calm:
                if case.quiet_s is not None:
                    self._close(target, case.quiet_s, "")
                else:
                    self._renew(case, replace(case.outage, flapping=False))
            if not self._changes[target]:
                del self._changes[target]

    def lose_sight(self, agent: str, since_s: float, now_s: float) -> None:
        """Open the agent's own outage: it sees nothing. All else stays as it was."""
        found, case = Found(Finding(Kind.AGENT, Cause.BLIND), since_s, frozenset(), 0), self.open.get(agent)
        if case is None:
            self._begin(agent, found, now_s)
        else:
            self._go_on(case, found, now_s)

    def see_again(self, agent: str, now_s: float) -> None:
        """End the agent's own outage."""
        if agent in self.open:
            self._end(agent, self.open[agent], "", now_s)

    def _district(self, kind: Kind, target: str) -> str:
        inventory = self.inventory
        match kind:
            case Kind.ENDPOINT if target in inventory.endpoints:
                return inventory.district(inventory.endpoints[target].site)
            case Kind.DEVICE if target in inventory.devices:
                return inventory.district(inventory.devices[target].site)
            case Kind.LINK if target in inventory.links:
                link = inventory.links[target]
                return inventory.district(link.b) or inventory.district(link.a)
        return ""


def _shaped(outage: Outage, one: Found) -> Outage:
    return replace(
        outage,
        cause=one.finding.cause,
        suspects=one.finding.suspects,
        affected=one.affected,
        most_affected=max(one.affected, outage.most_affected),
        detail=one.detail or outage.detail,
    )
