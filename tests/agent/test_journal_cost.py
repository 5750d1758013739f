"""What the journal costs the loop, and how it forgets."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing, suppress
from datetime import timedelta

from agent._journal_rows import micros
from agent._journal_store import Store
from agent.archive import Archive
from agent.history import Maintenance
from agent.journal import Journal
from agent.model import Cause, Change, Kind, Standing, State
from tests.agent.journal_telling import LINK, MONTHS_S, T0, Clock, an_outage, seconds, story, telling

FLEET = [(Kind.ENDPOINT, f"vc-{number:05}") for number in range(10_000)]


async def lags(stop: asyncio.Event) -> list[float]:
    """How late the loop was at each millisecond's sleep, until told to stop."""
    late = []
    while not stop.is_set():
        before_s = time.perf_counter()
        await asyncio.sleep(0.001)
        late.append(time.perf_counter() - before_s - 0.001)
    return late


async def test_ten_thousand_changes_at_once_cost_the_loop_little(tmp_path, frozen_heap):
    path, clock = tmp_path / "diemcau.sqlite3", Clock()
    async with telling(path, clock, FLEET) as teller:
        await teller.journal.flush()
        clock.go(60)
        old, new = Standing(State.UNKNOWN, T0), Standing(State.UNREACHABLE, clock.now, Cause.CUT_OFF, "", "r-core")
        changes = [Change(*key, old, new, clock.now) for key in FLEET]
        stop = asyncio.Event()
        watching = asyncio.create_task(lags(stop))
        await asyncio.sleep(0)
        began_s = time.perf_counter()
        for change in changes:
            teller.journal.changed(change)
        told_s = time.perf_counter() - began_s
        await teller.journal.flush()
        written_s = time.perf_counter() - began_s
        stop.set()
        late_s = max(await watching)
        spans = Archive(path, clock).spans(T0, clock.now)
    print(f"told in {told_s * 1e3:.1f} ms, written in {written_s * 1e3:.0f} ms, loop late by {late_s * 1e3:.1f} ms")  # noqa: T201 - the measure
    assert told_s < 0.03
    assert written_s < 1
    assert late_s < 0.1
    assert len(spans) == len(FLEET)


async def test_a_province_starts_quickly_from_what_it_remembers(tmp_path):
    path, clock = tmp_path / "diemcau.sqlite3", Clock()
    async with telling(path, clock, FLEET) as teller:
        await teller.journal.flush()
    began_s = time.perf_counter()
    async with telling(path, clock, FLEET) as teller:
        took_s = time.perf_counter() - began_s
        assert len(teller.remembered.seconds) == len(FLEET)
    print(f"opened with {len(FLEET)} targets in {took_s * 1e3:.0f} ms")  # noqa: T201 - the measure
    assert took_s < 2


async def test_what_is_older_than_the_retention_is_forgotten_and_nothing_else(tmp_path):
    path, clock, month = tmp_path / "diemcau.sqlite3", Clock(T0 - timedelta(days=30)), timedelta(days=30)
    window = Maintenance(("thanh-son",), T0 - month, T0 - month + timedelta(hours=1), "", "m1")
    async with telling(path, clock) as teller:
        teller.turn(LINK, State.UP)
        for _ in range(1500):
            clock.go(60)
            teller.turn(LINK, State.DOWN)
            clock.go(60)
            teller.turn(LINK, State.UP)
        teller.journal.outage(an_outage("old", T0 - month, T0 - month + timedelta(hours=1)))
        teller.journal.outage(an_outage("still open", T0 - month))
        teller.journal.maintain(window)
    clock.now = T0
    async with telling(path, clock) as teller:
        clock.go(3600)
        teller.turn(LINK, State.UP)
        teller.journal.outage(an_outage("new", T0, clock.now))
    before = seconds(Archive(path, clock).spans(T0 - timedelta(days=1), clock.now), clock.now)
    journal = Journal(path, timedelta(days=1).total_seconds(), clock)
    await journal.open()
    running = asyncio.create_task(journal.run())
    while len(Archive(path, clock).spans(T0 - month, clock.now)) > 100:  # noqa: ASYNC110 - another thread's work
        await asyncio.sleep(0.1)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    archive = Archive(path, clock)
    spans = archive.spans(T0 - month, clock.now)
    assert story(spans, LINK)[0][0] == "unknown"  # the long stretch between the runs reaches into the retention
    assert seconds(archive.spans(T0 - timedelta(days=1), clock.now), clock.now) == before
    assert [outage.id for outage in archive.outages(T0 - month, clock.now)] == ["still open", "new"]
    assert archive.maintenance() == []
    with closing(sqlite3.connect(path)) as db:
        (runs,) = db.execute("SELECT count(*) FROM run").fetchone()
    assert runs == 2


def test_forgetting_holds_no_write_up_for_long(tmp_path):
    """A year's worth of old spans goes in batches of milliseconds, those of one moment at once."""
    with closing(Store(tmp_path / "diemcau.sqlite3")) as store:
        first, many = micros(T0), 100_000
        rows = [(26, first + number // 5000, "endpoint", f"vc-{number}", "up", "", first) for number in range(many)]
        with store._transaction():
            store._db.executemany("INSERT INTO span VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        gone, took_s = [], []
        while not gone or gone[-1]:
            began_s = time.perf_counter()
            gone.append(store.prune(first + 1000, 2000))
            took_s.append(time.perf_counter() - began_s)
    print(f"{len(gone)} batches, at most {max(gone)} rows and {max(took_s) * 1e3:.0f} ms")  # noqa: T201 - the measure
    assert sum(gone) == many
    assert max(gone) <= 5000
    assert max(took_s) < 0.5


async def test_a_big_history_is_read_while_it_is_written(tmp_path):
    """A reader in the middle of its work keeps the writer waiting for nothing, and sees one moment."""
    path, clock = tmp_path / "diemcau.sqlite3", Clock()
    async with telling(path, clock, retention_s=MONTHS_S) as teller:
        with Archive(path, clock)._reading() as reader:
            before = reader.execute("SELECT count(*) FROM span").fetchone()
            clock.go(5)
            teller.turn(LINK, State.UP)
            await teller.journal.flush()
            assert teller.journal.trouble == ""
            assert reader.execute("SELECT count(*) FROM span").fetchone() == before
        assert story(Archive(path, clock).spans(T0, clock.now), LINK)[0] == ("unknown", 0, 5)
