"""A device as its SNMP agent sees it: an ordered table of object identifiers and values."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping

from lab.snmp.ber import NO_SUCH_INSTANCE, NO_SUCH_OBJECT, Oid, Value

Source = Value | Callable[[], Value]


class Mib:
    """Objects in order. A value that moves is a callable, asked at each request."""

    __slots__ = ("_order", "_sources")

    def __init__(self, sources: Mapping[Oid, Source]) -> None:
        self._sources = dict(sources)
        self._order = sorted(sources)

    def get(self, oid: Oid) -> Value:
        """Return an object's value now, or which kind of nothing is there (RFC 3416, 4.2.1)."""
        source = self._sources.get(oid)
        if source is None:
            following = self.following(oid[:-1])
            return NO_SUCH_INSTANCE if following and following[: len(oid) - 1] == oid[:-1] else NO_SUCH_OBJECT
        return source if isinstance(source, Value) else source()

    def replace(self, prefix: Oid, sources: Mapping[Oid, Source]) -> None:
        """Have these objects, and no others, below a prefix."""
        kept = {oid: source for oid, source in self._sources.items() if oid[: len(prefix)] != prefix}
        self._sources = {**kept, **sources}
        self._order = sorted(self._sources)

    def following(self, oid: Oid) -> Oid | None:
        """Return the first object after `oid`, None at the end."""
        at = bisect_right(self._order, oid)
        return self._order[at] if at < len(self._order) else None
