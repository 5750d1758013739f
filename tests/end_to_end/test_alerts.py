"""From a cut cable to the duty officer: real packets, agent, Prometheus and Alertmanager."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.end_to_end.breaking import Province, configure, province_lab
from tests.end_to_end.conftest import SOAK, running_agent
from tests.end_to_end.notifying import AGENT, Duty, duty

LINE, BEHIND = "wan-thanh-son", 24
TOLD_WITHIN_S = 45.0
QUIET_S = 70.0  # longer than an Alertmanager group waits before it says more
LOSSY_S = 1800.0 if SOAK else 60.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("alerts")


@pytest.fixture(scope="module")
def watched(folder: Path) -> Iterator[tuple[Province, Duty]]:
    """The province without backup lines, all well, and somebody on duty."""
    with province_lab(backups=False) as lab, duty(folder) as officer:
        configure(folder, lab, backups=False)
        with living(folder, lab) as province:
            province.until_well()
            province.agent.until(lambda: _known(officer), 30, "Prometheus knows every endpoint")
            yield province, officer


@contextmanager
def living(folder: Path, lab) -> Iterator[Province]:
    """An agent over the folder's history, where Prometheus looks for it."""
    config = folder / "diemcau.yaml"
    with running_agent(config, lab.exec_prefix, folder / "agent.log", port=AGENT) as agent:
        yield Province(lab, agent, lab.inventory)


def _known(officer: Duty) -> bool:
    (count,) = officer.query("count(diemcau_endpoint_up == 1) or vector(0)")
    return float(count["value"][1]) == 243


def test_a_cut_line_is_told_once_with_its_name_and_its_mending_once(watched, folder) -> None:
    province, officer = watched
    heard = officer.gateway
    assert heard.messages == [], heard.story()
    name = province.inventory.links[LINE].name
    cut_s = time.monotonic()
    province.cut(LINE)
    (message,) = heard.wait(1, TOLD_WITHIN_S)
    print(f"told {message.at_s - cut_s:.1f} s after the cut: {message.words}")  # noqa: T201 - a figure to show
    assert (message.status, message.alerts) == ("firing", [("DiemcauLinkOutage", "firing")])
    assert message.words.startswith(f"Đường truyền {name} mất kết nối từ ")
    assert f"{BEHIND} điểm cầu bị ảnh hưởng" in message.words
    time.sleep(QUIET_S)
    assert len(heard.messages) == 1, heard.story()
    mended_s = time.monotonic()
    province.mend(LINE)
    message = heard.wait(2, TOLD_WITHIN_S + QUIET_S)[-1]
    print(f"told {message.at_s - mended_s:.1f} s after the mending")  # noqa: T201 - a figure to show
    assert (message.status, message.alerts) == ("resolved", [("DiemcauLinkOutage", "resolved")])
    time.sleep(QUIET_S)
    assert len(heard.messages) == 2, heard.story()
