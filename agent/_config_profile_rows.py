"""What a profile's file may hold (pydantic): objects of a device, and the metrics they fill."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Annotated, NamedTuple, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from agent import _config_units as units
from agent._config_schema import Id, Name, Section, Text, like, one_of, optional
from agent.profile import Aggregate

INDEX = "index"  # a label's word for the row's index
KINDS = ("gauge", "counter")
_OID = re.compile(r"\.?([0-2](?:\.(?:0|[1-9][0-9]{0,9})){1,127})", re.ASCII)
_LARGEST_ARC = 2**32


class Unit(NamedTuple):
    """A device's unit: what metrics in its SI unit end with, and how many of those it is."""

    suffix: str
    factor: Fraction


UNITS = {
    "bit/s": Unit("bits_per_second", Fraction(1)),
    "kbit/s": Unit("bits_per_second", Fraction(1000)),
    "Mbit/s": Unit("bits_per_second", Fraction(10**6)),
    "s": Unit("seconds", Fraction(1)),
    "ms": Unit("seconds", Fraction(1, 1000)),
    "us": Unit("seconds", Fraction(1, 10**6)),
    "ticks": Unit("seconds", Fraction(1, 100)),  # TimeTicks
    "%": Unit("ratio", Fraction(1, 100)),
    "B": Unit("bytes", Fraction(1)),
    "KiB": Unit("bytes", Fraction(1024)),
    "C": Unit("celsius", Fraction(1)),
}


def oid(value: object) -> str:
    """Return an object identifier in figures, without a leading dot."""
    match = _OID.fullmatch(units.text(value))
    if not match or any(int(arc) >= _LARGEST_ARC for arc in match[1].split(".")):
        raise ValueError("{value} is not an OID; write it in figures, as in 1.3.6.1.2.1.1.3.0 (`snmptranslate -On`)")
    return match[1]


def column(value: object) -> str:
    """Return a table column's OID, "" for the row's index."""
    if value == INDEX:
        return ""
    try:
        return oid(value)
    except ValueError:
        raise ValueError("{value} is no column; write the OID of one, or `index`") from None


def pattern(value: object) -> re.Pattern[str]:
    """Return a regular expression."""
    try:
        return re.compile(units.text(value))
    except re.error as error:
        raise ValueError(
            f"is not a regular expression: {error.msg}; mend it, or put a `\\` before signs that stand for themselves"
        ) from None


def factor(value: object) -> Fraction:
    """Return a factor, from `0.1`, `1000` or `1/1024`."""
    written = units.text(value)
    if not re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,15}|/[0-9]{1,15})?", written) or not (made := _fraction(written)):
        raise ValueError("{value} is no factor; write 0.1, 1000 or 1/1024")
    return made


def _fraction(written: str) -> Fraction | None:
    try:
        return Fraction(written)
    except ZeroDivisionError:
        return None


Oid: TypeAlias = Annotated[str, BeforeValidator(oid)]
Column: TypeAlias = Annotated[str, BeforeValidator(column)]
Pattern: TypeAlias = Annotated[re.Pattern[str], BeforeValidator(pattern)]
Factor: TypeAlias = Annotated[Fraction, BeforeValidator(factor)]
Number: TypeAlias = Annotated[float, BeforeValidator(units.number(-1e15, 1e15))]
Pace: TypeAlias = Annotated[float, BeforeValidator(units.duration("1s", "24h"))]


class RuleSection(Section):
    """An entry of `match:`."""

    object_id: Oid | None = None
    description: Pattern | None = None

    @model_validator(mode="after")
    def _something(self) -> RuleSection:
        if self.object_id is None and self.description is None:
            raise ValueError("fits every device; write `object_id`, `description` or both")
        return self


class FactSection(Section):
    """`model:` or `firmware:` of the identity."""

    oid: Oid | None = None
    pattern: Pattern | None = None
    description: Pattern | None = None

    @model_validator(mode="after")
    def _one_place(self) -> FactSection:
        if (self.oid is None) == (self.description is None):
            raise ValueError("must say one place to look; write `{oid: …}` or `{description: regular expression}`")
        if self.pattern and self.description:
            raise ValueError("needs no `pattern` beside `description`, which is one; leave it out")
        return self


class IdentitySection(Section):
    """`identity:`; what is not written is inherited."""

    model: FactSection | None = None
    firmware: FactSection | None = None


class MetricSection(Section):
    """An entry of `metrics:`, under its name."""

    help: Name = like("What it means, in a sentence.")
    kind: Annotated[str, one_of(KINDS, "types")] = Field("gauge", alias="type")
    labels: tuple[Text, ...] = ()


class ObjectSection(Section):
    """An entry of `scalars:`."""

    oid: Oid = like("1.3.6.1.2.1.1.3.0")
    metric: Text = like("diemcau_endpoint_in_call")
    labels: dict[str, Name] = Field(default_factory=dict)
    unit: Annotated[str, one_of(UNITS, "units")] | None = None
    scale: Factor | None = None
    values: dict[str, Number] | None = None
    absent: tuple[Text, ...] = ()
    share_of: tuple[Oid, ...] = ()

    @model_validator(mode="after")
    def _one_way(self) -> ObjectSection:
        ways = [key for key in ("unit", "scale", "values", "share_of") if getattr(self, key)]
        if len(ways) > 1:
            raise ValueError(f"has both `{ways[0]}` and `{ways[1]}`; write one of them")
        if self.values is not None and self.absent:
            raise ValueError("needs no `absent` beside `values`: what is not in `values` is absent; leave it out")
        return self


class ColumnSection(ObjectSection):
    """An entry of a table's `columns:`."""

    oid: Oid = like("1.3.6.1.4.1.13885.101.1.4.1.1.56")
    aggregate: Annotated[Aggregate, one_of(Aggregate, "aggregates")] | None = None


class TableSection(Section):
    """An entry of `tables:`."""

    columns: tuple[ColumnSection, ...] = ()
    labels: dict[str, Column] = Field(default_factory=dict)
    where: dict[str, tuple[Text, ...]] = Field(default_factory=dict)
    rows: Text | None = None
    any_rows: Text | None = None

    @model_validator(mode="after")
    def _something(self) -> TableSection:
        if not (self.columns or ((self.rows or self.any_rows) and self.where)):
            raise ValueError("reads nothing; write `columns:`, or `where:` with `rows:` or `any_rows:`")
        return self


class GroupSection(Section):
    """An entry of `groups:`, under its name; what is not written is inherited."""

    interval_s: Pace | None = optional("interval")
    scalars: tuple[ObjectSection, ...] = ()
    tables: tuple[TableSection, ...] = ()


class ProfileFile(Section):
    """A profile's file."""

    id: Id = like("poly")
    name: Name | None = None
    extends: Id | None = None
    match: tuple[RuleSection, ...] = ()
    identity: IdentitySection = IdentitySection()
    metrics: dict[str, MetricSection] = Field(default_factory=dict)
    groups: dict[str, GroupSection] = Field(default_factory=dict)
