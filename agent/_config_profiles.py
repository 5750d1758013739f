"""Device profiles: the shipped ones and the user's own, read, checked against each other, and made frozen values.

A user's profile of a shipped one's id takes its place; where it `extends` that very id it is the shipped one changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent._config_document import Document, Row
from agent._config_faults import suggest
from agent._config_profile_check import check_metrics, check_objects
from agent._config_profile_rows import (
    UNITS,
    ColumnSection,
    FactSection,
    GroupSection,
    ObjectSection,
    ProfileFile,
    TableSection,
    oid,
)
from agent.profile import AUTO, NONE, Conversion, Fact, Group, Metric, Object, Profile, Rule, Table

FileRow = Row[ProfileFile]


@dataclass(slots=True)
class Shelf:
    """Profiles' files: the shipped, the user's own, and by id those in force.

    `known` holds the ids of faulty ones too, `unsure` the metrics that are declared, but wrongly.
    """

    shipped: dict[str, FileRow] = field(default_factory=dict)
    own: dict[str, FileRow] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)

    @property
    def in_force(self) -> dict[str, FileRow]:
        """The user's own first: of two that fit a device equally well theirs is taken."""
        return {**self.own, **{key: row for key, row in self.shipped.items() if key not in self.own}}

    def above(self, row: FileRow) -> FileRow | None:
        """Return the profile that one extends."""
        name = row.value.extends
        if name == row.value.id:
            return self.shipped.get(name) if row is self.own.get(name) else None
        return self.in_force.get(name) if name else None

    def line(self, row: FileRow) -> list[FileRow]:
        """Return a profile and all above it, the topmost first; a loop is cut."""
        line: list[FileRow] = []
        here: FileRow | None = row
        while here is not None and not any(here is other for other in line):
            line.append(here)
            here = self.above(here)
        return line[::-1]


def shipped_folder() -> Path:
    """Return where the shipped profiles are: in the installed package, or in the checkout's config/."""
    packaged = Path(__file__).parent / "profiles"
    return packaged if packaged.is_dir() else Path(__file__).parents[1] / "config" / "profiles"


def build_profiles(main: Document, folder: Path | None) -> tuple[dict[str, Profile], set[str], list[Path]]:
    """Return all profiles by id, the ids that may be named (faulty ones' too), and the user's files."""
    shelf = Shelf()
    _collect(main, shipped_folder(), shelf, shelf.shipped)
    sources = _collect(main, folder, shelf, shelf.own) if folder else []
    rows = [*shelf.shipped.values(), *shelf.own.values()]
    metrics = check_metrics(rows)
    for row in rows:
        _check_line(shelf, row)
        check_objects(row, metrics, shelf.unsure)
    _check_rules(shelf)
    if main.faults.found:
        return {}, shelf.known, sources
    return {key: _profile(row, shelf, metrics) for key, row in shelf.in_force.items()}, shelf.known, sources


def _collect(main: Document, folder: Path, shelf: Shelf, table: dict[str, FileRow]) -> list[Path]:
    """Read a folder's files into a table of the shelf; return their paths."""
    paths = sorted(path for path in folder.glob("*.y*ml") if not path.name.startswith("."))
    for path in paths:
        document = Document(path, main.faults, main.environ)
        if document.data is None:
            continue
        row = document.read(ProfileFile, document.data, ())
        _remember(shelf, document.data, row)
        if row is None or "id" in row.replaced:
            continue
        first = table.setdefault(row.value.id, row)
        if first is not row:
            row.fault("id", f"{{value}} is already the id at {first.place}; give one of them another id")
        elif row.value.id in (AUTO, NONE):
            row.fault("id", "{value} has a meaning of its own in the inventory; give the profile another id")
    return paths


def _remember(shelf: Shelf, data: Any, row: FileRow | None) -> None:
    """Keep the names that a file means to give, so that what refers to them is no second fault."""
    if not isinstance(data, dict):
        return
    if isinstance(data.get("id"), str):
        shelf.known.add(data["id"])
    if isinstance(data.get("metrics"), dict) and (row is None or {"id", "metrics"} & row.replaced):
        shelf.unsure |= set(data["metrics"])


