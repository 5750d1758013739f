"""The demo's one screen: where to look, how the province stands, and what happens in it."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections import Counter, deque
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from agent.model import State

REFRESH_S = 1.0
KEPT_LINES = 12
COLOURS = {
    State.UP: "green",
    State.DEGRADED: "yellow",
    State.DOWN: "bold red",
    State.UNREACHABLE: "magenta",
    State.UNKNOWN: "dim",
    State.MAINTENANCE: "blue",
}


class Screen:
    """Where the agent serves, counts by state and the newest lines. In a pipe it prints lines only."""

    def __init__(self, url: str, agent_log: Path) -> None:
        self.url = url
        self.agent_log = agent_log
        self.prometheus: str | None = None
        self.alertmanager: str | None = None
        self._console = Console()
        self._lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._counts: dict[str, Counter[State]] = {}

    def say(self, line: str) -> None:
        """Add a line with its time."""
        stamped = f"{datetime.now().astimezone():%H:%M:%S}  {line}"
        self._lines.append(stamped)
        if not self._console.is_terminal:
            self._console.print(stamped, highlight=False, soft_wrap=True)

    async def follow(self, agent: subprocess.Popen[bytes]) -> None:
        """Show the province until cancelled, or until the agent ends."""
        self._say_where()
        told: dict[str, Counter[State]] = {}
        with Live(console=self._console, auto_refresh=False, screen=False) as live:
            while agent.poll() is None:
                self._counts = await asyncio.to_thread(self._ask) or self._counts
                if self._console.is_terminal:
                    live.update(self._picture(), refresh=True)
                elif self._counts != told:
                    told = dict(self._counts)
                    self.say("; ".join(f"{kind}: {_words(counts)}" for kind, counts in told.items()))
                await asyncio.sleep(REFRESH_S)
        self.say(f"the agent ended with code {agent.returncode}; the last it said:")
        for line in self.agent_log.read_text(errors="replace").splitlines()[-KEPT_LINES:]:
            self.say(line)

    def _say_where(self) -> None:
        if not self._console.is_terminal:
            self.say("   ".join(f"{name} {place}" for name, place in self._places()))

    def _places(self) -> list[tuple[str, str]]:
        beside = (("Prometheus", self.prometheus), ("Alertmanager", self.alertmanager))
        installed = [(name, place or "not installed") for name, place in beside]
        return [("page", f"{self.url}/"), ("metrics", f"{self.url}/metrics"), *installed]

    def _ask(self) -> dict[str, Counter[State]]:
        """Return how many of each kind are in each state; empty while the agent does not answer."""
        try:
            sites = self._get("sites")["sites"]
            return {
                "endpoints": Counter(State(site["endpoint"]["state"]) for site in sites if site["endpoint"]),
                "links": Counter(State(link["state"]) for link in self._get("links")["links"]),
                "devices": Counter(State(device["state"]) for device in self._get("devices")["devices"]),
            }
        except (URLError, OSError, ValueError):
            return {}

    def _get(self, what: str) -> Any:
        with urlopen(f"{self.url}/api/v1/{what}", timeout=5) as answer:  # noqa: S310 - our own address
            return json.load(answer)

    def _picture(self) -> RenderableType:
        table = Table("", *(str(state) for state in State), box=None, pad_edge=False)
        for kind, counts in self._counts.items():
            table.add_row(kind, *(Text(str(counts[state] or "·"), COLOURS[state]) for state in State))
        where = Text("   ").join(Text.assemble((f"{name} ", "dim"), place) for name, place in self._places())
        ways = Text("Ctrl-C ends it; `diemcau lab set wan-thanh-son down` in another shell cuts a line", "dim")
        return Group(where, ways, Text(), table, Text(), Text("\n".join(self._lines)))


def _words(counts: Counter[State]) -> str:
    return ", ".join(f"{counts[state]} {state}" for state in State if counts[state])
