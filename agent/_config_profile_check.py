"""What must hold between profiles' metrics and the objects that fill them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from agent._config_document import Row
from agent._config_faults import listing, suggest
from agent._config_profile_rows import (
    UNITS,
    ColumnSection,
    MetricSection,
    ObjectSection,
    ProfileFile,
    TableSection,
    oid,
)
from agent.profile import Metric

FileRow = Row[ProfileFile]
Place = tuple[str | int, ...]

PREFIX = "diemcau_"
AGENTS_OWN = re.compile(
    "build_info|config_.*|device_(up|uptime_seconds|restarts(_total)?)|endpoint_(info|up|state|state_seconds(_total)?)"
    "|endpoint_signalling_up|(history|icmp|interface|link|meeting|mqtt|outage|poll|polls|quality|schedule|site|targets|traps|verdict)(_.*)?"
)  # metrics of the agent's own, without their prefix: no profile may fill these
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_TARGETS_OWN = {"agent", "district", "device", "endpoint", "job", "instance", "le", "level", "quantile", "role", "site"}
_SUFFIXES = ("_total", "_bucket", "_count", "_sum", "_created", "_info")  # what OpenMetrics gives a meaning


def check_metrics(rows: Iterable[FileRow]) -> dict[str, Metric]:
    """Return every metric that a profile declares, by name, after telling what is wrong with them."""
    metrics: dict[str, Metric] = {}
    places: dict[str, FileRow] = {}
    for row in rows:
        for name, section in row.value.metrics.items():
            metric = Metric(name, section.kind, section.help, tuple(sorted(section.labels)))
            known = metrics.setdefault(name, metric)
            first = places.setdefault(name, row)
            if first is row:
                _check_metric(row, name, section)
            elif known != metric:
                place = first.source.place((*first.loc, "metrics", name))
                text = f"is declared otherwise at {place}; give both the same help, type and labels, or drop one"
                row.fault("metrics", text, name)
    return metrics


def _check_metric(row: FileRow, name: str, section: MetricSection) -> None:
    bare = name.removeprefix(PREFIX)
    if not name.startswith(PREFIX) or not _NAME.fullmatch(name) or not bare:
        row.fault("metrics", f"is no name of ours; write `{PREFIX}` and small letters, digits and `_`", name)
    elif AGENTS_OWN.fullmatch(bare):
        row.fault("metrics", "is a metric of the agent's own; give it another name", name)
    elif section.kind == "counter" and not name.endswith("_total"):
        row.fault("metrics", "is a counter, whose name ends with `_total`; write it so", name)
    elif section.kind == "gauge" and (suffix := next((one for one in _SUFFIXES if name.endswith(one)), "")):
        row.fault("metrics", f"is a gauge, whose name may not end with `{suffix}`; give it another name", name)
    for at, label in enumerate(section.labels):
        if not _NAME.fullmatch(label):
            row.fault("metrics", "{value} is no label's name; write small letters, digits and `_`", name, "labels", at)
        elif label in _TARGETS_OWN or label in section.labels[:at]:
            row.fault("metrics", "{value} is taken; give the label another name", name, "labels", at)


def check_objects(row: FileRow, metrics: dict[str, Metric], unsure: set[str]) -> None:
    """Check what a profile's own groups say of each object and table; `unsure` metrics are declared, but wrongly."""
    series: set[tuple[str, tuple[tuple[str, str], ...]]] = set()
    for place, section, labels in _objects(row):
        if section.metric not in unsure:
            _check_object(row, place, section, labels, metrics)
        key = (section.metric, tuple(sorted(section.labels.items())))
        if not labels and key in series:
            row.fault("groups", "fills a series that one above fills; give them different labels, or drop one", *place)
        series.add(key)
    for place, table in _tables(row):
        _check_table(row, place, table, metrics, unsure)


def _objects(row: FileRow) -> Iterator[tuple[Place, ObjectSection, set[str]]]:
    """Yield each object with its place and the labels that its rows have; aggregated rows have none."""
    for name, group in row.value.groups.items():
        for at, scalar in enumerate(group.scalars):
            yield (name, "scalars", at), scalar, set()
        for at, table in enumerate(group.tables):
            for number, column in enumerate(table.columns):
                labels = set() if column.aggregate else set(table.labels)
                yield (name, "tables", at, "columns", number), column, labels


def _tables(row: FileRow) -> Iterator[tuple[Place, TableSection]]:
    for name, group in row.value.groups.items():
        for at, table in enumerate(group.tables):
            yield (name, "tables", at), table


def _check_object(
    row: FileRow, place: Place, section: ObjectSection, labels: set[str], metrics: dict[str, Metric]
) -> None:
    metric = metrics.get(section.metric)
    if metric is None:
        row.fault("groups", _unknown(section.metric, metrics), *place, "metric")
        return
    given = labels | set(section.labels)
    if given != set(metric.labels):
        wanted = f"has the labels {listing(metric.labels)}" if metric.labels else "has no labels of its own"
        row.fault(
            "groups", f"`{metric.name}` {wanted}; this gives {listing(sorted(given)) or 'none'}", *place, "labels"
        )
    if section.unit and not metric.name.removesuffix("_total").endswith(f"_{UNITS[section.unit].suffix}"):
        text = f"{{value}} is of a metric that ends with `_{UNITS[section.unit].suffix}`, not of `{metric.name}`"
        row.fault("groups", f"{text}; write the right unit, or `scale:`", *place, "unit")
    if isinstance(section, ColumnSection) and not labels and not section.aggregate:
        text = "has no label to tell the rows apart; write the table's `labels:`, or `aggregate: max`, `min` or `sum`"
        row.fault("groups", text, *place)


def _check_table(row: FileRow, place: Place, table: TableSection, metrics: dict[str, Metric], unsure: set[str]) -> None:
    for key in ("rows", "any_rows"):
        name = getattr(table, key)
        if not name or name in unsure:
            continue
        if name not in metrics:
            row.fault("groups", _unknown(name, metrics), *place, key)
        elif metrics[name].labels:
            row.fault("groups", "{value} has labels; a count of rows has none: name a metric without", *place, key)
    for column in table.where:
        try:
            oid(column)
        except ValueError:
            row.fault("groups", "is no column; write the OID of one, in figures", *place, "where", column)


def _unknown(name: str, metrics: dict[str, Metric]) -> str:
    return f"{{value}} is declared by no profile's `metrics:`; {suggest(name, metrics, 'metrics')}"
