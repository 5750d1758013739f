from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from time import monotonic

import pytest

from agent.histogram import Histogram
from agent.model import IcmpSettings
from agent.readings import Echo, Outcome, PollFailed
from agent.schedule import Rounds, Seat, beats, phase, settle


class Sent:
    """An echo under way in the notebook."""

    def __init__(self) -> None:
        self.done = True


class Notebook:
    """Writes down who was asked when."""

    def __init__(self) -> None:
        self.asked: list[tuple[float, str]] = []
        self.answering = True

    def send(self, address: str, _settings: IcmpSettings, _sink: Callable[[Echo], None]) -> Sent:
        self.asked.append((monotonic(), address))
        sent = Sent()
        sent.done = self.answering
        return sent

    def turn(self) -> None:
        pass


def seats(count: int, interval_s: float = 0.5) -> list[Seat]:
    settings = IcmpSettings(interval_s=interval_s, timeout_s=interval_s)
    return [Seat(f"vc-{number}", f"vc-{number}", settings, lambda _: None) for number in range(count)]


async def rounds_of(notebook: Notebook, rounds: Rounds, for_s: float) -> None:
    task = asyncio.create_task(rounds.run())
    await asyncio.sleep(for_s)
    task.cancel()


async def test_every_target_is_asked_once_an_interval() -> None:
    notebook = Notebook()
    rounds = Rounds(notebook, Histogram((1.0,)))
    rounds.follow(seats(100))
    await rounds_of(notebook, rounds, 2.0)
    for number in range(100):
        times = [at_s for at_s, address in notebook.asked if address == f"vc-{number}"]
        gaps = [after - before for before, after in itertools.pairwise(times)]
        assert len(times) in (3, 4, 5)
        assert all(0.3 < gap < 0.8 for gap in gaps), gaps
        assert sum(gaps) / len(gaps) == pytest.approx(0.5, abs=0.08)


async def test_sends_are_spread_over_the_interval() -> None:
    notebook = Notebook()
    rounds = Rounds(notebook, Histogram((1.0,)))
    rounds.follow(seats(500, interval_s=1.0))
    await rounds_of(notebook, rounds, 1.6)
    start_s = notebook.asked[0][0]
    tenths = [sum(start_s + n / 10 <= at_s < start_s + (n + 1) / 10 for at_s, _ in notebook.asked) for n in range(10)]
    assert max(tenths) < 100, tenths  # twice the even share


async def test_a_target_still_waiting_is_not_asked_again() -> None:
    notebook = Notebook()
    notebook.answering = False
    rounds = Rounds(notebook, Histogram((1.0,)))
    rounds.follow(seats(20))
    await rounds_of(notebook, rounds, 1.5)
    assert len(notebook.asked) == 20


async def test_a_new_inventory_moves_nobody_else() -> None:
    notebook = Notebook()
    rounds = Rounds(notebook, Histogram((1.0,)))
    rounds.follow(seats(50))
    task = asyncio.create_task(rounds.run())
    await asyncio.sleep(0.8)
    rounds.follow(seats(60))
    await asyncio.sleep(1.0)
    task.cancel()
    for number in range(50):
        times = [at_s for at_s, address in notebook.asked if address == f"vc-{number}"]
        assert all(after - before < 0.8 for before, after in itertools.pairwise(times))


def test_an_echo_ends_before_the_next_one_leaves() -> None:
    assert Seat("vc", "127.0.0.1", IcmpSettings(interval_s=1, timeout_s=1), lambda _: None).settings.timeout_s < 1


def test_phases_are_stable_and_spread() -> None:
    assert phase("vc-thanh-son") == phase("vc-thanh-son")
    fractions = sorted(phase(f"vc-{number}") for number in range(1000))
    assert all(abs(fraction - number / 1000) < 0.06 for number, fraction in enumerate(fractions))


async def test_beats_keep_their_phase_and_leave_out_what_was_missed() -> None:
    times: list[float] = []
    async for due_s in beats("r-core", 0.1, Histogram((1.0,))):
        times.append(due_s)
        if len(times) == 4:
            await asyncio.sleep(0.25)  # busy over two beats
        if len(times) == 8:
            break
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert all(gap == pytest.approx(round(gap, 1), abs=1e-6) for gap in gaps)
    assert max(gaps) == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize(
    ("trouble", "outcome", "words"),
    [
        (PollFailed(Outcome.AUTH, "wrong key"), Outcome.AUTH, "wrong key"),
        (ValueError("nonsense"), Outcome.ERROR, "ValueError: nonsense"),
        (TimeoutError(), Outcome.TIMEOUT, "not done within 5 s"),
    ],
)
async def test_whatever_goes_wrong_becomes_an_outcome(trouble: Exception, outcome: Outcome, words: str) -> None:
    async def ask() -> None:
        raise trouble

    failure = await settle(ask(), 5)
    assert isinstance(failure, PollFailed)
    assert (failure.outcome, failure.reason) == (outcome, words)


async def test_a_deadline_ends_a_poll() -> None:
    failure = await settle(asyncio.sleep(60), 0.05)
    assert isinstance(failure, PollFailed)
    assert failure.outcome is Outcome.TIMEOUT


async def test_cancelling_passes_through() -> None:
    task = asyncio.create_task(settle(asyncio.sleep(60), 60))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
