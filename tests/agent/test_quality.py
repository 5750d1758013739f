from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from agent.quality import UPTIME_WRAP_S, mean_opinion_score, opinion_of_rating, rates_bps, restarted
from agent.readings import DeviceReading, InterfaceReading, Traffic

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


def narrow(at_s: float, octets: int, speed_bps: float | None = 1e8, discontinuity: int = 0) -> InterfaceReading:
    return replace(reading(at_s, octets % 2**32, octets % 2**32, discontinuity), width=32, speed_bps=speed_bps)


@given(
    start=st.integers(0, 2**40),
    carried=st.lists(st.tuples(st.floats(1, 300), st.floats(0, 1)), min_size=1, max_size=20),
)
def test_narrow_counters_wrap_right_or_say_nothing(start: int, carried: list[tuple[float, float]]) -> None:
    """Against an exact integer model of a 100 Mbit/s line: what it carried is what is told, however often it wraps."""
    octets, at_s = start, 0.0
    for elapsed_s, share in carried:
        sent = int(1e8 / 8 * elapsed_s * share)
        rate_bps, _ = rates_bps(narrow(at_s, octets), narrow(at_s + elapsed_s, octets + sent))
        if rate_bps is None:
            assert elapsed_s > 300, "100 Mbit/s go round 32 bits in 343 s"
        else:
            assert rate_bps == pytest.approx(sent * 8 / elapsed_s, rel=1e-6, abs=1e-3)
        octets, at_s = octets + sent, at_s + elapsed_s


@pytest.mark.parametrize(("speed_bps", "elapsed_s"), [(None, 1), (1e9, 35), (1e8, 350), (1e10, 5)])
def test_a_narrow_counter_that_may_have_come_round_twice_tells_nothing(speed_bps: float, elapsed_s: float) -> None:
    assert rates_bps(narrow(0, 5, speed_bps), narrow(elapsed_s, 4, speed_bps)) == (None, None)
    assert rates_bps(narrow(0, 5, speed_bps), narrow(elapsed_s, 6, speed_bps)) == (None, None)


def test_a_device_that_learnt_wide_counters_gives_no_rate_across_the_change() -> None:
    assert rates_bps(narrow(0, 2**32 - 1), reading(30, 2**33, 2**33)) == (None, None)


def device(at_s: float, uptime_s: float) -> DeviceReading:
    return DeviceReading(at_s, uptime_s, {})


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (device(0, 1000), device(30, 1030), False),
        (device(0, 1000), device(30, 1000), False),  # a coarse clock
        (device(0, 1000), device(30, 12), True),
        (device(0, UPTIME_WRAP_S - 10), device(30, 20), False),  # 497 days are over
        (device(0, UPTIME_WRAP_S / 2), device(30, 20), True),
        (device(0, UPTIME_WRAP_S - 10), device(3000, 20), True),  # it was up for 20 s of 3 000
        (device(0, 100), device(3600, 200), True),  # the agent looked away longer than it is up
    ],
)
def test_a_restart_is_told_from_a_wrap(old: DeviceReading, new: DeviceReading, expected: object) -> None:
    assert restarted(old, new) is expected


@given(st.floats(0, UPTIME_WRAP_S * 3), st.floats(0.1, 86400))
def test_a_device_that_never_restarts_is_never_said_to(up_s: float, elapsed_s: float) -> None:
    old, new = device(0, up_s % UPTIME_WRAP_S), device(elapsed_s, (up_s + elapsed_s) % UPTIME_WRAP_S)
    assert not restarted(old, new)
