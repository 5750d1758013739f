"""How a family of series becomes text. A family is declared once, in `exporters.families`; these are its four shapes.

A shape makes what it needs of a target's labels once (`prepare`) and reads values at every scrape (`lines`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from agent.histogram import Histogram
from agent.inventory import Inventory
from agent.model import State
from agent.spent import Spent
from agent.state import Board
from exporters._text import label_text, number

K = TypeVar("K", bound=Hashable)
R = TypeVar("R")
R_contra = TypeVar("R_contra", contravariant=True)
Own = tuple[str, ...]

_STATES = [(state, state.value) for state in State]  # an enumeration is slow to walk and to write
_SHORT_BELOW = 1_000_000  # a count that needs no exponent; most do not, so they are spared the call


class Labels:
    """A target's labels, by name and as text."""

    __slots__ = ("by_name", "text")

    def __init__(self, by_name: Mapping[str, str]) -> None:
        self.by_name = by_name
        self.text = label_text(by_name) + " "


class Family(Protocol[R_contra]):
    """One metric of one kind of target."""

    @property
    def name(self) -> str:
        """Its full name, as in the text format."""

    @property
    def kind(self) -> str:
        """`gauge`, `counter` or `histogram`."""

    @property
    def help(self) -> str:
        """What it means, one sentence."""

    def prepare(self, labels: Labels) -> Any:
        """Make what `lines` needs of a target's labels."""

    def lines(self, prepared: Sequence[Any], records: Sequence[R_contra], told_us: int, /) -> str:
        """Write the samples of these targets; times in states up to `told_us` (microseconds since 1970, UTC)."""


@dataclass(frozen=True, slots=True)
class Single(Generic[R]):
    """One series a target; none where `read` gives None."""

    name: str
    kind: str
    help: str
    read: Callable[[R], float | None]

    def prepare(self, labels: Labels) -> str:
        """Return the labels' text, which all such families share."""
        return labels.text

    def lines(self, prepared: Sequence[str], records: Sequence[R], _told_us: int, /) -> str:
        """Write a line for each target that has a value."""
        name, read = self.name, self.read
        pairs = zip(prepared, map(read, records), strict=True)
        return "".join([f"{name}{labels}{number(value)}\n" for labels, value in pairs if value is not None])


class _Heads(dict[Own, str]):
    """The starts of one target's lines by the values of the family's own labels, written when first seen."""

    __slots__ = ("_labels", "_name", "_own")

    MOST = 64  # own values may be a device's text: no device may make us keep more

    def __init__(self, family: Several[Any], labels: Labels) -> None:
        super().__init__()
        self._name, self._own, self._labels = family.name, family.own, labels.by_name

    def __missing__(self, values: Own) -> str:
        if len(self) >= self.MOST:
            self.clear()
        text = label_text({**self._labels, **dict(zip(self._own, values, strict=True))})
        head = self[values] = f"{self._name}{text} "
        return head


@dataclass(frozen=True, slots=True)
class Several(Generic[R]):
    """A series for each value of labels of the family's `own`; `read` gives those values with the sample's."""

    name: str
    kind: str
    help: str
    own: Own
    read: Callable[[R], Iterable[tuple[Own, float | None]]]

    def prepare(self, labels: Labels) -> _Heads:
        """Return the target's line starts, empty as yet."""
        return _Heads(self, labels)

    def lines(self, prepared: Sequence[_Heads], records: Sequence[R], _told_us: int, /) -> str:
        """Write a line for each sample that has a value."""
        read = self.read
        return "".join(
            [
                f"{heads[own]}{number(value)}\n"
                for heads, record in zip(prepared, records, strict=True)
                for own, value in read(record)
                if value is not None
            ]
        )


@dataclass(frozen=True, slots=True)
class PerState(Generic[R]):
    """A counter of seconds for each state, all of them always; `read` gives what counts them."""

    name: str
    help: str
    read: Callable[[R], Spent]
    kind: str = "counter"

    OWN = ("state",)

    def prepare(self, labels: Labels) -> tuple[str, str]:
        """Return what stands before and after the state in each of the target's lines."""
        mark = "\ue000"  # a private letter, which no label's name or place has
        before, _, after = label_text({**labels.by_name, self.OWN[0]: mark}).rpartition(mark)
        return f"{self.name}{before}", f"{after} "

    def lines(self, prepared: Sequence[tuple[str, str]], records: Sequence[R], told_us: int, /) -> str:
        """Write each target's lines, a state each."""
        return "".join(
            [
                f"{before}{name}{after}{number(seconds(state, told_us))}\n"
                for (before, after), seconds in zip(prepared, [self.read(r).seconds for r in records], strict=True)
                for state, name in _STATES
            ]
        )


@dataclass(frozen=True, slots=True)
class Distribution(Generic[R]):
    """A histogram a target, all with the same `bounds`."""

    name: str
    help: str
    bounds: tuple[float, ...]
    read: Callable[[R], Histogram]
    kind: str = "histogram"

    def prepare(self, labels: Labels) -> list[str]:
        """Return the starts of the target's lines."""
        limits = [*map(number, self.bounds), "+Inf"]
        heads = [f"_bucket{label_text({**labels.by_name, 'le': limit})} " for limit in limits]
        heads += [f"_count{labels.text}", f"_sum{labels.text}"]
        return [f"{self.name}{head}" for head in heads]

    def lines(self, prepared: Sequence[list[str]], records: Sequence[R], _told_us: int, /) -> str:
        """Write each target's buckets, count and sum."""
        read = self.read
        lines: list[str] = []
        for heads, record in zip(prepared, records, strict=True):
            texts = _histogram_texts(read(record))
            own = [""] * (2 * len(texts))
            own[::2], own[1::2] = heads, texts
            lines += own
        return "".join(lines)


def _histogram_texts(histogram: Histogram) -> list[str]:
    """Return the values of each bucket with those below it, of the count and of the sum, each ending its line."""
    total, text, texts = 0, "0.0\n", []
    for count in histogram.counts:
        if count:
            total += count
            text = f"{total}.0\n" if total < _SHORT_BELOW else f"{number(total)}\n"
        texts.append(text)
    texts += (text, f"{number(histogram.total)}\n")
    return texts


@dataclass(frozen=True, slots=True)
class Subject(Generic[K, R]):
    """A kind of target: its labels and families.

    `records` gives those to show now (monotonic seconds given) by key; `values` gives the labels' values of one.
    Where records are `frozen`, the same record is the same lines.
    """

    labels: tuple[str, ...]
    records: Callable[[Board, float], Mapping[K, R]]
    values: Callable[[K, R, Inventory], tuple[str, ...]]
    families: tuple[Family[R], ...]
    frozen: bool = False

    def prepare(self, values: tuple[str, ...]) -> tuple[Any, ...]:
        """Make what each family needs of a target's label values, in the families' order."""
        labels = Labels(dict(zip(self.labels, values, strict=True)))
        return tuple([family.prepare(labels) for family in self.families])
