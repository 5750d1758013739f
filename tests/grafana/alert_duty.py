"""Debian's Alertmanager on the project's routes, and the duty officer's telephone at its webhook."""

from __future__ import annotations

import json
import os
import queue
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx

from tests.servers import running

HOME = Path(__file__).parents[2]
FILL_IN = HOME / "deploy" / "fill-in"
RULES = HOME / "grafana" / "rules"
PATIENCE_S = 20
QUIET_S = 1.5  # many group intervals of a hurried Alertmanager
HURRIED = {"group_wait: 10s": "group_wait: 200ms", "group_interval: 1m": "group_interval: 200ms"}


def filled(text: str, environment: dict[str, str], shell: tuple[str, ...] = ("sh",)) -> str:
    """Return what deploy/fill-in makes of a text."""
    surroundings = {"PATH": os.environ["PATH"], **environment}
    command = [*shell, str(FILL_IN)]
    return subprocess.run(command, input=text, env=surroundings, check=True, capture_output=True, text=True).stdout


def configuration(folder: Path, environment: dict[str, str]) -> Path:
    """Write the configuration beside its templates, as deploy/ does."""
    shutil.copy(RULES / "diemcau.tmpl", folder)
    path = folder / "alertmanager.yml"
    path.write_text(filled((RULES / "alertmanager.yml").read_text(), environment))
    return path


@dataclass
class Duty:
    """What is told, and a way to say what Prometheus would."""

    http: httpx.Client
    told: queue.Queue[dict[str, Any]] = field(default_factory=queue.Queue)

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
    with socket.create_server(("127.0.0.1", 0)) as door:
        address = f"127.0.0.1:{door.getsockname()[1]}"
    with httpx.Client(base_url=f"http://{address}", timeout=PATIENCE_S) as http:
        duty = Duty(http)
        with _telephone(duty) as url:
            config = configuration(folder, {"DIEMCAU_WEBHOOK_URL": url})
            text = config.read_text()
            for usual, hurried in HURRIED.items():
                assert usual in text
                text = text.replace(usual, hurried)
            config.write_text(text)
            command = ["prometheus-alertmanager", f"--config.file={config}", f"--storage.path={folder / 'data'}"]
            command += [f"--web.listen-address={address}", "--cluster.listen-address="]
            log = folder / "alertmanager.log"
            with running(command, log):
                _wait(http, log)
                yield duty


@contextmanager
def _telephone(duty: Duty) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            duty.told.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, name="telephone")
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def _wait(http: httpx.Client, log: Path) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < end_s:
        try:
            if http.get("/-/ready").status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError(log.read_text())


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
