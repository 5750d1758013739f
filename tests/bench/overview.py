"""The province's dashboard at 10 000 codecs: how long Debian's Prometheus takes to answer each of its queries.

The agent's own page is scraped, with the project's rules in force; the six hours that the dashboard shows are written
into Prometheus' storage beforehand, in the series those rules make.
"""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.core_cut import SIZE, agent_of_the_size
from tests.bench.meter import CannotRun, Series
from tests.bench.ours import PORT
from tests.bench.table import Row
from tests.bench.web import Client, wait_for
from tests.servers import running

ROOT = Path(__file__).parents[2]
PROMETHEUS = 9090
HOURS, STEP_S, SCRAPE_S = 6, 15, 15
DISTRICTS = SIZE // 50
WARM_S = 150.0  # ten scrapes: rates over minutes have what they need
TIMES = 5
TARGET_S = 1.0
PANEL_POINTS = 1000  # what a wide panel asks for
YML = """\
global: {{scrape_interval: {every}s, evaluation_interval: {every}s}}
rule_files: ["{rules}"]
scrape_configs:
  - job_name: diemcau
    static_configs: [{{targets: ["127.0.0.1:{agent}"]}}]
"""


def overview(folder: Path, rounds: int) -> list[Row]:
    """Ask every query of the dashboard, some times each; the slowest counts."""
    with agent_of_the_size(folder), _prometheus(folder) as client:
        time.sleep(WARM_S)
        _expect_all(client)
        slowest: dict[str, Series] = {}
        for _ in range(rounds):
            for title, expression, instant in _queries():
                took_s = statistics.median(_ask(client, expression, instant=instant) for _ in range(TIMES))
                slowest.setdefault(title, Series()).add(took_s)
        return [
            Row(f"overview at {SIZE}: {title}", "ms", took, TARGET_S * 1000, per_unit=1e-3)
            for title, took in slowest.items()
        ]


def _queries() -> Iterator[tuple[str, str, bool]]:
    """Yield each query of the dashboard by its panel's title and letter, with the choices a reader begins with."""
    sys.path.append(str(ROOT / "grafana"))
    from boards import province  # noqa: PLC0415 - found only now

    for panel in json.loads(province.BOARD.json("en"))["panels"]:
        for target in panel.get("targets", ()):
            expression = target["expr"].replace("$__rate_interval", f"{4 * SCRAPE_S}s")
            yield (
                f"{panel['title']} {target['refId']}",
                re.sub(r"\$__range\b", f"{HOURS}h", expression),
                target["instant"],
            )


def _ask(client: Client, expression: str, *, instant: bool) -> float:
    """Return how long the answer took."""
    end = time.time()
    words = {"query": expression} if instant else {"query": expression, "start": end - HOURS * 3600, "end": end}
    if not instant:
        words["step"] = max(STEP_S, HOURS * 3600 // PANEL_POINTS)
    began_s = time.perf_counter()
    answer = client.get(f"/api/v1/query{'' if instant else '_range'}?{urllib.parse.urlencode(words)}", "identity")
    took_s = time.perf_counter() - began_s
    if json.loads(answer)["status"] != "success":
        raise CannotRun(f"{expression}: {answer}")
    return took_s


def _expect_all(client: Client) -> None:
    asked = urllib.parse.urlencode({"query": "sum(diemcau:endpoints:count)"})
    found = json.loads(client.get(f"/api/v1/query?{asked}", "identity"))["data"]["result"]
    if not found or float(found[0]["value"][1]) != SIZE:
        raise CannotRun(f"Prometheus knows {found} instead of {SIZE} codecs")


@contextmanager
def _prometheus(folder: Path) -> Iterator[Client]:
    storage = folder / "prometheus"
    _write_history(folder, storage)
    rules = ROOT / "grafana/rules/diemcau.rules.yml"
    config = folder / "prometheus.yml"
    config.write_text(YML.format(every=SCRAPE_S, rules=rules, agent=PORT))
    command = ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={storage}"]
    command += [f"--web.listen-address=127.0.0.1:{PROMETHEUS}"]
    with running(command, folder / "prometheus.log"):
        wait_for(PROMETHEUS, "/-/ready")
        yield Client(PROMETHEUS)


def _write_history(folder: Path, storage: Path) -> None:
    """Write what the rules would have recorded in the hours before."""
    now = int(time.time()) // STEP_S * STEP_S
    districts = [f"d{number:03}" for number in range(1, DISTRICTS + 1)]
    counts = {f'district="{one}",state="{state}"': 50 * (state == 1) for one in districts for state in range(6)}
    lost = {f'district="{one}",name="{one}"': 0 for one in districts}
    file = folder / "history.om"
    with file.open("w") as out:
        for name, series in (("diemcau:endpoints:count", counts), ("diemcau:district_lost:ratio", lost)):
            out.write(f"# TYPE {name} gauge\n")
            for labels, value in series.items():
                times = range(now - HOURS * 3600, now - 60, STEP_S)
                out.writelines(f"{name}{{{labels}}} {value} {at}\n" for at in times)
        out.write("# EOF\n")
    made = ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(file), str(storage)]
    subprocess.run(made, check=True, capture_output=True)
    file.unlink()
