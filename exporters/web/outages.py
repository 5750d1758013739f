"""Outages in the reader's words: what is broken, since when, whom it cuts off and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from agent.history import Outage
from agent.model import Cause, Contact, Kind, State
from exporters.web.i18n import ADVICE_FOR_A_PORT, Measures, Wording
from exporters.web.names import Names
from exporters.web.shapes import Snapshot

SHOWN_DAYS = 7


@dataclass(frozen=True, slots=True)
class Card:
    """An open outage. `sentence` says it all; `state` is its colour."""

    id: str
    state: State
    sentence: str
    ago: str
    why: str
    detail: str
    advice: str
    contact: Contact | None
    suspects: str
    sites: list[str]
    note: str


@dataclass(frozen=True, slots=True)
class Past:
    """A row of the table of what was; `lasting` is so far where it is not over."""

    kind: str
    name: str
    place: str
    why: str
    started: str
    ended: str
    lasting: str
    affected: int
    flapping: bool
    note: str


@dataclass(frozen=True, slots=True)
class OutagesPage:
    """All that the outages' template shows. `trouble` says why history is missing, empty where it is not."""

    made: str
    cards: list[Card]
    past: list[Past]
    days: int
    trouble: str


def outages_page(
    seen: Snapshot, past: Iterable[Outage], trouble: str, wording: Wording, moment: datetime
) -> OutagesPage:
    """Work out the page as of `moment`; of `past`, those that are over are shown."""
    speaker = Speaker(seen, wording, moment)
    ended = sorted((one for one in past if one.ended), key=lambda one: one.started, reverse=True)
    return OutagesPage(
        made=wording.clock(moment),
        cards=speaker.cards(),
        past=[speaker.past(outage) for outage in ended],
        days=SHOWN_DAYS,
        trouble=trouble,
    )


class Speaker:
    """Says what outages are, as of one moment."""

    def __init__(self, seen: Snapshot, wording: Wording, moment: datetime) -> None:
        self._seen = seen
        self._names = Names(seen.inventory, wording)
        self._wording = wording
        self._moment = moment

    def cards(self) -> list[Card]:
        """Describe the open outages, those that matter most first."""
        cut_off = self._cut_off()
        return [self._card(outage, cut_off.get(outage.target, [])) for outage in worst_first(self._seen.outages)]

    def headlines(self, most: int) -> list[tuple[str, str]]:
        """Return the ids and sentences of the outages that matter most."""
        return [(outage.id, self.sentence(outage)) for outage in worst_first(self._seen.outages)[:most]]

    def sentence(self, outage: Outage) -> str:
        """Say in one sentence what is broken, since when, and how many are cut off."""
        text, what = self._wording.text, self._names.named(outage.kind, outage.target)
        what, since = what[:1].upper() + what[1:], self._wording.since(outage.started, self._moment)
        flaps = outage.flapping
        said = text("outage.flapping", what=what, since=since) if flaps else text("outage.lost", what=what, since=since)
        harm = self._harm(outage)
        return f"{said}; {harm}." if harm else f"{said}."

    def past(self, outage: Outage) -> Past:
        """Describe an outage as a row."""
        name, place = self._names.plain(outage.target), self._names.place(outage.target)
        return Past(
            kind=self._wording.text(f"kind.{outage.kind}"),
            name=name,
            place=place if place != name else "",
            why=self._wording.why(outage.cause, Measures()),
            started=self._wording.stamp(outage.started),
            ended=self._wording.stamp(outage.ended) if outage.ended else self._wording.text("outage.open"),
            lasting=self._wording.lasting((outage.ended or self._moment) - outage.started),
            affected=outage.most_affected,
            flapping=outage.flapping,
            note=self._wording.note(outage.note),
        )

    def _card(self, outage: Outage, sites: list[str]) -> Card:
        return Card(
            id=outage.id,
            state=State.UNKNOWN if outage.kind is Kind.AGENT else State.DOWN,
            sentence=self.sentence(outage),
            ago=self._wording.lasting(self._moment - outage.started),
            why=self._wording.why(outage.cause, Measures()),
            detail=outage.detail,
            advice=self._wording.text(_advice(outage)),
            contact=self._contact(outage.target),
            suspects=", ".join(map(self._names.root, outage.suspects)),
            sites=sites,
            note=self._wording.note(outage.note),
        )

    def _harm(self, outage: Outage) -> str:
        if outage.kind is Kind.AGENT:
            return self._wording.text("outage.blind")
        if outage.kind is Kind.ENDPOINT:
            return ""
        if not outage.affected:
            return self._wording.text("outage.spared")
        return self._wording.count("outage.affected", outage.affected)

    def _contact(self, target: str) -> Contact | None:
        """Return whom to call: of an endpoint's or device's site, of a link's far end."""
        inventory = self._seen.inventory
        placed = inventory.endpoints.get(target) or inventory.devices.get(target)
        link = inventory.links.get(target)
        site = placed.site if placed else link.b if link else ""
        return inventory.sites[site].contact if site in inventory.sites else None

    def _cut_off(self) -> dict[str, list[str]]:
        """Return the names of what is cut off, by what does it."""
        found: dict[str, list[str]] = {}
        for record in self._seen.endpoints.values():
            if record.standing.root and record.standing.root != record.target.id:
                found.setdefault(record.standing.root, []).append(record.target.name)
        return found


def worst_first(outages: Mapping[str, Outage]) -> list[Outage]:
    """Sort open outages: the agent's own blindness, then by how many each cuts off, then the newest."""
    return sorted(
        outages.values(),
        key=lambda one: (
            one.kind is not Kind.AGENT,
            -one.affected,
            one.kind is Kind.ENDPOINT,
            -one.started.timestamp(),
        ),
    )


def recent(moment: datetime) -> tuple[datetime, datetime]:
    """Return the period whose outages the page shows."""
    return moment - timedelta(days=SHOWN_DAYS), moment


def _advice(outage: Outage) -> str:
    if outage.kind is Kind.LINK and outage.cause is Cause.INTERFACE_DOWN:
        return ADVICE_FOR_A_PORT
    return f"advice.{outage.kind}"
