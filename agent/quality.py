"""Pure arithmetic of quality: jitter (RFC 3550), the G.107 estimate, rates from counters."""

from __future__ import annotations

import math

from agent.model import InterfaceReading

JITTER_GAIN = 1 / 16  # RFC 3550 A.8

# The codec assumed for the estimate: G.711 with packet loss concealment, random loss (ITU-T G.113 appendix I).
EQUIPMENT_IMPAIRMENT = 0.0
LOSS_ROBUSTNESS = 25.1
CODEC_DELAY_S = 0.02  # one 20 ms frame
BASE_RATING = 93.2  # R with every other default of G.107


def next_jitter(jitter_s: float, previous_rtt_s: float, rtt_s: float) -> float:
    """Return the smoothed jitter after one more answer (RFC 3550 A.8), transit taken as the round trip."""
    return jitter_s + (abs(rtt_s - previous_rtt_s) - jitter_s) * JITTER_GAIN


def mean_opinion_score(rtt_s: float, jitter_s: float, loss_ratio: float) -> float:
    """Estimate the listening quality of a call, 1 to 4.5, by the E-model (ITU-T G.107, R to MOS by its Annex B).

    One-way delay is half the round trip, a de-jitter buffer of twice the jitter, and one codec frame.
    """
    one_way_ms = (rtt_s / 2 + 2 * jitter_s + CODEC_DELAY_S) * 1000
    return opinion_of_rating(BASE_RATING - _delay_impairment(one_way_ms) - _loss_impairment(loss_ratio * 100))


def opinion_of_rating(rating: float) -> float:
    """Turn the E-model's R into the mean opinion score, 1 to 4.5 (ITU-T G.107 annex B)."""
    if rating <= 0:
        return 1.0
    return max(1.0, min(4.5, 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6))


def _delay_impairment(one_way_ms: float) -> float:
    """Return Idd, the impairment by pure delay (G.107 equations 7-27 and 7-28)."""
    if one_way_ms <= 100:  # noqa: PLR2004 - the standard's own bound, in ms
        return 0.0
    x = math.log2(one_way_ms / 100)
    return 25 * (math.pow(1 + x**6, 1 / 6) - 3 * math.pow(1 + (x / 3) ** 6, 1 / 6) + 2)


def _loss_impairment(loss_percent: float) -> float:
    """Return Ie,eff, the impairment by codec and random loss (G.107 equation 7-29, BurstR 1)."""
    return EQUIPMENT_IMPAIRMENT + (95 - EQUIPMENT_IMPAIRMENT) * loss_percent / (loss_percent + LOSS_ROBUSTNESS)


def rates_bps(old: InterfaceReading, new: InterfaceReading) -> tuple[float | None, float | None]:
    """Return receive and transmit rates in bit/s between two readings; None where they can't be known.

    A moved discontinuity time or a lower counter is no traffic but a break (RFC 2863, 3.1.5).
    """
    elapsed_s = new.at_s - old.at_s
    if elapsed_s <= 0 or old.discontinuity != new.discontinuity:
        return None, None
    return (
        _rate_bps(old.receive.bytes, new.receive.bytes, elapsed_s),
        _rate_bps(old.transmit.bytes, new.transmit.bytes, elapsed_s),
    )


def _rate_bps(old_bytes: int | None, new_bytes: int | None, elapsed_s: float) -> float | None:
    if old_bytes is None or new_bytes is None or new_bytes < old_bytes:
        return None
    return (new_bytes - old_bytes) * 8 / elapsed_s
