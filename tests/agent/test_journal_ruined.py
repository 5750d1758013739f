"""A history file that is damaged, before the agent runs or under it, is moved aside and begun anew."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from agent.archive import Archive
from agent.model import State
from tests.agent.journal_telling import (
    CODEC,
    LINK,
    T0,
    Clock,
    Teller,
    an_outage,
    spent,
    story,
    telling,
)
from tests.agent.test_journal_faults import DAY, WINDOW, said, toggle


def garbage(path: Path) -> None:
    path.write_bytes(b"not a database at all, but long enough to look like one\n" * 100)


def halved(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def scribbled(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(bytes(range(256)) * ((path.stat().st_size - 4096) // 256))


@pytest.mark.parametrize("ruin", [garbage, halved, scribbled])
async def test_a_ruined_file_is_moved_aside_and_a_new_one_begun(tmp_path, ruin):
    path, clock = tmp_path / "diemcau.sqlite3", Clock()
    async with telling(path, clock) as teller:
        await toggle(teller, clock, 500)
    ruin(path)
    with capture_logs() as logs:
        async with telling(path, clock) as teller:
            assert teller.journal.trouble == ""
            teller.turn(LINK, State.UP)
            clock.go(9)
            teller.journal.outage(an_outage("1"))
    assert said(logs) == [("error", "the history file is damaged and was moved aside")]
    aside = Path(logs[0]["moved_to"])
    assert aside.stat().st_size
    assert aside.name.startswith("diemcau.sqlite3.damaged-2")
    assert story(Archive(path, clock).spans(T0, clock.now), LINK, clock.now) == [("up", -9, 0)]
    assert [one.id for one in Archive(path, clock).outages(T0, T0 + DAY)] == ["1"]


async def checkpoint(teller: Teller) -> None:
    writer = teller.journal._writer
    await teller.journal._in_thread(lambda: writer._store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall())


async def test_what_a_killed_agent_left_beside_a_ruined_file_is_not_played_into_the_new_one(tmp_path):
    clock = Clock()
    async with telling(tmp_path / "a" / "diemcau.sqlite3", clock) as teller:
        await checkpoint(teller)  # else the -wal holds every page, and SQLite itself mends the file from it
        teller.journal.outage(an_outage("old"))
        await teller.journal.flush()
        shutil.copytree(tmp_path / "a", tmp_path / "b")
    path = tmp_path / "b" / "diemcau.sqlite3"
    assert Path(f"{path}-wal").stat().st_size
    garbage(path)
    async with telling(path, clock) as teller:
        assert teller.journal.trouble == ""
        assert teller.remembered.outages == ()
        teller.journal.outage(an_outage("new"))
    assert [one.id for one in Archive(path, clock).outages(T0, T0 + DAY)] == ["new"]


async def test_a_ruined_first_page_is_seen_though_the_agent_needs_it_no_more(tmp_path, monkeypatch):
    monkeypatch.setattr("agent._journal_writer.LOOK_S", 0.0)
    path, clock = tmp_path / "diemcau.sqlite3", Clock()
    async with telling(path, clock) as teller:
        await checkpoint(teller)
        with path.open("r+b") as file:
            file.write(bytes(4096))
        teller.turn(LINK, State.UP)
        clock.go(5)
        await teller.journal.flush()
        assert story(Archive(path, clock).spans(T0, T0 + DAY), LINK) == [("up", 0, None)]


def zero_header(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.write(bytes(4096))


def remove(path: Path) -> None:
    for one in path.parent.glob("diemcau.sqlite3*"):
        one.unlink()


def remove_folder(path: Path) -> None:
    shutil.rmtree(path.parent)


def replace_by_garbage(path: Path) -> None:
    remove(path)
    garbage(path)


@pytest.mark.parametrize("ruin", [zero_header, remove, remove_folder, replace_by_garbage])
async def test_a_file_ruined_under_a_running_agent_is_begun_anew_from_what_is_held(tmp_path, ruin, monkeypatch):
    monkeypatch.setattr("agent._journal_writer.LOOK_S", 0.0)
    path, clock = tmp_path / "state" / "diemcau.sqlite3", Clock()
    with capture_logs() as logs:
        async with telling(path, clock) as teller:
            teller.turn(LINK, State.UP)
            teller.turn(CODEC, State.UP)
            teller.journal.outage(an_outage("1"))
            teller.journal.outage(an_outage("2", ended=clock.go(20)))
            teller.journal.maintain(WINDOW)
            await teller.journal.flush()
            ruin(path)
            clock.go(10)
            teller.turn(LINK, State.DOWN)
            await teller.journal.flush()
            assert teller.journal.trouble == ""
            assert story(Archive(path, clock).spans(T0, T0 + DAY), LINK) == [("up", 0, 30), ("down", 30, None)]
            assert story(Archive(path, clock).spans(T0, T0 + DAY), CODEC) == [("up", 0, None)]
            clock.go(10)
    assert {level for level, _ in said(logs)} == {"error"}
    assert len(logs) <= 2
    async with telling(path, clock) as teller:
        assert spent(teller.remembered) == {LINK: {State.UP: 30.0, State.DOWN: 10.0}, CODEC: {State.UP: 40.0}}
        assert [one.id for one in teller.remembered.outages] == ["1"]
        assert teller.remembered.windows == (WINDOW,)
