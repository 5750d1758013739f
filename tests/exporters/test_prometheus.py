import asyncio
import shutil
import subprocess
import time
from collections.abc import Iterable
from dataclasses import replace
from random import Random

import pytest
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from agent.inventory import Inventory
from agent.model import Cause, Standing, State
from agent.readings import DeviceReading, Echo, Outcome, PollFailed, Traffic
from agent.state import Board
from exporters.prometheus import MetricsPage
from tests.exporters.province import FakeAgent, answer, board_of, inventory_of, poll
from tests.exporters.web_server import Watched, ping

ENDPOINT = {"endpoint": "vc-xa-0", "site": "xa-0", "district": "huyen-0", "level": "commune"}
LINK = {"link": "acc-xa-0", "a": "huyen-0", "b": "xa-0", "role": "access"}
INTERFACE = {"device": "r-huyen-0", "interface": "Gi0/xa-0-access"}
DEVICE = {"device": "r-huyen-0", "site": "huyen-0", "district": "huyen-0", "role": "router"}
FOR_BITS = 'use base unit "bytes" instead of "bits"'

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
def board() -> Board:
    return board_of(inventory_of(communes=26, rooms=2))


async def read(page: MetricsPage, *, openmetrics: bool = False) -> str:
    return b"".join([chunk async for chunk in page.render(openmetrics=openmetrics)]).decode()


async def samples_of(board: Board) -> Samples:
    return samples_in(parse_text(await read(MetricsPage(FakeAgent(board)))))


