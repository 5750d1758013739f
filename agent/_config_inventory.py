"""The inventory's entries from all files, held together: duplicates, references, levels and loops of parents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from agent._config_document import Document, Row
from agent._config_faults import listing, suggest
from agent._config_rows import DeviceRow, EndpointRow, LinkRow, MeetingRow, SiteRow
from agent.model import Level
from agent.profile import AUTO, NONE

R = TypeVar("R", SiteRow, EndpointRow, DeviceRow, LinkRow, MeetingRow)
KINDS = ("sites", "endpoints", "devices", "links", "meetings")
_PARENTS = {
    Level.PROVINCE: {Level.PROVINCE},
    Level.DISTRICT: {Level.PROVINCE},
    Level.COMMUNE: {Level.PROVINCE, Level.DISTRICT},
}


@dataclass(slots=True)
class Tables:
    """Entries by id, in the order of the files. `known` holds the ids of entries with faults too."""

    sites: dict[str, Row[SiteRow]] = field(default_factory=dict)
    endpoints: dict[str, Row[EndpointRow]] = field(default_factory=dict)
    devices: dict[str, Row[DeviceRow]] = field(default_factory=dict)
    links: dict[str, Row[LinkRow]] = field(default_factory=dict)
    meetings: dict[str, Row[MeetingRow]] = field(default_factory=dict)
    known: dict[str, set[str]] = field(default_factory=lambda: {kind: set() for kind in KINDS})
    targets: dict[str, Row[Any]] = field(default_factory=dict)
    addresses: dict[str, Row[Any]] = field(default_factory=dict)

    def collect(self, document: Document) -> None:
        """Take in one file's entries."""
        for kind, entries in _lists(document.data):
            self.known[kind] |= {entry["id"] for entry in entries if isinstance(entry, dict) and _has_id(entry)}
        self.add(self.sites, document.rows("sites", SiteRow))
        self.add_targets(self.devices, document.rows("devices", DeviceRow))
        self.add_targets(self.endpoints, document.rows("endpoints", EndpointRow))
        self.add_targets(self.links, document.rows("links", LinkRow))
        self.add(self.meetings, document.rows("meetings", MeetingRow))

    def add(self, table: dict[str, Row[R]], rows: Iterable[Row[R]]) -> None:
        """Put entries of one kind in their table; an id that is taken is a fault."""
        for row in rows:
            if (first := table.setdefault(row.value.id, row)) is not row:
                row.fault("id", f"{{value}} is already the id at {first.place}; give one of them another id")

    def add_targets(self, table: dict[str, Row[R]], rows: Iterable[Row[R]]) -> None:
        """Put endpoints, devices or links in their table; they share one space of ids, and no two an address."""
        for row in rows:
            first = self.targets.setdefault(row.value.id, row)
            if first is row:
                table[row.value.id] = row
            else:
                row.fault("id", f"{{value}} is already the id at {first.place}; give one of them another id")
            if isinstance(row.value, EndpointRow | DeviceRow) and "address" not in row.replaced:
                other = self.addresses.setdefault(row.value.address, row)
                if other is not row:
                    owner = f"`{other.value.id}` ({other.place})"
                    row.fault("address", f"{{value}} is already the address of {owner}; give each its own")

    def check(self, credentials: set[str] | None, profiles: set[str] | None = None) -> None:
        """Check that what entries name is there, and that sites hang together.

        `credentials` and `profiles` are the names there are; None where that is not known.
        """
        self._check_sites()
        probed: list[Row[EndpointRow] | Row[DeviceRow]] = [*self.endpoints.values(), *self.devices.values()]
        for row in probed:
            self._refer(row, "site", row.value.site, "sites")
            _check_credentials(row, credentials)
            _check_profile(row, profiles)
        for device in self.devices.values():
            _check_interfaces(device)
        for link in self.links.values():
            self._check_link(link)

    def _refer(self, row: Row[Any], key: str, value: str, kind: str) -> bool:
        if value in self.known[kind]:
            return True
        row.fault(key, f"{{value}} is no known {kind[:-1]}; {suggest(value, self.known[kind], kind)}")
        return False

    def _check_sites(self) -> None:
        looping = {site for loop in _loops(self.sites) for site in self._report_loop(loop)}
        for site_id, row in self.sites.items():
            site = row.value
            if (site.lat is None) != (site.lon is None) and not row.replaced & {"lat", "lon"}:
                row.fault(
                    "lat" if site.lon is None else "lon", "needs its pair; write both `lat` and `lon`, or neither"
                )
            if site.parent is None or site_id in looping or not self._refer(row, "parent", site.parent, "sites"):
                continue
            above = self.sites.get(site.parent)
            guessed = "level" in row.replaced or (above and "level" in above.replaced)
            if above and not guessed and above.value.level not in _PARENTS[site.level]:
                right = " or ".join(sorted(_PARENTS[site.level], reverse=True))
                text = f"{{value}} is a {above.value.level}; what is above a {site.level} is a {right}"
                row.fault("parent", text)

    def _report_loop(self, loop: list[str]) -> list[str]:
        way = " → ".join(f"`{site}`" for site in [*loop, loop[0]])
        self.sites[loop[0]].fault("parent", f"is part of a loop: {way}; parents must end at a site that has none")
        return loop

    def _check_link(self, row: Row[LinkRow]) -> None:
        link = row.value
        self._refer(row, "a", link.a, "sites")
        if self._refer(row, "b", link.b, "sites") and link.a == link.b:
            row.fault("b", "{value} is at both ends; a link joins two sites")
        if (link.device is None) != (link.interface is None) and not row.replaced & {"device", "interface"}:
            row.fault("interface" if link.device else "device", "is missing; write both `device` and `interface`")
        if link.device is None or not self._refer(row, "device", link.device, "devices"):
            return
        device = self.devices.get(link.device)
        if not device or "interfaces" in device.replaced:
            return
        if link.interface and link.interface not in device.value.interfaces:
            text = suggest(link.interface, device.value.interfaces, f"interfaces of `{link.device}`")
            row.fault("interface", f"{{value}} is not among the interfaces of `{link.device}`; {text}")


