import math
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, strategies as st
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from agent.histogram import Histogram
from agent.history import Outage
from agent.inventory import Inventory
from agent.model import Cause, Kind, State
from agent.spent import Spent
from agent.state import Board
from exporters._text import family_head, number
from exporters.families import SUBJECTS
from exporters.family import Distribution, Family, PerState, Several, Single, Subject
from exporters.prometheus import MetricsPage
from tests.exporters.province import FakeAgent, board_of, inventory_of
from tests.exporters.reference import Reference, metric_of

LONG_AGO = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
TOLD_US = 1_767_323_045_250_000  # a moment in 2026
BOUNDS_S = (0.001, 0.5, 1.0, 2_000_000.0)
JUDGES = {False: generate_latest, True: generate_openmetrics}

texts = st.text(st.characters(codec="utf-8")) | st.sampled_from(
    ['"', "\\", "\n", '\\n"', "%s %d {x}", "Huyện Thanh Sơn"]
)
values = st.none() | st.floats() | st.integers(-(2**64), 2**64) | st.booleans()
labels = st.tuples(texts, texts)
counts = st.lists(st.integers(0, 2**40), min_size=len(BOUNDS_S) + 1, max_size=len(BOUNDS_S) + 1)


class Given(Collector):
    """Collects one family, ready made."""

    def __init__(self, metric: Metric) -> None:
        self.metric = metric

    def collect(self) -> Iterator[Metric]:
        yield self.metric


@given(st.floats() | st.integers(-(2**70), 2**70))
@example(1e6)
@example(999_999.9999999999)
@example(1_000_000)
@example(10_000_000)
@example(2**53)
@example(1e16)
@example(-0.0)
@example(5e-324)
def test_numbers_are_written_as_prometheus_client_writes_them(value: float) -> None:
    assert number(value) == floatToGoString(value)


def test_special_numbers() -> None:
    assert [number(value) for value in (math.nan, math.inf, -math.inf, True)] == ["NaN", "+Inf", "-Inf", "1.0"]


@pytest.mark.parametrize("openmetrics", [False, True])
@given(targets=st.lists(st.tuples(labels, values)))
def test_single_families_equal_prometheus_clients(*, openmetrics: bool, targets: list) -> None:
    for kind, name in (("gauge", "diemcau_x_seconds"), ("counter", "diemcau_x_bytes_total")):
        family = Single(name, kind, 'A "help"\\.', lambda value: value)
        assert _ours(family, targets, openmetrics=openmetrics) == _theirs(family, targets, openmetrics=openmetrics)


@pytest.mark.parametrize("openmetrics", [False, True])
@given(targets=st.lists(st.tuples(labels, st.lists(st.tuples(labels, values), max_size=80))))
def test_families_with_labels_of_their_own_equal_prometheus_clients(*, openmetrics: bool, targets: list) -> None:
    family = Several("diemcau_x_ratio", "gauge", "Help.", ("own", "zone"), lambda samples: samples)
    assert _ours(family, targets, openmetrics=openmetrics) == _theirs(family, targets, openmetrics=openmetrics)


@pytest.mark.parametrize("openmetrics", [False, True])
@given(targets=st.lists(st.tuples(labels, counts, st.floats(0))))
def test_histograms_equal_prometheus_clients(*, openmetrics: bool, targets: list) -> None:
    family = Distribution("diemcau_x_seconds", "Help.", BOUNDS_S, lambda histogram: histogram)
    filled = [(own, _histogram(counted, total)) for own, counted, total in targets]
    assert _ours(family, filled, openmetrics=openmetrics) == _theirs(family, filled, openmetrics=openmetrics)


@pytest.mark.parametrize("openmetrics", [False, True])
@given(targets=st.lists(st.tuples(labels, st.dictionaries(st.sampled_from(State), st.integers(0, 2**46)))))
def test_seconds_per_state_equal_prometheus_clients(*, openmetrics: bool, targets: list) -> None:
    family = PerState("diemcau_x_seconds_total", "Help.", lambda spent: spent)
    counted = [(own, _spent(times_us)) for own, times_us in targets]
    assert _ours(family, counted, openmetrics=openmetrics) == _theirs(family, counted, openmetrics=openmetrics)