def _check_line(shelf: Shelf, row: FileRow) -> None:
    """Check that what a profile extends is there, and that it doesn't extend itself in the end."""
    name = row.value.extends
    if name is None:
        return
    if name not in shelf.known:
        row.fault("extends", f"{{value}} is no known profile; {suggest(name, shelf.known, 'profiles')}")
        return
    line = shelf.line(row)[::-1]
    if name == row.value.id and len(line) == 1:
        row.fault("extends", "is the profile itself; name another, or leave the line out")
    elif shelf.above(line[-1]) is row and row is min(line, key=lambda one: one.value.id):
        way = " → ".join(f"`{one.value.id}`" for one in [*line, row])
        row.fault("extends", f"is part of a loop: {way}; profiles must end at one that extends none")


def _check_rules(shelf: Shelf) -> None:
    """Check that no two profiles fit exactly the same devices."""
    seen: dict[tuple[Any, ...], FileRow] = {}
    for row in [*shelf.shipped.values(), *shelf.own.values()]:
        if shelf.in_force.get(row.value.id) is not row:
            continue
        for at, rule in enumerate(row.value.match):
            key = (rule.object_id, rule.description.pattern if rule.description else None)
            first = seen.setdefault(key, row)
            if first is not row:
                place = f"`{first.value.id}` ({first.place})"
                row.fault("match", f"fits the same devices as {place}; change one of them, or give both one id", at)


def _profile(row: FileRow, shelf: Shelf, metrics: dict[str, Metric]) -> Profile:
    line = [one.value for one in shelf.line(row)]
    groups = tuple(_groups(line))
    facts = {key: fact for one in line for key in ("model", "firmware") if (fact := getattr(one.identity, key))}
    return Profile(
        id=row.value.id,
        name=row.value.name or row.value.id,
        rules=tuple(Rule(rule.object_id, rule.description) for rule in row.value.match),
        model=_fact(facts.get("model")),
        firmware=_fact(facts.get("firmware")),
        groups=groups,
        metrics={name: metrics[name] for name in sorted(_filled(groups))},
    )


def _groups(line: list[ProfileFile]) -> Iterator[Group]:
    """Merge groups by name: the interval, scalars or tables one further down writes take the place of those above."""
    merged: dict[str, dict[str, Any]] = {}
    for profile in line:
        for name, group in profile.groups.items():
            merged.setdefault(name, {}).update({key: getattr(group, key) for key in group.model_fields_set})
    for name, written in merged.items():
        group = GroupSection.model_construct(**written)
        yield Group(
            name=name,
            interval_s=group.interval_s,
            scalars=tuple(map(_object, group.scalars)),
            tables=tuple(map(_table, group.tables)),
        )


def _filled(groups: tuple[Group, ...]) -> set[str]:
    """Return the names of the metrics that groups fill."""
    tables = [table for group in groups for table in group.tables]
    objects = [one for group in groups for one in group.scalars] + [one for table in tables for one in table.columns]
    counts = {name for table in tables for name in (table.rows, table.any_rows) if name}
    return counts | {one.metric for one in objects}


def _fact(section: FactSection | None) -> Fact | None:
    return Fact(section.oid, section.pattern or section.description) if section else None


def _object(section: ObjectSection) -> Object:
    factor = UNITS[section.unit].factor if section.unit else section.scale
    conversion = Conversion(
        multiply=float(factor.numerator) if factor else 1.0,
        divide=float(factor.denominator) if factor else 1.0,
        values=section.values,
        absent=frozenset(section.absent),
    )
    return Object(
        oid=section.oid,
        metric=section.metric,
        labels=tuple(sorted(section.labels.items())),
        conversion=conversion,
        share_of=section.share_of,
        aggregate=section.aggregate if isinstance(section, ColumnSection) else None,
    )


def _table(section: TableSection) -> Table:
    where = tuple((oid(column), frozenset(values)) for column, values in section.where.items())
    columns = tuple(map(_object, section.columns))
    return Table(
        key=where[0][0] if where else columns[0].oid,
        columns=columns,
        labels=tuple(sorted(section.labels.items())),
        where=where,
        rows=section.rows,
        any_rows=section.any_rows,
    )
