from __future__ import annotations

import asyncio
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

from structlog.testing import capture_logs

from agent.archive import Archive
from agent.history import Maintenance
from agent.journal import Journal
from agent.model import Cause, Change, Kind, Standing, State
from tests.agent.journal_telling import (
    BOTH,
    CODEC,
    LINK,
    MONTHS_S,
    T0,
    Clock,
    an_outage,
    assert_gapless,
    seconds,
    spent,
    story,
    telling,
)

ALWAYS = (T0 - timedelta(days=1), T0 + timedelta(days=1))


async def test_time_in_states_adds_up_over_changes_and_a_restart(tmp_path):
    path, clock = tmp_path / "state" / "diemcau.sqlite3", Clock()
    async with telling(path, clock) as teller:
        assert teller.remembered.seconds == {}
        clock.go(2)
        teller.turn(LINK, State.UP)
        clock.go(100)
        teller.turn(LINK, State.DOWN)
        teller.turn(CODEC, State.UNREACHABLE, root="wan-thanh-son")
        clock.go(30)
        teller.turn(LINK, State.UP)
        clock.go(8)
    clock.go(60)
    async with telling(path, clock) as teller:
        remembered = spent(teller.remembered)
        clock.go(5)
        teller.turn(LINK, State.UP)
        await teller.journal.flush()
        spans = Archive(path, clock).spans(*ALWAYS)
    assert remembered[LINK] == {State.UNKNOWN: 62.0, State.UP: 108.0, State.DOWN: 30.0}
    assert remembered[CODEC] == {State.UNKNOWN: 162.0, State.UNREACHABLE: 38.0}
    assert story(spans, LINK) == [
        ("unknown", 0, 2),
        ("up", 2, 102),
        ("down", 102, 132),
        ("up", 132, 140),
        ("unknown", 140, 205),
        ("up", 205, None),
    ]
    assert story(spans, CODEC) == [("unknown", 0, 102), ("unreachable", 102, 140), ("unknown", 140, None)]
    assert [span.root for span in spans if span.state is State.UNREACHABLE] == ["wan-thanh-son"]
    assert_gapless(spans)


async def test_a_killed_run_counts_up_to_its_last_sign_of_life(tmp_path):
    clock = Clock()
    async with telling(tmp_path / "a" / "diemcau.sqlite3", clock) as teller:
        teller.turn(LINK, State.UP)
        clock.go(10)
        await teller.journal.flush()  # a sign of life
        clock.go(1.5)
        teller.turn(LINK, State.DOWN)
        shutil.copytree(tmp_path / "a", tmp_path / "b")  # what a kill leaves
    clock.go(20)
    path = tmp_path / "b" / "diemcau.sqlite3"
    assert story(Archive(path, clock).spans(T0, clock.now), LINK) == [("up", 0, 10), ("unknown", 10, 31.5)]
    async with telling(path, clock) as teller:
        assert spent(teller.remembered)[LINK] == {State.UP: 10.0, State.UNKNOWN: 21.5}
    with closing(sqlite3.connect(path)) as db:
        lasted = [ended - started for started, ended in db.execute("SELECT started, ended FROM run ORDER BY started")]
    assert lasted == [10_000_000, 0]


async def test_what_holds_now_has_no_end_while_the_agent_lives(tmp_path):
    path, clock = tmp_path / "diemcau.sqlite3", Clock()
    archive = Archive(path, clock)
    async with telling(path, clock) as teller:
        teller.turn(LINK, State.UP)
        clock.go(10)
        await teller.journal.flush()
        clock.go(9)
        assert story(archive.spans(T0, clock.now), LINK) == [("up", 0, None)]
        assert story(archive.spans(T0 + timedelta(seconds=2), T0 + timedelta(seconds=5)), LINK) == [("up", 2, 5)]
        clock.go(2)  # no sign of life for 11 s
        assert story(archive.spans(T0, clock.now), LINK) == [("up", 0, 10), ("unknown", 10, 21)]
        assert story(archive.spans(T0, clock.now + timedelta(days=9)), LINK) == [("up", 0, 10), ("unknown", 10, 21)]
    clock.go(1)
    assert story(archive.spans(T0, clock.now), LINK) == [("up", 0, 21), ("unknown", 21, 22)]


async def test_outages_and_windows_are_found_again(tmp_path):
    path, clock = tmp_path / "diemcau.sqlite3", Clock()
    window = Maintenance(("thanh-son",), T0, T0 + timedelta(hours=2), "thay bộ lưu điện \ud800", "m1")
    future = replace(window, id="m2", start=T0 + timedelta(hours=5), end=T0 + timedelta(hours=6), why="")
    async with telling(path, clock) as teller:
        teller.journal.outage(an_outage("1"))
        teller.journal.outage(replace(an_outage("1"), affected=0, ended=clock.go(60)))
        teller.journal.outage(an_outage("2", clock.now))
        for one in (window, future, replace(future, id="m3")):
            teller.journal.maintain(one)
    clock.go(60)
    async with telling(path, clock) as teller:
        assert teller.remembered.outages == (an_outage("2", T0 + timedelta(seconds=60)),)
        assert teller.remembered.windows == (
            replace(window, why="thay bộ lưu điện ?"),
            future,
            replace(future, id="m3"),
        )
        teller.journal.maintain(replace(window, why="", end=clock.now))  # ended early
        teller.journal.maintain(replace(future, end=clock.now))  # called off
        clock.go(1)
    archive = Archive(path, clock)
    assert archive.maintenance() == [replace(window, why="", end=T0 + timedelta(seconds=120)), replace(future, id="m3")]
    assert [outage.id for outage in archive.outages(*ALWAYS)] == ["1", "2"]
    assert [outage.id for outage in archive.outages(*ALWAYS, open_only=True)] == ["2"]
    assert archive.outages(*ALWAYS)[0] == replace(an_outage("1"), affected=0, ended=T0 + timedelta(seconds=60))
    assert archive.outages(T0 + timedelta(seconds=61), T0 + timedelta(seconds=62))[0].id == "2"
    async with telling(path, clock) as teller:
        assert [one.id for one in teller.remembered.windows] == ["m3"]


