"""What the board shows, worked out from the records and said in the reader's words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from agent.inventory import Inventory
from agent.model import Cause, State
from agent.readings import Outcome
from agent.records import DeviceRecord, EndpointRecord, LinkRecord
from exporters.web.i18n import Measures, Wording
from exporters.web.names import Names
from exporters.web.outages import Speaker
from exporters.web.shapes import WORST_FIRST, Snapshot, badness

Record = EndpointRecord | DeviceRecord | LinkRecord
Listed = TypeVar("Listed", EndpointRecord, DeviceRecord, LinkRecord)

# A state is told by shape as well as by colour.
GLYPHS = {
    State.UP: "✓",
    State.DEGRADED: "▲",
    State.DOWN: "✕",
    State.UNREACHABLE: "◇",
    State.UNKNOWN: "?",
    State.MAINTENANCE: "■",
}
HEADLINES = 8  # outages told on the board; the others are a click away
# What stands before a unit's name is written short on a tile, as people here do.
SHORT = {"Phường ": "P. ", "Xã ": "X. ", "Thị trấn ": "TT. ", "Huyện ": "H. ", "Thị xã ": "TX. ", "Thành phố ": "TP. "}


@dataclass(frozen=True, slots=True)
class Tile:
    """An endpoint on the board. `title` says all about it in a line."""

    id: str
    state: State
    label: str
    title: str


@dataclass(frozen=True, slots=True)
class Group:
    """A district (or the province's own rooms) with its tiles; `counts` are its states that want a look."""

    id: str
    name: str
    tiles: list[Tile]
    counts: list[tuple[State, int]]


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
class BoardPage:
    """All that the board's template shows; `outages` are the ids and sentences of the worst open ones."""

    made: str
    counts: list[tuple[State, int]]
    total: int
    starting: int
    quiet: bool
    outages: list[tuple[str, str]]
    more_outages: int
    endpoints: list[Trouble]
    links: list[Trouble]
    devices: list[Trouble]
    groups: list[Group]


def board_page(seen: Snapshot, wording: Wording, moment: datetime) -> BoardPage:
    """Work out the board as of `moment`."""
    speaker = _Speaker(seen.inventory, wording, moment)
    headlines = Speaker(seen, wording, moment).headlines(HEADLINES)
    records: list[Record] = [*seen.endpoints.values(), *seen.links.values(), *seen.devices.values()]
    return BoardPage(
        made=wording.clock(moment),
        counts=_counts(seen.endpoints.values()),
        total=len(seen.endpoints),
        starting=sum(record.standing.cause is Cause.STARTING for record in seen.endpoints.values()),
        quiet=all(record.standing.state is State.UP for record in records),
        outages=headlines,
        more_outages=len(seen.outages) - len(headlines),
        endpoints=[speaker.endpoint(record) for record in _not_up(seen.endpoints.values())],
        links=[speaker.link(record) for record in _not_up(seen.links.values())],
        devices=[speaker.device(record) for record in _devices_to_see(seen.devices.values())],
        groups=_groups(seen, speaker),
    )


def shorten(name: str) -> str:
    """Abbreviate the kind of unit a site's name begins with."""
    return next((short + name[len(long) :] for long, short in SHORT.items() if name.startswith(long)), name)


class _Speaker:
    """Says what a record holds, as of one moment."""

    def __init__(self, inventory: Inventory, wording: Wording, moment: datetime) -> None:
        self._inventory = inventory
        self._names = Names(inventory, wording)
        self._wording = wording
        self._moment = moment

    def tile(self, record: EndpointRecord) -> Tile:
        name = self._inventory.sites[record.target.site].name
        why = self._why(record)
        title = f"{name} · {record.target.address} · {self._wording.state(record.standing.state)}: {why}"
        return Tile(record.target.id, record.standing.state, shorten(name), title)

    def endpoint(self, record: EndpointRecord) -> Trouble:
        site = self._inventory.sites[record.target.site]
        place = self.group_name(self._inventory.district(site.id))
        return self._trouble(record, site.name, place if place != site.name else "", self._why(record))

    def link(self, record: LinkRecord) -> Trouble:
        role = self._wording.text(f"role.{record.target.role}")
        return self._trouble(record, record.target.name, role, self._why(record))

    def device(self, record: DeviceRecord) -> Trouble:
        why, detail = self._why(record), record.standing.detail
        if record.standing.state.answers and _snmp_failing(record):
            why, detail = self._wording.text(f"snmp.{record.outcome}"), record.reason
        return self._trouble(record, record.target.id, self._inventory.sites[record.target.site].name, why, detail)

    def group_name(self, district: str) -> str:
        """Name a district; the province's own rooms, which lie in none, go by their level."""
        return self._names.district(district)

    def _why(self, record: Record) -> str:
        standing = record.standing
        if standing.cause is Cause.CUT_OFF and standing.root:
            return self._wording.text("board.cut_off_by", root=self._names.root(standing.root))
        if isinstance(record, LinkRecord):
            return self._wording.why(standing.cause, Measures(utilization=record.busiest_ratio))
        return self._wording.why(standing.cause, _measures(record))

    def _trouble(self, record: Record, name: str, place: str, why: str, detail: str | None = None) -> Trouble:
        standing = record.standing
        return Trouble(
            id=record.target.id,
            name=name,
            place=place,
            state=standing.state,
            since=self._wording.since(standing.since, self._moment),
            ago=self._wording.ago(standing.since, self._moment),
            why=why,
            detail=standing.detail if detail is None else detail,
        )


def _groups(seen: Snapshot, speaker: _Speaker) -> list[Group]:
    members: dict[str, list[EndpointRecord]] = {}
    for record in seen.endpoints.values():
        members.setdefault(seen.inventory.district(record.target.site), []).append(record)
    return [
        Group(district, speaker.group_name(district), [speaker.tile(record) for record in records], _counts(records))
        for district, records in sorted(members.items(), key=lambda item: item[0] != "")
    ]


def _counts(records: Iterable[EndpointRecord]) -> list[tuple[State, int]]:
    """Count the states, worst first; those nothing is in are left out."""
    counts = Counter(record.standing.state for record in records)
    return [(state, counts[state]) for state in WORST_FIRST if counts[state]]


def _not_up(records: Iterable[Listed]) -> list[Listed]:
    """Keep what is not up, worst and newest first. What has just been started is no news."""
    standings = [r for r in records if r.standing.state is not State.UP and r.standing.cause is not Cause.STARTING]
    return sorted(standings, key=lambda record: (badness(record), -record.standing.since.timestamp()))


def _devices_to_see(records: Iterable[DeviceRecord]) -> list[DeviceRecord]:
    """Keep the devices that are not up, then those that are but don't answer SNMP."""
    records = list(records)
    failing = [r for r in records if r.standing.state is State.UP and _snmp_failing(r)]
    return _not_up(records) + failing


def _snmp_failing(record: DeviceRecord) -> bool:
    return record.outcome not in (None, Outcome.OK)


def _measures(record: EndpointRecord | DeviceRecord) -> Measures:
    window = record.window
    return Measures(window.loss_ratio, window.rtt_s, window.jitter_s if window.received else None)
