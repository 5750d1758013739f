"""The agent as people run it: its own process, its own configuration, asked over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.web import Client, wait_for
from tests.servers import diemcau, running

PORT = 9843
Entry = dict[str, Any]
Lists = dict[str, list[Entry]]


class Agent:
    """A running agent."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.client = Client(PORT)

    def figures(self, name: str) -> dict[str, float]:
        """Return a metric's values by their labels' text."""
        lines = [line.rpartition(" ") for line in self.client.page().splitlines() if line.startswith(name)]
        return {labels.removeprefix(name): float(value) for labels, _, value in lines}

    def polls(self) -> float:
        """How many SNMP polls ended well."""
        return self.figures("diemcau_polls_total").get('{collector="snmp",result="ok"}', 0)

    def lag_buckets(self) -> list[float]:
        """The cumulative counts of the schedule's lag, by rising limit."""
        return list(self.figures("diemcau_schedule_lag_seconds_bucket").values())

    def verdicts(self) -> list[float]:
        """The cumulative counts of how long verdicts took, by the same limits as the schedule's lag."""
        return list(self.figures("diemcau_verdict_duration_seconds_bucket").values())

    def lag_limits(self) -> list[float]:
        """The limits those counts are for, in seconds."""
        return [float(labels.split('"')[1]) for labels in self.figures("diemcau_schedule_lag_seconds_bucket")]


@contextmanager
def agent(config: Path) -> Iterator[Agent]:
    """Run the agent until done with it; it is ready when this returns."""
    command = diemcau("run", "-c", str(config), "--listen", f"127.0.0.1:{PORT}")
    with running(command, config.parent / "agent.log") as process:
        try:
            wait_for(PORT, "/-/ready")
            yield Agent(process.pid)
        finally:
            process.kill()  # how it ends is not measured here


def write(
    folder: Path,
    lists: Lists,
    defaults: Mapping[str, Entry],
    credentials: Entry | None = None,
    sentinels: Sequence[str] = (),
) -> Path:
    """Write a configuration; JSON is YAML too, and quick to write. Return its main file."""
    main: Entry = {
        "agent": {"name": "bench", "state_dir": str(folder / "state"), "sentinels": list(sentinels)},
        "defaults": dict(defaults),
        "inventory": "inventory.yaml",
    }
    if credentials:
        main["credentials"] = {"bench": credentials}
    (folder / "diemcau.yaml").write_text(json.dumps(main, indent=1))
    (folder / "inventory.yaml").write_text(json.dumps(lists, indent=1))
    return folder / "diemcau.yaml"


def percentile(limits: list[float], before: list[float], after: list[float], share: float) -> float:
    """Return the upper limit of the bucket a share of what was observed between two readings lies in."""
    counts = [b - a for a, b in zip(before, after, strict=True)]
    return next((limit for limit, count in zip(limits, counts, strict=True) if count >= share * counts[-1]), 0.0)
