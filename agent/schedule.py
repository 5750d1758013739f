"""When each target is asked: spread over its interval by its name, drift-free, never twice at once.

Echoes go out in rounds: one timer turns for all targets, since a task and two timers an echo would cost several times
the echo itself. Everything slower has a task per target.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import replace
from time import monotonic
from typing import Protocol, TypeVar

from agent.histogram import Histogram
from agent.model import IcmpSettings
from agent.readings import Echo, Outcome, PollFailed

Reading_co = TypeVar("Reading_co", covariant=True)

# Echoes leave in small groups, a turn apart: each wake-up of an idle machine costs more than the echoes it sends.
GROUP = 25
SHORTEST_TURN_S = 0.02
LONGEST_TURN_S = 0.1
OVERDUE_S = 0.3  # an echo that is not back by then is suspicious; it may still come, and is not lost yet
GRID_S = 0.1  # polls are due at multiples of this, so that targets share wake-ups
FIRST_WITHIN_S = 5.0
PAUSE_S = 2.0  # a turn this late means that the agent was stopped, not busy
SECOND_LOOK_S = 5.0


def phase(name: str) -> float:
    """Return where in its interval a target is asked, 0…1: the same on every start, unlike its neighbours'."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest()) / 2**32


async def beats(
    name: str, interval_s: float, lag_s: Histogram, poke: asyncio.Event | None = None
) -> AsyncIterator[float]:
    """Yield at each time a target is due, without drift; what was missed while busy is left out, not made up for.

    The first time comes early, so that a start is soon complete; from then on the target keeps its phase. When `poke`
    is set the target is due at once, and once more soon after, since devices answer from memories some seconds old.
    """
    poke = poke or asyncio.Event()
    start_s = math.ceil(monotonic() / GRID_S) * GRID_S
    due_s = start_s + _on_grid(phase(name) * min(interval_s, FIRST_WITHIN_S))
    next_s = start_s + _on_grid(phase(name) * interval_s)
    while True:
        if await _poked(poke, due_s):
            due_s = monotonic()
            yield due_s
            due_s = min(monotonic() + SECOND_LOOK_S, _next_beat_s(next_s, due_s, interval_s))
            continue
        lag_s.observe(max(monotonic() - due_s, 0.0))
        yield due_s
        due_s = _next_beat_s(next_s, due_s, interval_s)


def _on_grid(time_s: float) -> float:
    return int(time_s / GRID_S) * GRID_S


def _next_beat_s(next_s: float, due_s: float, interval_s: float) -> float:
    """Return the next time in phase with `next_s` that is not over, and not right after the one that was due."""
    earliest_s = max(monotonic(), due_s + interval_s / 2)
    return next_s + math.ceil(max(earliest_s - next_s, 0.0) / interval_s) * interval_s


async def _poked(poke: asyncio.Event, due_s: float) -> bool:
    """Wait until poked, or until a target is due; say which."""
    try:
        async with asyncio.timeout_at(asyncio.get_running_loop().time() + due_s - monotonic()):
            await poke.wait()
    except TimeoutError:
        return False
    poke.clear()
    return True


class Pending(Protocol):
    """A question under way."""

    done: bool
    sent_s: float


class Pinger(Protocol):
    """What rounds send through: `turn` takes in answers and gives up on what has waited too long."""

    def send(self, address: str, settings: IcmpSettings, sink: Callable[[Echo], None]) -> Pending:
        """Send one echo; `sink` is told its end."""

    def turn(self) -> None:
        """Take in what has arrived."""


class Seat:
    """A target's place in a round. Its echo's time-out ends before the next echo leaves."""

    __slots__ = ("address", "name", "pending", "settings", "sink")

    def __init__(self, name: str, address: str, settings: IcmpSettings, sink: Callable[[Echo], None]) -> None:
        interval_s = settings.interval_s
        latest_s = max(interval_s - LONGEST_TURN_S, interval_s / 2)
        self.name = name
        self.address = address
        self.settings = replace(settings, timeout_s=min(settings.timeout_s, latest_s))
        self.sink = sink
        self.pending: Pending | None = None


class Ring:
    """All targets of one interval, dealt into slots of a turn each.

    `begun_s` is when its round began; what was due by `turned_s` has had its turn.
    """

    def __init__(
        self, interval_s: float, seats: Iterable[Seat], turn_s: float, *, begun_s: float, turned_s: float
    ) -> None:
        self._slots: list[list[Seat]] = [[] for _ in range(max(1, round(interval_s / turn_s)))]
        for seat in seats:
            self._slots[int(phase(seat.name) * len(self._slots))].append(seat)
        self._step_s = interval_s / len(self._slots)
        self._begun_s = begun_s
        self._next = self._passed(turned_s)

    def _passed(self, now_s: float) -> int:
        return int((now_s - self._begun_s) / self._step_s) + 1

    def due(self, now_s: float) -> Iterable[Seat]:
        """Yield the seats due by `now_s`; a round wholly missed is left out."""
        passed = self._passed(now_s)
        self._next = max(self._next, passed - len(self._slots))
        while self._next < passed:
            yield from self._slots[self._next % len(self._slots)]
            self._next += 1


