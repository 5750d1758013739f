"""Every dashboard is whole: in both languages, with what each figure means, linked, in colours all can tell apart."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

import build
from boards import colours
from tests.grafana.dashboards import Json, dashboards, panels

PALETTE = {colours.GREEN, colours.ORANGE, colours.PURPLE, colours.RED, colours.BLUE, colours.SKY, colours.GREY}
WIDTH = 24
HIDDEN = 2  # a variable that follows from others

BOARD = "${__data.fields.board}"
SAME_IN_BOTH = {  # in Vietnamese and in English
    "CPU",
    "camera",
    "H.323",
    "MOS",
    "SIP",
    "{{collector}} p50",
    "{{collector}} p99",
    "All",  # Grafana's own word, which it translates itself
}


def english(path: str) -> str:
    return path.replace("/vi/", "/en/")


VIETNAMESE = [path for path in dashboards() if "/vi/" in path]


@pytest.fixture(params=dashboards())
def dashboard(request: pytest.FixtureRequest) -> Json:
    return dashboards()[request.param]


@pytest.fixture(params=VIETNAMESE)
def both(request: pytest.FixtureRequest) -> tuple[Json, Json]:
    """A dashboard in Vietnamese and in English."""
    return dashboards()[request.param], dashboards()[english(request.param)]


def test_all_files_are_as_they_would_be_written():
    assert not build.stale(build.files()), "run grafana/build.py"


def test_uids_are_the_dashboards_own_and_stay():
    """Links and bookmarks hold them."""
    uids = {path: one["uid"] for path, one in dashboards().items()}
    names = ("agent", "availability", "district", "endpoint", "link", "meeting", "province")
    expected = {f"dashboards/vi/{name}.json": f"diemcau-{name}" for name in names}
    assert uids == expected | {english(path): f"{uid}-en" for path, uid in expected.items()}


def test_both_languages_have_the_same_panels(both):
    shapes = [
        [
            (one["type"], one["gridPos"], [target["refId"] for target in one.get("targets", [])])
            for one in sheet["panels"]
        ]
        for sheet in both
    ]
    assert shapes[0] == shapes[1]


WORDS = {"title", "description", "noValue", "label", "text", "displayName", "textFormat", "titleFormat", "legendFormat"}
NO_WORD = re.compile(r"^(__auto|default|Basemap|Value #[A-Z]|(\{\{\s*\w+\s*\}\}|\$\{?\w+\}?|[\s\W\d])*)$")


def words(node: Any, key: str = "", place: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text a person reads, with where it stands."""
    if isinstance(node, dict):
        for name, one in node.items():
            renamed = key == "renameByName"
            yield from words(one, "title" if renamed else name, f"{place}.{name}")
    elif isinstance(node, list):
        for number, one in enumerate(node):
            yield from words(one, key, f"{place}[{number}]")
    elif isinstance(node, str) and key in WORDS and not NO_WORD.match(node):
        yield place, node


def seen(dashboard: Json) -> Json:
    """Leave out the variables that nobody sees."""
    shown = [one for one in dashboard["templating"]["list"] if one.get("hide") != HIDDEN]
    return {**dashboard, "templating": {"list": shown}}


def test_every_word_is_in_both_languages(both):
    vietnamese, translated = (dict(words(seen(sheet))) for sheet in both)
    assert set(vietnamese) == set(translated)
    same = {text for place, text in vietnamese.items() if translated[place] == text}
    assert not same - SAME_IN_BOTH


def test_no_vietnamese_is_left_in_english(both):
    letters = re.compile("[\u0103\u0111\u01a1\u01b0\u1ea0-\u1ef9]", re.IGNORECASE)  # ă đ ơ ư and Vietnamese block
    assert not [(place, text) for place, text in words(both[1]) if letters.search(text)]


