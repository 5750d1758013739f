"""The API's answers: their shapes, and how they are made from the agent's records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple, TypedDict

from agent.history import Outage
from agent.inventory import Inventory
from agent.model import Site, Standing, State
from agent.records import DeviceRecord, EndpointRecord, LinkRecord
from agent.state import Board

# What an operator looks at first comes first.
WORST_FIRST = (State.DOWN, State.UNREACHABLE, State.DEGRADED, State.UNKNOWN, State.MAINTENANCE, State.UP)


class Snapshot(NamedTuple):
    """The board's parts as they belong together; taken in the agent's loop, then readable from a thread.

    A reload puts new mappings in place of these and never changes them.
    """

    inventory: Inventory
    endpoints: Mapping[str, EndpointRecord]
    links: Mapping[str, LinkRecord]
    devices: Mapping[str, DeviceRecord]
    outages: Mapping[str, Outage]  # a copy: they come and go

    @classmethod
    def of(cls, board: Board) -> Snapshot:
        """Take one."""
        return cls(board.inventory, board.endpoints, board.links, board.devices, dict(board.outages))

    def at(self) -> dict[str, list[EndpointRecord]]:
        """Group the endpoints by the site they stand at."""
        groups: dict[str, list[EndpointRecord]] = {}
        for record in self.endpoints.values():
            groups.setdefault(record.target.site, []).append(record)
        return groups


class StandingShape(TypedDict):
    """A state, since when (RFC 3339, UTC), its cause ("" where there is none) and what was heard, word for word.

    `root` is the id of the link or device that cuts it off, null where none does.
    """

    state: str
    since: str
    cause: str
    detail: str
    root: str | None


class EndpointShape(StandingShape):
    """An endpoint; its figures are over the window of its thresholds, null before the first answer."""

    id: str
    name: str
    address: str
    loss_ratio: float | None
    rtt_s: float | None
    jitter_s: float | None
    mos: float | None


class SiteShape(TypedDict):
    """A site. `endpoint` is its endpoint, the worst where it has several; the others follow it."""

    id: str
    name: str
    level: str
    parent: str | None
    district: str | None
    endpoint: EndpointShape | None
    other_endpoints: list[EndpointShape]


class LinkShape(StandingShape):
    """A link; rates are over the last poll, null where not known; `utilization` is the busier direction's."""

    id: str
    name: str
    a: str
    b: str
    role: str
    receive_bps: float | None
    transmit_bps: float | None
    capacity_bps: float | None
    utilization: float | None


class PollShape(TypedDict):
    """How a device's last SNMP poll ended; both null before the first. `reason` is empty where it went well."""

    outcome: str | None
    reason: str | None


class DeviceShape(StandingShape):
    """A device; `uptime_s` is its own word."""

    id: str
    site: str
    role: str
    address: str
    snmp: PollShape
    uptime_s: float | None


def utc(moment: datetime) -> str:
    """Format a moment as RFC 3339, in UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def badness(record: EndpointRecord | DeviceRecord | LinkRecord) -> int:
    """Return a sort key: the worst state is 0."""
    return WORST_FIRST.index(record.standing.state)


def _standing(standing: Standing) -> StandingShape:
    return {
        "state": standing.state,
        "since": utc(standing.since),
        "cause": standing.cause,
        "detail": standing.detail,
        "root": standing.root or None,
    }


def endpoint_shape(record: EndpointRecord) -> EndpointShape:
    """Shape an endpoint's record."""
    window = record.window
    return {
        "id": record.target.id,
        "name": record.target.name,
        "address": record.target.address,
        **_standing(record.standing),
        "loss_ratio": window.loss_ratio,
        "rtt_s": window.rtt_s,
        "jitter_s": window.jitter_s if window.received else None,
        "mos": window.mos,
    }


def site_shape(inventory: Inventory, site: Site, at_site: list[EndpointRecord]) -> SiteShape:
    """Shape a site with the endpoints that stand there."""
    endpoints = [endpoint_shape(record) for record in sorted(at_site, key=badness)]
    return {
        "id": site.id,
        "name": site.name,
        "level": site.level,
        "parent": site.parent,
        "district": inventory.district(site.id) or None,
        "endpoint": endpoints[0] if endpoints else None,
        "other_endpoints": endpoints[1:],
    }


def link_shape(record: LinkRecord) -> LinkShape:
    """Shape a link's record."""
    link = record.target
    return {
        "id": link.id,
        "name": link.name,
        "a": link.a,
        "b": link.b,
        "role": link.role,
        **_standing(record.standing),
        "receive_bps": record.receive_bps,
        "transmit_bps": record.transmit_bps,
        "capacity_bps": record.capacity_bps,
        "utilization": record.busiest_ratio,
    }


def device_shape(record: DeviceRecord) -> DeviceShape:
    """Shape a device's record."""
    device = record.target
    polled = record.outcome is not None
    return {
        "id": device.id,
        "site": device.site,
        "role": device.role,
        "address": device.address,
        **_standing(record.standing),
        "snmp": {"outcome": record.outcome, "reason": record.reason if polled else None},
        "uptime_s": record.reading.uptime_s if record.reading else None,
    }
