from __future__ import annotations

import asyncio
import statistics
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from time import monotonic

from agent.inventory import Inventory
from agent.readings import DeviceReading, Outcome, PollFailed
from agent.state import Board
from agent.watch import SnmpTarget, SnmpWatch
from tests.agent.test_state import ROUTER, SITES, SNMP

QUICK = replace(SNMP, interval_s=0.2, timeout_s=0.05)


def device(name: str, address: str) -> SnmpTarget:
    return replace(ROUTER, id=name, address=address, snmp=QUICK, interfaces=())


class Network:
    """Devices that note when they are asked; `answer` decides what they say."""

    def __init__(self, *devices: SnmpTarget) -> None:
        self.board = Board(Inventory(SITES, devices={one.id: one for one in devices}))
        self.asked: dict[str, list[float]] = {one.id: [] for one in devices}
        self.opened: list[str] = []
        self.closed: list[str] = []
        self.answer: Callable[[str], DeviceReading] = lambda _: DeviceReading(monotonic(), monotonic(), {})

    @asynccontextmanager
    async def open(self, target: SnmpTarget) -> AsyncIterator[Poller]:
        self.opened.append(target.id)
        try:
            yield Poller(self, target.id)
        finally:
            self.closed.append(target.id)

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not true():  # noqa: ASYNC110  # what is waited for has no event
                await asyncio.sleep(0.01)


class Poller:
    def __init__(self, network: Network, name: str) -> None:
        self.network = network
        self.name = name

    async def poll(self) -> DeviceReading:
        self.network.asked.setdefault(self.name, []).append(monotonic())
        if self.name == "dead":
            await asyncio.sleep(3600)
        return self.network.answer(self.name)


@asynccontextmanager
async def watching(network: Network, *targets: SnmpTarget) -> AsyncIterator[SnmpWatch]:
    async with asyncio.TaskGroup() as group:
        watch = SnmpWatch(group, network.board)
        watch.follow(targets, network.open)
        yield watch
        watch.follow((), network.open)


async def test_each_is_polled_at_its_pace_and_a_dead_one_delays_nobody() -> None:
    alive, dead = device("alive", "127.0.0.1"), device("dead", "127.0.0.2")
    network = Network(alive, dead)
    async with watching(network, alive, dead):
        await network.until(lambda: len(network.asked["alive"]) >= 8)
    gaps = [after - before for before, after in zip(network.asked["alive"], network.asked["alive"][1:], strict=False)]
    assert statistics.median(gaps) < 0.3
    assert network.board.devices["dead"].outcome is Outcome.TIMEOUT
    assert "not done within" in network.board.devices["dead"].reason
    assert sorted(network.closed) == sorted(network.opened)


async def test_a_new_inventory_disturbs_only_what_changed() -> None:
    stays, moves, goes = device("stays", "127.0.0.1"), device("moves", "127.0.0.2"), device("goes", "127.0.0.3")
    network = Network(stays, moves, goes)
    async with watching(network, stays, moves, goes) as watch:
        await network.until(lambda: all(network.asked.values()))
        watch.follow((stays, device("moves", "127.0.0.9")), network.open)
        await network.until(lambda: len(network.closed) == 2)
        assert sorted(network.closed) == ["goes", "moves"]
    assert sorted(network.opened) == ["goes", "moves", "moves", "stays"]


async def test_what_is_heard_of_is_asked_at_once_and_soon_again_but_not_endlessly() -> None:
    slow = replace(device("slow", "127.0.0.1"), snmp=replace(QUICK, interval_s=60))
    network = Network(slow)
    async with watching(network, slow) as watch:
        await network.until(lambda: len(network.asked["slow"]) == 1)
        began_s = monotonic()
        for _ in range(50):
            watch.poke("slow")
            await asyncio.sleep(0.01)
        await network.until(lambda: len(network.asked["slow"]) >= 2)
        assert monotonic() - began_s < 1.5
        watch.poke("nobody")
    assert len(network.asked["slow"]) <= 3


async def test_a_failure_is_recorded_with_its_reason() -> None:
    wrong = device("wrong", "127.0.0.1")
    network = Network(wrong)

    def refuse(_: str) -> DeviceReading:
        raise PollFailed(Outcome.AUTH, "authentication failed")

    network.answer = refuse
    async with watching(network, wrong):
        await network.until(lambda: network.board.devices["wrong"].outcome is Outcome.AUTH)
    assert network.board.devices["wrong"].reason == "authentication failed"
