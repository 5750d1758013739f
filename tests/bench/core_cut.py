"""A core cut before 10 000 codecs, all asked once a second: how long the verdict takes, and whether the loop stalls."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.model import LinkRole
from lab import netns
from lab.synthetic import NETWORK, synthetic
from tests.bench.meter import CannotRun, Series
from tests.bench.ours import Agent, Lists, agent, percentile, write
from tests.bench.polls import access
from tests.bench.table import Row
from tests.servers import COMMUNITY

SIZE = 10_000
FAR = "bench-far"
SETTLE_S = 20.0
WITHIN_S = 30.0
VERDICT_S, LATEST_S = 0.2, 0.1


def core_cut(folder: Path, rounds: int) -> list[Row]:
    """Cut the core and mend it, some times."""
    verdict, lag, confirmed = Series(), Series(), Series()
    with agent_of_the_size(folder) as ours:
        for _ in range(rounds):
            before, verdicts = ours.lag_buckets(), ours.verdicts()
            cut_s = time.monotonic()
            _answering(on=False)
            _wait(ours, SIZE)
            confirmed.add(time.monotonic() - cut_s)
            time.sleep(5)
            lag.add(percentile(ours.lag_limits(), before, ours.lag_buckets(), 0.99))
            verdict.add(percentile(ours.lag_limits(), verdicts, ours.verdicts(), 1.0))
            _answering(on=True)
            _wait(ours, 0)  # gone, or held open since it flaps by now
            time.sleep(5)
    return [
        Row(
            f"core cut before {SIZE} codecs: the longest verdict, at most",
            "ms",
            verdict,
            VERDICT_S * 1000,
            per_unit=1e-3,
        ),
        Row("  99 % of turns are late by less than", "ms", lag, LATEST_S * 1000, per_unit=1e-3),
        Row("  from the cut to the outage on /metrics", "s", confirmed),
    ]


@contextmanager
def agent_of_the_size(folder: Path) -> Iterator[Agent]:
    """Have so many codecs, and an agent that has found all of them up."""
    with province(), agent(write(folder, _lists(), _defaults(), access(COMMUNITY), sentinels=["127.0.0.9"])) as ours:
        time.sleep(SETTLE_S)
        yield ours


def _wait(ours: Agent, affected: float) -> None:
    """Wait until the core's outage says that it cuts off so many."""
    end_s = time.monotonic() + WITHIN_S
    while ours.figures("diemcau_outage_affected_endpoints").get('{id="r-core",kind="device"}', 0) != affected:
        if time.monotonic() > end_s:
            raise CannotRun(f"the core's outage did not say {affected} within {WITHIN_S:g} s")
        time.sleep(0.2)


def _answering(*, on: bool) -> None:
    netns.configure(FAR, [f"route {'add' if on else 'del'} local {NETWORK} dev lo table local"])


@contextmanager
def province() -> Iterator[None]:
    """Have a network where every address answers, behind a cable."""
    netns.add(FAR)
    try:
        netns.here([f"link add near type veth peer name far netns {FAR}", "address add 10.0.0.1/30 dev near"])
        netns.here(["link set near up", f"route add {NETWORK} via 10.0.0.2"])
        netns.configure(FAR, ["link set lo up", "address add 10.0.0.2/30 dev far", "link set far up"])
        _answering(on=True)
        yield
    finally:
        netns.remove(FAR)


def _defaults() -> dict[str, dict[str, object]]:
    return {"icmp": {"interval": "1s"}, "snmp": {"interval": "1h", "credentials": "bench"}}


def _lists() -> Lists:
    inventory = synthetic(SIZE)
    return {
        "sites": [
            {"id": one.id, "name": one.name, "level": one.level.value} | ({"parent": one.parent} if one.parent else {})
            for one in inventory.sites.values()
        ],
        "devices": [
            {"id": one.id, "site": one.site, "role": one.role, "address": one.address, "profile": "generic"}
            for one in inventory.devices.values()
        ],
        "endpoints": [
            {"id": one.id, "site": one.site, "address": one.address, "profile": "none"}
            for one in inventory.endpoints.values()
        ],
        "links": [
            {"id": one.id, "a": one.a, "b": one.b, "role": one.role.value}
            for one in inventory.links.values()
            if one.role is not LinkRole.BACKUP
        ],
    }