def _check_interfaces(row: Row[DeviceRow]) -> None:
    names = row.value.interfaces
    for at, interface in enumerate(names):
        if interface in names[:at]:
            row.fault("interfaces", "{value} is listed twice; keep one of them", at)


def _check_credentials(row: Row[EndpointRow] | Row[DeviceRow], credentials: set[str] | None) -> None:
    for name, place in ((row.value.credentials, []), (row.value.snmp.credentials, ["credentials"])):
        if name is not None and credentials is not None and name not in credentials:
            text = f"{{value}} names no known credentials; {suggest(name, credentials, 'credentials')}"
            row.fault("snmp" if place else "credentials", text, *place)


def _check_profile(row: Row[EndpointRow] | Row[DeviceRow], profiles: set[str] | None) -> None:
    name = row.value.profile
    if name == NONE and isinstance(row.value, DeviceRow):
        row.fault(
            "profile", "{value} is for endpoints: a device is watched by SNMP; write `auto`, or leave the line out"
        )
    elif profiles is not None and name not in profiles | {AUTO, NONE}:
        row.fault("profile", f"{{value}} is no known profile; {suggest(name, profiles | {AUTO}, 'profiles')}")


def _lists(data: Any) -> Iterator[tuple[str, list[Any]]]:
    for kind in KINDS:
        if isinstance(data, dict) and isinstance(entries := data.get(kind), list):
            yield kind, entries


def _has_id(entry: dict[str, Any]) -> bool:
    return isinstance(entry.get("id"), str)


def _loops(sites: dict[str, Row[SiteRow]]) -> Iterator[list[str]]:
    """Yield each loop of parents once, from its first site in the order of the files."""
    done: set[str] = set()
    for start in sites:
        way: dict[str, None] = {}
        here: str | None = start
        while here in sites and here not in done and here not in way:
            way[here] = None
            here = sites[here].value.parent
        if here in way:
            loop = list(way)[list(way).index(here) :]
            first = min(range(len(loop)), key=lambda at: list(sites).index(loop[at]))
            yield loop[first:] + loop[:first]
        done |= set(way)


def check_names(names: Iterable[str], known: set[str], kind: str) -> Iterator[tuple[int, str]]:
    """Yield the position of each name that is not known, and the sentence for it."""
    for at, name in enumerate(names):
        if name not in known:
            yield at, f"{{value}} is no known {kind}; {suggest(name, known, kind + 's')}"


def check_selector(text: str, tables: Tables) -> str:
    """Return what is wrong with a meeting's selector (a site's id, `level:LEVEL`, `under:SITE`); empty: nothing."""
    kind, colon, value = text.partition(":")
    sites = tables.known["sites"]
    if colon and kind == "level":
        if value not in set(Level):
            return f"{{value}} names no level; the levels are {listing(Level)}"
        levels = {row.value.level for row in tables.sites.values()}
        unsure = len(sites) > len(tables.sites) or any(row.replaced for row in tables.sites.values())
        return "" if unsure or value in levels else "{value} matches no site; write a level that has some"
    if colon and kind != "under":
        return "{value} is no selector; write a site's id, `level:district` or `under:thanh-son`"
    name = value if colon else text
    return "" if name in sites else f"{{value}} names no known site; {suggest(name, sites, 'sites')}"
