"""An alert, and a figure computed in advance: the nouns of the table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from texts import Text

Severity = Literal["critical", "warning"]  # at once, at any hour; in working hours


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing somebody must know of. Its texts are written as `alerting.words` says.

    `expr` gives a series, of a value of 0 or more, for each thing that is wrong, and nothing where all is well.
    `summary` is short enough for a text message; `description` says what follows from it and what to do first.
    """

    name: str
    expr: str
    severity: Severity
    summary: Text
    description: Text
    for_s: int = 0

    @property
    def runbook(self) -> str:
        """Where the page about it is, below the project's folder."""
        return f"docs/runbooks/{self.name}.md"


@dataclass(frozen=True, slots=True)
class Recording:
    """A series computed in advance."""

    name: str
    expr: str


@dataclass(frozen=True, slots=True)
class Group:
    """Rules that are computed together, one after the other, every `interval_s`."""

    name: str
    interval_s: int
    rules: tuple[Alert | Recording, ...]

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """Those that are alerts."""
        return tuple(rule for rule in self.rules if isinstance(rule, Alert))


def duration(seconds: int) -> str:
    """Write a time as Prometheus, Alertmanager and Grafana do."""
    return f"{seconds // 60}m" if seconds and seconds % 60 == 0 else f"{seconds}s"
