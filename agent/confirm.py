"""Makes sure, quickly, that what fell silent is silent: it is asked again and again until it answers or it is certain.

One lost echo says nothing, and waiting for five of them takes five seconds. So an echo that is overdue begins a burst
of questions, to its target and to what stands on the way there: the first answer ends it, and enough unanswered ones
in a row are as certain as the loss on that line allows. What a burst asks is no sample of the line's quality.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from agent.model import IcmpSettings, State
from agent.readings import Echo, Outcome
from agent.records import AnyProbed

# At an echo a second: the first lost one left 0.5 s after a cut (the mean), is overdue 0.3 s later and waits for its
# turn (0.05 s), 30 questions fill the time up to 2.0 s after it left (EARLY x 5 x 1 s), the last has 0.1 s and two
# turns: certain 2.2 s after the first silence, 2.7 s after the cut. At most 3.2 s, for an echo that left just before.
# By chance, 30 questions and the echo are lost at 30 % each way (51 % of them) once in 10^9 times.
SPACING_S = 0.05  # between questions, at least
LATE_S = 0.1  # a turn may be
ANSWER_WITHIN_S = 0.08  # of the last question: the next turn, or three round trips; all others have had longer
LEAST_QUESTIONS = 30
MOST_QUESTIONS = 100
CHANCE = 1e-9  # that so many in a row are lost by chance
EARLY = 0.4  # of `down_after` intervals must have passed: who sets it high wants patience
MOST_AT_ONCE = 64  # bursts; others wait their turn, and their echoes go on
WORTH_A_POLL = 6  # unanswered questions after which devices are asked by SNMP what they know
HALF_LIFE_S = 20.0  # what came of earlier questions counts half after it
TRUST = 2.0  # answers that a target has to its credit before any

Send = Callable[[str, IcmpSettings, Callable[[Echo], None]], object]


@dataclass(slots=True)
class Burst:
    """Questions to one target since an echo sent at `since_s` is overdue, the next of them at `next_s`.

    `enough_s` is when as many as needed had been sent.
    """

    record: AnyProbed
    since_s: float
    needed: int
    spacing_s: float = SPACING_S
    sent: int = 0
    next_s: float | None = None
    enough_s: float | None = None
    over: bool = False


@dataclass(slots=True)
class Luck:
    """What came of the questions put to one target lately. Echoes alone would tell of a new loss too late."""

    lost: float = 0.0
    answered: float = 0.0
    at_s: float = 0.0

    def add(self, lost: int, at_s: float) -> None:
        """Take an answer after so many questions without one."""
        kept: float = 0.5 ** ((at_s - self.at_s) / HALF_LIFE_S)
        self.lost, self.answered, self.at_s = self.lost * kept + lost, self.answered * kept + 1, at_s

    def loss_ratio(self, at_s: float) -> float:
        """Return the share of questions lost."""
        kept: float = 0.5 ** ((at_s - self.at_s) / HALF_LIFE_S)
        return self.lost * kept / ((self.lost + self.answered) * kept + TRUST)


class Confirmer:
    """The bursts under way. `send` sends an echo; the callbacks tell what came of them."""

    def __init__(
        self,
        send: Send,
        proof: Callable[[AnyProbed, float, int], None],
        silence: Callable[[AnyProbed, float, float], None],
        poll: Callable[[AnyProbed], None],
    ) -> None:
        self._send = send
        self._proof = proof
        self._silence = silence
        self._poll = poll
        self._bursts: dict[str, Burst] = {}  # by address, those asked first come first
        self._lucks: dict[str, Luck] = {}  # by address

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
        luck = self._lucks.get(record.target.address)
        needed = questions_needed(record, luck.loss_ratio(since_s) if luck else 0.0)
        self._bursts[record.target.address] = Burst(record, since_s, needed)

    def turn(self, now_s: float) -> None:
        """Send what is due, and say what has become certain; to be called at every turn."""
        for address, burst in list(self._bursts.items())[:MOST_AT_ONCE]:
            if burst.over or _is_settled(burst.record, burst.since_s):
                del self._bursts[address]
            else:
                self._go_on(burst, now_s)

    def _go_on(self, burst: Burst, now_s: float) -> None:
        record = burst.record
        if burst.next_s is None:
            icmp = record.target.icmp
            patient_s = burst.since_s + EARLY * icmp.down_after * icmp.interval_s - now_s
            burst.spacing_s = max(patient_s / burst.needed, SPACING_S)
            burst.next_s = now_s
        if burst.enough_s is not None and now_s >= burst.enough_s + _longest_way_s(record):
            burst.over = True
            self._silence(record, burst.since_s, burst.enough_s)
            return
        burst.next_s = max(burst.next_s, now_s - LATE_S)  # what a later turn missed is left out
        while burst.next_s <= now_s:
            burst.next_s += burst.spacing_s
            self._ask(burst, now_s)

    def _ask(self, burst: Burst, now_s: float) -> None:
        burst.sent += 1
        if burst.sent == burst.needed:
            burst.enough_s = now_s
        if burst.sent == WORTH_A_POLL + 1:
            self._poll(burst.record)
        target = burst.record.target
        self._send(target.address, target.icmp, partial(self._ended, burst, burst.sent - 1))

    def _ended(self, burst: Burst, before: int, echo: Echo) -> None:
        """Take the end of a question after so many `before` it in the same burst."""
        if echo.rtt_s is not None:
            if not burst.over:
                self._lucks.setdefault(burst.record.target.address, Luck()).add(before, echo.sent_s)
            burst.over = True
            self._proof(burst.record, echo.sent_s, before)
        elif echo.outcome is Outcome.ERROR:
            burst.over = True  # this machine can't ask: nothing is known


def _is_settled(record: AnyProbed, since_s: float) -> bool:
    """Say whether there is nothing to ask any more: it has shown itself since, or is known to be silent."""
    if (record.alive_s or 0.0) > since_s:
        return True
    return record.seen is State.DOWN or record.standing.state is State.UNREACHABLE


def _longest_way_s(record: AnyProbed) -> float:
    """Return how long the last question's answer may take; all the others have had longer."""
    return max(ANSWER_WITHIN_S, 3 * (record.window.rtt_s or 0.0))


def questions_needed(record: AnyProbed, lately: float) -> int:
    """Return how many unanswered questions in a row are certainty, given the loss seen on the way to a target.

    `lately` is the share of questions lost. What is lossy may have become so twice, on another of its lines.
    """
    window = record.window
    lost = (window.lost - window.lost_in_a_row) / window.samples if window.samples else 0.0
    passing = (1 - max(lost, lately)) ** 2
    if passing >= 1.0:
        return LEAST_QUESTIONS
    if passing <= 0.0:
        return MOST_QUESTIONS
    return min(max(math.ceil(math.log(CHANCE) / math.log(1 - passing)), LEAST_QUESTIONS), MOST_QUESTIONS)
