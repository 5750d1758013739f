"""Every dashboard, drawn of the scenario's answers by Grafana's own library, shows what it means to show.

@grafana/data is what Grafana transforms, names, words and links its data with; only the drawing itself is not there.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest

from boards.colours import ABSENT
from tests.grafana import rendered_faults as faults
from tests.grafana.choices import asked_texts, options
from tests.grafana.dashboards import Json, dashboards, variables
from tests.grafana.rendered import Asker, Card, draw, offered
from tests.grafana.scenario import ENDPOINTS, LINKS, SITES
from tests.grafana.scenario_prometheus import Prometheus

HIDDEN = 2  # a variable that follows from others
Choices = dict[str, dict[str, set[str]]]


@pytest.fixture(scope="module")
def drawn(prometheus: Prometheus) -> dict[str, list[Card]]:
    """Every panel for every choice, by its dashboard's file."""
    asker = Asker(prometheus)
    cards = defaultdict(list)
    for card in draw(card for path in dashboards() for card in asker.cards(path)):
        cards[card.path].append(card)
    return cards


@pytest.fixture(scope="module")
def choices(prometheus: Prometheus) -> Choices:
    """What can be chosen at the top of each dashboard, by its uid and the variable's name."""
    everything = {"districts": ".*"}
    return {
        one["uid"]: {
            variable["name"]: set(options(prometheus, variable, everything))
            for variable in variables(one)
            if variable.get("hide") != HIDDEN and variable["name"] not in everything
        }
        for one in dashboards().values()
    }


@pytest.fixture(params=dashboards())
def cards(request: pytest.FixtureRequest, drawn: dict[str, list[Card]]) -> list[Card]:
    """The panels of one dashboard."""
    return drawn[request.param]


def found(cards: Iterable[Card], fault: Callable[[Card], Iterator[str]]) -> list[str]:
    return [f"{card}: {words}" for card in cards for words in fault(card)]


def by_panel(cards: list[Card]) -> list[list[Card]]:
    panels = defaultdict(list)
    for card in cards:
        panels[card.panel["id"]].append(card)
    return list(panels.values())


def test_every_unit_and_transformation_is_one_of_grafanas(cards):
    assert not found(cards, faults.unknown)


def test_tables_show_the_columns_they_name_in_their_order(cards):
    assert not found(cards, faults.columns)


def test_every_column_override_and_link_is_used(cards):
    assert not [f"{one[0]}: {words}" for one in by_panel(cards) for words in faults.missing(one)]


def test_states_and_ids_are_told_in_words(cards):
    assert not found(cards, faults.words)


def test_figures_are_figures_and_texts_are_texts(cards):
    assert not found(cards, faults.values)


def test_colours_are_those_of_states_and_limits(cards):
    assert not found(cards, faults.colours)


def test_every_series_has_a_name(cards):
    assert not found(cards, faults.titles)


def test_every_click_leads_to_a_dashboard_with_a_choice_that_is_there(cards, choices):
    assert not found(cards, lambda card: faults.addresses(card, choices))


def test_what_has_no_answer_says_so(cards):
    silent = draw(card.with_answers({ref: [] for ref in card.answers}) for card in cards)
    for card in silent:
        assert not card.fields
        for figure in card.drawn["figures"]:
            assert figure["text"] == card.panel["fieldConfig"]["defaults"]["noValue"]


def sparse(cards: Iterable[Card]) -> Iterator[Card]:
    """Yield the tables of several queries as they are where only one of these has an answer."""
    for card in cards:
        if card.panel["type"] == "table" and len(card.answers) > 1:
            for ref, series in card.answers.items():
                yield card.with_answers({**{other: [] for other in card.answers}, ref: series})


def test_a_figure_stays_in_its_column_where_other_queries_find_nothing(drawn):
    cards = [card for card in draw(sparse(card for every in drawn.values() for card in every)) if card.is_answered]
    assert not found(cards, faults.columns)
    for card in cards:
        asked = next(ref for ref, series in card.answers.items() if series)
        names = card.panel["transformations"][-2]["options"]["include"]["names"]
        titles = card.panel["transformations"][-1]["options"]["renameByName"]
        figures = [one["title"] for one in card.fields if one["type"] == "number"]
        assert figures == [titles[name] for name in names if name == f"Value #{asked}"], card


def test_a_row_without_a_label_shows_a_dash_there(drawn):
    card = next(one for one in drawn["dashboards/vi/province.json"] if "diemcau_outage_info" in str(one.panel))
    known, *others = card.answers["A"]
    nobody = {**known, "metric": {label: value for label, value in known["metric"].items() if label != "call"}}
    fields = draw([card.with_answers({"A": [nobody, *others]})])[0].fields
    call = next(one for one in fields if one["name"] == "call")
    assert [cell["text"] == ABSENT for cell in call["cells"]] == [True] + [False] * len(others)


