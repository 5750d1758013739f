"""Validated entries to the agent's frozen values: defaults laid under, references resolved, times in UTC."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from agent._config_document import Document, Row
from agent._config_faults import listing, suggest
from agent._config_inventory import Tables, check_selector
from agent._config_rows import DeviceRow, EndpointRow, LinkRow, MeetingRow, SiteRow
from agent._config_schema import DefaultsSection, Section
from agent.inventory import Inventory
from agent.model import (
    Contact,
    Device,
    Endpoint,
    IcmpSettings,
    Link,
    Meeting,
    Site,
    SnmpCredentials,
    SnmpSettings,
    Thresholds,
)
from agent.profile import NONE
from agent.settings import SignallingSettings

T = TypeVar("T", IcmpSettings, SnmpSettings, SignallingSettings, Thresholds)
_NO_CREDENTIALS = SnmpCredentials(name="", version="2c")  # stands in while faults are collected; never leaves load()


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a target has where its own entry says nothing."""

    icmp: IcmpSettings = field(default_factory=IcmpSettings)
    snmp: SnmpSettings = field(default_factory=lambda: SnmpSettings(_NO_CREDENTIALS))
    signalling: SignallingSettings = field(default_factory=SignallingSettings)
    thresholds: Thresholds = field(default_factory=Thresholds)


def build_defaults(
    document: Document, data: Any, credentials: dict[str, SnmpCredentials], names: set[str] | None
) -> Defaults:
    """Return what `defaults:` says. One set of credentials alone is everybody's; of several, one must be named."""
    row = document.read(DefaultsSection, data, ("defaults",))
    section = row.value if row else DefaultsSection()
    name = section.snmp.credentials or (next(iter(names)) if names and len(names) == 1 else "")
    if name and names is not None and name not in names:
        text = f"{{value}} names no known credentials; {suggest(name, names, 'credentials')}"
        document.fault(("defaults", "snmp", "credentials"), text)

    def timed(kind: str) -> Callable[[str], None]:
        return lambda text: document.fault(("defaults", kind, "timeout"), text)

    return Defaults(
        icmp=_timed(IcmpSettings(), section.icmp, timed("icmp")),
        snmp=replace(
            _timed(Defaults().snmp, section.snmp, timed("snmp")),
            credentials=credentials.get(name, replace(_NO_CREDENTIALS, name=name)),
        ),
        signalling=_timed(SignallingSettings(), section.signalling, timed("signalling")),
        thresholds=_overlay(Thresholds(), section.thresholds),
    )


def _overlay(base: T, section: Section) -> T:
    written = {key: getattr(section, key) for key in section.model_fields_set if key != "credentials"}
    return replace(base, **written) if written else base


def _timed(base: T, section: Any, fault: Callable[[str], None]) -> T:
    """Lay a section over its base; a written timeout must fit into the interval, an inherited one is cut to it."""
    made: Any = _overlay(base, section)
    if made.timeout_s <= made.interval_s:
        return made  # type: ignore[no-any-return]  # a T: replace() keeps the type
    if "timeout_s" in section.model_fields_set:
        fault(f"{{value}} is longer than the interval of {made.interval_s:g}s; write at most that")
    return replace(made, timeout_s=made.interval_s)  # type: ignore[no-any-return]  # as above


