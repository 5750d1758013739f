import asyncio
import time
import zlib

import pytest
from hypothesis import given, strategies as st

from exporters.negotiate import OPENMETRICS_TYPE, TEXT_TYPE, accepts_gzip, prefers_openmetrics
from exporters.prometheus import MetricsPage
from tests.exporters.province import FakeAgent, board_of, inventory_of

PROMETHEUS_2 = (
    "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.1"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
MOST_STALL_S = 0.25  # of CPU; measured: tests/bench/page.py prints it


@pytest.mark.parametrize(
    ("accept", "openmetrics"),
    [
        ("", False),
        ("*/*", False),
        ("text/html,application/xhtml+xml,*/*;q=0.8", False),
        (PROMETHEUS_2, True),
        (PROMETHEUS_3, True),
        ("application/openmetrics-text", True),
        ('application/openmetrics-text; version="1.0.0"', True),
        ("application/openmetrics-text; version=2.0.0", False),
        ("application/openmetrics-text;q=0", False),
        ("application/openmetrics-text;q=0.2, text/plain;q=0.9", False),
        ("application/openmetrics-text;q=bad", False),
    ],
)
def test_the_client_chooses_the_format(*, accept: str, openmetrics: bool) -> None:
    assert prefers_openmetrics(accept) is openmetrics


@pytest.mark.parametrize(
    ("accept_encoding", "gzip"),
    [
        ("", False),
        ("gzip", True),
        ("deflate, GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip;q=0, *", False),
        ("*", True),
        ("br", False),
    ],
)
def test_the_client_chooses_gzip(*, accept_encoding: str, gzip: bool) -> None:
    assert accepts_gzip(accept_encoding) is gzip


@given(st.text())
def test_no_header_upsets_the_choice(header: str) -> None:
    assert prefers_openmetrics(header) in {True, False}
    assert accepts_gzip(header) in {True, False}


async def test_the_answer_is_what_its_headers_say() -> None:
    page = MetricsPage(FakeAgent(board_of(inventory_of(communes=26))))
    headers, body = page.answer(PROMETHEUS_2, "gzip")
    packed = b"".join([chunk async for chunk in body])
    assert headers["Content-Type"] == OPENMETRICS_TYPE
    assert headers["Content-Encoding"] == "gzip"
    text = zlib.decompress(packed, wbits=31)
    assert text.endswith(b"# EOF\n")
    assert len(packed) < len(text) / 5
    headers, body = page.answer("", "")
    assert headers["Content-Type"] == TEXT_TYPE
    assert "Content-Encoding" not in headers
    assert (await anext(body)).startswith(b"# HELP diemcau_endpoint_info")


async def test_a_page_of_ten_thousand_endpoints_holds_up_nothing_for_long(frozen_heap: None) -> None:
    page = MetricsPage(FakeAgent(board_of(inventory_of(communes=9_982), echoes=3)))
    for _ in range(2):  # the first also makes every label's text
        longest_s, size = await _longest_stall_s(page)
        assert longest_s <= MOST_STALL_S
        assert size > 1_000_000


async def _longest_stall_s(page: MetricsPage) -> tuple[float, int]:
    """Scrape with gzip; return the most CPU time the loop gave to one step meanwhile, and the bytes sent."""
    longest_s = 0.0

    async def watch() -> None:
        nonlocal longest_s
        before_s = time.thread_time()
        while True:
            await asyncio.sleep(0)
            now_s = time.thread_time()
            longest_s, before_s = max(longest_s, now_s - before_s), now_s

    watcher = asyncio.create_task(watch(), name="watch")
    _, body = page.answer("", "gzip")
    size = sum([len(chunk) async for chunk in body])
    watcher.cancel()
    return longest_s, size
