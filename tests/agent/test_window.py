from __future__ import annotations

import math

import pytest
from hypothesis import given, strategies as st

from agent.readings import Echo, Outcome
from agent.window import RTT_BOUNDS_S, EchoWindow

RTTS = st.one_of(st.none(), st.floats(1e-6, 3.0))


def echo(sent_s: float, rtt_s: float | None, outcome: Outcome | None = None) -> Echo:
    return Echo(sent_s, rtt_s, outcome or (Outcome.TIMEOUT if rtt_s is None else Outcome.OK))


def filled(rtts: list[float | None], length_s: float = 60) -> EchoWindow:
    window = EchoWindow(length_s)
    for second, rtt_s in enumerate(rtts):
        window.add(echo(float(second), rtt_s))
    return window


def test_nothing_is_known_before_the_first_echo() -> None:
    window = EchoWindow(60)
    assert (window.loss_ratio, window.rtt_s, window.mos, window.samples) == (None, None, None, 0)


@given(st.lists(RTTS, min_size=1, max_size=200))
def test_the_window_agrees_with_a_plain_count(rtts: list[float | None]) -> None:
    window = filled(rtts)
    recent = rtts[-60:]
    answered = [rtt for rtt in recent if rtt is not None]
    assert window.loss_ratio == recent.count(None) / len(recent)
    assert window.lost == recent.count(None)
    assert (window.rtt_s is None) == (not answered)
    if answered:
        assert math.isclose(window.rtt_s, sum(answered) / len(answered), rel_tol=1e-6, abs_tol=1e-9)


@given(st.lists(RTTS, max_size=200))
def test_totals_never_forget(rtts: list[float | None]) -> None:
    window = filled(rtts, length_s=5)
    answered = [rtt for rtt in rtts if rtt is not None]
    assert (window.sent, window.received) == (len(rtts), len(answered))
    assert sum(window.round_trips_s.counts) == len(answered)
    for bound, count in zip(RTT_BOUNDS_S, window.round_trips_s.counts, strict=False):
        below = sum(
            counted for b, counted in zip(RTT_BOUNDS_S, window.round_trips_s.counts, strict=False) if b <= bound
        )
        assert below == sum(rtt <= bound for rtt in answered), (bound, count)


def test_rows_of_losses_and_answers_are_counted() -> None:
    window = filled([0.01, None, None])
    assert (window.lost_in_a_row, window.answered_in_a_row, window.silent_since_s) == (2, 0, 1.0)
    window.add(echo(3.0, 0.01))
    assert (window.lost_in_a_row, window.answered_in_a_row, window.silent_since_s) == (0, 1, None)


def test_what_could_not_be_sent_is_no_loss() -> None:
    window = filled([0.01] * 10)
    window.add(Echo(10.0, None, Outcome.ERROR, "Network is unreachable"))
    assert (window.sent, window.loss_ratio) == (10, 0.0)


def test_a_refusal_is_a_loss() -> None:
    window = filled([0.01])
    window.add(Echo(1.0, None, Outcome.REFUSED, "host unreachable, says 10.0.0.1"))
    assert window.loss_ratio == 0.5


def test_jitter_is_the_smoothed_difference_of_neighbours() -> None:
    # RFC 3550 A.8 by hand: J += (|D| - J) / 16, D alternating ±10 ms
    window = filled([0.010 if second % 2 else 0.020 for second in range(600)])
    assert window.jitter_s == pytest.approx(0.010, rel=1e-3)
    assert filled([0.015] * 100).jitter_s == 0
