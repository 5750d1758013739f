"""Debian's own Prometheus and promtool on the agent's pages."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.end_to_end.conftest import RunningAgent
from tests.monitoring import prometheus

PROMETHEUS_YML = """\
global: {{scrape_interval: 1s}}
scrape_configs:
  - job_name: diemcau
    static_configs: [{{targets: ["{target}"]}}]
"""


@pytest.fixture
def scraping(agent: RunningAgent, tmp_path: Path) -> Iterator[tuple[httpx.Client, Path]]:
    config = PROMETHEUS_YML.format(target=agent.url.removeprefix("http://"))
    with prometheus(config, tmp_path, "--log.level=debug") as client:
        yield client, tmp_path / "prometheus.log"


def query(client: httpx.Client, expression: str) -> list[dict[str, object]]:
    answer = client.get("/api/v1/query", params={"query": expression}).json()
    assert answer["status"] == "success", answer
    return answer["data"]["result"]


def test_prometheus_scrapes_without_a_warning(agent: RunningAgent, scraping: tuple[httpx.Client, Path]) -> None:
    client, log = scraping
    agent.until(lambda: bool(query(client, "count_over_time(up[1m]) >= 5")), 30, "five scrapes")
    (target,) = client.get("/api/v1/targets").json()["data"]["activeTargets"]
    assert (target["health"], target["lastError"]) == ("up", "")
    assert query(client, "count(diemcau_endpoint_up == 1)")[0]["value"][1] == "243"
    assert query(client, "sum(rate(diemcau_icmp_sent_total[4s])) > 230")
    told = [line for line in log.read_text().splitlines() if "level=warn" in line or "level=error" in line]
    assert told == []


# promtool's linter would have every metric in bytes; an engineer's line is bought and drawn in bit/s, and these four
# names are the contract's. Nothing else may be found.
KNOWN = 'use base unit "bytes" instead of "bits"'


@pytest.mark.parametrize("accept", ["text/plain", "text/plain;version=0.0.4"])
def test_promtool_reads_the_whole_page(agent: RunningAgent, accept: str) -> None:
    page = agent.client.get("/metrics", headers={"Accept": accept}).content
    told = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True, check=False)
    remarks = told.stderr.decode().splitlines()
    assert [remark for remark in remarks if KNOWN not in remark] == []
