"""What is wrong with a configuration: each fault with its file, line, place, and what would be right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches

SHOWN = 12  # how many right answers a fault lists before it says "…"


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One mistake. `where` is the dotted place in the file, as in `agent.listen`."""

    file: str
    line: int
    where: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.where}: {self.text}"


class ConfigError(Exception):
    """A configuration that cannot be used, with all that is wrong with it, sorted by file and line."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        super().__init__("\n".join(map(str, self.faults)))


@dataclass(slots=True)
class Faults:
    """Collects the faults of one run; the first one at a place silences those it brings about there."""

    found: dict[tuple[object, ...], Fault] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)

    def add(self, place: tuple[object, ...], fault: Fault) -> None:
        """Keep a fault, unless its place already has one."""
        self.found.setdefault(place, fault)

    def quote(self, text: str) -> str:
        """Return a value as a fault may show it: one short line, and never one that holds a secret."""
        if not text:
            return "an empty text"
        if any(secret in text for secret in self.secrets):
            return "this value"
        shown = text if text.isprintable() else text.encode("unicode_escape").decode("ascii")
        return f"`{shown[:57]}…`" if len(shown) > 60 else f"`{shown}`"  # noqa: PLR2004  # a line's worth of text


def suggest(wrong: str, known: Iterable[str], kind: str) -> str:
    """Say what was probably meant, else what there is: "did you mean `x`?" or "the keys here are `x`, `y`"."""
    names = sorted(set(known))
    if close := get_close_matches(wrong, names, n=1):
        return f"did you mean `{close[0]}`?"
    if not names:
        return f"there are no {kind}"
    return f"the {kind} are {listing(names)}"


def listing(names: Iterable[str]) -> str:
    """List names for people, shortened where there are many."""
    names = list(names)
    more = ", …" if len(names) > SHOWN else ""
    return ", ".join(f"`{name}`" for name in names[:SHOWN]) + more
