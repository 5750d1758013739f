"""Debian's Prometheus and Alertmanager with the project's own rules and routes, and a duty officer's gateway."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.servers import running

ROOT = Path(__file__).parents[2]
RULES = ROOT / "grafana/rules"
PROMETHEUS, ALERTMANAGER, AGENT = 19091, 19093, 19843
PROMETHEUS_YML = """\
global: {{scrape_interval: 5s, evaluation_interval: 5s}}
rule_files: ["{rules}"]
alerting: {{alertmanagers: [{{static_configs: [{{targets: ["127.0.0.1:{alertmanager}"]}}]}}]}}
scrape_configs:
  - job_name: diemcau
    static_configs: [{{targets: ["127.0.0.1:{agent}"]}}]
"""


@dataclass(frozen=True)
class Message:
    """What the gateway was sent: one notification of one group of alerts. `at_s` is monotonic."""

    at_s: float
    body: dict[str, Any]

    @property
    def status(self) -> str:
        return self.body["status"]

    @property
    def alerts(self) -> list[tuple[str, str]]:
        return sorted((one["labels"]["alertname"], one["status"]) for one in self.body["alerts"])

    @property
    def words(self) -> str:
        return " ".join(one["annotations"]["summary"] for one in self.body["alerts"])


@dataclass
class Gateway:
    """A web hook such as a Telegram or SMS gateway has; it keeps what it is sent."""

    port: int
    messages: list[Message] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def wait(self, more: int, within_s: float) -> list[Message]:
        """Wait until that many messages came in all; return all."""
        end_s = time.monotonic() + within_s
        while len(self.messages) < more:
            if time.monotonic() > end_s:
                pytest.fail(f"{len(self.messages)} messages instead of {more} within {within_s} s: {self.story()}")
            time.sleep(0.1)
        return self.messages

    def story(self) -> str:
        return "\n".join(f"{one.at_s:.1f} {one.status} {one.alerts} {one.words}" for one in self.messages)


@contextmanager
def gateway() -> Iterator[Gateway]:
    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            heard.messages.append(Message(time.monotonic(), body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        heard = Gateway(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, args=(0.1,))
        thread.start()
        try:
            yield heard
        finally:
            server.shutdown()
            thread.join()


@dataclass
class Duty:
    """Who is told, by what: `prometheus` is asked, `gateway` heard."""

    prometheus: httpx.Client
    alertmanager: httpx.Client
    gateway: Gateway

    def query(self, expression: str) -> list[dict[str, Any]]:
        answer = self.prometheus.get("/api/v1/query", params={"query": expression}).json()
        assert answer["status"] == "success", answer
        return answer["data"]["result"]

    def firing(self) -> list[dict[str, str]]:
        alerts = self.prometheus.get("/api/v1/alerts").json()["data"]["alerts"]
        return [one["labels"] for one in alerts if one["state"] == "firing"]


@contextmanager
def duty(folder: Path) -> Iterator[Duty]:
    """Run all of it until done; it watches the agent that will serve at port `AGENT`."""
    with ExitStack() as stack:
        heard = stack.enter_context(gateway())
        alerts = _alertmanager(stack, folder, heard)
        asked = _prometheus(stack, folder)
        made = Duty(asked, alerts, heard)
        _until(
            lambda: bool(asked.get("/api/v1/alertmanagers").json()["data"]["activeAlertmanagers"]), "an Alertmanager"
        )
        yield made


def _alertmanager(stack: ExitStack, folder: Path, heard: Gateway) -> httpx.Client:
    config = folder / "alertmanager.yml"
    environment = {"PATH": os.environ["PATH"], "DIEMCAU_WEBHOOK_URL": heard.url}
    with (RULES / "alertmanager.yml").open() as template, config.open("wb") as filled:
        subprocess.run([ROOT / "deploy/fill-in"], env=environment, check=True, stdin=template, stdout=filled)
    (folder / "diemcau.tmpl").write_text((RULES / "diemcau.tmpl").read_text())
    command = ["prometheus-alertmanager", f"--config.file={config}", f"--storage.path={folder / 'alertmanager'}"]
    command += [f"--web.listen-address=127.0.0.1:{ALERTMANAGER}", "--cluster.listen-address="]
    return _started(stack, command, folder / "alertmanager.log", ALERTMANAGER)


def _prometheus(stack: ExitStack, folder: Path) -> httpx.Client:
    config = folder / "prometheus.yml"
    rules = RULES / "diemcau.rules.yml"
    config.write_text(PROMETHEUS_YML.format(rules=rules, alertmanager=ALERTMANAGER, agent=AGENT))
    command = ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder / 'prometheus'}"]
    command += [f"--web.listen-address=127.0.0.1:{PROMETHEUS}"]
    return _started(stack, command, folder / "prometheus.log", PROMETHEUS)


def _started(stack: ExitStack, command: list[str], log: Path, port: int) -> httpx.Client:
    process = stack.enter_context(running(command, log))
    client = stack.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30))

    def ready() -> bool:
        assert process.poll() is None, log.read_text()
        return client.get("/-/ready").status_code == 200

    _until(ready, command[0])
    return client


def _until(true: Callable[[], bool], what: str, within_s: float = 30) -> None:
    end_s = time.monotonic() + within_s
    while True:
        try:
            if true():
                return
        except httpx.TransportError:
            pass
        assert time.monotonic() < end_s, f"{what}: not within {within_s} s"
        time.sleep(0.1)
