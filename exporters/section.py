"""One kind of target's part of the page: its families, over its targets, in batches."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from functools import cached_property
from typing import Any, Generic, TypeVar

from agent.inventory import Inventory
from agent.state import Board
from exporters._text import family_head
from exporters.family import Subject

BATCH_TARGETS = 100  # written in one go: a few ten thousand characters, which memory gives more cheaply than more

K = TypeVar("K", bound=Hashable)
R = TypeVar("R")


class _Target:
    """A target on the page. Its labels are fixed at once, their text is made when first written."""

    __slots__ = ("_prepared", "_subject", "_values")

    def __init__(self, subject: Subject[Any, Any], values: tuple[str, ...]) -> None:
        self._subject = subject
        self._values = values
        self._prepared: tuple[Any, ...] | None = None

    @property
    def prepared(self) -> tuple[Any, ...]:
        """What each family made of the labels, in the families' order."""
        if self._prepared is None:
            self._prepared = self._subject.prepare(self._values)
        return self._prepared


class _Batch(Generic[R]):
    """A few records with the targets they stand for."""

    def __init__(self, records: list[R], targets: list[_Target]) -> None:
        self.records = records
        self._targets = targets

    @cached_property
    def columns(self) -> list[tuple[Any, ...]]:
        """What each family made of these targets' labels, a column a family."""
        return list(zip(*[target.prepared for target in self._targets], strict=True))


class Section(Generic[K, R]):
    """Writes a subject's families, and keeps its targets' label texts until they or the inventory change."""

    def __init__(self, subject: Subject[K, R]) -> None:
        self._subject = subject
        self._inventory: Inventory | None = None
        self._targets: dict[K, _Target] = {}

    def pieces(self, board: Board, now_s: float, *, openmetrics: bool) -> Iterator[str]:
        """Yield the section, each piece quick to make. Who is on it is settled at the first."""
        batches = self._batches(board, now_s)
        for number, family in enumerate(self._subject.families):
            yield family_head(family.name, family.kind, family.help, openmetrics=openmetrics)
            for batch in batches:
                yield family.lines(batch.columns[number], batch.records)

    def _batches(self, board: Board, now_s: float) -> list[_Batch[R]]:
        shown = self._subject.records(board, now_s)
        known = self._targets if self._inventory is board.inventory else {}
        self._inventory = board.inventory
        self._targets = {key: known.get(key) or self._target(key, record) for key, record in shown.items()}
        records, targets = list(shown.values()), list(self._targets.values())
        starts = range(0, len(records), BATCH_TARGETS)
        return [_Batch(records[i : i + BATCH_TARGETS], targets[i : i + BATCH_TARGETS]) for i in starts]

    def _target(self, key: K, record: R) -> _Target:
        assert self._inventory is not None
        return _Target(self._subject, self._subject.values(key, record, self._inventory))
