"""Print what a scrape costs, beside prometheus-client on the same board: `page.py [ENDPOINTS...]`."""

from __future__ import annotations

import asyncio
import gc
import sys
import time
import tracemalloc
import zlib
from collections.abc import Awaitable, Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from prometheus_client.exposition import generate_latest

from agent.state import Board
from exporters.prometheus import MetricsPage
from tests.exporters.province import FakeAgent, board_of, inventory_of
from tests.exporters.reference import Reference

RUNS = 15
MONTH_S = 30 * 86_400


async def scrape(page: MetricsPage, encoding: str = "") -> int:
    """Take the page and drop it; return its size."""
    _, body = page.answer("", encoding)
    return sum([len(chunk) async for chunk in body])


async def best_ms(work: Callable[[], Awaitable[object]], runs: int = RUNS) -> float:
    """Return the least CPU time of several runs, in ms: the machine's other work only ever adds."""
    times_s = []
    for _ in range(runs):
        start_s = time.process_time()
        await work()
        times_s.append(time.process_time() - start_s)
    return min(times_s) * 1e3


async def stall_ms(page: MetricsPage) -> float:
    """Return the longest CPU time between two turns of another task during a gzip scrape, in ms."""
    gaps_s = [0.0]

    async def watch() -> None:
        before_s = time.thread_time()
        while True:
            await asyncio.sleep(0)
            now_s = time.thread_time()
            gaps_s.append(now_s - before_s)
            before_s = now_s

    watcher = asyncio.create_task(watch(), name="watch")
    await scrape(page, "gzip")
    watcher.cancel()
    return max(gaps_s) * 1e3


async def measure(endpoints: int) -> None:
    """Print one size's figures."""
    board = board_of(inventory_of(communes=endpoints - 18), echoes=10)
    page = MetricsPage(FakeAgent(board))
    reference = Reference(board)
    first_ms = await stall_ms(page)
    kept_bytes = await _label_bytes(FakeAgent(board))
    size, packed = await scrape(page), await scrape(page, "gzip")
    plain_ms = await best_ms(lambda: scrape(page))
    gzip_ms = await best_ms(lambda: scrape(page, "gzip"))
    again_ms = max([await stall_ms(page) for _ in range(3)])
    _age(board)
    month_ms = await best_ms(lambda: scrape(page, "gzip"))
    theirs_ms = await best_ms(lambda: asyncio.to_thread(generate_latest, reference), 3)
    print(  # noqa: T201  # a table is what it is for - a bench prints
        f"{endpoints:6} endpoints: {size / 1e6:5.1f} MB, gzip {packed / 1e3:5.0f} kB | ours {plain_ms:6.1f} ms,"
        f" with gzip {gzip_ms:6.1f} ms, after a month {month_ms:6.1f} ms | prometheus-client {theirs_ms:7.1f} ms"
        f" ({theirs_ms / plain_ms:.0f}x) | longest stall {again_ms:4.1f} ms, first scrape {first_ms:4.1f} ms"
        f" | labels {kept_bytes / 1e6:.1f} MB"
    )


async def _label_bytes(agent: FakeAgent) -> int:
    tracemalloc.start()
    page = MetricsPage(agent)
    await scrape(page)
    gc.collect()
    kept_bytes, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return kept_bytes


def _age(board: Board) -> None:
    for record in board.endpoints.values():
        window = record.window
        window.sent += MONTH_S
        window.received += MONTH_S
        window.round_trips_s.total *= MONTH_S
        window.round_trips_s.counts = [
            count * MONTH_S // 10 + 7 * n for n, count in enumerate(window.round_trips_s.counts)
        ]


async def levels() -> None:
    """Print time against size of gzip's levels for the province's page."""
    page = MetricsPage(FakeAgent(board_of(inventory_of(), echoes=60)))
    text = b"".join([chunk async for chunk in page.render(openmetrics=False)])
    for level in (1, 2, 3, 4, 6, 9):

        async def pack(level: int = level) -> None:
            zlib.compress(text, level, 31)

        packed = len(zlib.compress(text, level, 31))
        print(f"gzip -{level}: {await best_ms(pack):5.1f} ms, {len(text) / packed:4.1f} times smaller")  # noqa: T201  # a table is what it is for


async def main() -> None:
    """Measure the sizes asked for."""
    for endpoints in map(int, sys.argv[1:] or ["243", "1000", "10000"]):
        await measure(endpoints)
    await levels()


asyncio.run(main())
