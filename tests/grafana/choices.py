"""What a reader can choose in a dashboard's variables, found as Grafana finds it: by asking Prometheus."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from tests.grafana.dashboards import Json, asked, variables
from tests.grafana.expressions import fill
from tests.grafana.scenario_prometheus import Prometheus

QUERY = re.compile(r"query_result\((?P<query>.*)\)$", re.DOTALL)
LABEL = re.compile(r"label_values\((?P<series>.*),\s*(?P<label>\w+)\)$", re.DOTALL)
SCRAPE_S = 15
POINTS = 1000  # about as wide as a panel is
UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400, "M": 30 * 86400, "y": 365 * 86400}
TIME = re.compile(r"now(?:-(?P<count>\d+)(?P<unit>[smhdwMy]))?(?:/[dwMy])?$")


def span_s(dashboard: Json) -> int:
    """Return how long a time a dashboard shows at first, up to now."""
    match = TIME.match(dashboard["time"]["from"])
    assert match, dashboard["time"]
    return int(match["count"] or 1) * UNITS_S[match["unit"] or "M"]


def interval_s(span: int, least: str = "") -> int:
    """Return the seconds between two points of a panel; `least` is what its query says, as 1m."""
    own = int(least[:-1]) * UNITS_S[least[-1]] if least else SCRAPE_S
    return max(span // POINTS, own)


def builtin(span: int, least: str = "") -> dict[str, str]:
    """Return Grafana's own variables for a query."""
    step = interval_s(span, least)
    return {
        "__interval": f"{step}s",
        "__rate_interval": f"{max(step + SCRAPE_S, 4 * SCRAPE_S)}s",
        "__range": f"{span}s",
        "__range_s": str(span),
    }


def choices(prometheus: Prometheus, dashboard: Json) -> Iterator[dict[str, str]]:
    """Yield every combination of values that can be chosen."""
    yield from _chosen(prometheus, variables(dashboard), builtin(span_s(dashboard)))


def _chosen(prometheus: Prometheus, left: list[Json], values: dict[str, str]) -> Iterator[dict[str, str]]:
    if not left:
        yield values
        return
    variable, *rest = left
    found = options(prometheus, variable, values)
    whole = [_all(variable, found)] if variable.get("includeAll") else []
    for value in [*found, *whole] or [""]:
        yield from _chosen(prometheus, rest, {**values, variable["name"]: value})


def _all(variable: Json, found: list[str]) -> str:
    """Return what stands for all values of a variable."""
    return variable.get("allValue") or f"({'|'.join(found)})"


def options(prometheus: Prometheus, variable: Json, values: dict[str, str]) -> list[str]:
    """Return a variable's values."""
    texts = asked_texts(prometheus, variable, values)
    if not variable.get("regex"):
        return texts
    pattern = re.compile(variable["regex"].strip("/").replace("(?<", "(?P<"))
    found = [match.groupdict() for match in map(pattern.search, texts) if match]
    assert len(found) == len(texts), f"{variable['name']}: {pattern.pattern} does not fit {texts}"
    return sorted({one["value"] for one in found})


def asked_texts(prometheus: Prometheus, variable: Json, values: dict[str, str]) -> list[str]:
    """Return what a variable's query finds, before its regular expression picks of it."""
    query = fill(asked(variable), values)
    return _texts(prometheus, query)


def _texts(prometheus: Prometheus, query: str) -> list[str]:
    whole, label = QUERY.match(query), LABEL.match(query)
    if whole:
        return [_written(series) for series in prometheus.now(whole["query"])]
    assert label, f"neither query_result nor label_values: {query}"
    name = label["label"]
    found = {series["metric"].get(name) for series in prometheus.now(f"group by ({name}) ({label['series']})")}
    return sorted(found - {None})


def _written(series: Json) -> str:
    """Write a series as Grafana does before it looks for a variable's values in it."""
    labels = dict(series["metric"])
    name = labels.pop("__name__", "")
    at_s, value = series["value"]
    inside = ",".join(f"{label}={json.dumps(text, ensure_ascii=False)}" for label, text in labels.items())
    return f"{name}{{{inside}}} {value} {at_s * 1000:.0f}"
