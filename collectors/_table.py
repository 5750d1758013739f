"""A device's table: its rows are found by walking one column, their other columns are asked by GET."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isfinite

from agent.profile import Object, Table
from agent.readings import Outcome, PollFailed
from collectors._snmp import SnmpClient
from collectors._snmp_session import Value

Labels = tuple[tuple[str, str], ...]

KEPT_S = 3600.0  # how long rows' labels are believed while the rows stay the same
MOST_ROWS = 1000  # of a table; each may become several series
LONGEST_LABEL = 128  # characters


class TableReader:
    """Reads one table of one device, poll after poll."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._rows: dict[str, Value] | None = None  # the rows that count, with the key column's value; None: not known
        self._labels: dict[str, Labels] = {}
        self._labels_until_s = 0.0
        self._asked = [oid for oid in _columns(table) if oid != table.key]

    async def find(self, client: SnmpClient, now_s: float) -> None:
        """Find the rows there are now. Raises `PollFailed` where the device does not answer."""
        try:
            column = await client.walk(self._table.key)
        except PollFailed as failure:
            if failure.outcome is not Outcome.ERROR:
                raise
            self._rows = None
            return
        wanted = dict(self._table.where).get(self._table.key)
        rows = [index for index, value in column.items() if wanted is None or text_of(value) in wanted]
        self._rows = {index: column[index] for index in rows[:MOST_ROWS]}
        if now_s >= self._labels_until_s or self._labels.keys() != self._rows.keys():
            self._labels = {}
            self._labels_until_s = now_s + KEPT_S

    def oids(self) -> Iterator[str]:
        """Yield what to GET of the rows found; labels too, where they are not known."""
        asked = self._asked
        if not self._labels:
            asked = [*asked, *(oid for _, oid in self._table.labels if oid)]
        for index in self._rows or ():
            for oid in asked:
                yield f"{oid}.{index}"

    def read(self, answers: Mapping[str, Value]) -> Iterator[tuple[Object, Labels, float]]:
        """Yield each column's value of each row that counts, with all its labels; an aggregated one has no row's."""
        if self._rows is None:
            return
        if not self._labels:
            self._labels = self._read_labels(answers)
        known = {f"{self._table.key}.{index}": value for index, value in self._rows.items()}
        values = {**answers, **known} if known else answers
        rows = [index for index in self._rows if self._counts(index, values)]
        for column in self._table.columns:
            for index in rows:
                value = value_of(column, f".{index}", values)
                if value is not None:
                    yield column, _joined(column, () if column.aggregate else self._labels[index]), value
        yield from self._count(len(rows))

    def _counts(self, index: str, values: Mapping[str, Value]) -> bool:
        return all(text_of(values.get(f"{oid}.{index}")) in wanted for oid, wanted in self._table.where)

    def _count(self, rows: int) -> Iterator[tuple[Object, Labels, float]]:
        for metric, value in ((self._table.rows, rows), (self._table.any_rows, rows > 0)):
            if metric:
                yield Object(self._table.key, metric), (), float(value)

    def _read_labels(self, answers: Mapping[str, Value]) -> dict[str, Labels]:
        """Return the labels of each row; two rows that have the same are told apart by their index."""
        labels: dict[str, Labels] = {}
        taken: set[Labels] = set()
        for index in self._rows or ():
            row = tuple((name, _label(index, oid, answers)) for name, oid in self._table.labels)
            if row in taken:
                (name, text), *rest = row or (("", ""),)
                row = ((name, f"{text} [{index}]"), *rest) if row else row
            taken.add(row)
            labels[index] = row
        return labels


def value_of(wanted: Object, index: str, answers: Mapping[str, Value]) -> float | None:
    """Return the value of an object, or of a column at `.index`, in its metric's unit; None where there is none."""
    value = wanted.conversion.of(text_of(answers.get(wanted.oid + index)))
    if value is None or not wanted.share_of:
        return value
    parts = [answers.get(oid + index) for oid in wanted.share_of]
    whole = sum(part for part in parts if isinstance(part, int | float))
    return value / whole if whole and isfinite(whole) and None not in parts else None


def text_of(value: Value) -> str:
    """Return a device's value as text: figures as they are, octets as UTF-8; "" for nothing."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace").strip("\0 \t\r\n")
    return "" if value is None else str(value)


def _columns(table: Table) -> list[str]:
    columns = [oid for column in table.columns for oid in (column.oid, *column.share_of)]
    return list(dict.fromkeys([*(oid for oid, _ in table.where), *columns]))


def _label(index: str, oid: str, answers: Mapping[str, Value]) -> str:
    text = text_of(answers.get(f"{oid}.{index}")) if oid else index
    return (" ".join(text.split()) or index)[:LONGEST_LABEL]


def _joined(column: Object, labels: Labels) -> Labels:
    if not column.labels or not labels:
        return column.labels or labels
    return tuple(sorted((*column.labels, *labels)))
