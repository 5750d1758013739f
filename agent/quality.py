"""Pure arithmetic of quality: jitter (RFC 3550), the G.107 estimate, rates from counters."""

from __future__ import annotations

import math

from agent.readings import DeviceReading, InterfaceReading

UPTIME_WRAP_S = 2**32 / 100  # sysUpTime counts hundredths in 32 bits
WIDE = 64  # bits of a counter that never comes round
OVERSHOOT = 1.1  # a line may carry somewhat more than its speed says

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


def restarted(old: DeviceReading, new: DeviceReading) -> bool:
    """Say whether a device started anew between two readings, by its sysUpTime.

    A lower uptime that lies where the old one's 32 bits of hundredths wrapped (after 497 days) is no restart; a higher
    one that is shorter than the time between the readings is.
    """
    elapsed_s = new.at_s - old.at_s
    slack_s = 5 + elapsed_s / 20  # a device's clock may be coarse or off by some percent
    if new.uptime_s >= old.uptime_s:
        return new.uptime_s < elapsed_s - slack_s
    return abs(old.uptime_s + elapsed_s - UPTIME_WRAP_S - new.uptime_s) > slack_s


def rates_bps(old: InterfaceReading, new: InterfaceReading) -> tuple[float | None, float | None]:
    """Return receive and transmit rates in bit/s between two readings; None where they can't be known.

    A moved discontinuity time is no traffic but a break, and so is a lower counter, unless it is 32 bits wide and the
    line can't have gone round it more than once in the time (RFC 2863, 3.1.5 and 3.1.6).
    """
    elapsed_s = new.at_s - old.at_s
    if elapsed_s <= 0 or old.discontinuity != new.discontinuity or old.width != new.width:
        return None, None
    if new.width < WIDE and not _within_one_turn(new, elapsed_s):
        return None, None
    return (
        _rate_bps(old.receive.bytes, new.receive.bytes, new.width, elapsed_s),
        _rate_bps(old.transmit.bytes, new.transmit.bytes, new.width, elapsed_s),
    )


def _within_one_turn(reading: InterfaceReading, elapsed_s: float) -> bool:
    """Say whether a narrow counter can't have come round in the time: its line's speed must be known."""
    return bool(reading.speed_bps) and elapsed_s * (reading.speed_bps or 0) * OVERSHOOT / 8 < 1 << reading.width


def _rate_bps(old_bytes: int | None, new_bytes: int | None, width: int, elapsed_s: float) -> float | None:
    if old_bytes is None or new_bytes is None:
        return None
    if new_bytes < old_bytes and width == WIDE:
        return None  # 64 bits do not come round: the counter was set back
    return (new_bytes - old_bytes) % (1 << width) * 8 / elapsed_s
