"""The inventory as a spreadsheet: CSV rows to an inventory file and back.

One row a site, with its codec and the line that brings it. Columns, in any order; only `id`, `name` and `level` must
be there, and empty cells are left out:

    id name level parent code lat lon contact_name contact_phone     the site
    endpoint endpoint_name address profile call_bandwidth signalling   its codec; signalling as in `h323 sip`
    link link_name link_a link_role link_capacity link_device link_interface    a line from site `link_a` to this site

A site with several codecs or lines goes on in the next row, with the same `id` and the site's other cells empty.
An empty `endpoint` beside an address becomes `vc-ID`, an empty `link` beside a `link_a` becomes `acc-ID` (role access).
Values are written as in the YAML files. `,`, `;` and tab separate columns; UTF-8 with or without a byte order mark.
Settings of single targets (`icmp:`, `thresholds:`), devices and meetings have no columns: they stay in YAML.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

from agent._config_document import Row, validate
from agent._config_faults import ConfigError, Fault, Faults, suggest
from agent._config_inventory import Tables
from agent._config_rows import EndpointRow, LinkRow, SiteRow
from agent._config_units import format_rate
from agent._config_write import inventory_text
from agent._config_yaml import Loc
from agent.inventory import Inventory
from agent.model import Endpoint, Link, Site

SITE = ("id", "name", "level", "parent", "code", "lat", "lon", "contact_name", "contact_phone")
ENDPOINT = ("endpoint", "endpoint_name", "address", "profile", "call_bandwidth", "signalling")
LINK = ("link", "link_name", "link_a", "link_role", "link_capacity", "link_device", "link_interface")
NEEDED = ("id", "name", "level")
COLUMNS = (*SITE, *ENDPOINT, *LINK)
MADE = "Written by `diemcau inventory import`; importing again writes it anew."
Entry = dict[str, Any]
Cells = dict[str, str]

# key of an inventory entry → column of the sheet, where they differ
_IN_SHEET = {
    "sites": {"contact": "contact_name"},
    "endpoints": {"id": "endpoint", "name": "endpoint_name", "site": "id"},
    "links": {"id": "link", "b": "id", **{key: f"link_{key}" for key in ("name", "a", "role", "device", "interface")}}
    | {"capacity": "link_capacity"},
}


@dataclass(slots=True)
class Sheet:
    """A CSV file being read: its rows as inventory entries, each with the line it stands on."""

    path: Path
    faults: Faults = field(default_factory=Faults)
    entries: dict[str, list[Entry]] = field(default_factory=lambda: {"sites": [], "endpoints": [], "links": []})
    lines: dict[str, list[int]] = field(default_factory=lambda: {"sites": [], "endpoints": [], "links": []})
    seen: set[str] = field(default_factory=set)

    def fault(self, loc: Loc, text: str) -> None:
        """Add a fault at an entry's key; it names the column."""
        kind, at, *keys = loc
        key = str(keys[0]) if keys else "id"
        value: Any = self.entries[str(kind)][int(at)].get(key, "")
        if isinstance(value, dict | list):
            value = next((str(one) for one in (value.values() if isinstance(value, dict) else value)), "")
        column = _IN_SHEET[str(kind)].get(key, key)
        text = text.replace("{value}", self.faults.quote(value))
        self.cell_fault(self.lines[str(kind)][int(at)], column, text)

    def cell_fault(self, line: int, column: str, text: str) -> None:
        """Add a fault at a cell."""
        self.faults.add((line, column), Fault(str(self.path), line, column, text))

    def place(self, loc: Loc) -> str:
        """Return `file:line` of an entry."""
        return f"{self.path}:{self.lines[str(loc[0])][int(loc[1])]}"

    def add(self, kind: str, line: int, entry: Entry) -> None:
        """Take in an entry, without its empty keys."""
        self.entries[kind].append({key: value for key, value in entry.items() if value})
        self.lines[kind].append(line)


def read_sheet(path: Path) -> dict[str, list[Entry]]:
    """Return a CSV file's entries by the list of an inventory file they belong to, checked like YAML's.

    Devices that links name are not looked up: they stand in other files. Raises ConfigError with all faults.
    """
    sheet = Sheet(path)
    for line, cells in _rows(sheet):
        _take(sheet, line, cells)
    _check(sheet)
    if sheet.faults.found:
        raise ConfigError(sheet.faults.found.values())
    return sheet.entries


def _text(sheet: Sheet) -> str:
    try:
        return sheet.path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        sheet.cell_fault(1, "file", f"cannot be read ({error.strerror}); name a CSV file")
    except UnicodeDecodeError:
        sheet.cell_fault(1, "file", "is not UTF-8; save it as `CSV UTF-8`")
    return ""


def _rows(sheet: Sheet) -> Iterator[tuple[int, Cells]]:
    text = _text(sheet)
    head = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count), strict=True)
    try:
        columns = _columns(sheet, next(reader, []))
        if not set(NEEDED) <= set(columns):
            return
        line = reader.line_num + 1
        for row in reader:
            if len(row) > len(columns):
                sheet.cell_fault(
                    line, "row", f"has {len(row)} cells for {len(columns)} columns; put quotes around text"
                )
            cells = {name: cell.strip() for name, cell in zip(columns, row, strict=False)}
            if any(cells.values()):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        sheet.cell_fault(max(reader.line_num, 1), "file", f"is no CSV here ({error}); save it as `CSV UTF-8` again")


