"""Disks that are full, files that are ruined, locked or gone: it is said once, nothing is lost, and writing resumes."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from agent import _journal_books
from agent.archive import Archive
from agent.history import Maintenance
from agent.model import State
from tests.agent.journal_telling import (
    LINK,
    T0,
    Clock,
    Teller,
    an_outage,
    assert_gapless,
    spent,
    story,
    telling,
)

DAY = timedelta(days=1)
WINDOW = Maintenance(("thanh-son",), T0, T0 + DAY, "thay bộ lưu điện", "m1")


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A disk of one megabyte."""
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "diemcau-test", place], check=True)
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def fill(disk: Path, name: str = "ballast") -> Path:
    ballast = disk / name
    filled = subprocess.run(["dd", "if=/dev/zero", f"of={ballast}"], check=False, capture_output=True, text=True)
    assert "No space left" in filled.stderr
    return ballast


async def toggle(teller: Teller, clock: Clock, times: int) -> None:
    """Change the link's state each second, and try to write each tenth."""
    for turn in range(times):
        clock.go(1)
        teller.turn(LINK, State.DOWN if turn % 2 else State.UP)
        if turn % 10 == 9:
            await teller.journal.flush()


def said(logs: list) -> list[tuple[str, str]]:
    return [(line["log_level"], line["event"].split(",")[0]) for line in logs]


async def test_a_full_disk_is_said_once_and_nothing_is_lost_when_it_has_room_again(small_disk):
    path, clock = small_disk / "diemcau.sqlite3", Clock()
    with capture_logs() as logs:
        async with telling(path, clock) as teller:
            await toggle(teller, clock, 20)
            teller.journal.outage(an_outage("before"))
            await teller.journal.flush()
            ballast = fill(small_disk)
            await toggle(teller, clock, 2000)
            more = fill(small_disk, "more ballast")  # whatever room was given free meanwhile
            teller.journal.outage(an_outage("meanwhile", clock.now))
            await teller.journal.flush()
            assert teller.journal.trouble == f"the disk of {path} is full; free some space on it"
            assert [one.id for one in Archive(path, clock).outages(T0, T0 + DAY)] == ["before"]  # it can still be read
            ballast.unlink()
            more.unlink()
            await teller.journal.flush()
            assert teller.journal.trouble == ""
            await toggle(teller, clock, 20)
    assert said(logs) == [("error", "history is not written"), ("info", "history is written again")]
    assert "full" in logs[0]["reason"]
    assert logs[1]["spans_lost"] == 0
    spans = Archive(path, clock).spans(T0, clock.now)
    assert_gapless(spans)
    assert len(story(spans, LINK)) == 2040
    assert [one.id for one in Archive(path, clock).outages(T0, T0 + DAY)] == ["before", "meanwhile"]


async def test_a_start_on_a_full_disk_joins_its_history_once_there_is_room(small_disk):
    path, clock = small_disk / "diemcau.sqlite3", Clock()
    async with telling(path, clock) as teller:
        teller.turn(LINK, State.UP)
        clock.go(100)
        teller.journal.outage(an_outage("left open"))
    clock.go(10)
    ballast = fill(small_disk)
    with capture_logs() as logs:
        async with telling(path, clock) as teller:
            assert "is full" in teller.journal.trouble
            assert teller.remembered.outages == ()
            clock.go(5)
            teller.turn(LINK, State.DOWN)
            await teller.journal.flush()
            ballast.unlink()
            clock.go(5)
            await teller.journal.flush()
            spans = Archive(path, clock).spans(T0, T0 + DAY)
            (outage,) = Archive(path, clock).outages(T0, T0 + DAY)
    assert said(logs) == [("error", "history is not written"), ("info", "history is written again")]
    assert_gapless(spans)
    assert story(spans, LINK) == [("up", 0, 100), ("unknown", 100, 110), ("unknown", 110, 115), ("down", 115, None)]
    assert outage.ended == T0 + timedelta(seconds=100)
    async with telling(path, clock) as teller:
        assert spent(teller.remembered)[LINK] == {State.UP: 100.0, State.UNKNOWN: 15.0, State.DOWN: 5.0}


async def test_more_than_can_be_kept_loses_the_oldest_and_says_so(small_disk, monkeypatch):
    monkeypatch.setattr(_journal_books, "MOST_SPANS", 50)
    path, clock = small_disk / "diemcau.sqlite3", Clock()
    with capture_logs() as logs:
        async with telling(path, clock) as teller:
            ballast = fill(small_disk)
            await toggle(teller, clock, 1000)
            ballast.unlink()
    assert said(logs) == [
        ("error", "history is not written"),
        ("error", "too much waits to be written"),
        ("info", "history is written again"),
    ]
    lost = logs[-1]["spans_lost"]
    spans = story(Archive(path, clock).spans(T0, clock.now), LINK)
    assert (lost, len(spans)) == (950, 50)
    assert [end for _, _, end in spans] == list(range(951, 1001))


async def test_a_disk_that_may_only_be_read_is_said_and_the_agent_goes_on(small_disk):
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    path, clock = small_disk / "deep" / "diemcau.sqlite3", Clock()
    async with telling(path, clock) as teller:
        assert "make the folder writable for this user or set agent.state_dir" in teller.journal.trouble
        clock.go(10)
        subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
        await teller.journal.flush()
        assert teller.journal.trouble == ""
    assert story(Archive(path, clock).spans(T0, clock.now), LINK) == [("unknown", 0, 10)]


async def test_a_file_where_the_folder_should_be_is_said(tmp_path):
    (tmp_path / "state").write_text("")
    async with telling(tmp_path / "state" / "diemcau.sqlite3", Clock()) as teller:
        assert "set agent.state_dir" in teller.journal.trouble


async def test_a_locked_file_is_said_and_written_once_it_is_free(tmp_path):
    path, clock = tmp_path / "diemcau.sqlite3", Clock()
    async with telling(path, clock) as teller:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            teller.turn(LINK, State.UP)
            await teller.journal.flush()
            assert teller.journal.trouble == f"{path} is locked by another program; end that program"
        clock.go(7)
        await teller.journal.flush()
        assert teller.journal.trouble == ""
        assert story(Archive(path, clock).spans(T0, T0 + DAY), LINK) == [("up", 0, None)]


async def test_two_agents_do_not_write_one_history(tmp_path):
    path, clock = tmp_path / "diemcau.sqlite3", Clock()
    async with telling(path, clock) as first:
        first.turn(LINK, State.UP)
        async with telling(path, clock) as second:
            assert "another diemcau writes" in second.journal.trouble
            second.turn(LINK, State.DOWN)
        clock.go(5)
    assert story(Archive(path, clock).spans(T0, clock.now), LINK) == [("up", 0, 5)]


async def test_a_newer_versions_file_is_left_alone(tmp_path):
    path, clock = tmp_path / "diemcau.sqlite3", Clock()
    with closing(sqlite3.connect(path)) as newer:
        newer.execute("PRAGMA user_version = 999")
    before = path.read_bytes()
    async with telling(path, clock) as teller:
        assert "written by a newer diemcau (its schema is 999" in teller.journal.trouble
    assert path.read_bytes() == before