async def test_an_outage_is_in_the_file_at_once_and_changes_within_a_second(tmp_path):
    path = tmp_path / "diemcau.sqlite3"
    journal, archive = Journal(path, MONTHS_S), Archive(path)
    await journal.open()
    now = journal._clock()
    journal.follow(BOTH)
    running = asyncio.create_task(journal.run())
    journal.outage(an_outage("1", now))
    await asyncio.sleep(0.2)
    assert [outage.id for outage in archive.outages(now, now + timedelta(days=1))] == ["1"]
    journal.changed(Change(*LINK, Standing(State.UNKNOWN, now), Standing(State.UP, now), now))
    await asyncio.sleep(1.2)
    spans = archive.spans(now, now + timedelta(days=1))
    assert [span.state for span in spans if span.kind is Kind.LINK][-1] is State.UP
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert running.cancelled()
    assert {span.state for span in archive.spans(now, now + timedelta(seconds=1))} == {State.UP, State.UNKNOWN}
    await journal.close()  # a second time: nothing to do


async def test_another_cause_of_the_same_state_writes_nothing_and_another_root_does(tmp_path):
    path, clock = tmp_path / "diemcau.sqlite3", Clock()
    down = Standing(State.DOWN, T0, Cause.SILENT)
    async with telling(path, clock) as teller:
        teller.turn(LINK, State.DOWN)
        teller.turn(CODEC, State.UNREACHABLE, "r-thanh-son")
        teller.journal.changed(Change(*LINK, down, replace(down, cause=Cause.INTERFACE_DOWN), clock.go(5)))
        teller.turn(CODEC, State.UNREACHABLE, "wan-thanh-son")
        clock.go(5)
        await teller.journal.flush()
        spans = Archive(path, clock).spans(*ALWAYS)
    assert story(spans, LINK) == [("down", 0, None)]
    assert [(span.root, span.start) for span in spans if span.kind is Kind.ENDPOINT] == [
        ("r-thanh-son", T0),
        ("wan-thanh-son", T0 + timedelta(seconds=5)),
    ]


async def test_targets_that_come_and_go_keep_their_history(tmp_path):
    path, clock = tmp_path / "diemcau.sqlite3", Clock()
    async with telling(path, clock, [LINK]) as teller:
        teller.turn(LINK, State.UP)
        clock.go(10)
        teller.follow([CODEC])
        clock.go(10)
        teller.turn(CODEC, State.UP)
        clock.go(10)
        teller.follow(BOTH)
        clock.go(10)
    async with telling(path, clock) as teller:
        assert spent(teller.remembered) == {CODEC: {State.UNKNOWN: 10.0, State.UP: 20.0}, LINK: {State.UNKNOWN: 10.0}}
    spans = Archive(path, clock).spans(T0, clock.now)
    assert story(spans, LINK) == [("up", 0, 10), ("unknown", 30, 40)]
    assert seconds(spans, clock.now)[CODEC] == {State.UNKNOWN: 10.0, State.UP: 20.0}


async def test_a_record_made_anew_is_unknown_since_it_was_made(tmp_path):
    """A reload with another address begins a target's record anew and says so only with its next change."""
    path, clock = tmp_path / "diemcau.sqlite3", Clock()
    async with telling(path, clock) as teller:
        teller.turn(CODEC, State.UP)
        anew = Standing(State.UNKNOWN, clock.go(100), Cause.STARTING)
        teller.journal.changed(Change(*CODEC, anew, Standing(State.UP, clock.go(3)), clock.now))
        clock.go(1)
    assert story(Archive(path, clock).spans(T0, clock.now), CODEC) == [
        ("up", 0, 100),
        ("unknown", 100, 103),
        ("up", 103, 104),
    ]


async def test_a_clock_set_back_counts_no_moment_twice(tmp_path):
    path, clock = tmp_path / "diemcau.sqlite3", Clock()
    async with telling(path, clock) as teller:
        teller.turn(LINK, State.UP)
        clock.go(3600)
        teller.turn(LINK, State.DOWN)
    clock.go(-1800)
    with capture_logs() as logs:
        async with telling(path, clock) as teller:
            teller.turn(LINK, State.UP)
            clock.go(60)
            teller.turn(LINK, State.DOWN)
            clock.go(1800)
            teller.turn(LINK, State.UP)
            clock.go(10)
            await teller.journal.flush()
            spans = Archive(path, clock).spans(*ALWAYS)
    assert [line["event"].partition(":")[0] for line in logs] == [
        "the clock stands before the history's end; time counts again once it has passed it"
    ]
    assert_gapless(spans)
    assert story(spans, LINK) == [("up", 0, 3600), ("down", 3600, 3660), ("up", 3660, None)]