def _spent(times_us: dict[State, int]) -> Spent:
    spent = Spent()
    if times_us:  # else the journal has told nothing of it yet
        spent.count(dict.fromkeys(State, 0) | times_us, State.UP, TOLD_US - 7_500_000)
    return spent


def _histogram(counted: list[int], total: float) -> Histogram:
    histogram = Histogram(BOUNDS_S)
    histogram.counts, histogram.total = counted, total
    return histogram


def _subject(family: Family) -> Subject:
    return Subject(("name", "at"), lambda *_: {}, lambda *_: (), (family,))


def _ours(family: Family, targets: list, *, openmetrics: bool) -> bytes:
    prepared = [_subject(family).prepare(own)[0] for own, _ in targets]
    text = family_head(family.name, family.kind, family.help, openmetrics=openmetrics)
    return (text + family.lines(prepared, [value for _, value in targets], TOLD_US)).encode()


def _theirs(family: Family, targets: list, *, openmetrics: bool) -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Given(metric_of(family, _subject(family), targets, TOLD_US)))
    return JUDGES[openmetrics](registry).removesuffix(b"# EOF\n")


@pytest.mark.parametrize("openmetrics", [False, True])
async def test_a_whole_page_equals_prometheus_clients(*, openmetrics: bool) -> None:
    board = board_of(_awkward(inventory_of(communes=30)))
    for affected, kind in enumerate(Kind):
        outage = Outage(f"o-{affected}", kind, f'"{kind}"\\\n', Cause.SILENT, LONG_AGO, LONG_AGO, affected=affected)
        board.outages[outage.id] = outage
    now_s = time.monotonic()
    page = MetricsPage(FakeAgent(board), lambda: now_s)
    await _bulk(page, board, openmetrics=openmetrics)  # once to make the labels' text, once to use it again
    ours, theirs = await _bulk(page, board, openmetrics=openmetrics)
    assert ours == theirs


async def _bulk(page: MetricsPage, board: Board, *, openmetrics: bool) -> tuple[bytes, bytes]:
    text = b"".join([chunk async for chunk in page.render(openmetrics=openmetrics)])
    bulk, mark, _ = text.partition(b"# HELP process_")
    assert mark
    return bulk, JUDGES[openmetrics](Reference(board, clock=page._clock)).removesuffix(b"# EOF\n")


def _awkward(inventory: Inventory) -> Inventory:
    named = {id_: replace(endpoint, name='"Xã"\\\n' + endpoint.name) for id_, endpoint in inventory.endpoints.items()}
    return replace(inventory, endpoints=named)


async def test_a_name_that_is_no_text_costs_only_itself() -> None:
    inventory = inventory_of(communes=1)
    broken = replace(inventory.endpoints["vc-xa-0"], name="Xã \ud800")
    board = Board(replace(inventory, endpoints=inventory.endpoints | {"vc-xa-0": broken}))
    text = b"".join([chunk async for chunk in MetricsPage(FakeAgent(board)).render(openmetrics=False)])
    assert 'name="Xã ?"'.encode() in text


def test_every_family_is_declared_once_and_well() -> None:
    families = [family for subject in SUBJECTS for family in subject.families]
    assert len({family.name for family in families}) == len(families)
    for family in families:
        assert family.name.startswith("diemcau_")
        assert family.help.endswith(".")
        assert family.name.endswith("_total") == (family.kind == "counter")


def test_a_subjects_records_are_read_for_now() -> None:
    board = board_of(inventory_of(communes=1))
    late_s = time.monotonic() + 1000
    assert [len(subject.records(board, late_s)) for subject in SUBJECTS[-2:]] == [0, 0]
