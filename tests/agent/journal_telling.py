"""What the journal's tests share: a clock that is set by hand, a teller like the board, and sums over spans."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.history import Outage, Span
from agent.journal import Journal, Remembered
from agent.model import Cause, Change, Kind, Standing, State

T0 = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
MONTHS_S = 25 * 30.4 * 86400.0
LINK = (Kind.LINK, "wan-thanh-son")
CODEC = (Kind.ENDPOINT, "vc-thanh-son")
BOTH = (LINK, CODEC)

Key = tuple[Kind, str]


class Clock:
    def __init__(self, now: datetime = T0) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def go(self, seconds: float) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now


class Teller:
    """A journal in use: it is told changes as a board tells them."""

    def __init__(self, journal: Journal, remembered: Remembered, clock: Clock) -> None:
        self.journal = journal
        self.remembered = remembered
        self._clock = clock
        self._standings: dict[Key, Standing] = {}

    def follow(self, targets: Iterable[Key]) -> None:
        targets = tuple(targets)
        starting = Standing(State.UNKNOWN, self._clock(), Cause.STARTING)
        self._standings = {key: self._standings.get(key, starting) for key in targets}
        self.journal.follow(targets)

    def turn(self, key: Key, state: State, root: str = "") -> None:
        old, now = self._standings[key], self._clock()
        since = old.since if old.state is state else now
        self._standings[key] = new = Standing(state, since, Cause.SILENT, "", root)
        self.journal.changed(Change(*key, old, new, now))


@asynccontextmanager
async def telling(
    path: Path, clock: Clock, targets: Iterable[Key] = BOTH, retention_s: float = MONTHS_S
) -> AsyncIterator[Teller]:
    journal = Journal(path, retention_s, clock, retry_s=0.0)
    try:
        teller = Teller(journal, await journal.open(), clock)
        teller.follow(targets)
        yield teller
    finally:
        await journal.close()


def an_outage(id_: str = "1", started: datetime = T0, ended: datetime | None = None) -> Outage:
    return Outage(
        id_,
        Kind.LINK,
        "wan-thanh-son",
        Cause.BEYOND_SILENT,
        started,
        started + timedelta(seconds=3),
        ended,
        district="thanh-son",
        detail="không trả lời",
        affected=18,
        most_affected=19,
        suspects=("r-thanh-son", "wan-thanh-son"),
        flapping=True,
        note="đã gọi nhà mạng",
    )


def seconds(spans: Iterable[Span], until: datetime) -> dict[Key, dict[State, float]]:
    """Seconds per target and state; states without any are left out."""
    sums: defaultdict[Key, defaultdict[State, timedelta]] = defaultdict(lambda: defaultdict(timedelta))
    for span in spans:
        sums[span.kind, span.target][span.state] += (span.end or until) - span.start
    return {key: {state: sum_.total_seconds() for state, sum_ in per.items()} for key, per in sums.items()}


def spent(remembered: Remembered) -> dict[Key, dict[State, float]]:
    """What is remembered, in the shape of `seconds`."""
    return {key: {state: s for state, s in per.items() if s} for key, per in remembered.seconds.items()}


def story(spans: Iterable[Span], key: Key, began: datetime = T0) -> list[tuple[str, float, float | None]]:
    """A target's spans as (state, from, to), in seconds since `began`."""
    return [
        (
            str(span.state),
            (span.start - began).total_seconds(),
            None if span.end is None else (span.end - began).total_seconds(),
        )
        for span in spans
        if (span.kind, span.target) == key
    ]


def assert_gapless(spans: Iterable[Span]) -> None:
    """Each target's spans follow each other without a gap or an overlap; only the last may still last."""
    last: dict[Key, Span] = {}
    for span in spans:
        key = (span.kind, span.target)
        assert span.end is None or span.end > span.start
        assert key not in last or last[key].end == span.start, (last[key], span)
        last[key] = span
