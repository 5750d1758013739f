"""The table the bench ends with."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.bench.meter import Series


@dataclass(frozen=True)
class Row:
    """A figure of ours, the most it should be, and others' in the same rounds."""

    what: str
    unit: str
    ours: Series
    target: float | None = None
    beside: dict[str, Series] = field(default_factory=dict)
    per_unit: float = 1.0  # what a Series' value is divided by to be in `unit`

    def lines(self) -> list[tuple[str, ...]]:
        """Return the row as text, a line for each of the others."""
        met = "" if self.target is None else "yes" if self._scaled(self.ours) <= self.target else "NO"
        target = "" if self.target is None else f"≤ {self.target:g}"
        others = [
            (name, self._text(theirs), f"{self.ours.ratio(theirs):.2f}") for name, theirs in self.beside.items()
        ] or [("", "", "")]
        heads = [(self.what, self.unit, self._text(self.ours), target, met)] + [("",) * 5] * (len(others) - 1)
        return [head + other for head, other in zip(heads, others, strict=True)]

    def _scaled(self, series: Series) -> float:
        return series.median / self.per_unit

    def _text(self, series: Series) -> str:
        value = self._scaled(series)
        return f"{value:.0f}" if value >= 100 else f"{value:.1f}"


HEAD = ("what", "unit", "ours", "target", "met", "beside", "theirs", "ours/theirs")


def table(rows: list[Row]) -> str:
    """Return the rows in columns."""
    lines = [HEAD, *(line for row in rows for line in row.lines())]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )
