"""A file of any earlier version is brought to the newest, each step whole or not at all."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from agent._journal_store import MIGRATIONS, Store
from agent.archive import Archive
from agent.model import State
from tests.agent.journal_telling import LINK, T0, Clock, spent, story, telling

US = 10**6
FIRST = int(T0.timestamp()) * US
# What an agent with the first schema, killed after 100 s, has left: a link that is down for 60 s, and its outage.
LEFT_BY_THE_FIRST = f"""
INSERT INTO run VALUES ({FIRST}, {FIRST + 100 * US}, NULL);
INSERT INTO span VALUES (26, {FIRST + 40 * US}, 'link', 'wan-thanh-son', 'up', '', {FIRST});
INSERT INTO now VALUES ('link', 'wan-thanh-son', 'down', '', {FIRST + 40 * US}, 0, {40 * US}, 0, 0, 0, 0);
INSERT INTO outage VALUES ('1', 'link', 'wan-thanh-son', 'beyond_silent', {FIRST + 40 * US}, {FIRST + 43 * US}, NULL,
    'thanh-son', '', 18, 18, '["r-thanh-son"]', 0, '');
INSERT INTO maintenance VALUES (1, 'm1', '["thanh-son"]', {FIRST}, {FIRST + 7200 * US}, 'thay pin');
"""


def steps() -> list[Path]:
    return sorted(MIGRATIONS.glob("*.sql"))


def schema(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        return db.execute("PRAGMA user_version").fetchone()[0]


async def test_a_file_of_the_first_schema_goes_on_in_the_newest(tmp_path):
    path, clock = tmp_path / "diemcau.sqlite3", Clock(T0 + timedelta(seconds=110))
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.executescript(f"{steps()[0].read_text(encoding='utf-8')}; {LEFT_BY_THE_FIRST}; PRAGMA user_version = 1;")
    async with telling(path, clock) as teller:
        assert teller.journal.trouble == ""
        assert spent(teller.remembered) == {LINK: {State.UP: 40.0, State.DOWN: 60.0, State.UNKNOWN: 10.0}}
        assert [(outage.id, outage.suspects) for outage in teller.remembered.outages] == [("1", ("r-thanh-son",))]
        assert [(window.id, window.why) for window in teller.remembered.windows] == [("m1", "thay pin")]
    assert schema(path) == len(steps())
    spans = Archive(path, clock).spans(T0, clock.now)
    assert story(spans, LINK) == [("up", 0, 40), ("down", 40, 100), ("unknown", 100, 110)]


def test_the_steps_are_numbered_without_a_gap():
    assert [int(path.name[:3]) for path in steps()] == list(range(1, len(steps()) + 1))


def test_a_step_that_fails_leaves_the_step_before(tmp_path):
    folder, path, number = tmp_path / "migrations", tmp_path / "diemcau.sqlite3", len(steps())
    shutil.copytree(MIGRATIONS, folder)
    (folder / f"{number + 1:03}-good.sql").write_text(
        "CREATE TABLE good (a TEXT);\n-- a; comment\nCREATE INDEX i ON good (a);"
    )
    (folder / f"{number + 2:03}-bad.sql").write_text("CREATE TABLE bad (a TEXT);\nINSERT INTO nowhere VALUES (1);\n")
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        Store(path, folder)
    with closing(sqlite3.connect(path)) as db:
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_schema")}
    assert schema(path) == number + 1
    assert {"good", "i"} <= tables
    assert "bad" not in tables


def test_every_state_has_its_column(tmp_path):
    with closing(Store(tmp_path / "diemcau.sqlite3")) as store:
        columns = [row[1] for row in store._db.execute("PRAGMA table_info (now)")]
    assert columns == ["kind", "target", "state", "root", "since", *State]
