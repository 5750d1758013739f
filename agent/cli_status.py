"""`diemcau status`: the running agent's view in a terminal, worst first."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import TextIOWrapper
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent._status_client import Client, NoAgent, Refused
from agent.model import Cause, Kind, State
from agent.readings import Outcome
from agent.settings import Language
from exporters.web.i18n import Measures, Wording
from exporters.web.shapes import WORST_FIRST

ALL_UP, NOT_UP, NO_AGENT = 0, 1, 3
PIPE_WIDTH = 1000  # a pipe has no edge: a row is one line, however long its names
COLOURS = {
    State.UP: "green",
    State.DEGRADED: "yellow",
    State.DOWN: "bold red",
    State.UNREACHABLE: "magenta",
    State.MAINTENANCE: "blue",
}
_WORDS = Wording(Language.EN, datetime.now(UTC).astimezone().tzinfo or UTC)


@dataclass(frozen=True, slots=True)
class Situation:
    """What stands above single targets; the API's own objects.

    `outages` are the open ones, `windows` the maintenance in force, `history` what is wrong with the history ("" where
    nothing is).
    """

    outages: list[dict[str, Any]]
    windows: list[dict[str, Any]]
    history: str


@dataclass(frozen=True, slots=True)
class Item:
    """A target as the API tells of it; `raw` is the API's own object."""

    kind: str
    name: str
    place: str
    state: State
    since: datetime
    why: str
    raw: dict[str, Any]

    @property
    def worth_a_row(self) -> bool:
        """True for every endpoint, and for what is not up or was not reached by SNMP."""
        return self.kind == "endpoint" or self.state is not State.UP or _snmp_fails(self.raw)


