"""The journal's file, open for writing. Blocking, for one thread. Raises `sqlite3.Error` and `Refused`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from agent._journal_books import Account, Before, Books
from agent._journal_faults import Refused
from agent._journal_rows import (
    MAGNITUDES,
    NOW_COLUMNS,
    OUTAGE_COLUMNS,
    SPAN_COLUMNS,
    WINDOW_COLUMNS,
    key_of,
    marks,
    micros,
    outage_of,
    outage_row,
    state_of,
    window_of,
    window_row,
)
from agent.model import State

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_S = 1.0  # how long another's lock is waited for
WAL_KEPT_BYTES = 4 << 20  # what the -wal file keeps of a storm's size

# The columns are this file's own constants; values are bound.
_INSERT_SPAN = f"INSERT OR REPLACE INTO span ({SPAN_COLUMNS}) VALUES ({marks(SPAN_COLUMNS)})"  # noqa: S608 - as above
_SET_NOW = f"INSERT OR REPLACE INTO now ({NOW_COLUMNS}) VALUES ({marks(NOW_COLUMNS)})"  # noqa: S608 - as above
_SET_OUTAGE = f"INSERT OR REPLACE INTO outage ({OUTAGE_COLUMNS}) VALUES ({marks(OUTAGE_COLUMNS)})"  # noqa: S608 - as above
_SET_WINDOW = f"""
INSERT INTO maintenance ({WINDOW_COLUMNS}) VALUES ({marks(WINDOW_COLUMNS)})
ON CONFLICT (id) DO UPDATE SET
    targets = excluded.targets, since = excluded.since, until = excluded.until, why = excluded.why
"""  # noqa: S608 - as above
_SET_RUN = """
INSERT INTO run (started, seen, ended) VALUES (?, ?, ?)
ON CONFLICT (started) DO UPDATE SET seen = max(seen, excluded.seen), ended = excluded.ended
"""
_END_RUN_BEFORE = """
UPDATE run SET ended = seen WHERE ended IS NULL AND started = (SELECT max(started) FROM run WHERE started < ?)
"""
# Up to so many, and those that ended in the same moment as the last of them.
_PRUNE_SPANS = """
DELETE FROM span WHERE magnitude = :magnitude AND until < :horizon AND until <= coalesce(
    (SELECT until FROM span WHERE magnitude = :magnitude ORDER BY until LIMIT 1 OFFSET :most), :horizon)
