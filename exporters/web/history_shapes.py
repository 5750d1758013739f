"""The API's answers about the past: outages and availability."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypedDict

from agent.history import Outage
from agent.inventory import Inventory
from agent.report import NO_TIME, Report, Tally
from exporters.web.names import plain_name
from exporters.web.shapes import utc


class OutageShape(TypedDict):
    """An outage; `ended` is null and `duration_s` so far while it lasts. `suspects` may be the cause as well."""

    id: str
    kind: str
    target: str
    name: str
    cause: str
    started: str
    confirmed: str
    ended: str | None
    duration_s: float
    district: str | None
    affected: int
    most_affected: int
    suspects: list[str]
    flapping: bool
    note: str
    detail: str


class TallyShape(TypedDict):
    """Shares of the judged time, null where there is none, and the seconds in each state."""

    availability: float | None
    quality: float | None
    seconds: dict[str, float]


class GroupShape(TallyShape):
    """A group's endpoints together: a level, a district (null: the province's own rooms)."""

    id: str | None
    name: str | None


class EndpointTallyShape(TallyShape):
    """An endpoint's period."""

    id: str
    name: str
    site: str
    level: str
    district: str | None


class WayTallyShape(TallyShape):
    """A link's or device's period; `charged_s` is endpoints' time lost by it."""

    id: str
    name: str
    charged_s: float


def outage_shape(outage: Outage, inventory: Inventory, moment: datetime) -> OutageShape:
    """Shape an outage as of `moment`."""
    return {
        "id": outage.id,
        "kind": outage.kind,
        "target": outage.target,
        "name": plain_name(inventory, outage.target),
        "cause": outage.cause,
        "started": utc(outage.started),
        "confirmed": utc(outage.confirmed),
        "ended": utc(outage.ended) if outage.ended else None,
        "duration_s": ((outage.ended or moment) - outage.started).total_seconds(),
        "district": outage.district or None,
        "affected": outage.affected,
        "most_affected": outage.most_affected,
        "suspects": list(outage.suspects),
        "flapping": outage.flapping,
        "note": outage.note,
        "detail": outage.detail,
    }


def report_shape(report: Report, inventory: Inventory, moment: datetime) -> dict[str, object]:
    """Shape a report. `former` are links and devices the inventory no longer has, and what they are charged with."""
    ways = report.links | report.devices
    return {
        "from": utc(report.start),
        "to": utc(report.end),
        "province": tally_shape(report.province),
        "levels": [_group(level, None, tally) for level, tally in report.levels.items()],
        "districts": [
            _group(id_ or None, inventory.sites[id_].name if id_ else None, tally)
            for id_, tally in report.districts.items()
        ],
        "endpoints": [_endpoint(id_, tally, inventory) for id_, tally in report.endpoints.items()],
        "links": [_way(id_, tally, report, inventory) for id_, tally in report.links.items()],
        "devices": [_way(id_, tally, report, inventory) for id_, tally in report.devices.items()],
        "former": [
            {"id": id_, "charged_s": time.total_seconds()} for id_, time in report.charged.items() if id_ not in ways
        ],
        "outages": [
            outage_shape(outage, inventory, moment) | {"cut_off": list(report.cut_off[outage.id])}
            for outage in report.outages
        ],
    }


def tally_shape(tally: Tally) -> TallyShape:
    """Shape a tally."""
    return {
        "availability": tally.availability,
        "quality": tally.quality,
        "seconds": {state.value: time.total_seconds() for state, time in tally.spent.items()},
    }


def _group(id_: str | None, name: str | None, tally: Tally) -> GroupShape:
    return {"id": id_, "name": name, **tally_shape(tally)}


def _endpoint(id_: str, tally: Tally, inventory: Inventory) -> EndpointTallyShape:
    endpoint = inventory.endpoints[id_]
    return {
        "id": id_,
        "name": endpoint.name,
        "site": endpoint.site,
        "level": inventory.sites[endpoint.site].level,
        "district": inventory.district(endpoint.site) or None,
        **tally_shape(tally),
    }


def _way(id_: str, tally: Tally, report: Report, inventory: Inventory) -> WayTallyShape:
    charged: timedelta = report.charged.get(id_, NO_TIME)
    return {
        "id": id_,
        "name": plain_name(inventory, id_),
        "charged_s": charged.total_seconds(),
        **tally_shape(tally),
    }