def status(url: str, *, down_only: bool, as_json: bool) -> int:
    """Print what the agent at `url` holds. Return 0 where all is up, 1 where something is not, 3 without an agent."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without Vietnamese letters shows the rest
    try:
        client = Client(url)
        situation, items = fetch_situation(client), fetch(client)
    except (NoAgent, Refused) as error:
        Console(stderr=True, soft_wrap=True, highlight=False).print(Text(f"diemcau: {error}"))
        return NO_AGENT
    shown = [item for item in items if item.state is not State.UP or not down_only]
    if as_json:
        sys.stdout.write(as_document(situation, shown) + "\n")
    else:
        _print_situation(situation)
        _print_table(items, shown, whole=not down_only)
    return NOT_UP if any(item.state is not State.UP for item in items) else ALL_UP


def fetch_situation(client: Client) -> Situation:
    """Return the open outages, those that affect most first, and what stands beside them. Raises NoAgent."""
    told, planned = client.get("/api/v1/outages?open=true"), client.get("/api/v1/maintenance")
    try:
        outages = sorted(told["outages"], key=lambda outage: (outage["kind"] != Kind.AGENT, -outage["affected"]))
        windows = [window for window in planned["maintenance"] if window["active"]]
        return Situation(outages, windows, str(told.get("history", "")))
    except (KeyError, TypeError, ValueError) as error:
        raise NoAgent(client.not_ours()) from error


def fetch(client: Client) -> list[Item]:
    """Return every endpoint, then every link, then every device, each kind worst first. Raises NoAgent."""
    sites, links, devices = (client.get(f"/api/v1/{name}") for name in ("sites", "links", "devices"))
    try:
        names = {site["id"]: site["name"] for site in sites["sites"]}
        roots = {link["id"]: f"link {link['name']} ({link['id']})" for link in links["links"]}
        roots |= {device["id"]: f"device {device['id']}" for device in devices["devices"]}
        kinds = (
            list(_endpoints(sites["sites"], names, roots)),
            [_item("link", link["name"], link["role"], link, roots) for link in links["links"]],
            [_item("device", device["id"], names[device["site"]], device, roots) for device in devices["devices"]],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise NoAgent(client.not_ours()) from error
    return [item for kind in kinds for item in sorted(kind, key=lambda item: WORST_FIRST.index(item.state))]


def as_document(situation: Situation, items: list[Item]) -> str:
    """Write all as JSON: lists of what the API has, and `history`, a text.

    The keys: `outages`, `maintenance` (in force), `history`, `endpoints`, `links`, `devices`.
    """
    document: dict[str, Any] = {
        "outages": situation.outages,
        "maintenance": situation.windows,
        "history": situation.history,
    }
    document |= {f"{kind}s": [i.raw for i in items if i.kind == kind] for kind in ("endpoint", "link", "device")}
    return json.dumps(document, ensure_ascii=False, indent=2)


def _endpoints(sites: list[dict[str, Any]], names: dict[str, str], roots: dict[str, str]) -> Iterator[Item]:
    for site in sites:
        for endpoint in filter(None, [site["endpoint"], *site["other_endpoints"]]):
            district = names.get(site["district"] or "", "")
            raw = endpoint | {"site": site["id"], "district": site["district"]}
            yield _item("endpoint", site["name"], district if district != site["name"] else "", raw, roots)


def _item(kind: str, name: str, place: str, raw: dict[str, Any], roots: dict[str, str]) -> Item:
    state = State(raw["state"])
    return Item(kind, name, place, state, datetime.fromisoformat(raw["since"]), _why(state, raw, roots), raw)


def _snmp_fails(raw: dict[str, Any]) -> bool:
    return "snmp" in raw and raw["snmp"]["outcome"] not in (None, Outcome.OK)


def _why(state: State, raw: dict[str, Any], roots: dict[str, str]) -> str:
    if state is State.UP and _snmp_fails(raw):
        poll = raw["snmp"]
        return f'{_WORDS.text("snmp." + poll["outcome"])} "{poll["reason"]}"'
    figures = Measures(raw.get("loss_ratio"), raw.get("rtt_s"), raw.get("jitter_s"), raw.get("utilization"))
    if state is State.UP and figures.rtt_s is None:
        return ""
    why = _WORDS.why(Cause(raw["cause"]), figures)
    if raw["cause"] == Cause.CUT_OFF and raw["root"]:
        why = _WORDS.text("board.cut_off_by", root=roots.get(raw["root"], raw["root"]))
    return f'{why} "{raw["detail"]}"' if raw["detail"] else why


def _print_situation(situation: Situation) -> None:
    console = Console(highlight=False, soft_wrap=True)
    lines = [(_headline(outage), "bold red") for outage in situation.outages]
    lines += [(_planned(window), COLOURS[State.MAINTENANCE]) for window in situation.windows]
    lines += [(f"HISTORY {situation.history}", "yellow")] if situation.history else []
    for line, style in lines:
        console.print(Text(line, style=style if console.is_terminal else ""))
    if lines:
        console.print()


def _planned(window: dict[str, Any]) -> str:
    """Say a maintenance window in a line: `MAINTENANCE m1 of wan-thanh-son until 16:05:00: new fibre`."""
    until = _WORDS.since(datetime.fromisoformat(window["to"]), datetime.now(UTC))
    why = f": {window['why']}" if window["why"] else ""
    return f"MAINTENANCE {window['id']} of {', '.join(window['targets'])} until {until}{why}"


def _headline(outage: dict[str, Any]) -> str:
    """Say an outage in a line: `OUTAGE link A - B (wan-b) since 14:05:00: 19 sites are affected. Nothing beyond…`."""
    name, target = outage["name"], outage["target"]
    what = f"{outage['kind']} {name}" + (f" ({target})" if target != name else "")
    since = _WORDS.since(datetime.fromisoformat(outage["started"]), datetime.now(UTC))
    harm = f": {_WORDS.count('outage.affected', outage['affected'])}" if outage["affected"] else ""
    flapping = " (flapping)" if outage["flapping"] else ""
    return f"OUTAGE {what} since {since}{flapping}{harm}. {_WORDS.why(Cause(outage['cause']), Measures())}"


def _print_table(items: list[Item], shown: list[Item], *, whole: bool) -> None:
    console = Console(highlight=False)
    pipe = not console.is_terminal
    rows = [item for item in shown if item.worth_a_row]
    if pipe:
        console = Console(highlight=False, width=PIPE_WIDTH, no_color=True)
    if rows:
        console.print(_table(rows), soft_wrap=False)
    elif not whole:
        console.print("Everything is up.")
    console.print(Text(summary(items)), soft_wrap=True)


def _table(rows: list[Item]) -> Table:
    table = Table(box=None, pad_edge=False, show_edge=False)
    for heading in ("STATE", "KIND", "NAME", "AT", "SINCE", "WHY"):
        table.add_column(heading, overflow="fold", no_wrap=heading in ("STATE", "KIND", "SINCE"))
    now = datetime.now(UTC)
    for item in rows:
        state = Text(item.state, style=COLOURS.get(item.state, ""))
        cells = (item.kind, item.name, item.place, _WORDS.since(item.since, now), item.why)
        table.add_row(state, *map(Text, cells))
    return table


def summary(items: list[Item]) -> str:
    """Count the states of each kind in a line: `2 endpoints: 1 down, 1 up; 1 link: 1 up`."""
    parts = []
    for kind in ("endpoint", "link", "device"):
        counts = Counter(item.state for item in items if item.kind == kind)
        number = counts.total()
        states = ", ".join(f"{counts[state]} {state}" for state in WORST_FIRST if counts[state])
        parts.append(f"{number} {kind}{'' if number == 1 else 's'}" + (f": {states}" if states else ""))
    return "; ".join(parts)
