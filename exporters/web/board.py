"""What the board shows, worked out from the records and said in the reader's words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from agent.model import Cause, State
from agent.records import EndpointRecord
from exporters.web.attention import Attention, Record, Section
from exporters.web.i18n import Wording
from exporters.web.names import Names
from exporters.web.outages import Speaker
from exporters.web.shapes import WORST_FIRST, Snapshot

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
class BoardPage:
    """All that the board's template shows; `outages` are the ids and sentences of the worst open ones."""

    made: str
    counts: list[tuple[State, int]]
    total: int
    starting: int
    quiet: bool
    outages: list[tuple[str, str]]
    more_outages: int
    sections: list[Section]
    groups: list[Group]


def board_page(seen: Snapshot, wording: Wording, moment: datetime) -> BoardPage:
    """Work out the board as of `moment`."""
    attention = Attention(seen, wording, moment)
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
        sections=attention.sections(),
        groups=_groups(seen, attention, wording),
    )


def shorten(name: str) -> str:
    """Abbreviate the kind of unit a site's name begins with."""
    return next((short + name[len(long) :] for long, short in SHORT.items() if name.startswith(long)), name)


def _groups(seen: Snapshot, attention: Attention, wording: Wording) -> list[Group]:
    names = Names(seen.inventory, wording)
    members: dict[str, list[EndpointRecord]] = {}
    for record in seen.endpoints.values():
        members.setdefault(seen.inventory.district(record.target.site), []).append(record)

    def tile(record: EndpointRecord) -> Tile:
        name, state = seen.inventory.sites[record.target.site].name, record.standing.state
        title = f"{name} · {record.target.address} · {wording.state(state)}: {attention.why(record)}"
        return Tile(record.target.id, state, shorten(name), title)

    return [
        Group(district, names.district(district), [tile(record) for record in records], _counts(records))
        for district, records in sorted(members.items(), key=lambda item: item[0] != "")
    ]


def _counts(records: Iterable[EndpointRecord]) -> list[tuple[State, int]]:
    """Count the states, worst first; those nothing is in are left out."""
    counts = Counter(record.standing.state for record in records)
    return [(state, counts[state]) for state in WORST_FIRST if counts[state]]
