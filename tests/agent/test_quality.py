from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.model import InterfaceReading, Traffic
from agent.quality import mean_opinion_score, opinion_of_rating, rates_bps

COUNTERS = st.integers(0, 2**64 - 1)


def reading(at_s: float, received: int | None, sent: int | None, discontinuity: int = 0) -> InterfaceReading:
    return InterfaceReading(
        name="Gi0/1",
        at_s=at_s,
        up=True,
        speed_bps=1e9,
        receive=Traffic(received, None, None, None),
        transmit=Traffic(sent, None, None, None),
        discontinuity=discontinuity,
    )


# ITU-T G.107 table B.1: the score that belongs to each R
@pytest.mark.parametrize(("rating", "score"), [(100, 4.5), (90, 4.34), (80, 4.03), (70, 3.60), (60, 3.10), (50, 2.58)])
def test_ratings_become_scores_as_the_standards_table_has_it(rating: float, score: float) -> None:
    assert opinion_of_rating(rating) == pytest.approx(score, abs=0.007)  # the table rounds up


# By hand from equations 7-27 to 7-29, one frame of 20 ms added to half the round trip
@pytest.mark.parametrize(
    ("rtt_s", "loss_ratio", "expected"),
    [(0.0, 0.0, 4.409), (0.26, 0.0, 4.406), (0.76, 0.0, 3.555), (0.0, 0.01, 4.328), (0.0, 0.1, 3.411)],
)
def test_the_estimate_follows_the_e_model(rtt_s: float, loss_ratio: float, expected: float) -> None:
    assert mean_opinion_score(rtt_s, 0.0, loss_ratio) == pytest.approx(expected, abs=0.002)


@given(st.floats(0, 10), st.floats(0, 1), st.floats(0, 1))
def test_the_estimate_stays_on_its_scale(rtt_s: float, jitter_s: float, loss_ratio: float) -> None:
    assert 1.0 <= mean_opinion_score(rtt_s, jitter_s, loss_ratio) <= 4.5


@given(st.floats(0, 2), st.floats(0, 2), st.floats(0, 1), st.floats(0, 1))
def test_worse_is_never_better(rtt_s: float, more_s: float, loss: float, more_loss: float) -> None:
    worse = mean_opinion_score(rtt_s + more_s, 0, min(1, loss + more_loss))
    assert worse <= mean_opinion_score(rtt_s, 0, loss) + 1e-9


@given(COUNTERS, COUNTERS, st.floats(0.1, 600))
def test_a_rate_is_exact_or_absent(old: int, new: int, elapsed_s: float) -> None:
    receive, transmit = rates_bps(reading(100, old, old), reading(100 + elapsed_s, new, new))
    if new < old:
        assert receive is None
    else:
        assert receive == pytest.approx((new - old) * 8 / elapsed_s)
        assert receive >= 0
    assert receive == transmit


def test_a_discontinuity_is_no_traffic() -> None:
    assert rates_bps(reading(0, 5, 5), reading(30, 10**12, 10**12, discontinuity=7)) == (None, None)


def test_a_counter_the_device_lacks_has_no_rate() -> None:
    old, new = reading(0, None, 5), reading(8, 10, 13)
    assert rates_bps(old, new) == (None, 8.0)
    assert rates_bps(new, replace(new, at_s=8)) == (None, None)
