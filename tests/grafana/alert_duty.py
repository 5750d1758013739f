"""Debian's Alertmanager on the project's routes, and the duty officer's telephone at its webhook."""

from __future__ import annotations

import json
import os
import queue
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from tests.monitoring import PATIENCE_S, RULES, alertmanager, routes, web_hook

QUIET_S = 1.5  # many group intervals of a hurried Alertmanager
HURRIED = {  # in any hour
    r"group_wait: \d+[sm]": "group_wait: 200ms",
    r"group_interval: \d+[sm]": "group_interval: 200ms",
    r"active_time_intervals: .*": "",
}


@dataclass
class Duty:
    """What is told, and a way to say what Prometheus would."""

    http: httpx.Client
    told: queue.Queue[dict[str, Any]]

    def say(self, *alerts: dict[str, str], over: bool = False) -> None:
        """Send alerts, by their labels."""
        now = datetime.now(UTC)
        until = now if over else now + timedelta(minutes=4)
        body = [
            {"labels": labels, "annotations": {"summary": labels["alertname"]}, "endsAt": until.isoformat()}
            for labels in alerts
        ]
        self.http.post("/api/v2/alerts", json=body).raise_for_status()

    def heard(self) -> list[tuple[str, str]]:
        """Wait for the next notification; return its alerts, each with its status."""
        alerts = self.told.get(timeout=PATIENCE_S)["alerts"]
        return sorted((alert["labels"]["alertname"], alert["status"]) for alert in alerts)

    def hears_no_more(self) -> bool:
        """Return whether nothing is told for a while. An absence can't be waited for but by waiting."""
        try:
            self.told.get(timeout=QUIET_S)
        except queue.Empty:
            return True
        return False


@contextmanager
def on_duty(folder: Path) -> Iterator[Duty]:
    """Start an Alertmanager that is in a hurry."""
    told: queue.Queue[dict[str, Any]] = queue.Queue()
    with web_hook(told.put) as url:
        config = routes(folder, {"DIEMCAU_WEBHOOK_URL": url})
        text = config.read_text()
        for usual, hurried in HURRIED.items():
            assert re.search(usual, text)
            text = re.sub(usual, hurried, text)
        config.write_text(text)
        with alertmanager(config) as http:
            yield Duty(http, told)


def rendered(template: str, data: dict[str, Any], folder: Path) -> str:
    """Return what a template makes of a notification, by amtool."""
    file = folder / "data.json"
    file.write_text(json.dumps(data))
    command = ["amtool", "template", "render", f"--template.glob={RULES / 'diemcau.tmpl'}"]
    command += [f'--template.text={{{{ template "{template}" . }}}}', f"--template.data={file}"]
    command += ["--template.type=html"] if template.endswith("html") else []
    surroundings = {"PATH": os.environ["PATH"], "TZ": "Asia/Ho_Chi_Minh"}
    done = subprocess.run(command, env=surroundings, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return re.sub(r"\n$", "", done.stdout)