def test_rows_come_in_the_order_of_the_first_query(drawn):
    tables = [card for every in drawn.values() for card in every if card.panel["type"] == "table"]
    for card in tables:
        first = [series["value"][1] for series in card.answers["A"]]
        for one in card.fields:
            if one["name"] in ("Value", "Value #A"):
                shown = [cell["raw"] for cell in one["cells"]]
                assert shown[: len(first)] == [float(value) for value in first], card


def test_heat_maps_tell_how_often_each_range_was_met(drawn):
    maps = [card for every in drawn.values() for card in every if card.panel["type"] == "heatmap" and card.is_answered]
    met = set()
    for card in maps:
        bounds = [float(one["name"]) for one in card.fields]
        counts = [[cell["raw"] for cell in one["cells"]] for one in card.fields]
        assert bounds == sorted(bounds)
        assert bounds[-1] == float("inf")
        assert all(count > -1e-9 for column in counts for count in column)
        met |= {bound for bound, column in zip(bounds, counts, strict=True) if max(column) > 0.01}
    assert met == {0.02, 0.15}  # where the scenario's echoes are


def follow(cards: list[Card], link: str) -> list[Card]:
    """Return the panels of the dashboard a click leads to, with what it chooses there."""
    address = urlsplit(link)
    path = next(path for path in dashboards() if faults.uid_of(path) == address.path.removeprefix("/d/"))
    wanted = {name.removeprefix("var-"): value for name, value in parse_qsl(address.query)}
    there = [card for card in cards if card.path == path]
    return [card for card in there if all(card.values.get(name, value) == value for name, value in wanted.items())]


@pytest.mark.parametrize("end", ["", "-en"])
def test_three_clicks_lead_from_the_province_to_a_line(drawn, end):
    every = [card for cards in drawn.values() for card in cards]
    here = [card for card in every if faults.uid_of(card.path) == f"diemcau-province{end}"]
    for board, variable, value in (
        ("district", "district", "thanh-son"),
        ("endpoint", "endpoint", "vc-thanh-son"),
        ("link", "link", "bak-thanh-son"),
    ):
        links = {link for card in here for link in card.links}
        ways = [one for one in links if f"/d/diemcau-{board}{end}?" in one and f"var-{variable}={value}" in one]
        assert ways, f"no way to {value}"
        here = follow(every, ways[0])
        assert any(card.is_answered for card in here)


def test_variables_show_names_and_hold_ids(prometheus):
    every = [one for sheet in dashboards().values() for one in variables(sheet) if one.get("regex")]
    found = [asked_texts(prometheus, one, {"districts": ".*"}) for one in every]
    chosen = offered([(one["regex"], texts) for one, texts in zip(every, found, strict=True)])
    names = {**{site: told[1] for site, told in SITES.items()}, **{f"vc-{site}": SITES[site][1] for site in ENDPOINTS}}
    for variable, texts, choices in zip(every, found, chosen, strict=True):
        assert len(choices) == len(texts) > 0
        for one in choices:
            if variable["name"] in ("district", "districts", "endpoint"):
                assert one["text"] == names[one["value"]]
            if variable["name"] == "link":
                assert one["value"] in LINKS
                assert one["text"].endswith(f" · {one['value']}")


def table(panel: Json) -> bool:
    return panel["type"] == "table" and len(panel["targets"]) > 1


def misspelt(panel: Json) -> None:
    panel["fieldConfig"]["defaults"]["unit"] = "seconds"


def unmerged(panel: Json) -> None:
    panel["transformations"] = [one for one in panel["transformations"] if one["id"] != "merge"]


def wordless(panel: Json) -> None:
    for override in panel["fieldConfig"]["overrides"]:
        override["properties"] = [one for one in override["properties"] if one["id"] != "mappings"]


def lost(panel: Json) -> None:
    for override in panel["fieldConfig"]["overrides"]:
        for one in override["properties"]:
            if one["id"] == "links":
                one["value"][0]["url"] = one["value"][0]["url"].replace("fields.link", "fields.line")


@pytest.mark.parametrize(
    ("damage", "fault"),
    [(misspelt, "unknown"), (unmerged, "columns"), (wordless, "words"), (lost, "addresses")],
)
def test_the_check_finds(drawn, choices, damage, fault):
    card = next(one for one in drawn["dashboards/vi/district.json"] if table(one.panel) and one.is_answered)
    panel = copy.deepcopy(card.panel)
    damage(panel)
    broken = draw([Card(card.path, panel, card.values, card.answers)])
    more = (choices,) if fault == "addresses" else ()
    assert found(broken, lambda one: getattr(faults, fault)(one, *more))
    assert not found([card], lambda one: getattr(faults, fault)(one, *more))
