"""Hears what Alertmanager notifies, as the duty officer's telephone would, and passes on what a person reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

FIRING, RESOLVED = "Cảnh báo", "Đã hết"
_LONGEST = 1 << 20


@contextmanager
def notices(heard: Callable[[str], None]) -> Iterator[str]:
    """Serve a webhook on loopback as long as the block runs; give its URL. `heard` is called in other threads."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = min(int(self.headers.get("Content-Length", "0")), _LONGEST)
            try:
                lines = sentences(json.loads(self.rfile.read(length)))
            except ValueError:
                self.send_error(400)
                return
            for line in lines:
                heard(line)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, name="notices", daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def sentences(notification: Any) -> list[str]:
    """Return a line for each alert of a notification in Alertmanager's webhook format.

    Raises ValueError: it is not one.
    """
    try:
        return [_sentence(alert["status"], alert["annotations"], alert["labels"]) for alert in notification["alerts"]]
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"no notification of Alertmanager's: {error!r}") from error


def _sentence(status: str, annotations: dict[str, str], labels: dict[str, str]) -> str:
    summary = annotations.get("summary") or labels["alertname"]
    return f"{FIRING if status == 'firing' else RESOLVED}: {summary}"
