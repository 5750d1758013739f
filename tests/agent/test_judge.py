from __future__ import annotations

import pytest

from agent.judge import judge_echoes, judge_link
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
        ([0.01] * 60 + [None] * 3, State.UP, (State.DEGRADED, Cause.LOSS)),
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


def test_a_link_is_what_its_interface_says() -> None:
    assert judge_link(up=False, utilization_ratio=0.1, thresholds=THRESHOLDS) == (State.DOWN, Cause.INTERFACE_DOWN)
    assert judge_link(up=True, utilization_ratio=0.91, thresholds=THRESHOLDS) == (State.DEGRADED, Cause.BUSY)
    assert judge_link(up=True, utilization_ratio=0.9, thresholds=THRESHOLDS) == (State.UP, Cause.NONE)
    assert judge_link(up=True, utilization_ratio=None, thresholds=THRESHOLDS) == (State.UP, Cause.NONE)
