"""A report in the reader's words: its rows, and the page to print."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from agent.history import Outage
from agent.inventory import Inventory
from agent.model import Kind, Level, State
from agent.report import NO_TIME, Report, Tally
from exporters.web.i18n import NOT_KNOWN, Measures, Wording
from exporters.web.names import Names
from exporters.web.rendering import template_of

STATES = (State.UP, State.DEGRADED, State.DOWN, State.UNREACHABLE, State.MAINTENANCE, State.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Row:
    """What the report says of one target or group. `charged` and `outages` are None where they mean nothing."""

    kind: str
    id: str
    name: str
    level: str
    place: str
    tally: Tally
    charged: timedelta | None = None
    outages: int | None = None


@dataclass(frozen=True, slots=True)
class OutageRow:
    """What the report says of an outage; `ended` is None where it is not over, `time` then is to the report's end.

    `cut_off` is the most it affected at a time, `who` the endpoints it cut off within the period, by id.
    """

    kind: str
    id: str
    name: str
    place: str
    started: datetime
    confirmed: datetime
    ended: datetime | None
    time: timedelta
    cut_off: int
    who: tuple[str, ...]
    cause: str
    flapping: bool
    note: str
    detail: str


class Reading:
    """Reads a report out in the reader's words."""

    def __init__(self, report: Report, inventory: Inventory, wording: Wording) -> None:
        self.report = report
        self.wording = wording
        self._inventory = inventory
        self._names = Names(inventory, wording)
        self._outages = Counter(outage.target for outage in report.outages)

    def summary(self) -> list[Row]:
        """Return the province's row, then the levels', then the districts'."""
        text, report = self.wording.text, self.report
        whole = Row(text("report.whole"), "", text("report.whole"), "", "", report.province)
        levels = [
            Row(text(f"level.{level}"), level.value, text(f"level.{level}"), "", "", tally)
            for level, tally in report.levels.items()
        ]
        districts = [
            Row(text("report.district"), id_, self._names.district(id_), "", "", tally)
            for id_, tally in report.districts.items()
            if id_ or tally != report.levels.get(Level.PROVINCE)  # which says as much of the province's own rooms
        ]
        return [whole, *levels, *districts]

    def endpoints(self) -> list[Row]:
        """Return a row for each endpoint, in the inventory's order."""
        return [self._endpoint(id_, tally) for id_, tally in self.report.endpoints.items()]

    def links(self) -> list[Row]:
        """Return a row for each link."""
        return [self._way(Kind.LINK, id_, tally) for id_, tally in self.report.links.items()]

    def devices(self) -> list[Row]:
        """Return a row for each device."""
        return [self._way(Kind.DEVICE, id_, tally) for id_, tally in self.report.devices.items()]

    def former(self) -> list[Row]:
        """Return a row for each that is charged and no longer in the inventory."""
        here = self.report.links | self.report.devices
        nothing = Tally(dict.fromkeys(State, NO_TIME))
        return [
            Row(NOT_KNOWN, id_, id_, "", "", nothing, time, self._outages[id_])
            for id_, time in self.report.charged.items()
            if id_ not in here
        ]

    def ways(self) -> list[Row]:
        """Return the rows of all that can be charged."""
        return [*self.links(), *self.devices(), *self.former()]

    def outages(self) -> list[OutageRow]:
        """Return a row for each outage, oldest first."""
        return [self._outage(outage) for outage in self.report.outages]

    def _endpoint(self, id_: str, tally: Tally) -> Row:
        endpoint = self._inventory.endpoints[id_]
        level = self._inventory.sites[endpoint.site].level
        return Row(
            kind=self.wording.text("kind.endpoint"),
            id=id_,
            name=endpoint.name,
            level=self.wording.text(f"level.{level}"),
            place=self._names.place(id_),
            tally=tally,
            outages=self._outages[id_],
        )

    def _way(self, kind: Kind, id_: str, tally: Tally) -> Row:
        return Row(
            kind=self.wording.text(f"kind.{kind}"),
            id=id_,
            name=self._names.plain(id_),
            level="",
            place=self._names.place(id_),
            tally=tally,
            charged=self.report.charged.get(id_, NO_TIME),
            outages=self._outages[id_],
        )

    def _outage(self, outage: Outage) -> OutageRow:
        return OutageRow(
            kind=self.wording.text(f"kind.{outage.kind}"),
            id=outage.target,
            name=self._names.plain(outage.target),
            place=self._names.place(outage.target),
            started=outage.started,
            confirmed=outage.confirmed,
            ended=outage.ended,
            time=(outage.ended or self.report.end) - outage.started,
            cut_off=outage.most_affected,
            who=self.report.cut_off[outage.id],
            cause=self.wording.why(outage.cause, Measures()),
            flapping=outage.flapping,
            note=self.wording.note(outage.note),
            detail=outage.detail,
        )


def worst(rows: Iterable[Row]) -> list[Row]:
    """Return the rows that were not there all of the time, the worst first."""
    less = [(row.tally.availability, row) for row in rows if row.tally.availability not in (None, 1.0)]
    return [row for _, row in sorted(less, key=lambda pair: (pair[0] or 0.0, pair[1].id))]


def costliest(rows: Iterable[Row]) -> list[Row]:
    """Return the rows that are charged with something, the costliest first."""
    return sorted((row for row in rows if row.charged), key=lambda row: (-(row.charged or NO_TIME), row.id))


def clock_time(time: timedelta | None) -> str:
    """Format a length of time as hours:minutes:seconds; empty for None."""
    if time is None:
        return ""
    minutes, seconds = divmod(round(time.total_seconds()), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


def as_html(reading: Reading, agent_name: str, made: datetime) -> str:
    """Return the report as a page of its own, to be read or printed on A4; it needs no other file."""
    values: Mapping[str, object] = {
        "reading": reading,
        "wording": reading.wording,
        "agent_name": agent_name,
        "made": made,
        "states": STATES,
        "clock_time": clock_time,
    }
    return template_of(reading.wording.language, "report.html").render(values)
