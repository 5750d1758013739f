"""Every dashboard is what Grafana's own types say one is: @grafana/schema of the Grafana served, and its compiler."""

from __future__ import annotations

import json
import re
import subprocess
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import boards

HERE = Path(__file__).parent
TYPES = HERE / "dashboard_types"
COMPILER = HERE / "node_modules" / "typescript" / "bin" / "tsc"
OPTIONS = {
    "strict": True,
    "noEmit": True,
    "module": "preserve",
    "moduleResolution": "bundler",
    "target": "es2022",
    "lib": ["es2022"],
    "types": [],
}
ERROR = re.compile(r"^([\w-]+)\.ts\((\d+),\d+\): error (TS\d+: .*)$", re.MULTILINE)

Dashboard = dict[str, Any]


def source(dashboard: Dashboard) -> str:
    """Write a dashboard as declarations: a literal's excess keys are errors only where it meets its type at once."""
    sheet = {key: value for key, value in dashboard.items() if key != "panels"}
    lines = [
        f'import type {{ Panels, Sheet }} from "{TYPES}";',
        f"export const sheet: Sheet = {json.dumps(sheet, indent=1)};",
    ]
    for panel in dashboard["panels"]:
        type_, title = json.dumps(panel["type"]), json.dumps(panel["title"], ensure_ascii=False)
        lines.append(f"// {title}\nexport const panel{panel['id']}: Panels[{type_}] = {json.dumps(panel, indent=1)};")
    return "\n".join(lines) + "\n"


def faults(folder: Path, dashboards: dict[str, Dashboard]) -> dict[str, list[str]]:
    """Return what the compiler says of each dashboard, with the line it means; only of those it finds fault with."""
    assert COMPILER.exists(), "the npm packages are missing; scripts/test installs them"
    texts = {name: source(dashboard) for name, dashboard in dashboards.items()}
    for name, text in texts.items():
        (folder / f"{name}.ts").write_text(text, encoding="utf-8")
    (folder / "tsconfig.json").write_text(json.dumps({"compilerOptions": OPTIONS, "include": ["*.ts"]}))
    done = subprocess.run(["node", COMPILER, "-p", "."], cwd=folder, check=False, capture_output=True, text=True)
    found = defaultdict(list)
    for name, line, words in ERROR.findall(done.stdout):
        found[name].append(f"{texts[name].splitlines()[int(line) - 1].strip()[:80]} … {words}")
    assert bool(found) == bool(done.returncode), done.stdout + done.stderr
    return found


def written() -> dict[str, Dashboard]:
    return {path.removesuffix(".json").replace("/", "-"): json.loads(text) for path, text in boards.files().items()}


def test_every_dashboard_is_of_grafanas_types(tmp_path):
    assert not faults(tmp_path, written())


def panel(dashboard: Dashboard, type_: str) -> dict[str, Any]:
    return next(panel for panel in dashboard["panels"] if panel["type"] == type_)


def override(dashboard: Dashboard, property_: dict[str, Any]) -> None:
    overrides = panel(dashboard, "table")["fieldConfig"]["overrides"]
    overrides.append({"matcher": {"id": "byName", "options": "x"}, "properties": [property_]})


BROKEN: dict[str, Callable[[Dashboard], object]] = {
    "unknown-option": lambda d: panel(d, "stat")["options"].update(colourMode="background"),
    "wrong-option-value": lambda d: panel(d, "stat")["options"].update(colorMode="backdrop"),
    "missing-option": lambda d: panel(d, "stat")["options"].pop("reduceOptions"),
    "wrong-cursor": lambda d: d.update(graphTooltip=3),
    "unknown-custom-setting": lambda d: panel(d, "timeseries")["fieldConfig"]["defaults"]["custom"].update(width=1),
    "wrong-custom-value": lambda d: panel(d, "timeseries")["fieldConfig"]["defaults"]["custom"].update(lineWidth="1"),
    "unknown-default": lambda d: panel(d, "table")["fieldConfig"]["defaults"].update(units="s"),
    "unknown-override": lambda d: override(d, {"id": "custom.colour", "value": 1}),
    "wrong-override-value": lambda d: override(d, {"id": "custom.width", "value": "wide"}),
    "wrong-override-choice": lambda d: override(d, {"id": "color", "value": {"mode": "fixed-colour"}}),
    "unknown-mapping": lambda d: override(d, {"id": "mappings", "value": [{"type": "values", "options": {}}]}),
    "unknown-matcher": lambda d: panel(d, "table")["fieldConfig"]["overrides"][0]["matcher"].update(id="byLabel"),
    "unknown-panel-key": lambda d: panel(d, "table").update(tittle="x"),
    "unknown-panel-type": lambda d: panel(d, "table").update(type="tables"),
    "unknown-query-key": lambda d: panel(d, "table")["targets"][0].update(expression="up"),
    "wrong-query-format": lambda d: panel(d, "table")["targets"][0].update(format="rows"),
    "unknown-transformation": lambda d: panel(d, "table")["transformations"][0].update(id="mergeAll"),
    "wrong-transformation": lambda d: panel(d, "table")["transformations"][0].update(id="organize"),
    "unknown-dashboard-key": lambda d: d.update(titel="x"),
    "wrong-variable": lambda d: d["templating"]["list"][0].update(type="prometheus"),
    "wrong-link": lambda d: d["links"][0].update(type="dashboard"),
}


@pytest.fixture(scope="module")
def broken(tmp_path_factory) -> dict[str, list[str]]:
    """What the compiler says of dashboards broken on purpose, one thing in each."""
    dashboards = {}
    for name, damage in BROKEN.items():
        dashboards[name] = written()["dashboards-en-province"]
        damage(dashboards[name])
    return faults(tmp_path_factory.mktemp("broken"), dashboards)


@pytest.mark.parametrize("name", BROKEN)
def test_the_check_finds(broken, name):
    assert len(broken[name]) == 1
