"""HTTP as Prometheus speaks it: connections that stay open, a scraper, and many targets asked at a steady pace."""

from __future__ import annotations

import gzip
import http.client
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Self

from tests.bench.meter import CannotRun

SCRAPE_INTERVAL_S = 15.0
THREADS = 8


class Client:
    """Asks one server, over one connection."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def get(self, path: str, encoding: str = "gzip") -> bytes:
        """Return the body. Raises CannotRun where there is none to be had."""
        self._connection.request("GET", path, headers={"Accept-Encoding": encoding})
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != http.HTTPStatus.OK:
            raise CannotRun(f"{path} answered {answer.status}: {body[:200]!r}")
        return body

    def page(self) -> str:
        """Return /metrics as text."""
        return gzip.decompress(self.get("/metrics")).decode()


def wait_for(port: int, path: str, seconds: float = 60) -> None:
    """Wait until a server answers. Raises CannotRun."""
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        with suppress(OSError, http.client.HTTPException, CannotRun):
            Client(port).get(path)
            return
        time.sleep(0.05)
    raise CannotRun(f"nothing answers at port {port}{path}")


@contextmanager
def scraping(port: int) -> Iterator[None]:
    """Scrape /metrics as Prometheus does, the first time half an interval from now."""
    stop = threading.Event()

    def scrape() -> None:
        client = Client(port)
        wait_s = SCRAPE_INTERVAL_S / 2
        while not stop.wait(wait_s):
            client.get("/metrics")
            wait_s = SCRAPE_INTERVAL_S

    thread = threading.Thread(target=scrape)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


class Asker:
    """Asks every path once an interval, evenly spread, and counts the answers."""

    def __init__(self, port: int, paths: Sequence[str], interval_s: float) -> None:
        self._port = port
        self._paths = paths
        self._interval_s = interval_s
        self._answered = [0] * THREADS
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(place,)) for place in range(THREADS)]

    def answered(self) -> int:
        """How many answers have come."""
        return sum(self._answered)

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, place: int) -> None:
        client = Client(self._port)
        begun_s = time.monotonic()
        turn = 0
        while True:
            for number in range(place, len(self._paths), THREADS):
                due_s = begun_s + (turn + number / len(self._paths)) * self._interval_s
                if self._stop.wait(max(due_s - time.monotonic(), 0)):
                    return
                client.get(self._paths[number])
                self._answered[place] += 1
            turn += 1
