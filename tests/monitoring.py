"""Debian's Prometheus and Alertmanager for tests, and the web hook of a duty officer's gateway."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx

from tests.servers import running

HOME = Path(__file__).parents[1]
FILL_IN = HOME / "deploy" / "fill-in"
RULES = HOME / "grafana" / "rules"
PATIENCE_S = 30


def free_address() -> str:
    """An address of loopback that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        return f"127.0.0.1:{door.getsockname()[1]}"


@contextmanager
def prometheus(config: str, folder: Path, *options: str, data: Path | None = None) -> Iterator[httpx.Client]:
    """Run one with this configuration; its log is prometheus.log."""
    file, address = folder / "prometheus.yml", free_address()
    file.write_text(config)
    command = ["prometheus", f"--config.file={file}", f"--storage.tsdb.path={data or folder / 'prometheus'}"]
    with _served([*command, f"--web.listen-address={address}", *options], folder / "prometheus.log", address) as client:
        yield client


@contextmanager
def alertmanager(config: Path) -> Iterator[httpx.Client]:
    """Run one with this configuration; its log and data are beside it."""
    address = free_address()
    command = ["prometheus-alertmanager", f"--config.file={config}", f"--storage.path={config.parent / 'alertmanager'}"]
    command += [f"--web.listen-address={address}", "--cluster.listen-address="]
    with _served(command, config.parent / "alertmanager.log", address) as client:
        yield client


@contextmanager
def _served(command: list[str], log: Path, address: str) -> Iterator[httpx.Client]:
    """Run a program until done with it; it is ready when this gives its client."""
    client = httpx.Client(base_url=f"http://{address}", trust_env=False, timeout=PATIENCE_S)
    with running(command, log) as process, client:
        end_s = time.monotonic() + PATIENCE_S
        while not _ready(client):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end_s, log.read_text()
            time.sleep(0.05)
        yield client


def _ready(client: httpx.Client) -> bool:
    try:
        return client.get("/-/ready").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def filled(text: str, environment: dict[str, str], shell: tuple[str, ...] = ("sh",)) -> str:
    """Return what deploy/fill-in makes of a text."""
    surroundings = {"PATH": os.environ["PATH"], **environment}
    command = [*shell, str(FILL_IN)]
    return subprocess.run(command, input=text, env=surroundings, check=True, capture_output=True, text=True).stdout


def routes(folder: Path, environment: dict[str, str]) -> Path:
    """Write Alertmanager's configuration beside its templates, as deploy/ does."""
    shutil.copy(RULES / "diemcau.tmpl", folder)
    path = folder / "alertmanager.yml"
    path.write_text(filled((RULES / "alertmanager.yml").read_text(), environment))
    return path


@contextmanager
def web_hook(take: Callable[[dict[str, Any]], None]) -> Iterator[str]:
    """Serve a gateway's web hook; give its address. `take` is handed each notification, in another thread."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            take(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.1,), name="web hook")
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()