def samples_in(families: Iterable[Metric]) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def key(metric: str, /, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return f"diemcau_{metric}", frozenset(labels.items())


def names_of(samples: Samples, label: str, value: str) -> set[str]:
    return {name for name, labels in samples if (label, value) in labels}


async def test_an_endpoint_shows_its_state_and_its_echoes(board: Board) -> None:
    window = board.endpoints["vc-xa-0"].window
    window.add_duplicate()
    samples = await samples_of(board)
    state = board.endpoints["vc-xa-0"].standing.state
    assert samples[key("endpoint_up", **ENDPOINT)] == 1
    assert samples[key("endpoint_state", **ENDPOINT)] == state.number
    assert samples[key("icmp_sent_total", **ENDPOINT)] == 20
    assert samples[key("icmp_received_total", **ENDPOINT)] == window.received
    assert samples[key("icmp_duplicates_total", **ENDPOINT)] == 1
    assert samples[key("icmp_loss_ratio", **ENDPOINT)] == window.loss_ratio
    assert samples[key("icmp_jitter_seconds", **ENDPOINT)] == window.jitter_s
    assert samples[key("quality_mos", **ENDPOINT)] == window.mos
    assert samples[key("icmp_rtt_seconds_count", **ENDPOINT)] == window.received
    assert samples[key("icmp_rtt_seconds_bucket", **ENDPOINT, le="+Inf")] == window.received
    assert samples[key("icmp_rtt_seconds_sum", **ENDPOINT)] == window.round_trips_s.total
    info = {"name": "Xã xa-0", "address": board.endpoints["vc-xa-0"].target.address, "profile": "poly"}
    assert samples[key("endpoint_info", **ENDPOINT, **info, model="", firmware="")] == 1


async def test_buckets_count_what_lies_below_them() -> None:
    board = Board(inventory_of(communes=1))
    for n, rtt_s in enumerate([0.0005, 0.001, 0.015, 3.0]):
        board.record_echo(board.endpoints["vc-xa-0"], Echo(float(n), rtt_s, Outcome.OK))
    samples = await samples_of(board)
    counts = [samples[key("icmp_rtt_seconds_bucket", **ENDPOINT, le=le)] for le in ("0.001", "0.01", "0.02", "2.0")]
    assert counts == [2, 2, 3, 3]
    assert samples[key("icmp_rtt_seconds_bucket", **ENDPOINT, le="+Inf")] == 4


async def test_what_is_not_known_is_not_said() -> None:
    samples = await samples_of(Board(inventory_of(communes=1)))
    shown = names_of(samples, "endpoint", "vc-xa-0")
    assert samples[key("endpoint_up", **ENDPOINT)] == 0
    assert samples[key("endpoint_state", **ENDPOINT)] == State.UNKNOWN.number
    assert samples[key("icmp_sent_total", **ENDPOINT)] == 0
    assert not shown & {"diemcau_quality_mos", "diemcau_icmp_loss_ratio", "diemcau_icmp_jitter_seconds"}
    assert names_of(samples, "link", "acc-xa-0") == {
        "diemcau_link_info",
        "diemcau_link_up",
        "diemcau_link_state",
        "diemcau_link_state_seconds_total",
        "diemcau_link_capacity_bits_per_second",
    }
    about = {"diemcau_device_up", "diemcau_device_restarts_total", "diemcau_link_info"}
    assert names_of(samples, "device", "r-huyen-0") == about


async def test_a_silent_endpoint_has_loss_but_no_jitter_nor_quality() -> None:
    board = Watched(inventory_of(communes=1))
    ping(board, "vc-xa-0", *(None,) * 5)
    samples = await samples_of(board)
    assert samples[key("endpoint_up", **ENDPOINT)] == 0
    assert samples[key("endpoint_state", **ENDPOINT)] == State.DOWN.number
    assert samples[key("icmp_loss_ratio", **ENDPOINT)] == 1
    assert not names_of(samples, "endpoint", "vc-xa-0") & {"diemcau_quality_mos", "diemcau_icmp_jitter_seconds"}


async def test_old_quality_is_not_shown_once_the_state_is_unknown(board: Board) -> None:
    board.endpoints["vc-xa-0"].standing = Standing(State.UNKNOWN, FakeAgent(board).reloaded_at, Cause.STALE)
    shown = names_of(await samples_of(board), "endpoint", "vc-xa-0")
    assert not shown & {"diemcau_quality_mos", "diemcau_icmp_loss_ratio", "diemcau_icmp_jitter_seconds"}


@pytest.mark.parametrize("state", State)
async def test_up_is_one_for_up_and_degraded_only(board: Board, state: State) -> None:
    standing = Standing(state, FakeAgent(board).reloaded_at)
    board.endpoints["vc-xa-0"].standing = standing
    board.links["acc-xa-0"].standing = standing
    board.devices["r-huyen-0"].standing = standing
    samples = await samples_of(board)
    up = float(state in {State.UP, State.DEGRADED})
    assert samples[key("endpoint_up", **ENDPOINT)] == up
    assert samples[key("link_up", **LINK)] == up
    assert samples[key("device_up", **DEVICE)] == up
    assert samples[key("endpoint_state", **ENDPOINT)] == samples[key("link_state", **LINK)] == state.number


async def test_a_link_shows_its_rates_and_their_share_of_what_was_bought(board: Board) -> None:
    link = board.links["acc-xa-0"]
    assert link.receive_bps is not None
    samples = await samples_of(board)
    assert samples[key("link_receive_bits_per_second", **LINK)] == round(link.receive_bps)
    assert samples[key("link_capacity_bits_per_second", **LINK)] == 100e6
    share = samples[key("link_utilization_ratio", **LINK, direction="receive")]
    assert share == pytest.approx(link.receive_bps / 100e6)
    assert key("link_utilization_ratio", **LINK, direction="transmit") in samples
    assert samples[key("link_info", **LINK, name="Tuyến acc-xa-0", **INTERFACE)] == 1


async def test_interface_counters_are_the_devices_own(board: Board) -> None:
    reading = board.devices["r-huyen-0"].reading
    assert reading is not None
    interface = reading.interfaces["Gi0/xa-0-access"]
    samples = await samples_of(board)
    for direction, traffic in (("receive", interface.receive), ("transmit", interface.transmit)):
        for column in ("bytes", "packets", "errors", "discards"):
            assert samples[key(f"interface_{direction}_{column}_total", **INTERFACE)] == getattr(traffic, column)
    assert samples[key("interface_up", **INTERFACE)] == 1
    assert samples[key("interface_speed_bits_per_second", **INTERFACE)] == 1e9
    assert samples[key("device_uptime_seconds", **DEVICE)] == reading.uptime_s


async def test_a_counter_the_device_lacks_is_absent(board: Board) -> None:
    reading = board.devices["r-huyen-0"].reading
    assert reading is not None
    poor = replace(
        reading.interfaces["Gi0/xa-0-access"], receive=Traffic(7, None, None, None), speed_bps=None, up=False
    )
    board.record_reading("r-huyen-0", DeviceReading(time.monotonic(), 1.0, {"Gi0/xa-0-access": poor}), 0.01)
    samples = await samples_of(board)
    assert samples[key("interface_receive_bytes_total", **INTERFACE)] == 7
    assert samples[key("interface_up", **INTERFACE)] == 0
    assert key("interface_receive_packets_total", **INTERFACE) not in samples
    assert key("interface_speed_bits_per_second", **INTERFACE) not in samples
    assert samples[key("device_restarts_total", **DEVICE)] == 1


@pytest.mark.parametrize(("age_s", "shown"), [(93.0, True), (95.0, False)])
async def test_a_device_not_polled_for_three_intervals_loses_its_interfaces(*, age_s: float, shown: bool) -> None:
    board = Board(inventory_of(communes=1))
    poll(board, time.monotonic() - age_s, Random(1))
    board.record_failure("r-huyen-0", PollFailed(Outcome.AUTH, "wrong key"), 0.1)
    samples = await samples_of(board)
    assert (key("interface_receive_bytes_total", **INTERFACE) in samples) is shown
    assert (key("device_uptime_seconds", **DEVICE) in samples) is shown
    assert key("device_up", **DEVICE) in samples


async def test_the_agent_shows_itself(board: Board) -> None:
    board.count_poll("icmp", Outcome.TIMEOUT, 0.2)
    board.lag_s.observe(0.003)
    page = MetricsPage(FakeAgent(board, reload_ok=False))
    samples = samples_in(parse_text(await read(page)))
    assert samples[key("polls_total", collector="icmp", result="timeout")] == 1
    assert samples[key("polls_total", collector="snmp", result="refused")] == 0
    assert samples[key("poll_duration_seconds_bucket", collector="icmp", le="0.1")] == 0
    assert samples[key("poll_duration_seconds_bucket", collector="icmp", le="0.25")] == 1
    assert samples[key("schedule_lag_seconds_count")] == 1
    assert samples[key("targets", collector="snmp")] == 14
    assert samples[key("config_last_reload_successful")] == 0
    assert samples[key("config_last_reload_success_timestamp_seconds")] == 1767323045
    names = {name for name, _ in samples}
    assert {"diemcau_build_info", "process_cpu_seconds_total", "process_resident_memory_bytes"} <= names


async def test_a_removed_endpoint_is_gone_at_the_next_scrape_and_so_is_its_text(board: Board) -> None:
    page = MetricsPage(FakeAgent(board))
    assert "vc-xa-0" in await read(page)
    inventory = board.inventory
    board.follow(replace(inventory, endpoints=_without(inventory, "vc-xa-0")))
    assert '"vc-xa-0"' not in await read(page)
    assert all("vc-xa-0" not in section._targets for section in page._sections)


async def test_a_moved_endpoint_changes_its_labels_and_keeps_its_counters(board: Board) -> None:
    page = MetricsPage(FakeAgent(board))
    await read(page)
    sites = dict(board.inventory.sites)
    sites["xa-0"] = replace(sites["xa-0"], parent="huyen-5")
    board.follow(replace(board.inventory, sites=sites))
    samples = samples_in(parse_text(await read(page)))
    assert samples[key("icmp_sent_total", **ENDPOINT | {"district": "huyen-5"})] == 20
    assert key("icmp_sent_total", **ENDPOINT) not in samples


async def test_a_reload_in_the_middle_of_a_scrape_harms_neither(board: Board) -> None:
    page = MetricsPage(FakeAgent(board_of(inventory_of(communes=400), echoes=3)))
    board = page._agent.board
    chunks = page.render(openmetrics=False)
    text = await anext(chunks)
    board.follow(inventory_of(communes=1))
    text += b"".join([chunk async for chunk in chunks])
    samples = samples_in(parse_text(text.decode()))
    assert len({labels for name, labels in samples if name == "diemcau_icmp_sent_total"}) == 418
    assert "vc-xa-9" not in await read(page)


def _without(inventory: Inventory, endpoint_id: str) -> dict:
    return {id_: endpoint for id_, endpoint in inventory.endpoints.items() if id_ != endpoint_id}


async def test_both_formats_say_the_same_and_no_family_twice(board: Board) -> None:
    now_s = time.monotonic()
    page = MetricsPage(FakeAgent(board), lambda: now_s)
    families = list(parse_text(await read(page)))
    assert len({family.name for family in families}) == len(families)
    open_text = await read(page, openmetrics=True)
    assert open_text.count("# EOF") == 1
    assert open_text.endswith("# EOF\n")
    open_families = list(parse_openmetrics(open_text))
    assert [family.name for family in open_families] == [family.name for family in families]
    units = {family.name: family.unit for family in open_families}
    assert units["diemcau_icmp_rtt_seconds"] == "seconds"
    assert units["diemcau_interface_receive_bytes"] == "bytes"
    assert units["diemcau_link_capacity_bits_per_second"] == "bits_per_second"
    ours, theirs = samples_in(families), samples_in(open_families)
    assert {k: v for k, v in ours.items() if k[0].startswith("diemcau")} == {
        k: v for k, v in theirs.items() if k[0].startswith("diemcau")
    }


async def test_promtool_accepts_the_page_but_for_its_taste_in_units(board: Board) -> None:
    answer(board, 5, Random(2))
    promtool = shutil.which("promtool")
    assert promtool, "promtool is missing: apt-get install prometheus"
    page = await read(MetricsPage(FakeAgent(board)))
    complaints, code = await asyncio.to_thread(_check, promtool, page)
    # Lines are bought and sold in bit/s, so their rates are in bit/s: promtool would rather have bytes.
    assert [line for line in complaints if not line.endswith(FOR_BITS)] == []
    assert code in {0, 3}  # 3: it could read all of the page and has remarks


def _check(promtool: str, page: str) -> tuple[list[str], int]:
    checked = subprocess.run([promtool, "check", "metrics"], input=page, capture_output=True, text=True, check=False)
    return (checked.stdout + checked.stderr).splitlines(), checked.returncode
