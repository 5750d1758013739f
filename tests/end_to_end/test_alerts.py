"""From a cut cable to the duty officer: real packets, agent, Prometheus and Alertmanager."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from agent.model import State
from lab import Lab
from tests.end_to_end.breaking import Province, configure, province_lab
from tests.end_to_end.conftest import SOAK, change, running_agent
from tests.end_to_end.notifying import AGENT, Duty, Message, duty

LINE, BEHIND, PLANNED = "wan-thanh-son", 24, "wan-tan-son"
TOLD_WITHIN_S = 45.0
AWAY_S = 12.0  # the agent, between two lives
QUIET_S = 65.0  # longer than an Alertmanager group waits before it says more
LOSSY_S = 1800.0 if SOAK else 30.0


class Watch:
    """The province without backup lines, an agent that can be ended and started again, and somebody on duty."""

    def __init__(self, folder: Path, lab: Lab, officer: Duty) -> None:
        self.officer, self.gateway, self.lab = officer, officer.gateway, lab
        self._config = configure(folder, lab, backups=False)
        change(folder / "inventory.yaml", _name_a_contact)
        self._stack = ExitStack()
        self.start()

    def start(self) -> None:
        agent = running_agent(self._config, self.lab.exec_prefix, self._config.parent / "agent.log", port=AGENT)
        self.province = Province(self.lab, self._stack.enter_context(agent), self.lab.inventory)

    def end(self, by: int = signal.SIGTERM) -> None:
        self.province.agent.stop(by)
        self._stack.close()

    def known(self, state: int) -> int:
        """How many endpoints Prometheus has in a state."""
        (count,) = self.officer.query(f"count(diemcau_endpoint_state == {state}) or vector(0)")
        return int(count["value"][1])


def _name_a_contact(inventory: dict[str, Any]) -> None:
    (site,) = (site for site in inventory["sites"] if site["id"] == "thanh-son")
    site["contact"] = {"name": "Nguyễn Văn A", "phone": "0210 000 000"}


@pytest.fixture(scope="module")
def watch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    folder = tmp_path_factory.mktemp("alerts")
    with province_lab(backups=False) as lab, duty(folder) as officer:
        made = Watch(folder, lab, officer)
        try:
            made.province.agent.until(lambda: made.known(State.UP.number) == 243, 60, "Prometheus sees all up")
            yield made
        finally:
            made.end()


def lossy(watch: Watch, percent: float) -> None:
    for line in watch.lab.inventory.links:
        watch.lab.set(line, loss=percent / 100)


def said(what: str, after_s: float, message: Message) -> None:
    print(f"told {message.at_s - after_s:.1f} s after {what}: {message.words}")  # noqa: T201 - a figure to show


def test_a_cut_line_is_told_once_and_so_is_its_mending_whatever_else_goes_on(watch: Watch) -> None:
    """Else being: the agent is killed and started, planned work cuts another line, all lines lose a little."""
    heard, name = watch.gateway, watch.lab.inventory.links[LINE].name
    assert heard.messages == [], heard.story()
    cut_s = time.monotonic()
    watch.province.cut(LINE)
    (message,) = heard.wait(1, TOLD_WITHIN_S)
    said("the cut", cut_s, message)
    assert (message.status, message.alerts) == ("firing", [("DiemcauLinkOutage", "firing")])
    assert message.words.startswith(f"Đường truyền {name} mất kết nối từ ")
    assert f"{BEHIND} điểm cầu bị ảnh hưởng" in message.words
    assert message.words.endswith("Gọi Nguyễn Văn A 0210 000 000.")

    watch.end(signal.SIGKILL)
    time.sleep(AWAY_S)
    watch.start()
    watch.province.agent.until(lambda: watch.known(State.UNREACHABLE.number) == BEHIND, 60, "Prometheus sees it again")
    plan = {"targets": [PLANNED], "for": "10m", "why": "Thay cáp quang"}
    assert watch.province.agent.client.post("/api/v1/maintenance", json=plan).status_code == 201
    watch.province.cut(PLANNED)
    lossy(watch, 0.5)
    time.sleep(QUIET_S)
    assert len(heard.messages) == 1, heard.story()

    mended_s = time.monotonic()
    watch.province.mend(LINE, PLANNED)
    message = heard.wait(2, TOLD_WITHIN_S + QUIET_S)[-1]
    said("the mending", mended_s, message)
    assert (message.status, message.alerts) == ("resolved", [("DiemcauLinkOutage", "resolved")])
    time.sleep(QUIET_S if SOAK else 15.0)
    assert len(heard.messages) == 2, heard.story()


@pytest.mark.parametrize("percent", [0.5, 1.0] if SOAK else [1.0])
def test_loss_everywhere_is_told_nobody(watch: Watch, percent: float) -> None:
    """Half a percent each way of each line is 1 % there and back to a district, 2 % to a commune; 1 % twice that."""
    before = len(watch.gateway.messages)
    lossy(watch, percent)
    time.sleep(LOSSY_S)
    told = watch.officer.query("avg(diemcau_icmp_loss_ratio)"), watch.known(State.DEGRADED.number)
    print(f"{percent} % on each line: lost and degraded at the end {told}")  # noqa: T201 - a figure to show
    lossy(watch, 0)
    assert len(watch.gateway.messages) == before, watch.gateway.story()
