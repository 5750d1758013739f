from __future__ import annotations

import pytest

from agent.judge import judge_echoes, judge_use
from agent.model import Cause, IcmpSettings, State, Thresholds
from tests.agent.test_window import filled

ICMP, THRESHOLDS = IcmpSettings(), Thresholds()


@pytest.mark.parametrize(
    ("rtts", "before", "expected"),
    [
        ([], State.UNKNOWN, (State.UNKNOWN, Cause.STARTING)),
        ([None] * 4, State.UNKNOWN, (State.UNKNOWN, Cause.STARTING)),
        ([None] * 5, State.UNKNOWN, (State.DOWN, Cause.SILENT)),
        ([0.01], State.UNKNOWN, (State.UP, Cause.NONE)),
        ([0.01] * 60 + [None] * 2, State.UP, (State.UP, Cause.NONE)),  # two lost of sixty may be chance
        ([0.01] * 60 + [None] * 3 + [0.01], State.UP, (State.DEGRADED, Cause.LOSS)),
        ([0.01] * 60 + [None] * 5, State.UP, (State.DOWN, Cause.SILENT)),
        ([None] * 5 + [0.01] * 2, State.DOWN, (State.DOWN, Cause.SILENT)),
        ([None] * 5 + [0.01] * 3, State.DOWN, (State.DEGRADED, Cause.LOSS)),
        ([0.31] * 60, State.UP, (State.DEGRADED, Cause.RTT)),
        ([0.01, 0.09] * 60, State.UP, (State.DEGRADED, Cause.JITTER)),
    ],
)
def test_what_echoes_mean(rtts: list[float | None], before: State, expected: tuple[State, Cause]) -> None:
    assert judge_echoes(filled(rtts), ICMP, THRESHOLDS, before, loss_counts=True) == expected


def test_an_outages_own_loss_is_not_held_against_it_again() -> None:
    back = filled([None] * 30 + [0.01] * 3)
    assert judge_echoes(back, ICMP, THRESHOLDS, State.DOWN, loss_counts=False) == (State.UP, Cause.NONE)


def test_a_silence_still_lasting_is_not_yet_loss() -> None:
    lost = filled([0.01] * 60 + [None] * 4)
    assert judge_echoes(lost, ICMP, THRESHOLDS, State.UP, loss_counts=True) == (State.UP, Cause.NONE)


@pytest.mark.parametrize(
    ("rtts", "held", "expected"),
    [
        ([0.29] * 60, Cause.NONE, State.UP),
        ([0.29] * 60, Cause.RTT, State.DEGRADED),  # not yet well again
        ([0.23] * 60, Cause.RTT, State.UP),
        ([0.01, None] * 2 + [0.01] * 56, Cause.NONE, State.UP),
        ([0.01, None] * 2 + [0.01] * 56, Cause.LOSS, State.DEGRADED),
        ([0.01, None] + [0.01] * 58, Cause.LOSS, State.UP),
    ],
)
def test_near_a_threshold_it_stays_what_it_was(rtts: list[float | None], held: Cause, expected: State) -> None:
    assert judge_echoes(filled(rtts), ICMP, THRESHOLDS, State.UP, held, loss_counts=True)[0] is expected


def test_use_of_a_link_near_its_threshold_stays_what_it_was() -> None:
    assert judge_use(0.91, THRESHOLDS, Cause.NONE) == (State.DEGRADED, Cause.BUSY)
    assert judge_use(0.9, THRESHOLDS, Cause.NONE) == (State.UP, Cause.NONE)
    assert judge_use(0.8, THRESHOLDS, Cause.BUSY) == (State.DEGRADED, Cause.BUSY)
    assert judge_use(0.7, THRESHOLDS, Cause.BUSY) == (State.UP, Cause.NONE)
    assert judge_use(None, THRESHOLDS, Cause.BUSY) == (State.UP, Cause.NONE)