@dataclass(frozen=True, slots=True)
class Builder:
    """Builds the inventory from tables that have been checked; leaves out nothing, but takes no pains with faults."""

    tables: Tables
    defaults: Defaults
    credentials: dict[str, SnmpCredentials]
    known_credentials: set[str] | None
    zone: ZoneInfo

    def inventory(self) -> Inventory:
        """Return all of it. Entries whose site is not known stay, as their fault is already told."""
        tables = self.tables
        sites = {site_id: _site(row.value) for site_id, row in tables.sites.items()}
        inventory = Inventory(
            sites=sites,
            endpoints={key: self._endpoint(row, sites) for key, row in tables.endpoints.items()},
            devices={key: self._device(row) for key, row in tables.devices.items()},
            links={key: self._link(row.value, sites) for key, row in tables.links.items()},
        )
        meetings = {key: self._meeting(row, inventory) for key, row in tables.meetings.items()}
        return replace(inventory, meetings=meetings)

    def _endpoint(self, row: Row[EndpointRow], sites: dict[str, Site]) -> Endpoint:
        entry = row.value
        site = sites.get(entry.site)
        return Endpoint(
            id=entry.id,
            site=entry.site,
            name=entry.name or (site.name if site else entry.id),
            address=entry.address,
            profile=entry.profile,
            call_bandwidth_bps=entry.call_bandwidth_bps,
            signalling=tuple(dict.fromkeys(entry.signalling)),
            snmp=None if entry.profile == NONE or not self._credentials(entry) else self._snmp(row),
            icmp=self._icmp(row),
            thresholds=_overlay(self.defaults.thresholds, entry.thresholds),
        )

    def _icmp(self, row: Row[EndpointRow] | Row[DeviceRow]) -> IcmpSettings:
        return _timed(self.defaults.icmp, row.value.icmp, lambda text: row.fault("icmp", text, "timeout"))

    def _device(self, row: Row[DeviceRow]) -> Device:
        entry = row.value
        return Device(
            id=entry.id,
            site=entry.site,
            role=entry.role,
            address=entry.address,
            snmp=self._snmp(row),
            profile=entry.profile,
            interfaces=tuple(entry.interfaces),
            icmp=self._icmp(row),
            thresholds=_overlay(self.defaults.thresholds, entry.thresholds),
        )

    def _credentials(self, entry: EndpointRow | DeviceRow) -> str:
        return entry.credentials or entry.snmp.credentials or self.defaults.snmp.credentials.name

    def _snmp(self, row: Row[EndpointRow] | Row[DeviceRow]) -> SnmpSettings:
        entry = row.value
        name = self._credentials(entry)
        if not name and self.known_credentials is not None:
            text = "are missing; write `credentials:` here or in `defaults: {snmp: …}`"
            known = f", one of {listing(sorted(self.known_credentials))}" if self.known_credentials else ""
            row.fault("credentials", text + known)
        made = _timed(self.defaults.snmp, entry.snmp, lambda text: row.fault("snmp", text, "timeout"))
        return replace(made, port=entry.port, credentials=self.credentials.get(name, _NO_CREDENTIALS))

    def _link(self, entry: LinkRow, sites: dict[str, Site]) -> Link:
        ends = [sites[end].name if end in sites else end for end in (entry.a, entry.b)]
        return Link(
            id=entry.id,
            name=entry.name or " – ".join(ends),  # noqa: RUF001  # an en dash joins places
            a=entry.a,
            b=entry.b,
            role=entry.role,
            device=entry.device,
            interface=entry.interface,
            capacity_bps=entry.capacity_bps,
            thresholds=_overlay(self.defaults.thresholds, entry.thresholds),
        )

    def _meeting(self, row: Row[MeetingRow], inventory: Inventory) -> Meeting:
        entry = row.value
        for at, selector in enumerate(entry.sites):
            if text := check_selector(selector, self.tables):
                row.fault("sites", text, at)
        if not entry.sites:
            row.fault("sites", 'is empty; write who joins, as in `[phu-tho, "level:district"]`')
        return Meeting(
            id=entry.id,
            name=entry.name or entry.id,
            sites=_chosen(inventory, entry.sites),
            start=to_utc(entry.start, self.zone),
            repeat=None if entry.repeat == "none" else entry.repeat,
            check_before_s=tuple(sorted(set(entry.check_before_s), reverse=True)),
        )


def _chosen(inventory: Inventory, selectors: Sequence[str]) -> tuple[str, ...]:
    try:
        return inventory.select(selectors)
    except KeyError:  # its fault, or that of the site it names, is already told
        return ()


def _site(entry: SiteRow) -> Site:
    contact = Contact(entry.contact.name or "", entry.contact.phone or "") if entry.contact else None
    keys = ("id", "name", "level", "parent", "code", "lat", "lon")
    return Site(**{key: getattr(entry, key) for key in keys}, contact=contact)


def to_utc(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return a time in UTC; without an offset of its own it is the agent's local time.

    Of two such times the first counts, and one that clocks skip goes by the offset before (RFC 5545, 3.3.5).
    """
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