def test_every_panel_says_what_it_is(dashboard):
    silent = [
        (panel["title"], what)
        for panel in panels(dashboard)
        for what, said in (
            ("title", panel["title"]),
            ("description", panel["description"]),
            ("no-value text", panel["fieldConfig"]["defaults"].get("noValue")),
            ("unit", panel["fieldConfig"]["defaults"].get("unit")),
            ("query", panel["targets"]),
        )
        if not said
    ]
    assert not silent
    assert dashboard["title"]
    assert dashboard["description"]


def test_titles_are_told_apart(dashboard):
    titles = [panel["title"] for panel in panels(dashboard)]
    assert not {title for title in titles if titles.count(title) > 1}


def test_no_query_is_given_twice_in_a_panel(dashboard):
    for panel in panels(dashboard):
        refs = [target["refId"] for target in panel["targets"]]
        assert len(refs) == len(set(refs)), panel["title"]


def addresses(panel: Json) -> list[str]:
    """Return every address a click leads to."""
    return re.findall(r'"url": "([^"]+)"', json.dumps(panel))


def test_links_between_dashboards_keep_the_time_and_the_choices(dashboard):
    language = {"diemcau-vi", "diemcau-en"} & set(dashboard["tags"])
    for link in dashboard["links"]:
        assert link["keepTime"]
        assert link["includeVars"]
        assert set(link["tags"]) == language


def test_a_click_leads_to_a_dashboard_of_the_language_with_the_variables_it_has(dashboard):
    """Where a row's column says which dashboard, its values are looked at in test_queries."""
    sheets = {one["uid"]: one for one in dashboards().values()}
    suffix = "-en" if dashboard["uid"].endswith("-en") else ""
    for address in (one for panel in panels(dashboard) for one in addresses(panel)):
        match = re.fullmatch(r"/d/(.+)\?\$\{__url_time_range\}&\$\{datasource:queryparam\}(.*)", address)
        assert match, address
        if match[1] == f"diemcau-{BOARD}{suffix}":
            continue
        assert match[1] in sheets, address
        assert match[1].endswith("-en") == bool(suffix), address
        known = {one["name"] for one in sheets[match[1]]["templating"]["list"]}
        assert set(re.findall(r"&var-(\w+)=", match[2])) <= known, address


def test_a_click_takes_along_only_columns_that_a_table_keeps(dashboard):
    for panel in panels(dashboard):
        kept = [
            name
            for one in panel.get("transformations", [])
            if one["id"] == "filterFieldsByName"
            for name in one["options"]["include"]["names"]
        ]
        taken = set(re.findall(r"__data\.fields\.(\w+)", " ".join(addresses(panel))))
        assert not kept or taken <= set(kept), panel["title"]


def coloured(node: Any) -> Iterator[str]:
    """Yield every fixed colour, but of exemplars, which are not asked for."""
    if isinstance(node, dict):
        for name, one in node.items():
            if name == "exemplars":
                continue
            if name in ("color", "fixedColor", "iconColor") and isinstance(one, str):
                yield one
            yield from coloured(one)
    elif isinstance(node, list):
        for one in node:
            yield from coloured(one)


def test_colours_are_those_that_everybody_can_tell_apart(dashboard):
    assert set(coloured([dashboard["panels"], dashboard["annotations"]])) <= PALETTE | {"transparent"}


def test_state_colours_stand_for_one_state_each():
    shown = [look.colour for look in colours.STATES.values()]
    assert len(set(shown)) == len(shown)


def test_panels_fill_the_page_and_none_covers_another(dashboard):
    cells: dict[tuple[int, int], str] = {}
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert (x, y) not in cells, f"{panel['title']} covers {cells[x, y]}"
                cells[x, y] = panel["title"]
    rows = {y for _, y in cells}
    holes = {cells.get((x - 1, y), "") for y in rows for x in range(WIDTH) if (x, y) not in cells}
    assert not holes, "a row is not filled after these"
    assert all(b - a == 1 for a, b in pairwise(sorted(rows)))
    assert max(x for x, _ in cells) == WIDTH - 1


def test_ids_are_each_panels_own(dashboard):
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids))


def test_a_dashboard_is_plain_json(dashboard):
    assert json.loads(json.dumps(dashboard)) == dashboard