class Ears(Protocol):
    """Who is told how the rounds go."""

    def overdue(self, target_id: str, sent_s: float) -> None:
        """Hear of an echo not back within `OVERDUE_S`."""

    def turned(self, now_s: float) -> None:
        """Hear of the end of each turn."""

    def paused(self, since_s: float) -> None:
        """Hear, before a turn so late that the agent can't have run, when the one before it was."""


class Rounds:
    """Turns the rings of every interval from one timer."""

    def __init__(
        self,
        pinger: Pinger,
        lag_s: Histogram,
        ears: Ears | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._pinger = pinger
        self._lag_s = lag_s
        self._ears = ears
        self._clock = clock
        self._rings: list[Ring] = []
        self._young: deque[tuple[float, Seat, Pending]] = deque()  # in the order they were sent
        self._turn_s = LONGEST_TURN_S
        self._start_s = self._turned_s = clock()

    def follow(self, seats: Iterable[Seat]) -> None:
        """Take the targets; each keeps the phase its name gives it, whoever else comes or goes."""
        by_interval: dict[float, list[Seat]] = {}
        for seat in seats:
            by_interval.setdefault(seat.settings.interval_s, []).append(seat)
        rate = sum(len(seated) / interval_s for interval_s, seated in by_interval.items())
        self._turn_s = min(max(GROUP / rate, SHORTEST_TURN_S), LONGEST_TURN_S) if rate else LONGEST_TURN_S
        self._rings = [self._ring(interval_s, seated) for interval_s, seated in by_interval.items()]

    def _ring(self, interval_s: float, seats: list[Seat]) -> Ring:
        """Make a ring as if it had always turned, so that a reload moves nobody's phase."""
        begun_s = self._turned_s - (self._turned_s - self._start_s) % interval_s
        return Ring(interval_s, seats, self._turn_s, begun_s=begun_s, turned_s=self._turned_s)

    async def run(self) -> None:
        """Turn until cancelled."""
        due_s = self._clock()
        while True:
            due_s = max(due_s + self._turn_s, self._clock())
            await asyncio.sleep(due_s - self._clock())
            now_s = self._clock()
            self._lag_s.observe(max(now_s - due_s, 0.0))
            self.turn(now_s)

    @property
    def turn_s(self) -> float:
        """How long a turn is."""
        return self._turn_s

    def turn(self, now_s: float) -> None:
        """Take in answers, then send what is due."""
        if now_s - self._turned_s > PAUSE_S:
            self._pause()
        self._pinger.turn()
        self._turned_s = now_s
        self._send_due(now_s)
        self._tell_overdue(now_s)
        if self._ears is not None:
            self._ears.turned(now_s)

    def _pause(self) -> None:
        if self._ears is not None:
            self._ears.paused(self._turned_s)

    def _send_due(self, now_s: float) -> None:
        young = self._young
        for ring in self._rings:
            for seat in ring.due(now_s):
                if seat.pending is None or seat.pending.done:
                    pending = seat.pending = self._pinger.send(seat.address, seat.settings, seat.sink)
                    young.append((now_s + OVERDUE_S, seat, pending))

    def _tell_overdue(self, now_s: float) -> None:
        young = self._young
        while young and young[0][0] <= now_s:
            _, seat, pending = young.popleft()
            if not pending.done and self._ears is not None:
                self._ears.overdue(seat.name, pending.sent_s)


class Poller(Protocol[Reading_co]):
    """Asks one target one kind of question; an async context manager."""

    async def poll(self) -> Reading_co:
        """Ask once. Raises `PollFailed`."""


async def settle(ask: Awaitable[Reading_co], deadline_s: float) -> Reading_co | PollFailed:
    """Await a poll under its deadline. Here, and nowhere else, whatever went wrong becomes an outcome."""
    try:
        async with asyncio.timeout(deadline_s):
            return await ask
    except PollFailed as failure:
        return failure
    except TimeoutError:
        return PollFailed(Outcome.TIMEOUT, f"not done within {deadline_s:g} s")
    except Exception as error:  # noqa: BLE001 - a device's nonsense costs that device alone
        return PollFailed(Outcome.ERROR, f"{type(error).__name__}: {error}")
