"""Prometheus and Alertmanager beside the demo's agent, with the project's own rules, where they are installed."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from pathlib import Path

from lab.demo_files import alertmanager_file, prometheus_file, rules
from lab.notices import notices
from lab.programs import free_port, running
from lab.screen import Screen


def start_monitoring(stack: ExitStack, folder: Path, screen: Screen) -> None:
    """Start what is installed; say in a line what is not. All of it ends with `stack`."""
    prometheus = shutil.which("prometheus")
    if prometheus is None:
        screen.say("Prometheus is not installed here; `apt install prometheus` and it starts beside the next demo.")
        return
    _start_alertmanager(stack, folder, screen)
    port = free_port(9090)
    command = [
        prometheus,
        f"--config.file={prometheus_file(folder, screen.url, screen.alertmanager)}",
        f"--storage.tsdb.path={folder / 'prometheus'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    stack.enter_context(running(command, folder / "prometheus.log"))
    screen.prometheus = f"http://127.0.0.1:{port}"


def _start_alertmanager(stack: ExitStack, folder: Path, screen: Screen) -> None:
    program = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    if program is None:
        screen.say(
            "No Alertmanager is installed here; after `apt install prometheus-alertmanager` the next demo notifies."
        )
        return
    if rules() is None:
        screen.say("The alert rules are missing here, so nothing alerts; a checkout has them in grafana/rules.")
        return
    webhook = stack.enter_context(notices(screen.say))
    port = free_port(9093)
    command = [
        program,
        f"--config.file={alertmanager_file(folder, webhook)}",
        f"--storage.path={folder / 'alertmanager'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",  # it is alone, and needs no port for others
    ]
    stack.enter_context(running(command, folder / "alertmanager.log"))
    screen.alertmanager = f"http://127.0.0.1:{port}"