def _columns(sheet: Sheet, row: list[str]) -> list[str]:
    names = [cell.strip().casefold().replace(" ", "_") for cell in row]
    if not any(names):
        if not sheet.faults.found:
            sheet.cell_fault(1, "file", f"is empty; begin with a row of column names: {', '.join(COLUMNS)}")
        return names
    for at, name in enumerate(names):
        if name and name not in COLUMNS:
            sheet.cell_fault(1, name, f"is no column of an inventory; {suggest(name, COLUMNS, 'columns')}")
        elif name in names[:at]:
            sheet.cell_fault(1, name, "is there twice; keep one such column")
    for name in NEEDED:
        if name not in names:
            sheet.cell_fault(1, name, "is missing; add a column of that name")
    return names


def _take(sheet: Sheet, line: int, cells: Cells) -> None:
    def get(column: str) -> str:
        return cells.get(column, "")

    site_id = get("id")
    if site_id not in sheet.seen:
        _take_site(sheet, line, cells)
    else:
        for column in SITE[1:]:
            if get(column):
                text = "stands in the row of another site of this id; leave it empty here, or write another id"
                sheet.cell_fault(line, column, text)
    if any(map(get, ENDPOINT)):
        entry = {key: get(key) for key in ("address", "profile", "call_bandwidth")}
        own = {"id": get("endpoint") or f"vc-{site_id}", "site": site_id, "name": get("endpoint_name")}
        sheet.add("endpoints", line, {**own, **entry, "signalling": get("signalling").replace(",", " ").split()})
    if any(map(get, LINK)):
        own = {"id": get("link") or f"acc-{site_id}", "name": get("link_name"), "a": get("link_a"), "b": site_id}
        rest = {key: get(f"link_{key}") for key in ("device", "interface", "capacity")}
        sheet.add("links", line, {**own, **rest, "role": get("link_role") or "access"})


def _take_site(sheet: Sheet, line: int, cells: Cells) -> None:
    entry: Entry = {column: cells.get(column, "") for column in SITE[:7]}
    contact = {key: cells.get(f"contact_{key}", "") for key in ("name", "phone")}
    entry["contact"] = {key: value for key, value in contact.items() if value}
    sheet.add("sites", line, entry)
    sheet.seen.add(cells.get("id", ""))


def _check(sheet: Sheet) -> None:
    tables = Tables()

    def rows(kind: str, model: Any) -> list[Row[Any]]:
        read = (validate(model, one, sheet, (kind, at)) for at, one in enumerate(sheet.entries[kind]))
        return [row for row in read if row is not None]

    tables.known["sites"] = {entry["id"] for entry in sheet.entries["sites"] if "id" in entry}
    tables.known["devices"] = {entry["device"] for entry in sheet.entries["links"] if "device" in entry}
    tables.add(tables.sites, rows("sites", SiteRow))
    tables.add_targets(tables.endpoints, rows("endpoints", EndpointRow))
    tables.add_targets(tables.links, rows("links", LinkRow))
    tables.check(credentials=None)


def to_yaml(entries: dict[str, list[Entry]]) -> str:
    """Return entries as the text of an inventory file."""
    typed = [{**site, **{key: float(site[key]) for key in ("lat", "lon") if key in site}} for site in entries["sites"]]
    return inventory_text(MADE, {**entries, "sites": typed})


def to_csv(inventory: Inventory) -> str:
    """Return sites, endpoints and links as CSV: the same inventory gives the same text after an import."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    endpoints, links = _by_site(inventory)
    for site in inventory.sites.values():
        beside = zip_longest(endpoints.get(site.id, []), links.get(site.id, []))
        first = True
        for endpoint, link in list(beside) or [(None, None)]:
            own = _site_cells(site) if first else {"id": site.id}
            writer.writerow({**own, **_endpoint_cells(endpoint, site), **_link_cells(link, inventory)})
            first = False
    return text.getvalue()


def _by_site(inventory: Inventory) -> tuple[dict[str, list[Endpoint]], dict[str, list[Link]]]:
    endpoints: dict[str, list[Endpoint]] = {}
    links: dict[str, list[Link]] = {}
    for endpoint in inventory.endpoints.values():
        endpoints.setdefault(endpoint.site, []).append(endpoint)
    for link in inventory.links.values():
        links.setdefault(link.b, []).append(link)
    return endpoints, links


def _site_cells(site: Site) -> Entry:
    cells: Entry = {key: getattr(site, key) for key in SITE[:7]}
    if site.contact:
        cells |= {"contact_name": site.contact.name, "contact_phone": site.contact.phone}
    return cells


def _endpoint_cells(endpoint: Endpoint | None, site: Site) -> Entry:
    if endpoint is None:
        return {}
    return {
        "endpoint": endpoint.id,
        "endpoint_name": "" if endpoint.name == site.name else endpoint.name,
        "address": endpoint.address,
        "profile": endpoint.profile,
        "call_bandwidth": format_rate(endpoint.call_bandwidth_bps),
        "signalling": " ".join(endpoint.signalling),
    }


def _link_cells(link: Link | None, inventory: Inventory) -> Entry:
    if link is None:
        return {}
    usual = " – ".join(inventory.sites[end].name for end in (link.a, link.b))  # noqa: RUF001  # an en dash joins places
    capacity = "" if link.capacity_bps is None else format_rate(link.capacity_bps)
    cells = {key: getattr(link, key) for key in ("a", "role", "device", "interface")}
    named = {f"link_{key}": value for key, value in cells.items()}
    return {"link": link.id, "link_name": "" if link.name == usual else link.name, **named, "link_capacity": capacity}
