"""Profiles: what a make of device tells by SNMP and how that becomes metrics. `docs/profiles.md` says how to write one.

OIDs are dotted text without a leading dot; a table's OIDs are those of its columns, to which an index is added.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import isfinite

AUTO = "auto"  # the inventory's word for "whichever profile fits"
NONE = "none"  # …and for "not asked by SNMP"
GENERIC = "generic"  # what fits where nothing else does
NET_SNMP = "1.3.6.1.4.1.8072.3.2"  # sysObjectIDs of net-snmp's own: they say nothing of the make


class Aggregate(StrEnum):
    """How a column's rows become one sample."""

    SUM = "sum"
    MAX = "max"
    MIN = "min"


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric that profiles fill. `kind` is `gauge` or `counter`; `labels` stand beside the target's own, sorted."""

    name: str
    kind: str
    help: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conversion:
    """From a device's value to a metric's: what stands in `values`, else times `multiply` over `divide`.

    Where `values` are given, others than those are left out, as are the ones in `absent`. Two figures and no single
    factor, because 7 / 100 is 0.07 and 7 * 0.01 is not.
    """

    multiply: float = 1.0
    divide: float = 1.0
    values: Mapping[str, float] | None = None
    absent: frozenset[str] = frozenset()

    def of(self, text: str) -> float | None:
        """Return the metric's value for a device's, as text; None where it says nothing."""
        if self.values is not None:
            return self.values.get(text)
        if text in self.absent:
            return None
        try:
            value = float(text) * self.multiply / self.divide
        except ValueError:
            return None
        return value if isfinite(value) else None


@dataclass(frozen=True, slots=True)
class Object:
    """One value of a device: a scalar, or a table's column.

    `labels` are constants, sorted by name. With `share_of` the value is divided by the sum of those objects.
    """

    oid: str
    metric: str
    labels: tuple[tuple[str, str], ...] = ()
    conversion: Conversion = Conversion()
    share_of: tuple[str, ...] = ()
    aggregate: Aggregate | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table's columns. The rows there are those of `key`, of which those count whose columns are as `where` says.

    `labels` gives a column for each label that a row has of its own, "" for the row's index. `rows` is a metric that
    counts the rows; `any_rows` one that is 1 where there are some, else 0.
    """

    key: str
    columns: tuple[Object, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    where: tuple[tuple[str, frozenset[str]], ...] = ()
    rows: str | None = None
    any_rows: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Objects that are asked together, every `interval_s`; None: with each poll of the device."""

    name: str
    interval_s: float | None = None
    scalars: tuple[Object, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """Where a device says its model or firmware: an object, its sysDescr, or a part of either that `pattern` finds."""

    oid: str | None = None
    pattern: re.Pattern[str] | None = None

    def read(self, text: str) -> str:
        """Return the fact in a text: the pattern's first group, or all it finds."""
        if self.pattern is None:
            return text
        match = self.pattern.search(text)
        return (match[match.re.groups and 1] or "") if match else ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of device that a profile fits: all that is given must hold. `object_id` is a prefix of sysObjectID."""

    object_id: str | None = None
    description: re.Pattern[str] | None = None

    def rank(self, object_id: str, description: str) -> tuple[int, ...] | None:
        """Return how well a device fits, larger is better; None where it does not.

        A longer prefix of sysObjectID is better, then one whose sysDescr was looked at. Where sysObjectID is net-snmp's
        own, which many makes leave as it is, sysDescr comes first.
        """
        if self.object_id is not None and not f"{object_id}.".startswith(f"{self.object_id}."):
            return None
        if self.description is not None and not self.description.search(description):
            return None
        arcs = self.object_id.count(".") + 1 if self.object_id else 0
        described = int(self.description is not None)
        return (described, arcs) if f"{object_id}.".startswith(f"{NET_SNMP}.") else (arcs, described)


@dataclass(frozen=True, slots=True)
class Profile:
    """A make of device. `metrics` are those its objects fill, by name."""

    id: str
    name: str
    rules: tuple[Rule, ...] = ()
    model: Fact | None = None
    firmware: Fact | None = None
    groups: tuple[Group, ...] = ()
    metrics: Mapping[str, Metric] = field(default_factory=dict)


def match_profile(profiles: Mapping[str, Profile], object_id: str, description: str) -> Profile:
    """Return the profile that fits a device best, by its sysObjectID and sysDescr; `generic` where none does.

    Of equals the first in the order of the mapping wins.
    """
    best, best_rank = profiles[GENERIC], None
    for profile in profiles.values():
        for rule in profile.rules:
            rank = rule.rank(object_id, description)
            if rank is not None and (best_rank is None or rank > best_rank):
                best, best_rank = profile, rank
    return best
