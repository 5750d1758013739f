"""How long a target has been in each state: a counter that goes on over restarts and never goes back."""

from __future__ import annotations

from collections.abc import Mapping

from agent.model import State

MICROSECONDS = 1_000_000


class Spent:
    """Time per state, as the journal keeps it: whole microseconds, so that sums are exact.

    Only what is kept is told: a count shown to Prometheus and lost in a crash would look like a counter that began
    anew, and be added again.
    """

    __slots__ = ("_since_us", "_state", "_times_us")

    def __init__(self) -> None:
        self._times_us: Mapping[State, int] = dict.fromkeys(State, 0)
        self._state = State.UNKNOWN
        self._since_us: int | None = None

    def count(self, times_us: Mapping[State, int], state: State, since_us: int) -> None:
        """Take the times spent before, and the state that lasts since a moment (microseconds since 1970, UTC)."""
        self._times_us, self._state, self._since_us = times_us, state, since_us

    def seconds(self, state: State, told_us: int) -> float:
        """Return the seconds spent in a state up to a moment (microseconds since 1970, UTC)."""
        time_us = self._times_us[state]
        if state is self._state and self._since_us is not None:
            time_us += max(told_us - self._since_us, 0)
        return time_us / MICROSECONDS
