"""One kind of target's part of the page: its families, over its targets, in batches."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from functools import cached_property
from itertools import zip_longest
from operator import is_
from typing import Any, Generic, TypeVar

from agent.inventory import Inventory
from agent.state import Board
from exporters._text import family_head
from exporters.family import Family, Subject

FROZEN_TARGETS = 20  # about a device's interfaces, which change together
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
        self.targets = targets
        self._written: dict[int, str] = {}

    def is_of(self, records: list[R], targets: list[_Target]) -> bool:
        """Say whether these are the very same records and targets."""
        same = len(records) == len(self.records) and all(map(is_, records, self.records))
        return same and all(map(is_, targets, self.targets))

    def lines(self, number: int, family: Family[R], told_us: int, *, frozen: bool) -> str:
        """Write one family's lines, by its number; for frozen records once."""
        if not frozen:
            return family.lines(self.columns[number], self.records, told_us)
        if number not in self._written:
            self._written[number] = family.lines(self.columns[number], self.records, told_us)
        return self._written[number]

    @cached_property
    def columns(self) -> list[tuple[Any, ...]]:
        """What each family made of these targets' labels, a column a family."""
        return list(zip(*[target.prepared for target in self.targets], strict=True))


class Section(Generic[K, R]):
    """Writes a subject's families, and keeps its targets' label texts until they or the inventory change."""

    def __init__(self, subject: Subject[K, R]) -> None:
        self._subject = subject
        self._inventory: Inventory | None = None
        self._targets: dict[K, _Target] = {}
        self._kept: list[_Batch[R]] = []

    def pieces(self, board: Board, now_s: float, *, openmetrics: bool) -> Iterator[str]:
        """Yield the section, each piece quick to make. Who is on it is settled at the first."""
        batches, told_us = self._batches(board, now_s), board.told_us
        for number, family in enumerate(self._subject.families):
            yield family_head(family.name, family.kind, family.help, openmetrics=openmetrics)
            for batch in batches:
                yield batch.lines(number, family, told_us, frozen=self._subject.frozen)

    def _batches(self, board: Board, now_s: float) -> list[_Batch[R]]:
        shown = self._subject.records(board, now_s)
        known = self._targets if self._inventory is board.inventory else {}
        self._inventory = board.inventory
        self._targets = {key: known.get(key) or self._target(key, record) for key, record in shown.items()}
        records, targets = list(shown.values()), list(self._targets.values())
        size = FROZEN_TARGETS if self._subject.frozen else BATCH_TARGETS
        starts = range(0, len(records), size)
        batches = [_Batch(records[i : i + size], targets[i : i + size]) for i in starts]
        return self._keep(batches) if self._subject.frozen else batches

    def _keep(self, batches: list[_Batch[R]]) -> list[_Batch[R]]:
        """Use the last scrape's batches again where nothing in them is another."""
        pairs = zip_longest(batches, self._kept)
        self._kept = [old if old and old.is_of(new.records, new.targets) else new for new, old in pairs if new]
        return self._kept

    def _target(self, key: K, record: R) -> _Target:
        assert self._inventory is not None
        return _Target(self._subject, self._subject.values(key, record, self._inventory))
