"""Debian's Prometheus and Alertmanager with the project's own rules and routes, and a duty officer's gateway."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.monitoring import RULES, alertmanager, prometheus, routes, web_hook

AGENT = 19843
PROMETHEUS_YML = """\
global: {{scrape_interval: 5s, evaluation_interval: 5s}}
rule_files: ["{rules}"]
alerting: {{alertmanagers: [{{static_configs: [{{targets: ["{alertmanager}"]}}]}}]}}
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

    messages: list[Message] = field(default_factory=list)

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


@dataclass
class Duty:
    """Who is told, by what: `prometheus` is asked, `gateway` heard."""

    prometheus: httpx.Client
    gateway: Gateway

    def until_joined(self) -> None:
        """Wait until Prometheus has found its Alertmanager, which takes it about five seconds."""
        end_s = time.monotonic() + 30
        while not self.prometheus.get("/api/v1/alertmanagers").json()["data"]["activeAlertmanagers"]:
            assert time.monotonic() < end_s
            time.sleep(0.1)

    def query(self, expression: str) -> list[dict[str, Any]]:
        answer = self.prometheus.get("/api/v1/query", params={"query": expression}).json()
        assert answer["status"] == "success", answer
        return answer["data"]["result"]


@contextmanager
def duty(folder: Path) -> Iterator[Duty]:
    """Run all of it until done; it watches the agent that will serve at port `AGENT`."""
    heard = Gateway()
    with ExitStack() as stack:
        url = stack.enter_context(web_hook(lambda body: heard.messages.append(Message(time.monotonic(), body))))
        told = stack.enter_context(alertmanager(routes(folder, {"DIEMCAU_WEBHOOK_URL": url})))
        config = PROMETHEUS_YML.format(
            rules=RULES / "diemcau.rules.yml", alertmanager=told.base_url.netloc.decode(), agent=AGENT
        )
        made = Duty(stack.enter_context(prometheus(config, folder)), heard)
        made.until_joined()
        yield made
