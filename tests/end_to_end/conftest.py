from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from agent.archive import Archive
from agent.config import load
from lab import Lab
from lab.demo_files import sample, write_configuration
from tests.servers import diemcau

SOAK = os.environ.get("DIEMCAU_SOAK") == "1"  # scripts/soak: the same tests, longer


class RunningAgent:
    """`diemcau run` as users start it, and what it says."""

    def __init__(self, process: subprocess.Popen[bytes], url: str, config: Path, log: Path) -> None:
        self.process = process
        self.url = url
        self.config = config
        self.log = log
        self.client = httpx.Client(base_url=url, trust_env=False, timeout=10)
        self.archive = Archive(Path(yaml.safe_load(config.read_text())["agent"]["state_dir"], "diemcau.sqlite3"))

    def page(self) -> list[Sample]:
        """All of /metrics at one moment."""
        families = text_string_to_metric_families(self.client.get("/metrics").text)
        return [sample for family in families for sample in family.samples]

    def series(self, *names: str) -> list[Sample]:
        """All series of some metrics, at one moment; far quicker than the whole page."""
        page = self.client.get("/metrics").text.splitlines()
        lines = [line for line in page if line.partition(" ")[0].partition("{")[0] in names]
        families = text_string_to_metric_families("\n".join([*lines, ""]))
        return [sample for family in families for sample in family.samples]

    def open_outages(self) -> dict[str, dict[str, Any]]:
        """The outages that are open, as the API tells them, by their id."""
        found = self.client.get("/api/v1/outages", params={"open": "true"}).json()["outages"]
        return {one["id"]: one for one in found}

    def metric(self, name: str, **labels: str) -> dict[str, float]:
        """Values of a metric by its target's id, of the series that have `labels`."""
        return {
            next((one.labels[kind] for kind in ("endpoint", "link", "device") if kind in one.labels), ""): one.value
            for one in self.page()
            if one.name == name and labels.items() <= one.labels.items()
        }

    def value(self, name: str, **labels: str) -> float:
        """The value of one series."""
        (value,) = self.metric(name, **labels).values()
        return value

    def states(self) -> dict[str, str]:
        """Each endpoint's state by its id."""
        sites = self.client.get("/api/v1/sites").json()["sites"]
        endpoints = [one for site in sites for one in (site["endpoint"], *site["other_endpoints"]) if one]
        return {one["id"]: one["state"] for one in endpoints}

    def until(self, true: Callable[[], bool], within_s: float, what: str) -> float:
        """Wait until something is true; return how long it took."""
        began_s = time.monotonic()
        while time.monotonic() - began_s < within_s:
            try:
                if true():
                    return time.monotonic() - began_s
            except httpx.TransportError:
                assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.05)
        pytest.fail(f"{what}: not within {within_s} s\n{self.log.read_text()[-3000:]}")

    def stop(self, by: int = signal.SIGTERM) -> float:
        """Tell it to stop; return how long it took."""
        began_s = time.monotonic()
        self.process.send_signal(by)
        self.process.wait(30)
        return time.monotonic() - began_s


@contextmanager
def running_agent(config: Path, prefix: list[str], log: Path, *options: str, port: int = 0) -> Iterator[RunningAgent]:
    """Start the agent behind `prefix` (a namespace's), serving on a loopback socket of ours."""
    with socket.create_server(("127.0.0.1", port)) as door, log.open("ab") as output:
        command = [*prefix, *diemcau("run", "-c", str(config), "--listen", f"fd:{door.fileno()}", *options)]
        process = subprocess.Popen(
            command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, pass_fds=[door.fileno()]
        )
        agent = RunningAgent(process, f"http://127.0.0.1:{door.getsockname()[1]}", config, log)
    try:
        yield agent
    finally:
        if process.poll() is None:
            took_s = agent.stop()
            assert took_s < 5, f"stopping took {took_s:.1f} s"
        agent.client.close()


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """The sample province on real packets."""
    config = load(sample(), os.environ)
    with Lab(config.inventory, sentinels=config.agent.sentinels, seed=20261124) as lab:
        yield lab


@pytest.fixture(scope="module")
def agent(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAgent]:
    """An agent that watches the whole sample province and holds all of it up."""
    folder = tmp_path_factory.mktemp("agent")
    config = write_configuration(folder, sample(), lab)
    change(config, lambda main: main["defaults"]["snmp"].update(interval="10s"))
    with running_agent(config, lab.exec_prefix, folder / "agent.log") as agent:
        agent.until(lambda: set(agent.states().values()) == {"up"}, 15, "all endpoints up")
        yield agent


def change(config: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    """Edit a YAML file."""
    data = yaml.safe_load(config.read_text())
    edit(data)
    config.write_text(yaml.safe_dump(data, allow_unicode=True))
