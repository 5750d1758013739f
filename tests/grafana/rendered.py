"""Dashboards as a reader sees them: real answers, drawn by @grafana/data, which Grafana draws its panels with."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.grafana.choices import builtin, choices, interval_s, span_s
from tests.grafana.dashboards import Json, dashboards, panels
from tests.grafana.expressions import fill
from tests.grafana.scenario import NOW_S
from tests.grafana.scenario_prometheus import Prometheus

HERE = Path(__file__).parent
LIBRARY = HERE / "node_modules" / "@grafana" / "data"
SOURCE = {"datasource": "prometheus"}
WIDER = "districts"  # a variable that only narrows what another lets choose
POINTS = 100  # of a course: it is only looked at

Answers = dict[str, list[Json]]


@dataclass(frozen=True)
class Card:
    """A panel of a dashboard, what was chosen there, the answers it got and, once drawn, what there is to see."""

    path: str
    panel: Json
    values: dict[str, str]
    answers: Answers
    drawn: Json = field(default_factory=dict)

    def __str__(self) -> str:
        chosen = ", ".join(value for value in self.values.values() if value)
        return f"{self.path} · {self.panel['title']} ({chosen})"

    @property
    def is_answered(self) -> bool:
        return any(self.answers.values())

    @property
    def fields(self) -> list[Json]:
        """What figures or columns there are; time is none."""
        return [one for frame in self.drawn["frames"] for one in frame["columns"] if one["type"] != "time"]

    @property
    def links(self) -> set[str]:
        """Every address a click leads to."""
        cells = (cell for one in self.fields for cell in one["cells"])
        return {link for place in (*cells, *self.drawn["figures"]) for link in place["links"]}

    def with_answers(self, answers: Answers) -> Card:
        """Return the same panel with other answers, not drawn yet."""
        return replace(self, answers=answers, drawn={})


@dataclass(frozen=True)
class Asker:
    """Asks Prometheus each thing once."""

    prometheus: Prometheus
    known: dict[tuple[Any, ...], list[Json]] = field(default_factory=dict)

    def cards(self, path: str) -> Iterator[Card]:
        """Yield every panel of a dashboard, for each choice a reader can make there."""
        dashboard = dashboards()[path]
        chosen = {self._narrow(values): values for values in choices(self.prometheus, dashboard)}
        for values in chosen.values():
            for panel in panels(dashboard):
                own = {name: value for name, value in values.items() if not name.startswith("__")}
                yield Card(path, panel, own | SOURCE, self._answers(panel, values, span_s(dashboard)))

    def _narrow(self, values: dict[str, str]) -> tuple[str, ...]:
        return tuple(value for name, value in values.items() if name != WIDER)

    def _answers(self, panel: Json, values: dict[str, str], span: int) -> Answers:
        return {target["refId"]: self._answer(target, values, span) for target in panel["targets"]}

    def _answer(self, target: Json, values: dict[str, str], span: int) -> list[Json]:
        least = target.get("interval", "")
        step_s = 0 if target["instant"] else max(interval_s(span, least), span // POINTS)
        asked = fill(target["expr"], {**values, **builtin(span, least)}), step_s, span
        if asked not in self.known:
            ask = self.prometheus
            self.known[asked] = ask.course(asked[0], NOW_S - span, step_s) if step_s else ask.now(asked[0])
        return self.known[asked]


def draw(cards: Iterable[Card]) -> list[Card]:
    """Draw them. Raises AssertionError with the library's words where it can't."""
    wanted = list(cards)
    told = [{"panel": one.panel, "values": one.values, "answers": one.answers} for one in wanted]
    pictures = _asked({"cards": told, "variables": []})["cards"]
    return [replace(card, drawn=drawn) for card, drawn in zip(wanted, pictures, strict=True)]


def offered(wanted: list[tuple[str, list[str]]]) -> list[list[dict[str, str]]]:
    """Return the texts and values that variables let choose; each has a regular expression and what its query found."""
    told = [{"regex": regex, "texts": texts} for regex, texts in wanted]
    found: list[list[dict[str, str]]] = _asked({"cards": [], "variables": told})["variables"]
    return found


def _asked(wanted: Json) -> Json:
    assert LIBRARY.exists(), "the npm packages are missing; scripts/test installs them"
    with tempfile.TemporaryDirectory() as folder:
        program = _bundled(Path(folder))
        done = subprocess.run(["node", program], input=json.dumps(wanted), check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told: Json = json.loads(done.stdout)
    return told


def _bundled(folder: Path) -> Path:
    """Make one file of program and libraries: some of these are in forms that older versions of Node can't mix."""
    program = folder / "rendered.mjs"
    command = ["node", HERE / "node_modules/esbuild/bin/esbuild", HERE / "rendered.mjs", f"--outfile={program}"]
    command += ["--bundle", "--platform=node", "--format=esm", "--log-level=error"]
    # What is bundled may still ask for Node's own modules in the old way.
    command += [
        "--banner:js=import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"
    ]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return program
