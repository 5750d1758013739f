"""From readings to a state: the thresholds are judged here and nowhere else. Pure."""

from __future__ import annotations

from agent.model import Cause, IcmpSettings, State, Thresholds
from agent.window import EchoWindow

Verdict = tuple[State, Cause]

# One lost echo of sixty is above 1 % and says nothing; three are rarely chance.
LOST_AT_LEAST = 3


# Near a threshold a target would change its state all the time: it is well again only below this part of it.
WELL_AGAIN = 0.8


def judge_echoes(  # noqa: PLR0913 - all that a verdict rests on
    window: EchoWindow,
    icmp: IcmpSettings,
    thresholds: Thresholds,
    now: State,
    held: Cause = Cause.NONE,
    *,
    loss_counts: bool,
) -> Verdict:
    """Say what the echoes so far mean for a target whose state was `now`, for the cause `held`.

    `down_after` echoes lost in a row make it down, `up_after` answered in a row bring it back. `loss_counts` is
    False for one window after it came back: the loss seen then is the outage's own.
    """
    if window.lost_in_a_row >= icmp.down_after:
        return State.DOWN, Cause.SILENT
    if now is State.DOWN and window.answered_in_a_row < icmp.up_after:
        return State.DOWN, Cause.SILENT
    if now is State.UNKNOWN and not window.answered_in_a_row:
        return State.UNKNOWN, Cause.STARTING
    return judge_quality(window, thresholds, held, loss_counts=loss_counts)


def judge_quality(window: EchoWindow, thresholds: Thresholds, held: Cause, *, loss_counts: bool) -> Verdict:
    """Hold a target that answers against its thresholds. A silence still lasting is not loss: it may become more."""
    lost = window.lost - window.lost_in_a_row
    if loss_counts and _is_lossy(lost, window.samples, thresholds, held):
        return State.DEGRADED, Cause.LOSS
    rtt_s = window.rtt_s
    if rtt_s is not None and _is_beyond(rtt_s, thresholds.rtt_s, Cause.RTT, held):
        return State.DEGRADED, Cause.RTT
    if _is_beyond(window.jitter_s, thresholds.jitter_s, Cause.JITTER, held):
        return State.DEGRADED, Cause.JITTER
    return State.UP, Cause.NONE


def _is_lossy(lost: int, samples: int, thresholds: Thresholds, held: Cause) -> bool:
    if held is Cause.LOSS:
        return lost > 1 and lost > samples * thresholds.loss_ratio * WELL_AGAIN
    return lost >= LOST_AT_LEAST and lost > samples * thresholds.loss_ratio


def _is_beyond(figure: float, threshold: float, cause: Cause, held: Cause) -> bool:
    return figure > (threshold * WELL_AGAIN if held is cause else threshold)


def judge_use(utilization_ratio: float | None, thresholds: Thresholds, held: Cause) -> Verdict:
    """Hold the use of a link whose interface is up against its threshold."""
    if utilization_ratio is not None and _is_beyond(utilization_ratio, thresholds.utilization_ratio, Cause.BUSY, held):
        return State.DEGRADED, Cause.BUSY
    return State.UP, Cause.NONE
