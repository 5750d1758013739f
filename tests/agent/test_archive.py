from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import tempfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from agent.archive import Archive, Unreadable
from agent.model import Kind, State
from tests.agent.journal_telling import CODEC, LINK, T0, Clock, an_outage, assert_gapless, story, telling

NOBODY = 65534
DAY = timedelta(days=1)
TARGETS = [(Kind.ENDPOINT, f"vc-{number}") for number in range(5)]
TOLD_S = 30 * 86400


def test_where_there_is_no_file_there_is_no_history(tmp_path):
    archive = Archive(tmp_path / "nowhere" / "diemcau.sqlite3")
    assert archive.spans(T0, T0 + DAY) == []
    assert archive.outages(T0, T0 + DAY) == []
    assert archive.maintenance() == []
    assert archive.first_seen() is None
    assert not (tmp_path / "nowhere").exists()


def test_a_file_that_no_agent_has_set_up_yet_is_empty(tmp_path):
    path = tmp_path / "diemcau.sqlite3"
    path.touch()
    assert Archive(path).outages(T0, T0 + DAY) == []
    assert Archive(path).first_seen() is None


def test_what_is_no_history_is_said(tmp_path):
    path = tmp_path / "diemcau.sqlite3"
    path.write_text("a letter to my aunt" * 100)
    with pytest.raises(Unreadable, match=r"cannot read the history .*diemcau.sqlite3: file is not a database; "):
        Archive(path).spans(T0, T0 + DAY)


async def test_the_history_begins_with_its_first_stretch(tmp_path):
    path, clock = tmp_path / "diemcau.sqlite3", Clock()
    archive = Archive(path, clock)
    async with telling(path, clock) as teller:
        await teller.journal.flush()
        assert archive.first_seen() == T0
        clock.go(10_000)
        teller.turn(LINK, State.UP)
        clock.go(1)
        teller.turn(LINK, State.DOWN)
        teller.turn(CODEC, State.DOWN)
        await teller.journal.flush()
        assert archive.first_seen() == T0
        teller.journal.outage(an_outage("1", T0 - DAY))
        await teller.journal.flush()
        assert archive.first_seen() == T0 - DAY


async def test_outages_are_those_that_overlap_the_period(tmp_path):
    path, clock, hour = tmp_path / "diemcau.sqlite3", Clock(), timedelta(hours=1)
    async with telling(path, clock) as teller:
        teller.journal.outage(an_outage("c", T0 + 5 * hour))
        teller.journal.outage(an_outage("b", T0 + 2 * hour, T0 + 4 * hour))
        teller.journal.outage(an_outage("a", T0, T0 + 6 * hour))
    archive = Archive(path, clock)

    def ids(start: int, end: int, *, open_only: bool = False) -> str:
        found = archive.outages(T0 + start * hour, T0 + end * hour, open_only=open_only)
        return "".join(outage.id for outage in found)

    assert ids(-1, 9) == "abc"
    assert ids(-1, 0) == ""
    assert ids(3, 4) == "ab"
    assert ids(4, 5) == "a"
    assert ids(5, 6) == "ac"
    assert ids(5, 7) == "ac"
    assert ids(7, 9) == "c"
    assert ids(-1, 9, open_only=True) == "c"


@pytest.fixture(scope="module")
def month() -> Path:
    """Thirty days of five targets: stretches from a microsecond to weeks, and one that lasts."""
    chance, clock = random.Random(4), Clock()

    async def tell(path: Path) -> None:
        async with telling(path, clock, TARGETS) as teller:
            while (clock.now - T0).total_seconds() < TOLD_S:
                key = TARGETS[min(int(chance.expovariate(1.5)), 4)]
                teller.turn(key, chance.choice(list(State)))
                clock.go(10 ** chance.uniform(-6, 5))
            teller.turn(TARGETS[4], State.UP)

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(tell(Path(folder) / "diemcau.sqlite3"))
        yield Path(folder) / "diemcau.sqlite3"


moments = st.floats(-0.1, 1.2).map(lambda share: T0 + timedelta(seconds=share * TOLD_S))


@given(moments, moments)
def test_any_period_is_the_whole_history_cut_to_it(month, one, other):
    start, end = min(one, other), max(one, other)
    archive = Archive(month, Clock(T0 + timedelta(seconds=2 * TOLD_S)))
    whole = archive.spans(T0 - DAY, T0 + timedelta(seconds=2 * TOLD_S))
    cut = [
        (span.kind, span.target, span.state, max(span.start, start), min(span.end, end))
        for span in whole
        if span.start < end and span.end > start
    ]
    found = archive.spans(start, end)
    assert_gapless(found)
    assert sorted((s.kind, s.target, s.state, s.start, s.end) for s in found) == sorted(c for c in cut if c[3] < c[4])


@pytest.mark.parametrize("running", [True, False])
async def test_another_user_reads_it_with_and_without_a_running_agent(running):
    """A person's own `diemcau report` needs no right to write where the agent keeps its state."""
    clock = Clock()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        path = folder / "diemcau.sqlite3"
        async with telling(path, clock) as teller:
            clock.go(5)
            teller.turn(LINK, State.UP)
            await teller.journal.flush()
            if running:
                assert as_nobody(path, clock) == [("unknown", 0, 5)]
                clock.go(5)
                assert as_nobody(path, clock) == [("unknown", 0, 5), ("up", 5, None)]
        if not running:
            assert as_nobody(path, clock) == [("unknown", 0, 5)]
            assert sorted(one.name for one in folder.iterdir()) == ["diemcau.sqlite3", "diemcau.sqlite3-lock"]


def as_nobody(path: Path, clock: Clock) -> list:
    os.seteuid(NOBODY)
    try:
        return story(Archive(path, clock).spans(T0, clock.now), LINK)
    finally:
        os.seteuid(0)


async def test_a_killed_agents_last_words_are_read(tmp_path):
    """What only the -wal file holds yet is history too."""
    path, clock = tmp_path / "diemcau.sqlite3", Clock()
    async with telling(path, clock) as teller:
        teller.journal.outage(an_outage("1"))
        await teller.journal.flush()
        copy = tmp_path / "copy" / "diemcau.sqlite3"
        copy.parent.mkdir()
        for suffix in ("", "-wal"):
            Path(f"{copy}{suffix}").write_bytes(Path(f"{path}{suffix}").read_bytes())
    with closing(sqlite3.connect(f"{copy.as_uri()}?immutable=1", uri=True)) as alone, pytest.raises(sqlite3.Error):
        alone.execute("SELECT * FROM outage")
    assert [outage.id for outage in Archive(copy).outages(T0, T0 + DAY)] == ["1"]
