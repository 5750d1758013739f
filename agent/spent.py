"""How long a target has been in each state, as a counter that goes on over restarts."""

from __future__ import annotations

from collections.abc import Mapping

from agent.model import State


class Spent:
    """Seconds per state. `turned_s` is when the state it is in began to count (monotonic)."""

    __slots__ = ("_seconds", "_state", "_turned_s")

    def __init__(self, now_s: float, state: State = State.UNKNOWN) -> None:
        self._seconds: dict[State, float] = dict.fromkeys(State, 0.0)
        self._state = state
        self._turned_s = now_s

    def turn(self, state: State, now_s: float) -> None:
        """Go on counting for another state."""
        self._seconds[self._state] += now_s - self._turned_s
        self._state, self._turned_s = state, now_s

    def add(self, seconds: Mapping[State, float]) -> None:
        """Add what was counted before, by an earlier run."""
        for state, spent_s in seconds.items():
            self._seconds[state] += spent_s

    def blind(self, since_s: float, now_s: float) -> None:
        """Count the time from `since_s` to now as unknown, whatever the state was held to be."""
        self._seconds[self._state] += max(since_s - self._turned_s, 0.0)
        self._seconds[State.UNKNOWN] += now_s - max(since_s, self._turned_s)
        self._turned_s = now_s

    def seconds(self, state: State, now_s: float) -> float:
        """Return the seconds spent in a state up to now."""
        lasting_s = now_s - self._turned_s if state is self._state else 0.0
        return self._seconds[state] + lasting_s
