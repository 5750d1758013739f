"""An agent with many lives, somebody who cuts lines meanwhile, and a Prometheus that looks on."""

from __future__ import annotations

import random
import re
import signal
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

import httpx

from agent.inventory import Inventory
from lab import Lab
from tests.end_to_end.breaking import configure, now, province_lab
from tests.end_to_end.conftest import RunningAgent, running_agent
from tests.end_to_end.truth import Period

CUT_S = (15.0, 20.0)
REST_S = 16.0  # before a district is touched again
AT_ONCE = 3
_STATE = re.compile(r',?state="[a-z]+"')


class Lives:
    """An agent that is killed and started again, over one history. `alive` are the times it was up and ready."""

    def __init__(self, config: Path, lab: Lab) -> None:
        self.config, self._lab = config, lab
        self._stack = ExitStack()
        self.agent: RunningAgent | None = None
        self.alive: list[Period] = []
        self.started: list[datetime] = []

    def start(self) -> RunningAgent:
        self.started.append(now())
        running = running_agent(self.config, self._lab.exec_prefix, self.config.parent / "agent.log")
        agent = self._stack.enter_context(running)
        agent.until(lambda: agent.client.get("/-/ready").status_code == 200, 20, "ready")
        self.agent, self._ready = agent, now()
        return agent

    def end(self, by: int = signal.SIGKILL) -> None:
        assert self.agent is not None
        self.alive.append((self._ready, now()))
        self.agent.stop(by)
        self.agent = None
        self._stack.close()

    def without(self, since: datetime, until: datetime) -> timedelta:
        """How long within a period no agent was up and ready."""
        alive = sum((max(min(end, until) - max(start, since), timedelta()) for start, end in self.alive), timedelta())
        return until - since - alive


@contextmanager
def lives(folder: Path) -> Iterator[tuple[Lives, Lab]]:
    with province_lab(backups=False) as lab:
        made = Lives(configure(folder, lab, backups=False), lab)
        try:
            yield made, lab
        finally:
            if made.agent is not None:
                made.end(signal.SIGTERM)


class Background(ABC):
    """Does something over and over, until told to stop; what went wrong in it is raised then."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._error: BaseException | None = None

    @abstractmethod
    def turn(self) -> None:
        """Do it once."""

    def _run(self) -> None:
        try:
            while not self.stopping.is_set():
                self.turn()
        except BaseException as error:  # noqa: BLE001 - it is raised where the test waits
            self._error = error

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._thread.join()
        if self._error is not None:
            raise self._error


class Breaker(Background):
    """Cuts lines and codecs at random moments, each for a while, in districts that have been quiet."""

    def __init__(self, lab: Lab, rng: random.Random) -> None:
        super().__init__()
        self._lab, self._rng = lab, rng
        self._off: list[tuple[float, str, str]] = []
        self._touched: dict[str, float] = {}
        sites = lab.inventory.sites
        self._districts = [id_ for id_, site in sites.items() if site.level == "district"]
        self._parts = {district: self._within(lab.inventory, district) for district in self._districts}

    @staticmethod
    def _within(inventory: Inventory, district: str) -> list[list[str]]:
        """The district's line, its communes' lines, its codecs: each kind is as likely.

        Not its router: with one line to it nobody can tell it from the line.
        """
        access = [link.id for link in inventory.links.values() if link.a == district]
        ends = [end.id for end in inventory.endpoints.values() if inventory.district(end.site) == district]
        return [[f"wan-{district}"], access, ends]

    def turn(self) -> None:
        now_s = time.monotonic()
        for due_s, district, target in list(self._off):
            if due_s <= now_s:
                self._mend((due_s, district, target))
        if len(self._off) < AT_ONCE:
            self._cut(now_s)
        self.stopping.wait(self._rng.uniform(0.2, 3.0))

    def _cut(self, now_s: float) -> None:
        busy = {district for _, district, _ in self._off}
        quiet = [one for one in self._districts if one not in busy and self._touched.get(one, 0.0) < now_s - REST_S]
        if quiet:
            district = self._rng.choice(quiet)
            target = self._rng.choice(self._rng.choice(self._parts[district]))
            self._lab.set(target, up=False)
            self._off.append((now_s + self._rng.uniform(*CUT_S), district, target))

    def _mend(self, one: tuple[float, str, str]) -> None:
        self._off.remove(one)
        self._touched[one[1]] = time.monotonic()
        self._lab.set(one[2], up=True)

    def calm(self) -> None:
        """Mend the rest, each when it is due."""
        for one in sorted(self._off):
            time.sleep(max(one[0] - time.monotonic(), 0))
            self._mend(one)


class Scraper(Background):
    """Scrapes each second, as Prometheus does, and keeps what it saw of time in states."""

    def __init__(self, lives: Lives) -> None:
        super().__init__()
        self._lives = lives
        self.backwards: list[str] = []
        self.sums: list[tuple[float, dict[str, float]]] = []
        self._values: dict[str, float] = {}

    def turn(self) -> None:
        agent, began_s = self._lives.agent, time.monotonic()
        if agent is not None:
            with suppress(httpx.TransportError):  # it is being killed
                self._take(httpx.get(f"{agent.url}/metrics", trust_env=False, timeout=5).text)
        self.stopping.wait(max(began_s + 1 - time.monotonic(), 0))

    def _take(self, page: str) -> None:
        sums: dict[str, float] = {}
        for line in page.splitlines():
            if line.startswith(("diemcau_endpoint_state_seconds_total{", "diemcau_link_state_seconds_total{")):
                series, _, value = line.rpartition(" ")
                if float(value) < self._values.get(series, 0.0):
                    self.backwards.append(f"{series} {self._values[series]} → {value}")
                self._values[series] = float(value)
                target = _STATE.sub("", series)
                sums[target] = sums.get(target, 0.0) + float(value)
        self.sums.append((time.monotonic(), sums))
