"""Debian's Prometheus with the scenario in it, and what the recording rules make of that."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from alerting.alert import Recording
from alerting.table import GROUPS
from tests.grafana.expressions import reads
from tests.grafana.scenario import HOUR_S, NOW_S, text
from tests.grafana.scenario_series import every
from tests.monitoring import prometheus

RECORDINGS = {rule.name: rule.expr for group in GROUPS for rule in group.rules if isinstance(rule, Recording)}


@dataclass(frozen=True)
class Prometheus:
    """A running one. Expressions are asked as of the scenario's end, where nothing else is said."""

    http: httpx.Client

    def now(self, expression: str, at_s: float = NOW_S) -> list[dict[str, Any]]:
        """Return an instant query's series. Raises AssertionError with Prometheus' words where it is not valid."""
        return self._asked("query", query=expression, time=at_s)

    def course(self, expression: str, since_s: float, step_s: float) -> list[dict[str, Any]]:
        """Return a range query's series, up to the scenario's end."""
        return self._asked("query_range", query=expression, start=since_s, end=NOW_S, step=step_s)

    def _asked(self, path: str, **parameters: object) -> list[dict[str, Any]]:
        answer = self.http.post(f"/api/v1/{path}", data=parameters).json()
        assert answer["status"] == "success", f"{answer['error']}: {parameters['query']}"
        result = answer["data"]["result"]
        return result if answer["data"]["resultType"] in ("vector", "matrix") else [{"metric": {}, "value": result}]


@contextmanager
def with_scenario(folder: Path) -> Iterator[Prometheus]:
    """Start one that knows the scenario and, for its last two hours, the series of the recording rules."""
    data, raw = folder / "data", folder / "scenario.txt"
    with raw.open("w", encoding="utf-8") as file:
        file.writelines(text(every()))
    # In blocks of weeks: one for every two hours, as is usual, would take a minute.
    _promtool("--max-block-duration=2000h", "openmetrics", raw, data)
    raw.unlink()
    for rules in _stages(folder):
        with _started(data, folder) as started:
            url, since = f"--url={started.http.base_url}", f"--start={NOW_S - 2 * HOUR_S}"
            _promtool("rules", url, since, f"--end={NOW_S}", f"--output-dir={data}", rules)
    with _started(data, folder) as started:
        yield started


def _stages(folder: Path) -> Iterator[Path]:
    """Yield files of the recording rules, those first that need no other's series: promtool sees only what is there."""
    left = {name: {read.metric for read in reads(expression)} - {name} for name, expression in RECORDINGS.items()}
    while left:
        names = [name for name, metrics in left.items() if not metrics & set(left)]
        assert names, f"these rules need each other: {sorted(left)}"
        path = folder / f"{names[0].replace(':', '-')}.yml"
        path.write_text(yaml.safe_dump({"groups": [_group(name) for name in names]}))
        yield path
        left = {name: metrics for name, metrics in left.items() if name not in names}


def _group(name: str) -> dict[str, Any]:
    interval_s = next(group.interval_s for group in GROUPS if name in {rule.name for rule in group.rules})
    return {"name": name, "interval": f"{interval_s}s", "rules": [{"record": name, "expr": RECORDINGS[name]}]}


def _promtool(*words: str | Path) -> None:
    command = ["promtool", "tsdb", "create-blocks-from", *map(str, words)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def _started(data: Path, folder: Path) -> Iterator[Prometheus]:
    with prometheus("{}", folder, "--storage.tsdb.retention.time=10y", data=data) as http:
        yield Prometheus(http)