"""
_PRUNE_REST = (
    "DELETE FROM outage WHERE rowid IN (SELECT rowid FROM outage WHERE ended < :horizon LIMIT :most)",
    "DELETE FROM maintenance WHERE number IN (SELECT number FROM maintenance WHERE until < :horizon LIMIT :most)",
    (
        "DELETE FROM run WHERE started IN"
        " (SELECT started FROM run WHERE started < :horizon AND ended < :horizon LIMIT :most)"
    ),
)


class Store:
    """The file at `path`, made and brought to the newest schema. Each write is one transaction."""

    def __init__(self, path: Path, migrations: Path = MIGRATIONS) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
        try:
            self._set_up(migrations)
            self._inode = path.stat().st_ino
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def in_place(self) -> bool:
        """Say whether the file is still the one that was opened: one that was removed would take writes to nowhere."""
        try:
            return self._path.stat().st_ino == self._inode
        except FileNotFoundError:
            return False

    def look(self) -> None:
        """Read the file as another program would: from its cache this one may not see that the first page is ruined."""
        with closing(
            sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_S)
        ) as stranger:
            stranger.execute("SELECT started FROM run LIMIT 1").fetchone()

    def last_run(self) -> tuple[int, int] | None:
        """Return the newest run's start and its last sign of life; None where there was none."""
        row: tuple[int, int] | None = self._db.execute(
            "SELECT started, seen FROM run ORDER BY started DESC LIMIT 1"
        ).fetchone()
        return row

    def before(self, seen: int) -> Before:
        """Return what was left by the run that gave its last sign of life at `seen`."""
        accounts = {
            key_of(kind, target): Account(since, since, state_of(state), root, dict(zip(State, spent, strict=True)))
            for kind, target, state, root, since, *spent in self._db.execute(
                f"SELECT {NOW_COLUMNS} FROM now"  # noqa: S608 - own constants
            )
        }
        outages = self._db.execute(f"SELECT {OUTAGE_COLUMNS} FROM outage WHERE ended IS NULL")  # noqa: S608 - as above
        windows = self._db.execute(
            f"SELECT {WINDOW_COLUMNS} FROM maintenance WHERE until > ? ORDER BY number",  # noqa: S608 - as above
            (seen,),
        )
        return Before(accounts, tuple(map(outage_of, outages)), tuple(map(window_of, windows)), seen)

    def write(self, books: Books, started: int, seen: int, ended: int | None) -> None:
        """Write all that waits in the books, and the sign of life up to which they are true."""
        with self._transaction():
            self._write_time(books)
            outages = [outage_row(books.outages[id_]) for id_ in books.told]
            self._db.executemany(_SET_OUTAGE, outages)
            self._write_windows(books)
            self._db.execute(_SET_RUN, (started, seen, ended))
            self._db.execute(_END_RUN_BEFORE, (started,))

    def prune(self, horizon: int, most: int) -> int:
        """Forget up to about `most` rows of what was over before `horizon`; return how many."""
        gone = 0
        with self._transaction():
            for magnitude in MAGNITUDES:
                if gone < most:
                    bounds = {"magnitude": magnitude, "horizon": horizon, "most": most - gone - 1}
                    gone += self._db.execute(_PRUNE_SPANS, bounds).rowcount
            for statement in _PRUNE_REST:
                gone += self._db.execute(statement, {"horizon": horizon, "most": max(most - gone, 0)}).rowcount
        return gone

    def _write_time(self, books: Books) -> None:
        self._db.executemany(_INSERT_SPAN, books.spans)
        gone = [(str(kind), target) for kind, target in books.touched - books.accounts.keys()]
        self._db.executemany("DELETE FROM now WHERE kind = ? AND target = ?", gone)
        held = [(key, books.accounts[key]) for key in books.touched if key in books.accounts]
        rows = [
            (str(key[0]), key[1], str(one.state), one.root, one.since, *(one.spent[state] for state in State))
            for key, one in held
        ]
        self._db.executemany(_SET_NOW, rows)

    def _write_windows(self, books: Books) -> None:
        for id_ in [id_ for id_ in books.windows if id_ in books.planned]:  # in the order they came
            window = books.windows[id_]
            if micros(window.end) > micros(window.start):
                self._db.execute(_SET_WINDOW, window_row(window))
            else:  # called off before it began
                self._db.execute("DELETE FROM maintenance WHERE id = ?", (id_,))

    def _set_up(self, folder: Path) -> None:
        """Apply the numbered files beyond the schema's number, each in a transaction of its own."""
        steps = {int(path.name[:3]): path for path in sorted(folder.glob("[0-9][0-9][0-9]-*.sql"))}
        (schema,) = self._db.execute("PRAGMA user_version").fetchone()
        if schema > max(steps):
            raise Refused(
                f"{self._path} was written by a newer diemcau (its schema is {schema}, this one knows {max(steps)}); "
                "install that one again or give this agent another state_dir"
            )
        self._db.execute("PRAGMA journal_mode = WAL")
        # A killed process loses nothing that was committed either way. FULL also has the disk keep each commit, so that
        # a power cut, the likelier end of an agent, takes no outage with it: an fsync in a thread of its own, at most
        # one a second but for outages.
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute(f"PRAGMA journal_size_limit = {WAL_KEPT_BYTES}")
        for number in range(schema + 1, max(steps) + 1):
            with self._transaction():
                for statement in _statements(steps[number].read_text(encoding="utf-8")):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version = {number}")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")


def _statements(script: str) -> Iterator[str]:
    """Split a script: `executescript` would end the transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
