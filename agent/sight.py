"""What is seen of the province at one moment, and how it is explained. Frozen values."""

from __future__ import annotations

from collections.abc import Mapping, Set as AbstractSet
from dataclasses import dataclass, field
from typing import NamedTuple

from agent.model import Cause, Kind

GRACE_S = 0.5  # what was sent within this of the first silence may have passed before the break


class Silence(NamedTuple):
    """A target that does not answer: when its first unanswered question was sent, and its newest.

    `wavering`: it has answered since, but not often enough to be held up again.
    """

    since_s: float
    asked_s: float
    wavering: bool = False


class Line(NamedTuple):
    """What the interface at one end of a link says, when it was asked, and since when it says so, as far as known."""

    up: bool
    at_s: float
    since_s: float | None = None


@dataclass(frozen=True, slots=True)
class Sight:
    """All that is seen at one moment. Times are monotonic.

    `answered_s` has the targets held to answer, with when the newest answered question was sent; `agent_s` is that of
    the agent's own line, None while it is in doubt. `doubtful` targets lost something just now, or were never heard.
    `standing` are the causes of open outages and since when; `planned` is what may fail as it likes.
    """

    silent: Mapping[str, Silence]
    answered_s: Mapping[str, float]
    doubtful: AbstractSet[str] = frozenset()
    lines: Mapping[str, Line] = field(default_factory=dict)
    standing: Mapping[str, tuple[Cause, float]] = field(default_factory=dict)
    planned: AbstractSet[str] = frozenset()
    agent_s: float | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A root cause: what it is, how it shows, and what may be it as well on the same evidence."""

    kind: Kind
    cause: Cause
    suspects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """The causes by id; what they cut off, with the cause of each; and what can't be judged yet."""

    causes: dict[str, Finding] = field(default_factory=dict)
    cut_off: dict[str, str] = field(default_factory=dict)
    held: frozenset[str] = frozenset()
