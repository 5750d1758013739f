"""Devices that lose, mangle or never end their answers: each costs itself alone, and at most its own time-outs."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from time import monotonic

import pytest

from agent.readings import Outcome, PollFailed
from lab.snmp import quirks
from lab.snmp.quirks import MANGLED, circling
from tests.collectors.quirky import TIMEOUT_S, Watch, failure, watched

IF_NAME = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 1)
IF_SPEED = (1, 3, 6, 1, 2, 1, 2, 2, 1, 5)
HC_IN = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 6)
SYS_UPTIME = (1, 3, 6, 1, 2, 1, 1, 3, 0)
MEGA = 1e6


@asynccontextmanager
async def neighbour():
    """Poll a good device all the while; no poll of it takes longer than it should."""
    taken_s: list[float] = []
    ended = asyncio.Event()

    async def keep_polling(watch: Watch) -> None:
        while not ended.is_set() or len(taken_s) < 3:
            began_s = monotonic()
            await watch.poll(30)
            taken_s.append(monotonic() - began_s)
            await asyncio.sleep(0.01)

    async with watched("counters-reset-with-uptime", "Gi0/0/0", rates_bps={1: (100 * MEGA, 20 * MEGA)}) as watch:
        await watch.poll()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(keep_polling(watch), name="neighbour")
            try:
                yield
            finally:
                ended.set()
    assert max(taken_s) < TIMEOUT_S, f"the neighbour waited {max(taken_s):.3f} s"


@asynccontextmanager
async def costing(watch: Watch):
    """Hold a poll to the time-outs of the requests it made."""
    before, began_s = watch.served.asked, monotonic()
    yield
    spent_s, asked = monotonic() - began_s, watch.served.asked - before
    assert spent_s <= (asked + 1) * TIMEOUT_S + 0.3, f"{asked} requests cost {spent_s:.2f} s"


async def test_every_second_request_lost_costs_time_and_no_figure():
    rates = {1: (3 * MEGA, 2 * MEGA)}
    async with (
        neighbour(),
        watched("every-second-lost", "eth0", rates_bps=rates, quirks=(quirks.every_second,)) as watch,
    ):
        async with costing(watch):
            await watch.poll()
        line = await watch.poll(30)
        assert (line.receive_bps, line.transmit_bps) == pytest.approx((3 * MEGA, 2 * MEGA))


async def test_an_answer_from_another_address_is_no_answer():
    async with neighbour(), watched("other-address", "a", quirks=(quirks.from_elsewhere,)) as watch, costing(watch):
        assert (await failure(watch)).outcome is Outcome.TIMEOUT


async def test_an_answer_to_another_request_is_no_answer():
    async with neighbour(), watched("wrong-ids", "port1", quirks=(quirks.wrong_ids,)) as watch, costing(watch):
        assert (await failure(watch)).outcome in (Outcome.TIMEOUT, Outcome.ERROR)


@pytest.mark.parametrize("how", MANGLED)
async def test_malformed_answers_are_a_failure_of_that_device(how):
    async with neighbour(), watched("malformed", "eth0", quirks=(quirks.malformed(how),)) as watch, costing(watch):
        assert (await failure(watch)).outcome in (Outcome.TIMEOUT, Outcome.ERROR)


@pytest.mark.parametrize("quirk", [quirks.stuck, circling(IF_NAME), quirks.growing], ids=["stuck", "circle", "growing"])
async def test_a_walk_without_end_is_ended(quirk):
    async with neighbour(), watched("endless-walk", "nowhere", quirks=(quirk,)) as watch:
        began_s = monotonic()
        try:
            await watch.poll()
        except PollFailed as failed:
            assert failed.outcome is Outcome.ERROR  # noqa: PT017  to end a column at its first repetition is as good
        assert monotonic() - began_s < 2 * TIMEOUT_S + 0.3


async def test_64_kib_are_read_or_refused_and_no_more():
    async with neighbour(), watched("huge-answer", "eth0", quirks=(quirks.huge,)) as watch, costing(watch):
        assert (await failure(watch)).outcome in (Outcome.TIMEOUT, Outcome.ERROR)


async def test_answers_after_their_time_are_not_taken_for_later_ones():
    rates = {3: (30 * MEGA, 4 * MEGA)}
    late = quirks.slow(TIMEOUT_S * 1.2)
    async with neighbour(), watched("slow", "GigabitEthernet0/0/0", rates_bps=rates, quirks=(late,)) as watch:
        for _ in range(3):
            async with costing(watch):
                assert (await failure(watch)).outcome is Outcome.TIMEOUT


async def test_a_cancelled_poll_ends_wherever_it_stands():
    async with watched("counters-reset-with-uptime", "Gi0/0/0") as watch:
        for turns in range(200):

            async def keep_polling() -> None:
                while True:
                    await watch.poll(30)

            polling = asyncio.create_task(keep_polling(), name="polling")
            for _ in range(turns % 40):
                await asyncio.sleep(0)
            polling.cancel()
            done, _ = await asyncio.wait([polling], timeout=0.5)
            polling.cancel()
            assert done, f"a cancel after {turns % 40} turns of the loop was lost"
