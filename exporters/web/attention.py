"""What needs attention, a line each; what is not up for one and the same reason shares one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from agent.model import Cause, Kind, State
from agent.readings import Outcome
from agent.records import DeviceRecord, EndpointRecord, LinkRecord
from exporters.web.i18n import Measures, Wording
from exporters.web.names import Names
from exporters.web.shapes import Snapshot, badness

Record = EndpointRecord | DeviceRecord | LinkRecord
Shared = tuple[State, Cause, str]

KINDS = {EndpointRecord: Kind.ENDPOINT, LinkRecord: Kind.LINK, DeviceRecord: Kind.DEVICE}
SHARED = (Cause.CUT_OFF, Cause.BLIND, Cause.PAUSED, Cause.PLANNED)  # causes that are many targets' at once


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is not up: what, since when, and why in a sentence."""

    id: str
    name: str
    place: str
    state: State
    since: str
    ago: str
    why: str
    detail: str


@dataclass(frozen=True, slots=True)
class Fold:
    """Several things that are not up for one and the same reason; `names` are for who wants to see them."""

    state: State
    sentence: str
    names: list[str]


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of thing under its heading: `count` of them need attention, in so many lines."""

    kind: Kind
    count: int
    lines: list[Trouble | Fold]


class Attention:
    """Says what is not up, as of one moment."""

    def __init__(self, seen: Snapshot, wording: Wording, moment: datetime) -> None:
        self._seen = seen
        self._names = Names(seen.inventory, wording)
        self._wording = wording
        self._moment = moment

    def sections(self) -> list[Section]:
        """Return the kinds of which something needs attention: endpoints, then links, then devices."""
        seen = self._seen
        kinds: tuple[tuple[Kind, list[Record], Collection[Record]], ...] = (
            (Kind.ENDPOINT, _not_up(seen.endpoints.values()), seen.endpoints.values()),
            (Kind.LINK, _not_up(seen.links.values()), seen.links.values()),
            (Kind.DEVICE, _devices_to_see(seen.devices.values()), seen.devices.values()),
        )
        return [Section(kind, len(some), self._lines(some, every)) for kind, some, every in kinds if some]

    def why(self, record: Record) -> str:
        """Say why a target is in its state."""
        standing = record.standing
        if standing.cause is Cause.CUT_OFF and standing.root:
            return self._wording.text("board.cut_off_by", root=self._names.root(standing.root))
        if isinstance(record, LinkRecord):
            return self._wording.why(standing.cause, Measures(utilization=record.busiest_ratio))
        return self._wording.why(standing.cause, _measures(record))

    def _lines(self, records: list[Record], every: Iterable[Record]) -> list[Trouble | Fold]:
        """Return a line for each; those that share a cause are one where the first of them would be, by inventory."""
        alike: defaultdict[Shared | None, list[Record]] = defaultdict(list)
        for record in every:
            alike[_shared(record)].append(record)
        lines: list[Trouble | Fold] = []
        for record in records:
            shared = _shared(record)
            if shared is None or len(alike[shared]) == 1:
                lines.append(self._trouble(record))
            elif together := alike[shared]:
                lines.append(self._fold(together))
                alike[shared] = []
        return lines

    def _fold(self, records: list[Record]) -> Fold:
        standing, kind = records[0].standing, KINDS[type(records[0])]
        if standing.cause is Cause.CUT_OFF:
            root = self._names.root(standing.root)
            sentence = self._wording.count(f"board.cut_off.{kind}", len(records), root=root)
        else:
            sentence = self._wording.count(f"board.alike.{kind}", len(records), why=self.why(records[0]))
        return Fold(standing.state, sentence, [self._name(record) for record in records])

    def _name(self, record: Record) -> str:
        if isinstance(record, EndpointRecord):
            return self._seen.inventory.sites[record.target.site].name
        return self._names.plain(record.target.id)

    def _trouble(self, record: Record) -> Trouble:
        standing, name = record.standing, self._name(record)
        place, why, detail = self._names.place(record.target.id), self.why(record), standing.detail
        if isinstance(record, DeviceRecord) and standing.state.answers and _snmp_failing(record):
            why, detail = self._wording.text(f"snmp.{record.outcome}"), record.reason
        return Trouble(
            id=record.target.id,
            name=name,
            place=place if place != name else "",
            state=standing.state,
            since=self._wording.since(standing.since, self._moment),
            ago=self._wording.ago(standing.since, self._moment),
            why=why,
            detail=detail,
        )


def _shared(record: Record) -> Shared | None:
    """Return what a target has in common with others that are not up for the same reason; None where nothing."""
    standing = record.standing
    shares = standing.cause in SHARED and (standing.root or standing.cause is not Cause.CUT_OFF)
    return (standing.state, standing.cause, standing.root) if shares else None


def _not_up(records: Iterable[Record]) -> list[Record]:
    """Keep what is not up, worst and newest first. What has just been started is no news."""
    standings = [r for r in records if r.standing.state is not State.UP and r.standing.cause is not Cause.STARTING]
    return sorted(standings, key=lambda record: (badness(record), -record.standing.since.timestamp()))


def _devices_to_see(records: Iterable[DeviceRecord]) -> list[Record]:
    """Keep the devices that are not up, then those that are but don't answer SNMP."""
    records = list(records)
    return [*_not_up(records), *(r for r in records if r.standing.state is State.UP and _snmp_failing(r))]


def _snmp_failing(record: DeviceRecord) -> bool:
    return record.outcome not in (None, Outcome.OK)


def _measures(record: EndpointRecord | DeviceRecord) -> Measures:
    window = record.window
    return Measures(window.loss_ratio, window.rtt_s, window.jitter_s if window.received else None)
