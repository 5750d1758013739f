"""The journal: outages, time in states and maintenance, in an SQLite file that survives whatever ends the agent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from agent._journal_books import Counted, Event, Followed
from agent._journal_writer import RETRY_S, Remembered, Writer
from agent.history import Maintenance, Outage
from agent.model import Change, Kind

__all__ = ["Counted", "Journal", "Remembered"]

TICK_S = 1.0  # changes wait no longer to be written
SIGN_OF_LIFE_S = 2.0
GATHER_S = 0.05  # what one cut brings comes within this, and is written at once
PRUNE_S = 3600.0

Result = TypeVar("Result")


def utc_now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


class Journal:
    """The one writer of the history at `path`, which keeps what is over for `retention_s`.

    The loop only notes what happens; books and file are kept by a thread of the journal's own. What ends the process
    costs at most the last `SIGN_OF_LIFE_S` of time in states, and no outage older than 0.2 s. While the file can't be
    written `trouble` says why, everything is kept in memory and tried again each `retry_s`.

    In this order: `open`, `follow`, then changes with `run` as a task, which is to be cancelled after all who tell
    the journal something.
    """

    def __init__(
        self,
        path: Path,
        retention_s: float,
        clock: Callable[[], datetime] = utc_now,
        retry_s: float = RETRY_S,
    ) -> None:
        self._retention = timedelta(seconds=retention_s)
        self._clock = clock
        self._writer = Writer(path, clock, retry_s)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        self.listeners: list[Callable[[Counted], None]] = []  # hear what time in states is counted, once it is kept
        self._events: list[Event] = []
        self._urgent = asyncio.Event()
        self._closed = False

    @property
    def trouble(self) -> str:
        """What keeps the history from being written and what would be right, in a sentence; empty where all is well."""
        return self._writer.trouble

    async def open(self) -> Remembered:
        """Take up what earlier runs left; where that can't be done `trouble` says why and nothing is remembered.

        What was held at the last sign of life counts up to it, and as unknown from then on.
        """
        return await self._in_thread(self._writer.open)

    def follow(self, targets: Iterable[tuple[Kind, str]]) -> None:
        """Keep accounts of exactly these: new ones begin as unknown now, those gone end now and leave their history."""
        self._events.append(Followed(frozenset(targets), self._clock()))

    def changed(self, change: Change) -> None:
        """Hear a change of standing; another cause of the same state and root is none here."""
        if change.old.state is not change.new.state or change.old.root != change.new.root:
            self._events.append(change)

    def outage(self, outage: Outage) -> None:
        """Hear an outage's newest value; it is in the file within 0.2 s."""
        self._events.append(outage)
        self._urgent.set()

    def maintain(self, window: Maintenance) -> None:
        """Hear a window that people added or changed. One that ends before it starts was called off, and is dropped."""
        self._events.append(window)
        self._urgent.set()

    async def flush(self) -> None:
        """Write what was told so far and a sign of life; in trouble, only where it is time to try again."""
        events, self._events = self._events, []
        counted = await self._in_thread(self._writer.write, events, self._clock())
        for listener in self.listeners:
            listener(counted)

    async def run(self) -> None:
        """Write what is told as it comes, and forget what is too old; when cancelled, write all and close."""
        loop = asyncio.get_running_loop()
        alive_s, prune_s = loop.time(), loop.time()
        try:
            while True:
                await self._next_tick()
                if self._events or loop.time() - alive_s >= SIGN_OF_LIFE_S - TICK_S / 2:
                    alive_s = loop.time()
                    await self.flush()
                if loop.time() >= prune_s:  # a little at each tick, so that an outage never waits for it
                    more = await self._in_thread(self._writer.prune, self._clock() - self._retention)
                    prune_s = loop.time() + (0 if more else PRUNE_S)
        finally:
            await self.close()

    async def close(self) -> None:
        """Write all that is told, mark this run as ended and let go of the file; `run` does it as it ends."""
        if self._closed:
            return
        self._closed = True
        events, self._events = self._events, []
        closing = self._thread.submit(self._writer.close, events, self._clock())
        self._thread.shutdown(wait=False)  # what was given to it is done nevertheless
        await asyncio.shield(asyncio.wrap_future(closing))

    async def _next_tick(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(TICK_S):
                await self._urgent.wait()
                await asyncio.sleep(GATHER_S)
        self._urgent.clear()

    async def _in_thread(self, job: Callable[..., Result], *args: object) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, job, *args)
