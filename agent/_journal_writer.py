"""All that the journal does in its own thread: keeps the books, writes them, and lives with the faults of the file."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import structlog

from agent._journal_books import MOST_SPANS, Books, Counted, Event
from agent._journal_faults import Refused, explain, is_damaged
from agent._journal_rows import Key, micros, moment
from agent._journal_store import Store
from agent.history import Maintenance, Outage
from agent.model import State

RETRY_S = 5.0
LOOK_S = 2.0
CLOCK_BACK_US = 60_000_000  # a clock may step back a little between two runs
PRUNED_AT_ONCE = 2000  # rows: some ten milliseconds

Result = TypeVar("Result")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Remembered:
    """What earlier runs left: outages still open, seconds per state up to this start, windows that are not over."""

    outages: tuple[Outage, ...] = ()
    seconds: dict[Key, dict[State, float]] = field(default_factory=dict)
    windows: tuple[Maintenance, ...] = ()
    counted: Counted = field(default_factory=lambda: Counted(0, {}))


class Writer:
    """The one writer of the file at `path`. Blocking, for one thread but for `trouble`; no fault of the file raises."""

    def __init__(self, path: Path, clock: Callable[[], datetime], retry_s: float = RETRY_S) -> None:
        self.trouble = ""
        self._path = path
        self._clock = clock
        self._retry_s = retry_s
        self._books = Books()
        self._store: Store | None = None
        self._lock: int | None = None
        self._started: int | None = None  # this run's number; None until the file was read
        self._again_s = self._look_s = 0.0
        self._told_of_loss = False

    def open(self) -> Remembered:
        """Take up what an earlier run left, and close that run."""
        now = self._clock()
        self.write((), now)
        at = micros(now)
        windows = (window for window in self._books.windows.values() if micros(window.end) > at)
        counted = self._books.counted(at, list(self._books.accounts))
        return Remembered(tuple(self._books.outages.values()), self._books.seconds(at), tuple(windows), counted)

    def write(self, events: Iterable[Event], seen: datetime) -> Counted:
        """Take what happened up to `seen` and write it with all that waits; in trouble only each `retry_s`.

        Returns the accounts that changed. What the file has is what others are told: after a kill no count goes back.
        """
        self._books.absorb(events)
        counted = self._books.counted(micros(seen), self._books.touched)
        if not self.trouble or time.monotonic() >= self._again_s:
            self._attempt(lambda store: self._save(store, micros(seen)))
        return counted

    def close(self, events: Iterable[Event], seen: datetime) -> None:
        """Write all, mark the run as ended and let go of the file."""
        self._books.absorb(events)
        self._attempt(lambda store: self._save(store, micros(seen), ended=micros(seen)))
        if self.trouble:
            log.error("the agent stops before its history could be written", reason=self.trouble, **self._books.waiting)
        self._let_go()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def prune(self, horizon: datetime) -> bool:
        """Forget some of what was over before `horizon`; say whether more may be left."""
        if self.trouble:
            return False
        gone = self._attempt(lambda store: store.prune(micros(horizon), PRUNED_AT_ONCE))
        return gone is not None and gone >= PRUNED_AT_ONCE

    def _save(self, store: Store, seen: int, ended: int | None = None) -> None:
        assert self._started is not None
        if time.monotonic() >= self._look_s:
            store.look()
            self._look_s = time.monotonic() + LOOK_S
        store.write(self._books, self._started, seen, ended)
        self._books.written(seen)

    def _attempt(self, job: Callable[[Store], Result]) -> Result | None:
        """Do a job on the file. A fault becomes `trouble`, told once as it begins and once as it is over."""
        try:
            result = self._do(job)
        except (sqlite3.Error, OSError, Refused) as error:
            self._fail(error)
            return None
        if self.trouble:
            log.info("history is written again", file=str(self._path), spans_lost=self._books.dropped)
            self.trouble, self._books.dropped, self._told_of_loss = "", 0, False
        return result

    def _do(self, job: Callable[[Store], Result]) -> Result:
        """Do a job on the file; where it proves to be ruined, on a new one that is told all that is held here."""
        try:
            return job(self._ready())
        except sqlite3.DatabaseError as error:
            if not is_damaged(error):
                raise
            self._set_aside(error)
            return job(self._ready())

    def _ready(self) -> Store:
        if self._store is not None and not self._store.in_place():
            log.error("the history file was taken away, a new one is begun", file=str(self._path))
            self._let_go()
        if self._store is None:
            if self._lock is None:
                self._lock = _take_lock(self._path)
            self._store = Store(self._path)
            self._join(self._store)
        return self._store

    def _join(self, store: Store) -> None:
        """Take up what an earlier run left, once; a file that does not know this run owes it all the books."""
        last = store.last_run()
        if self._started is None:
            now = micros(self._clock())
            if last is not None:
                self._check_clock(now, last[1])
                self._books.resume(store.before(last[1]))
            self._started = now if last is None else max(now, last[1] + 1)
        if last is None or last[0] != self._started:
            self._books.owe_all()

    def _check_clock(self, now: int, seen: int) -> None:
        if seen - now > CLOCK_BACK_US:
            log.warning(
                "the clock stands before the history's end; time counts again once it has passed it: set it right",
                clock=moment(now).isoformat(),
                history=moment(seen).isoformat(),
            )

    def _set_aside(self, error: sqlite3.DatabaseError) -> None:
        self._let_go()
        aside = f"{self._path}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        for suffix in ("-wal", "-shm", ""):  # the file itself last: a -wal left behind would be played into a new one
            with suppress(FileNotFoundError):
                Path(f"{self._path}{suffix}").rename(f"{aside}{suffix}")
        log.error(
            "the history file is damaged and was moved aside, a new one is begun; check the disk",
            file=str(self._path),
            moved_to=aside,
            reason=str(error),
        )

    def _fail(self, error: sqlite3.Error | OSError | Refused) -> None:
        self._let_go()
        fault = explain(error, self._path)
        if not self.trouble:
            log.error("history is not written, it is kept in memory and tried again", reason=fault)
        if self._books.dropped and not self._told_of_loss:
            self._told_of_loss = True
            log.error("too much waits to be written, the oldest time in states is forgotten", kept_spans=MOST_SPANS)
        self.trouble = fault
        self._again_s = time.monotonic() + self._retry_s

    def _let_go(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None


def _take_lock(path: Path) -> int:
    """Hold a lock that ends with the process, however it ends: two agents would undo each other's books."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(f"{path}-lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise Refused(
            f"another diemcau writes {path}; end it, or give each agent (each shard too) its own state_dir"
        ) from None
    except OSError:
        os.close(lock)
        raise
    return lock
