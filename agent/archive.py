"""The history as it is read: by pages and reports while the agent writes it, and by commands where none runs."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path

from agent._journal_rows import (
    MAGNITUDES,
    OUTAGE_COLUMNS,
    WINDOW_COLUMNS,
    Stretch,
    micros,
    moment,
    outage_of,
    span_of,
    window_of,
)
from agent.history import Maintenance, Outage, Span
from agent.model import State

ALIVE_US = 10_000_000  # an agent that gave no sign of life for so long is taken to be gone
BUSY_S = 2.0

# What overlaps a period [start, end) ends after its start, and not later after its end than it is long.
_SPANS = """
SELECT kind, target, state, root, since, until FROM span
WHERE magnitude = ? AND until > ? AND until < ? AND since < ?
"""
_FIRST_SPAN = """
SELECT min(since) FROM span
WHERE magnitude = :one AND until < (SELECT min(until) FROM span WHERE magnitude = :one) + (1 << :one)
"""

_Closed = tuple[str, str, str, str, int, int]  # a `Stretch` with an end


class Unreadable(Exception):
    """The history is there and can't be read; the text says why and what would be right."""


class Archive:
    """The history at `path`, which may not exist yet: then it is empty. Blocking; may be used by many threads.

    Every method opens the file read-only, sees it as it was at one moment, and raises `Unreadable` where it can't.
    """

    def __init__(self, path: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._path = path
        self._clock = clock

    def spans(self, start: datetime, end: datetime) -> list[Span]:
        """Return each target's stretches cut to a period, oldest first; of each target without gaps or overlaps.

        `end` is None where the state lasts and the period reaches beyond the agent's last sign of life. Where no agent
        has run since that sign, the target is unknown from there up to the period's end or now.
        """
        since, until = micros(start), micros(end)
        with self._reading() as db:
            rows = [*_closed(db, since, until), *self._lasting(db, since, until)] if db else []
        return [span_of(row) for row in sorted(rows, key=itemgetter(4, 0, 1))]

    def outages(self, start: datetime, end: datetime, *, open_only: bool = False) -> list[Outage]:
        """Return the outages that overlap a period, or those of them that are still open, oldest first."""
        overlaps = "ended IS NULL" if open_only else "(ended IS NULL OR ended > :start)"
        with self._reading() as db:
            if db is None:
                return []
            rows = db.execute(
                f"SELECT {OUTAGE_COLUMNS} FROM outage"  # noqa: S608 - own constants; values are bound
                f" WHERE started < :end AND {overlaps} ORDER BY started, id",
                {"start": micros(start), "end": micros(end)},
            )
            return [outage_of(row) for row in rows]

    def maintenance(self) -> list[Maintenance]:
        """Return the windows that people added, in the order they were added; those that are over too."""
        with self._reading() as db:
            if db is None:
                return []
            rows = db.execute(f"SELECT {WINDOW_COLUMNS} FROM maintenance ORDER BY number")  # noqa: S608 - as above
            return [window_of(row) for row in rows]

    def first_seen(self) -> datetime | None:
        """Return where the history begins; None where there is none."""
        with self._reading() as db:
            if db is None:
                return None
            firsts = [db.execute(_FIRST_SPAN, {"one": one}).fetchone()[0] for one in MAGNITUDES]
            firsts += db.execute("SELECT min(since) FROM now").fetchone()
            firsts += db.execute("SELECT min(started) FROM outage").fetchone()
        found = [first for first in firsts if first is not None]
        return moment(min(found)) if found else None

    def _lasting(self, db: sqlite3.Connection, start: int, end: int) -> Iterator[Stretch]:
        """Yield what is held now, cut to a period and to what an agent has seen of it."""
        last = db.execute("SELECT seen, ended FROM run ORDER BY started DESC LIMIT 1").fetchone()
        if last is None:
            return
        now = micros(self._clock())
        seen, ended = last
        alive = ended is None and now - seen <= ALIVE_US
        for kind, target, state, root, since in db.execute("SELECT kind, target, state, root, since FROM now"):
            held_until = end if alive else max(seen, since, now if state == State.UNKNOWN else 0)
            for row in _cut((kind, target, state, root, since, held_until), start, end):
                yield (*row[:5], None) if alive and end > seen else row
            if not alive:
                yield from _cut((kind, target, str(State.UNKNOWN), "", held_until, max(now, held_until)), start, end)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """Give a connection that sees one moment, None where there is no history yet."""
        if not self._path.exists():
            yield None
            return
        try:
            with closing(self._connect()) as db:
                db.execute("BEGIN")
                (schema,) = db.execute("PRAGMA user_version").fetchone()
                yield db if schema else None
        except sqlite3.Error as error:
            raise Unreadable(
                f"cannot read the history {self._path}: {error}; read it as the agent's user, or see whether the agent "
                "says that it is damaged"
            ) from error

    def _connect(self) -> sqlite3.Connection:
        address = f"{self._path.absolute().as_uri()}?mode=ro"
        db = sqlite3.connect(address, uri=True, timeout=BUSY_S, isolation_level=None)
        try:
            db.execute("PRAGMA schema_version")
        except sqlite3.OperationalError:
            db.close()
            if Path(f"{self._path}-wal").exists():
                raise
            # No agent has it open, and this user may not make the file beside it that readers meet in.
            return sqlite3.connect(f"{address}&immutable=1", uri=True, isolation_level=None)
        return db


def _closed(db: sqlite3.Connection, start: int, end: int) -> Iterator[_Closed]:
    for magnitude in MAGNITUDES:
        for row in db.execute(_SPANS, (magnitude, start, end + (1 << magnitude), end)):
            yield from _cut(row, start, end)


def _cut(row: _Closed, start: int, end: int) -> Iterator[_Closed]:
    """Yield what a period [start, end) holds of a stretch, if anything."""
    kind, target, state, root, since, until = row
    since, until = max(since, start), min(until, end)
    if since < until:
        yield kind, target, state, root, since, until
