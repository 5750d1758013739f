"""What is remembered beyond the moment: outages, time in states, maintenance. Frozen values; stamps are in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from agent.model import Cause, Kind, State


@dataclass(frozen=True, slots=True)
class Outage:
    """One root cause and what it cut off, from the first silence to the end.

    `id` never changes, whatever is learnt later. `target` is the cause's id (the agent's name where the agent itself
    was blind), `suspects` what may be the cause as well, on the same evidence. `affected` counts the endpoints that
    are down or cut off by it now, `most_affected` at any time. A `flapping` outage came and went; it stays one.
    """

    id: str
    kind: Kind
    target: str
    cause: Cause
    started: datetime
    confirmed: datetime
    ended: datetime | None = None
    district: str = ""
    detail: str = ""
    affected: int = 0
    most_affected: int = 0
    suspects: tuple[str, ...] = ()
    flapping: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time a target spent in one state; `root` is the id of what cut it off. Still lasting: no `end`."""

    kind: Kind
    target: str
    state: State
    start: datetime
    end: datetime | None
    root: str = ""


@dataclass(frozen=True, slots=True)
class Maintenance:
    """A planned window: `targets` (ids; a site stands for all that hangs on it) may fail from `start` to `end`.

    `id` is `m1`, `m2`… for those people added; those of the configuration have `c1`, `c2`…, or none yet as read.
    """

    targets: tuple[str, ...]
    start: datetime
    end: datetime
    why: str
    id: str = ""

    @property
    def by_people(self) -> bool:
        """True where somebody added it; only the configuration can end its own."""
        return self.id.startswith("m")
