"""Availability by DOMAIN.md's definition, against counting each second."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import accumulate
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from agent.history import Outage, Span
from agent.inventory import Inventory
from agent.model import (
    Cause,
    Device,
    Endpoint,
    Kind,
    Level,
    Link,
    LinkRole,
    Secret,
    Site,
    SnmpCredentials,
    SnmpSettings,
    State,
)
from agent.report import Report, availability

T0 = datetime(2026, 11, 1, tzinfo=UTC)
SNMP = SnmpSettings(SnmpCredentials("province", "2c", community=Secret("public")))
SITES = [
    Site("tinh", "Tỉnh", Level.PROVINCE),
    Site("a", "Huyện A", Level.DISTRICT, "tinh"),
    Site("a1", "Xã A1", Level.COMMUNE, "a"),
    Site("b", "Huyện B", Level.DISTRICT, "tinh"),
]
INVENTORY = Inventory(
    {site.id: site for site in SITES},
    {f"vc-{site.id}": Endpoint(f"vc-{site.id}", site.id, site.name, "192.0.2.1") for site in SITES},
    {"r-a": Device("r-a", "a", "router", "192.0.2.9", SNMP)},
    {"wan-a": Link("wan-a", "Tỉnh - A", "tinh", "a", LinkRole.PRIMARY)},
)
TARGETS = {**dict.fromkeys(INVENTORY.endpoints, Kind.ENDPOINT), "r-a": Kind.DEVICE, "wan-a": Kind.LINK}
DISTRICTS = {"": ["vc-tinh"], "a": ["vc-a", "vc-a1"], "b": ["vc-b"]}
LEVELS = {Level.PROVINCE: ["vc-tinh"], Level.DISTRICT: ["vc-a", "vc-b"], Level.COMMUNE: ["vc-a1"]}
ROOTS = ["", "wan-a", "r-a", "gone"]

stretches = st.lists(st.tuples(st.sampled_from(State), st.sampled_from(ROOTS), st.integers(1, 40)), max_size=8)
lives = st.fixed_dictionaries({id_: st.tuples(st.integers(-30, 60), stretches, st.booleans()) for id_ in TARGETS})


def at(second: float) -> datetime:
    return T0 + timedelta(seconds=second)


def spans_of(life: dict) -> list[Span]:
    """Write each target's life down as the journal does; the last stretch may still be lasting."""
    spans = []
    for id_, (begin, stretches, lasting) in life.items():
        ends = list(accumulate((length for *_, length in stretches), initial=begin))
        for number, (state, root, _) in enumerate(stretches):
            end = None if lasting and number == len(stretches) - 1 else at(ends[number + 1])
            spans.append(Span(TARGETS[id_], id_, state, at(ends[number]), end, root))
    return spans


def seconds_of(life: dict, start: int, end: int) -> dict[str, list[tuple[State, str]]]:
    """Say what each target was in each second of the period."""
    counted = {}
    for id_, (begin, stretches, lasting) in life.items():
        each = [(state, root) for state, root, length in stretches for _ in range(length)]
        if lasting and each:
            each += [each[-1]] * 500
        known = dict(enumerate(each, begin))
        counted[id_] = [known.get(second, (State.UNKNOWN, "")) for second in range(start, end)]
    return counted


@given(life=lives, start=st.integers(-20, 60), length=st.integers(1, 120))
def test_a_report_is_what_counting_each_second_gives(life: dict, start: int, length: int) -> None:
    report = availability(spans_of(life), [], INVENTORY, at(start), at(start + length))
    seconds = seconds_of(life, start, start + length)
    for id_ in INVENTORY.endpoints:
        agrees(report.endpoints[id_], seconds, [id_])
    for district, members in DISTRICTS.items():
        agrees(report.districts[district], seconds, members)
    for level, members in LEVELS.items():
        agrees(report.levels[level], seconds, members)
    agrees(report.province, seconds, list(INVENTORY.endpoints))
    agrees(report.links["wan-a"], seconds, ["wan-a"])
    agrees(report.devices["r-a"], seconds, ["r-a"])
    endpoints = [pair for id_ in INVENTORY.endpoints for pair in seconds[id_]]
    lost = Counter(root for state, root in endpoints if state is State.UNREACHABLE and root)
    assert {id_: time.total_seconds() for id_, time in report.charged.items()} == lost
    assert report.known == any(state is not State.UNKNOWN for each in seconds.values() for state, _ in each)


