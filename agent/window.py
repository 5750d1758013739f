"""A target's echoes: totals since the start, and the last `length_s` seconds of them."""

from __future__ import annotations

from collections import deque

from agent.histogram import Histogram
from agent.quality import mean_opinion_score, next_jitter
from agent.readings import Echo, Outcome

# 1 ms to 2 s; 150 ms and 300 ms are the domain's own borders, so they are buckets too.
RTT_BOUNDS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0)


class EchoWindow:
    """What echoes say of one target. Reading never changes it."""

    __slots__ = (
        "_echoes",
        "_last_rtt_s",
        "_rtt_in_window_s",
        "answered_in_a_row",
        "duplicates",
        "jitter_s",
        "length_s",
        "lost",
        "lost_in_a_row",
        "newest_s",
        "received",
        "round_trips_s",
        "sent",
        "silent_since_s",
    )

    def __init__(self, length_s: float) -> None:
        self.length_s = length_s
        self.sent = self.received = self.duplicates = 0
        self.round_trips_s = Histogram(RTT_BOUNDS_S)
        self.jitter_s = 0.0
        self.lost_in_a_row = self.answered_in_a_row = 0
        self.silent_since_s: float | None = None  # when the first of the echoes lost in a row was sent
        self.newest_s = 0.0  # when the newest echo was sent, of those whose end is known
        self._last_rtt_s: float | None = None
        # Exact tuples of numbers, not Echo: the garbage collector leaves those alone.
        self._echoes: deque[tuple[float, float | None]] = deque()
        self.lost = 0  # echoes within the window that were not answered
        self._rtt_in_window_s = 0.0

    def add(self, echo: Echo) -> None:
        """Take one more echo. One that could not be sent says nothing and is left out."""
        sent_s, rtt_s, outcome, _ = echo
        if outcome is Outcome.ERROR:
            return
        self.sent += 1
        self.newest_s = sent_s
        echoes = self._echoes
        echoes.append((sent_s, rtt_s))
        if rtt_s is None:
            self.lost += 1
            self.lost_in_a_row += 1
            if self.silent_since_s is None:
                self.silent_since_s = sent_s
            self.answered_in_a_row = 0
        else:
            self._add_answer(rtt_s)
        horizon_s = sent_s - self.length_s
        while echoes[0][0] <= horizon_s:
            self._forget(echoes.popleft())

    def add_duplicate(self) -> None:
        """Count one more answer to an echo already answered."""
        self.duplicates += 1

    def prove(self) -> None:
        """Take an answer to a question out of turn: it ends a silence, and is no sample of the line's quality."""
        self.lost_in_a_row = 0
        self.silent_since_s = None

    def confirm_silence(self, since_s: float, asked_s: float, echoes: int) -> None:
        """Take it as certain that nothing sent from `since_s` until `asked_s` was answered, as if by so many echoes."""
        self.lost_in_a_row = max(self.lost_in_a_row, echoes)
        self.silent_since_s = min(self.silent_since_s or since_s, since_s)
        self.answered_in_a_row = 0
        self.newest_s = max(self.newest_s, since_s, asked_s)

    def forget_since(self, since_s: float) -> None:
        """Drop what was sent from a moment on, and any silence: the agent could not see."""
        while self._echoes and self._echoes[-1][0] >= since_s:
            self._forget(self._echoes.pop())
        self.answered_in_a_row = 0
        self.prove()

    def _add_answer(self, rtt_s: float) -> None:
        self.received += 1
        self.answered_in_a_row += 1
        self.lost_in_a_row = 0
        self.silent_since_s = None
        self._rtt_in_window_s += rtt_s
        self.round_trips_s.observe(rtt_s)
        if self._last_rtt_s is not None:
            self.jitter_s = next_jitter(self.jitter_s, self._last_rtt_s, rtt_s)
        self._last_rtt_s = rtt_s

    def _forget(self, echo: tuple[float, float | None]) -> None:
        _, rtt_s = echo
        if rtt_s is None:
            self.lost -= 1
        else:
            self._rtt_in_window_s -= rtt_s

    @property
    def samples(self) -> int:
        """Echoes within the window."""
        return len(self._echoes)

    @property
    def loss_ratio(self) -> float | None:
        """Share of echoes lost within the window; None before the first."""
        return self.lost / len(self._echoes) if self._echoes else None

    @property
    def rtt_s(self) -> float | None:
        """Mean round trip of the answers within the window; None where there is none."""
        answered = len(self._echoes) - self.lost
        return self._rtt_in_window_s / answered if answered else None

    @property
    def mos(self) -> float | None:
        """Estimated call quality over the window, 1 to 4.5 (ITU-T G.107); None where nothing answered."""
        rtt_s, loss_ratio = self.rtt_s, self.loss_ratio
        return None if rtt_s is None or loss_ratio is None else mean_opinion_score(rtt_s, self.jitter_s, loss_ratio)
