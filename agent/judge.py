"""From readings to a state: the thresholds are judged here and nowhere else. Pure."""

from __future__ import annotations

from agent.model import Cause, IcmpSettings, State, Thresholds
from agent.window import EchoWindow

Verdict = tuple[State, Cause]

# One lost echo of sixty is above 1 % and says nothing; three are rarely chance.
LOST_AT_LEAST = 3


def judge_echoes(
    window: EchoWindow, icmp: IcmpSettings, thresholds: Thresholds, now: State, *, loss_counts: bool
) -> Verdict:
    """Say what the echoes so far mean for a target whose state was `now`.

    `down_after` echoes lost in a row make it down, `up_after` answered in a row bring it back. `loss_counts` is
    False for one window after it came back: the loss seen then is the outage's own.
    """
    if window.lost_in_a_row >= icmp.down_after:
        return State.DOWN, Cause.SILENT
    if now is State.DOWN and window.answered_in_a_row < icmp.up_after:
        return State.DOWN, Cause.SILENT
    if now is State.UNKNOWN and not window.answered_in_a_row:
        return State.UNKNOWN, Cause.STARTING
    return judge_quality(window, thresholds, loss_counts=loss_counts)


def judge_quality(window: EchoWindow, thresholds: Thresholds, *, loss_counts: bool) -> Verdict:
    """Hold a target that answers against its thresholds."""
    if loss_counts and window.lost >= LOST_AT_LEAST and (window.loss_ratio or 0) > thresholds.loss_ratio:
        return State.DEGRADED, Cause.LOSS
    rtt_s = window.rtt_s
    if rtt_s is not None and rtt_s > thresholds.rtt_s:
        return State.DEGRADED, Cause.RTT
    if window.jitter_s > thresholds.jitter_s:
        return State.DEGRADED, Cause.JITTER
    return State.UP, Cause.NONE


def judge_link(*, up: bool, utilization_ratio: float | None, thresholds: Thresholds) -> Verdict:
    """Hold a link against what its interface says: down, busy or up."""
    if not up:
        return State.DOWN, Cause.INTERFACE_DOWN
    if utilization_ratio is not None and utilization_ratio > thresholds.utilization_ratio:
        return State.DEGRADED, Cause.BUSY
    return State.UP, Cause.NONE
