"""Outages and the time spent in states, as Prometheus reads them off the page."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families as parse_text

from agent.history import Outage
from agent.model import Cause, Contact, Kind, State
from agent.state import Board
from exporters.prometheus import MetricsPage
from tests.exporters.province import FakeAgent, inventory_of

ENDPOINT = {"endpoint": "vc-xa-0", "site": "xa-0", "district": "huyen-0", "level": "commune"}
LINK = {"link": "acc-xa-0", "a": "huyen-0", "b": "xa-0", "role": "access"}
AT = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)
CUT = Outage(
    "1", Kind.LINK, "primary-huyen-0", Cause.BEYOND_SILENT, AT, AT, district="huyen-0", affected=19, most_affected=20
)


@pytest.fixture
def clock() -> list[float]:
    return [100.0]


@pytest.fixture
def board(clock: list[float]) -> Board:
    return Board(inventory_of(communes=1), clock=lambda: clock[0])


@pytest.fixture
def page(board: Board, clock: list[float]) -> MetricsPage:
    return MetricsPage(FakeAgent(board), lambda: clock[0])


async def read(page: MetricsPage, metric: str) -> dict[frozenset[tuple[str, str]], float]:
    text = b"".join([chunk async for chunk in page.render(openmetrics=False)]).decode()
    samples = [sample for family in parse_text(text) for sample in family.samples if sample.name == metric]
    return {frozenset(sample.labels.items()): sample.value for sample in samples}


def own(**labels: str) -> frozenset[tuple[str, str]]:
    return frozenset(labels.items())


@pytest.mark.parametrize(("kind", "labels"), [("endpoint", ENDPOINT), ("link", LINK)])
async def test_every_state_has_its_seconds_and_only_one_goes_on(page, board, clock, kind, labels) -> None:
    told_us = board.told_us + 5_000_000
    target = (Kind(kind), labels[kind])
    times_us = dict.fromkeys(State, 0) | {State.UNKNOWN: 30_000_000, State.DOWN: 12_500_000, State.UP: 2 * 10**12}
    board.count(told_us, {target: (State.UP, told_us - 5_000_000, times_us)})
    expected = {State.UNKNOWN: 30, State.UP: 2_000_005, State.DOWN: 12.5}

    async def seconds() -> dict[State, float]:
        told = await read(page, f"diemcau_{kind}_state_seconds_total")
        return {state: told[own(**labels, state=state)] for state in State}

    assert await seconds() == dict.fromkeys(State, 0) | expected
    clock[0] += 60  # time that is not kept yet is not told: a crash would take it back
    assert await seconds() == dict.fromkeys(State, 0) | expected
    board.count(told_us + 60_000_000, {})
    assert await seconds() == dict.fromkeys(State, 0) | expected | {State.UP: 2_000_065}


async def test_before_anything_is_kept_all_times_are_nought(page, board, clock) -> None:
    clock[0] += 60
    assert set((await read(page, "diemcau_link_state_seconds_total")).values()) == {0}


async def test_a_page_holds_one_moment(page, board, clock) -> None:
    page._clock = iter([clock[0] + 60]).__next__  # a second reading of the clock would fail
    assert await read(page, "diemcau_link_state_seconds_total")


@pytest.mark.parametrize(("trouble", "written"), [("", 1), ("cannot write the history: no space left", 0)])
async def test_whether_the_history_is_written_is_told(board, trouble, written) -> None:
    page = MetricsPage(FakeAgent(board, history_trouble=trouble))
    assert await read(page, "diemcau_history_written") == {own(): written}


async def test_an_open_outage_is_one_series_and_goes_when_it_ends(page, board) -> None:
    assert await read(page, "diemcau_outage") == {}
    board.outages[CUT.id] = CUT
    cause = {"district": "huyen-0", "root_cause": "beyond_silent"}
    this = {"kind": "link", "id": "primary-huyen-0"}
    assert await read(page, "diemcau_outage") == {own(**this, **cause): 1}
    assert await read(page, "diemcau_outage_affected_endpoints") == {own(**this): 19}
    assert await read(page, "diemcau_outage_flapping") == {own(**this): 0}
    board.outages[CUT.id] = replace(CUT, affected=3, flapping=True)
    assert await read(page, "diemcau_outage_affected_endpoints") == {own(**this): 3}
    assert await read(page, "diemcau_outage_most_affected_endpoints") == {own(**this, outage=CUT.id): 20}
    assert await read(page, "diemcau_outage_flapping") == {own(**this): 1}
    del board.outages[CUT.id]
    assert await read(page, "diemcau_outage") == {}


async def test_an_outage_says_what_an_alert_says_and_the_same_as_long_as_it_lasts(page, board) -> None:
    board.outages[CUT.id] = CUT
    this = {"kind": "link", "id": "primary-huyen-0"}
    words = {
        "name": "Tuyến primary-huyen-0",
        "since": "14:05 24/11/2026",
        "sites": "Huyện huyen-0, Xã xa-0",
        "call": "",
    }
    assert await read(page, "diemcau_outage_info") == {own(**this, **words): 1}
    assert await read(page, "diemcau_outage_start_timestamp_seconds") == {own(**this): AT.timestamp()}
    board.outages[CUT.id] = replace(CUT, affected=3, flapping=True, suspects=("r-huyen-0",))
    board.outages["9"] = replace(CUT, id="9", started=AT + timedelta(minutes=1))
    assert await read(page, "diemcau_outage_info") == {own(**this, **words): 1}


ALL = "Tỉnh Phú Thọ, Phòng họp 0, Phòng họp 1, Phòng họp 2, Phòng họp 3 … (+15)"


@pytest.mark.parametrize(
    ("kind", "target", "words"),
    [
        (Kind.DEVICE, "r-core", {"name": "r-core (Tỉnh Phú Thọ)", "sites": ALL}),
        (Kind.ENDPOINT, "vc-xa-0", {"name": "Xã xa-0", "sites": "Xã xa-0"}),
        (Kind.AGENT, "phutho", {"name": "phutho", "sites": ""}),
        (Kind.LINK, "no-longer-there", {"name": "no-longer-there", "sites": ""}),
    ],
)
async def test_each_kind_of_outage_names_what_is_out_and_what_hangs_on_it(page, board, kind, target, words) -> None:
    board.outages[CUT.id] = replace(CUT, kind=kind, target=target)
    ((labels, value),) = (await read(page, "diemcau_outage_info")).items()
    assert value == 1
    assert words.items() <= dict(labels).items()


async def test_the_first_contact_upwards_is_who_to_call(clock) -> None:
    province = inventory_of(communes=1)
    seat = replace(province.sites["huyen-0"], contact=Contact("Nguyễn Văn A", "0210 384 6647"))
    board = Board(replace(province, sites=province.sites | {"huyen-0": seat}), clock=lambda: clock[0])
    page = MetricsPage(FakeAgent(board), lambda: clock[0])
    board.outages[CUT.id] = replace(CUT, kind=Kind.LINK, target="acc-xa-0")
    ((labels, _),) = (await read(page, "diemcau_outage_info")).items()
    assert dict(labels)["call"] == "Nguyễn Văn A 0210 384 6647"


async def test_sites_are_told_with_their_place(board, clock) -> None:
    board.inventory.sites["huyen-0"] = replace(board.inventory.sites["huyen-0"], lat=21.2, lon=105.18)
    told = await read(MetricsPage(FakeAgent(board), lambda: clock[0]), "diemcau_site_info")
    seat = {"site": "huyen-0", "district": "huyen-0", "level": "district", "parent": "phu-tho", "name": "Huyện huyen-0"}
    assert own(**seat, lat="21.2", lon="105.18") in told
    assert len(told) == len(board.inventory.sites)


async def test_outages_with_the_same_labels_are_one_series(page, board) -> None:
    board.outages |= {CUT.id: CUT, "2": replace(CUT, id="2", affected=4), "3": replace(CUT, id="3", cause=Cause.SILENT)}
    assert sorted((await read(page, "diemcau_outage")).values()) == [1, 1]
    assert list((await read(page, "diemcau_outage_affected_endpoints")).values()) == [19]
