"""Makes sure, quickly, that what fell silent is silent: it is asked again and again until it answers or it is certain.

One lost echo says nothing, and waiting for five of them takes five seconds. So an echo that is overdue begins a burst
of questions, to its target and to what stands on the way there: the first answer ends it, and enough unanswered ones
in a row are as certain as the loss on that line allows. What a burst asks is no sample of the line's quality.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from agent.model import IcmpSettings, State
from agent.readings import Echo, Outcome
from agent.records import AnyProbed

SPACING_S = 0.1
ANSWER_WITHIN_S = 0.3  # of the last question; later answers count too, but nobody waits longer for them
LEAST_QUESTIONS = 15
MOST_QUESTIONS = 30
CHANCE = 1e-9  # that so many in a row are lost by chance
EARLY = 0.4  # of `down_after` intervals must have passed: who sets it high wants patience
MOST_AT_ONCE = 64  # bursts; others wait their turn, and their echoes go on
WORTH_A_POLL = 3  # unanswered questions after which devices are asked by SNMP what they know

Send = Callable[[str, IcmpSettings, Callable[[Echo], None]], object]


@dataclass(slots=True)
class Burst:
    """Questions to one target since an echo sent at `since_s` is overdue."""

    record: AnyProbed
    since_s: float
    needed: int
    sent: int = 0
    last_s: float = 0.0
    over: bool = field(default=False)


class Confirmer:
    """The bursts under way. `send` sends an echo; the callbacks tell what came of them."""

    def __init__(
        self,
        send: Send,
        proof: Callable[[AnyProbed, float], None],
        silence: Callable[[AnyProbed, float], None],
        poll: Callable[[AnyProbed], None],
    ) -> None:
        self._send = send
        self._proof = proof
        self._silence = silence
        self._poll = poll
        self._bursts: dict[str, Burst] = {}  # by address, those asked first come first

    def suspect(self, record: AnyProbed, since_s: float, way: Iterable[AnyProbed] = ()) -> None:
        """Begin to ask a target whose echo of `since_s` is overdue, and those on its `way` that may be the reason."""
        if record.seen is State.DOWN or record.window.rtt_s is None or record.target.address in self._bursts:
            return
        for other in way:
            self.question(other, since_s)
        self._begin(record, since_s)

    def question(self, record: AnyProbed, since_s: float) -> None:
        """Ask a target that has not answered anything sent after `since_s`."""
        if record.seen.answers and (record.alive_s or 0.0) <= since_s and record.target.address not in self._bursts:
            self._begin(record, since_s)

    def _begin(self, record: AnyProbed, since_s: float) -> None:
        self._bursts[record.target.address] = Burst(record, since_s, questions_needed(record))

    def turn(self, now_s: float) -> None:
        """Send what is due, and say what has become certain; to be called at every turn."""
        for address, burst in list(self._bursts.items())[:MOST_AT_ONCE]:
            if burst.over or burst.record.seen is State.DOWN or burst.record.standing.state is State.UNREACHABLE:
                del self._bursts[address]
            elif now_s >= burst.last_s + SPACING_S * 0.9:
                self._go_on(burst, now_s)

    def _go_on(self, burst: Burst, now_s: float) -> None:
        icmp = burst.record.target.icmp
        enough = burst.sent >= burst.needed and now_s >= burst.since_s + EARLY * icmp.down_after * icmp.interval_s
        if not enough:
            burst.sent += 1
            burst.last_s = now_s
            if burst.sent == WORTH_A_POLL + 1:
                self._poll(burst.record)
            self._send(burst.record.target.address, icmp, lambda echo: self._ended(burst, echo))
        elif now_s >= burst.last_s + max(ANSWER_WITHIN_S, 3 * (burst.record.window.rtt_s or 0.0)):
            burst.over = True
            self._silence(burst.record, burst.since_s)

    def _ended(self, burst: Burst, echo: Echo) -> None:
        if echo.rtt_s is not None:
            burst.over = True
            self._proof(burst.record, echo.sent_s)
        elif echo.outcome is Outcome.ERROR:
            burst.over = True  # this machine can't ask: nothing is known


def questions_needed(record: AnyProbed) -> int:
    """Return how many unanswered questions in a row are certainty, given the loss seen on the way to a target."""
    window = record.window
    loss_ratio = (window.lost - window.lost_in_a_row) / window.samples if window.samples else 0.0
    if loss_ratio <= 0.0:
        return LEAST_QUESTIONS
    if loss_ratio >= 1.0:
        return MOST_QUESTIONS
    return min(max(math.ceil(math.log(CHANCE) / math.log(loss_ratio)), LEAST_QUESTIONS), MOST_QUESTIONS)
