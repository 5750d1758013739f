"""What would look wrong on a drawn panel: the faults of one, as words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from boards.colours import ABSENT
from tests.grafana.dashboards import Json, dashboards
from tests.grafana.real_metrics import VALUES
from tests.grafana.rendered import Card

LABELS = re.compile(r"\{\{\s*(\w+)\s*\}\}")
NO_ID = re.compile(r"\d+|poly_\w+|[a-z]+[A-Z]\w+")  # a number, or a MIB's own name of a trap
IDS = {id_ for label, ids in VALUES.items() if label != "collector" for id_ in ids if not NO_ID.fullmatch(id_)}
ENGLISH_TIME = re.compile(r"\b(ago|in a|sec(ond)?s?|min(ute)?s?|hours?|days?|weeks?|months?|years?)\b")
OF_NONE = {"diemcau-availability": "", "diemcau-availability-en": ""}  # the province's own rooms: of no district
NAMED_FIGURES = ("bargauge", "state-timeline", "status-history", "timeseries")


def unknown(card: Card) -> Iterator[str]:
    """Units and transformations that Grafana has not."""
    yield from card.drawn["unknown"]


def columns(card: Card) -> Iterator[str]:
    """A table that shows other columns than it names, or in another order, or shows those that it should hide."""
    if card.panel["type"] != "table" or not card.is_answered:
        return
    kept, organized = card.panel["transformations"][-2:]
    names, titles = kept["options"]["include"]["names"], organized["options"]["renameByName"]
    frames = card.drawn["frames"]
    if len(frames) != 1 or not frames[0]["rows"]:
        yield f"{len(frames)} tables of {[frame['rows'] for frame in frames]} rows"
        return
    shown = [(one["title"], one["hidden"]) for one in frames[0]["columns"]]
    wanted = [(titles.get(name, name), name not in titles) for name in names]
    if shown != [one for one in wanted if one in shown]:
        yield f"columns {shown} for {wanted}"


def missing(cards: list[Card]) -> Iterator[str]:
    """Columns of a table that no choice shows, and overrides that match nothing whatever is chosen."""
    panel = cards[0].panel
    for at in set.intersection(*(set(card.drawn["idle"]) for card in cards)):
        override = panel["fieldConfig"]["overrides"][at]
        only_named = all(one["id"] == "displayName" for one in override["properties"])
        if not (only_named and override["matcher"]["options"] in IDS):  # a value that there may be
            yield f"override of {override['matcher']}"
    if panel["type"] == "table":
        names = panel["transformations"][-2]["options"]["include"]["names"]
        widest = max((card.fields for card in cards), key=len)
        if len(widest) != len(names):
            yield f"of the columns {names} there are {[one['name'] for one in widest]}"
    if "'url': " in str(panel) and not any(card.links for card in cards):
        yield "no click leads anywhere"


def cells(card: Card) -> Iterator[tuple[Json, Json]]:
    """Yield what a reader sees, with its field."""
    return ((one, cell) for one in card.fields if not one["hidden"] for cell in one["cells"])


def words(card: Card) -> Iterator[str]:
    """Ids, numbers or English where a word is meant; a panel's words for no row in a row's cell."""
    said = {text for one in card.fields for looks in one["mappings"] for text in _texts(looks)}
    said |= {one["value"] for every in card.panel["fieldConfig"]["overrides"] for one in every["properties"]
             if one["id"] == "displayName"}  # fmt: skip
    titles = {one["title"] for one in card.fields if not one["hidden"]} if card.panel["type"] != "table" else set()
    shown = {cell["text"] for _, cell in cells(card)} | titles
    if "/vi/" in card.path:
        yield from (f"“{text}” is an id" for text in shown & IDS - said)
        yield from (f"“{text}” is English" for text in shown if ENGLISH_TIME.search(text))
    for one, cell in cells(card):
        if any(looks["type"] == "value" for looks in one["mappings"]) and cell["text"] not in said:
            yield f"“{cell['text']}” has no words in {one['title']}"
        if card.panel["type"] == "table" and cell["text"] == card.panel["fieldConfig"]["defaults"]["noValue"]:
            yield f"“{cell['text']}” in a row, in {one['title']}"


def values(card: Card) -> Iterator[str]:
    """Figures that are none, and texts that are shown as if they were figures."""
    nothing = card.panel["fieldConfig"]["defaults"]["noValue"]
    if card.is_answered:
        yield from (f"“{one['title']}” has no value" for one in card.drawn["figures"] if one["text"] == nothing)
    for one, cell in cells(card):
        if card.panel["type"] == "table" and re.search("NaN|undefined|null|Infinity", cell["text"]):
            yield f"“{cell['text']}” in {one['title']}"
        if one["type"] == "string" and not one["mappings"] and cell["text"] not in (cell["raw"], ABSENT):
            yield f"“{cell['raw']}” is told as “{cell['text']}”"


def _texts(looks: Json) -> Iterator[str]:
    results = [looks["options"]["result"]] if looks["type"] == "special" else looks["options"].values()
    yield from (result["text"] for result in results)


def colours(card: Card) -> Iterator[str]:
    """Cells and figures that have another colour than their state or limit says."""
    for one, cell in cells(card):
        looks = [every["options"].get(f"{cell['raw']}") for every in one["mappings"] if every["type"] == "value"]
        wanted = next((look["color"] for look in looks if look), None) or _limit(one, cell["raw"])
        absent = cell["text"] == ABSENT or cell["raw"] is None
        if one["mode"] in ("", "thresholds") and wanted and not absent and cell["colour"] != wanted:
            yield f"“{cell['text']}” is {cell['colour']} and not {wanted} in {one['title']}"


def _limit(one: Json, raw: Any) -> str | None:
    if not isinstance(raw, int | float):
        return None
    reached = [step["color"] for step in one["thresholds"] if step["value"] is None or step["value"] <= raw]
    return next((colour for colour in reversed(reached) if colour.startswith("#")), None)


def titles(card: Card) -> Iterator[str]:
    """Series without a name that people read, and names of labels that a series has not."""
    for target in card.panel["targets"]:
        for series in card.answers[target["refId"]]:
            lacking = {
                label for label in LABELS.findall(target.get("legendFormat", "")) if not series["metric"].get(label)
            }
            if lacking and target.get("format") != "table":
                yield f"{target['refId']}: no {lacking} in {series['metric']}"
    if card.panel["type"] in NAMED_FIGURES or len(card.drawn["figures"]) > 1:
        named = [one["title"] for one in card.fields]
        yield from (f"“{title}” is no name" for title in named if not title or re.search(r"[({]|^Value", title))


def addresses(card: Card, choices: dict[str, dict[str, set[str]]]) -> Iterator[str]:
    """Clicks that lead to no dashboard, or choose there what can't be chosen. `choices` by dashboard and variable."""
    for link in card.links:
        address = urlsplit(link)
        uid, values = address.path.removeprefix("/d/"), dict(parse_qsl(address.query, keep_blank_values=True))
        if uid not in choices or "$" in link or {"from", "to", "var-datasource"} - set(values):
            yield f"{link} leads nowhere"
            continue
        taken = {name: value for name, value in values.items() if name.removeprefix("var-") in choices[uid]}
        for name, value in taken.items():
            if value not in choices[uid][name.removeprefix("var-")] | {OF_NONE.get(uid)}:
                yield f"{link} chooses “{value}”"
        if not taken and "board" not in {one["name"] for one in card.fields}:
            yield f"{link} chooses nothing"


def uid_of(path: str) -> str:
    """Return the uid of the dashboard in a file."""
    uid: str = dashboards()[path]["uid"]
    return uid
