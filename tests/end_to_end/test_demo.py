"""`diemcau demo` as a newcomer runs it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers import diemcau


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def demo(log: Path, port: int, *options: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        command = [*diemcau("demo"), "--listen", f"127.0.0.1:{port}", *options]
        place = {**os.environ, **environment}
        process = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, env=place)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as page:
            return page.read().count(b"diemcau_endpoint_up{") == 243
    except OSError:
        return False


def wait(true: object, within_s: float, log: Path) -> None:
    deadline_s = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline_s, log.read_text()
        time.sleep(0.1)


def left_behind(port: int, pid: int) -> list[str]:
    """Programs and namespaces that the demo on this port, of this process, has left."""
    processes = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    namespaces = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
    left = [line for line in processes.splitlines() if "diemcau-demo-" in line or f":{port}" in line]
    return left + [line for line in namespaces.splitlines() if re.match(rf"diemcau-\w+-{pid}-", line)]


def cut(line: str, environment: dict[str, str]) -> None:
    command = diemcau("lab", "set", line, "down")
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, **environment})


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda by: by.name)
def test_nothing_is_left_behind_however_it_ends(tmp_path: Path, by: signal.Signals) -> None:
    port, log = free_port(), tmp_path / "demo.log"
    with demo(log, port) as process:
        wait(lambda: answers(port), 20, log)
        wait(lambda: "243 up" in log.read_text(), 20, log)
        process.send_signal(by)
        process.wait(15)
        wait(lambda: not left_behind(port, process.pid), 10, log)
        assert process.returncode == (-signal.SIGKILL if by is signal.SIGKILL else 0), log.read_text()


def test_it_ends_by_itself(tmp_path: Path) -> None:
    log = tmp_path / "demo.log"
    with demo(log, free_port(), "--minutes", "0.1", "--quiet") as process:
        assert process.wait(30) == 0, log.read_text()


def test_a_cut_district_is_notified(tmp_path: Path) -> None:
    """By the project's own rules and routes, in 45 s from the cut to the words on the screen."""
    port, log = free_port(), tmp_path / "demo.log"
    notified = re.compile(r"Cảnh báo: (Đường truyền .*Huyện Thanh Sơn mất kết nối từ .* 24 điểm cầu bị ảnh hưởng.*)")
    own = {"XDG_RUNTIME_DIR": str(tmp_path)}  # no other lab of this machine is meant by `diemcau lab`
    with demo(log, port, "--quiet", **own) as process:
        wait(lambda: "243 up; links: 251 up" in log.read_text(), 30, log)
        cut("wan-thanh-son", own)
        wait(lambda: "links: 250 up, 1 down" in log.read_text(), 45, log)
        cut("bak-thanh-son", own)
        wait(lambda: notified.search(log.read_text()), 45, log)
        process.send_signal(signal.SIGINT)
        assert process.wait(15) == 0, log.read_text()
    assert len(notified.findall(log.read_text())) == 1
    assert left_behind(port, process.pid) == []


def test_without_alertmanager_it_goes_on(tmp_path: Path) -> None:
    found = {name: shutil.which(name) for name in ("ip", "prometheus", "setpriv")}
    for name, place in found.items():
        assert place, f"{name} is not installed"
        (tmp_path / name).symlink_to(place)
    log = tmp_path / "demo.log"
    with demo(log, free_port(), "--minutes", "0.1", "--quiet", PATH=str(tmp_path)) as process:
        assert process.wait(30) == 0, log.read_text()
    assert log.read_text().count("Alertmanager") == 2  # what to install, and where there is none
    assert "Prometheus http://127.0.0.1:" in log.read_text()
    assert "Alertmanager not installed" in log.read_text()


def test_a_taken_port_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, demo(tmp_path / "log", taken.getsockname()[1]) as process:
        assert process.wait(20) == 1
    assert "the address is already in use: " in (tmp_path / "log").read_text()
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_without_root_it_goes_on_on_loopback(tmp_path: Path) -> None:
    """All rights but those to make namespaces."""
    port, log = free_port(), tmp_path / "demo.log"
    without = ["setpriv", "--bounding-set=-sys_admin,-net_admin", "--inh-caps=-sys_admin,-net_admin"]
    with log.open("wb") as output:
        command = [*without, sys.executable, "-m", "agent", "demo", "--listen", f"127.0.0.1:{port}"]
        process = subprocess.Popen(command, stdout=output, stderr=output, env={**os.environ, "LANG": "C.UTF-8"})
    try:
        wait(lambda: "243 up" in log.read_text(), 30, log)
        assert "which needs root" in log.read_text()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(15)