def agrees(tally, seconds: dict, members: list[str]) -> None:
    counts = Counter(state for id_ in members for state, _ in seconds[id_])
    assert {state: time.total_seconds() for state, time in tally.spent.items()} == {s: counts[s] for s in State}
    judged = counts[State.UP] + counts[State.DEGRADED] + counts[State.DOWN]
    if not judged:
        assert tally.availability is tally.quality is None
        return
    assert tally.availability == float(Fraction(counts[State.UP] + counts[State.DEGRADED], judged))
    assert tally.quality == float(Fraction(counts[State.UP], judged))


def test_sums_of_many_parts_do_not_drift() -> None:
    """A hundred thousand parts of 0.1 s do not add up to 10 000 s as floats."""
    step, parts = timedelta(microseconds=100_000), 100_000
    spans = [
        Span(Kind.ENDPOINT, "vc-a", [State.UP, State.DOWN][n % 2], T0 + n * step, T0 + (n + 1) * step)
        for n in range(parts)
    ]
    report = availability(spans, [], INVENTORY, T0, T0 + parts * step)
    assert report.endpoints["vc-a"].availability == 0.5
    assert report.endpoints["vc-a"].spent[State.UP] == parts // 2 * step


def test_periods_of_any_zone_are_real_time() -> None:
    """A day on which clocks go back has 25 hours."""
    berlin = ZoneInfo("Europe/Berlin")
    start, end = datetime(2026, 10, 25, tzinfo=berlin), datetime(2026, 10, 26, tzinfo=berlin)
    report = availability(
        [Span(Kind.ENDPOINT, "vc-a", State.UP, T0 - timedelta(days=60), None)], [], INVENTORY, start, end
    )
    assert report.endpoints["vc-a"].spent[State.UP] == timedelta(hours=25)


def test_outages_come_oldest_first_and_are_something_known() -> None:
    one, two = (Outage(str(n), Kind.LINK, "wan-a", Cause.SILENT, at(n), at(n)) for n in (1, 2))
    report = availability([], [two, one], INVENTORY, T0, at(60))
    assert report.outages == (one, two)
    assert report.known
    assert not availability([], [], INVENTORY, T0, at(60)).known


def test_an_outage_names_whom_it_cut_off() -> None:
    def lost(endpoint: str, since: int, until: int | None, root: str = "wan-a") -> Span:
        return Span(Kind.ENDPOINT, endpoint, State.UNREACHABLE, at(since), None if until is None else at(until), root)

    first = Outage("1", Kind.LINK, "wan-a", Cause.SILENT, at(-50), at(-48), at(20))
    second = Outage("2", Kind.LINK, "wan-a", Cause.SILENT, at(30), at(32))
    spans = [lost("vc-a", -48, 20), lost("vc-a1", 32, 40), lost("vc-a1", 45, None), lost("vc-b", 33, 40, "r-a")]
    report = availability(spans, [second, first], INVENTORY, T0, at(60))
    assert report.cut_off == {"1": ("vc-a",), "2": ("vc-a1",)}


def test_what_the_inventory_no_longer_has_counts_nowhere() -> None:
    gone = Span(Kind.ENDPOINT, "vc-gone", State.UNREACHABLE, T0, at(30), "wan-a")
    report = availability([gone], [], INVENTORY, T0, at(60))
    assert report.charged == {}
    assert "vc-gone" not in report.endpoints


@pytest.mark.parametrize("inventory", [Inventory()])
def test_an_empty_inventory_has_an_empty_report(inventory: Inventory) -> None:
    report: Report = availability([], [], inventory, T0, at(60))
    assert report.province.availability is None
    assert report.levels == report.districts == report.endpoints == {}
