"""Whatever is told and however runs end: time is gapless, counted once, and the same in spans and in seconds."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from hypothesis import given, settings, strategies as st

from agent.archive import Archive
from agent.history import Span
from agent.model import Kind, State
from tests.agent.journal_telling import BOTH, T0, Clock, Key, Teller, assert_gapless, seconds, spent, telling

ROUTER = (Kind.DEVICE, "r-thanh-son")
ALL = (*BOTH, ROUTER)
ROOTS = st.sampled_from(["", "wan-thanh-son", "r-thanh-son"])

passing = st.integers(0, 10**10).map(lambda us: us / 1e6)  # up to 10 000 s
turning = st.tuples(st.just("turn"), st.sampled_from(ALL), st.sampled_from(State), ROOTS)
written = st.just(("flush",))
following = st.tuples(st.just("follow"), st.sets(st.sampled_from(ALL)))
steps = st.lists(st.tuples(passing, st.one_of(turning, turning, turning, written, following)), max_size=12)
runs = st.lists(st.tuples(passing, steps, st.sampled_from(["ended", "killed"])), min_size=1, max_size=5)


Point = tuple[datetime, State | None, str]  # since when, in what state (None: not followed), cut off by what


class Ledger:
    """The same bookkeeping, plainly: each target's turning points."""

    def __init__(self) -> None:
        self.points: dict[Key, list[Point]] = {key: [(T0, None, "")] for key in ALL}

    def held(self, key: Key) -> bool:
        return self.points[key][-1][1] is not None

    def follow(self, keys: Iterable[Key], at: datetime) -> None:
        for key in ALL:
            if (key in keys) is not self.held(key):
                self.points[key].append((at, State.UNKNOWN if key in keys else None, ""))

    def turn(self, key: Key, state: State, root: str, at: datetime) -> None:
        self.points[key].append((at, state, root))

    def stretches(self, key: Key, until: datetime) -> list[Span]:
        points = self.points[key]
        ends = [*(at for at, _, _ in points[1:]), until]
        return joined(
            Span(*key, state, at, end, root)
            for (at, state, root), end in zip(points, ends, strict=True)
            if state is not None and end > at
        )


class Lives:
    """One run after another on one history; a killed one leaves its folder as it is at that moment."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.number = folder, 0
        self.clock, self.ledger = Clock(), Ledger()
        self.safe, self.seen = deepcopy(self.ledger), T0  # what a kill would leave

    @property
    def path(self) -> Path:
        return self.folder / str(self.number) / "diemcau.sqlite3"

    async def live(self, told: list, end: str) -> None:
        async with telling(self.path, self.clock, ALL) as teller:
            self.check(teller)
            self.ledger.follow(ALL, self.clock.now)
            await self.flush(teller)
            for wait_s, (what, *words) in told:
                self.clock.go(wait_s)
                await getattr(self, what)(teller, *words)
            if end == "killed":
                shutil.copytree(self.path.parent, self.folder / str(self.number + 1))
        if end == "killed":
            self.number += 1
            self.ledger = self.safe
        else:
            self.seen = self.clock.now
        for key in filter(self.ledger.held, ALL):
            self.ledger.turn(key, State.UNKNOWN, "", self.seen)

    def check(self, teller: Teller) -> None:
        now = self.clock.now
        spans = [replace(span, end=span.end or now) for span in Archive(self.path, self.clock).spans(T0, now)]
        for key in ALL:
            own = [span for span in spans if (span.kind, span.target) == key]
            assert joined(own) == self.ledger.stretches(key, now)
            always = all(state is not None for _, state, _ in self.ledger.points[key][1:])
            if always and own:
                assert_gapless(own)
                assert spent(teller.remembered)[key] == seconds(own, now)[key]

    async def flush(self, teller: Teller) -> None:
        await teller.journal.flush()
        self.safe, self.seen = deepcopy(self.ledger), self.clock.now

    async def turn(self, teller: Teller, key: Key, state: State, root: str) -> None:
        if self.ledger.held(key):
            teller.turn(key, state, root)
            self.ledger.turn(key, state, root, self.clock.now)

    async def follow(self, teller: Teller, keys: set[Key]) -> None:
        teller.follow(keys)
        self.ledger.follow(keys, self.clock.now)


def joined(spans: Iterable[Span]) -> list[Span]:
    """The spans of one target, those put together that tell of one stretch."""
    found: list[Span] = []
    for span in spans:
        if found and (found[-1].end, found[-1].state, found[-1].root) == (span.start, span.state, span.root):
            found[-1] = replace(found[-1], end=span.end)
        else:
            found.append(span)
    return found


async def live_all(folder: Path, script: list) -> None:
    lives = Lives(folder)
    for pause_s, told, end in [*script, (0, [], "ended")]:
        await lives.live(told, end)
        lives.clock.go(pause_s)


@settings(max_examples=60, deadline=None)
@given(runs)
def test_time_is_counted_once_whatever_happens(script):
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(live_all(Path(folder), script))
