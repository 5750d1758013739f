"""Storms at the trap port: what is limited, and what the rest of the loop feels of it."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest

from collectors._traps_kinds import Drop
from tests.trap_fuzzing import CREDENTIALS, TrapEngine, valid_messages
from tests.trap_receiving import receiving

STORM = 5000
MOST_LATE_S = 0.1  # p99: what the schedule is promised


async def stalls(into: list[float]) -> None:
    """Note how late the loop is, every 5 ms."""
    while True:
        due_s = time.monotonic() + 0.005
        await asyncio.sleep(0.005)
        into.append(time.monotonic() - due_s)


async def storm(port: int, messages: list[bytes], sources: list[str]) -> float:
    """Send a second's storm from a thread, spread over sources; return how long it took."""

    def send() -> float:
        sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in sources]
        for sock, source in zip(sockets, sources, strict=True):
            sock.bind((source, 0))
        began_s = time.monotonic()
        for number in range(STORM):
            sockets[number % len(sockets)].sendto(messages[number % len(messages)], ("127.0.0.1", port))
            if number % 50 == 49:
                time.sleep(max(began_s + number / STORM - time.monotonic(), 0))
        for sock in sockets:
            sock.close()
        return time.monotonic() - began_s

    return await asyncio.to_thread(send)


@pytest.mark.parametrize(
    ("name", "sources"), [("one device", 1), ("a whole province", 250), ("unknown senders", 0)], ids=lambda one: one
)
async def test_a_storm_is_limited_and_the_loop_goes_on(name, sources):
    messages = [one for one in valid_messages(TrapEngine("phutho", CREDENTIALS)) if len(one) > 100][:4]
    known = tuple(f"127.0.1.{number + 1}" for number in range(sources))
    late_s: list[float] = []
    async with receiving(*CREDENTIALS, senders=known) as got:
        watch = asyncio.create_task(stalls(late_s), name="stalls")
        took_s = await storm(got.receiver.port, messages, list(known) or ["127.0.0.1"])
        counted = -1
        while counted < got.counts.total():  # until it is quiet: the kernel may have dropped some, too
            counted = got.counts.total()
            await asyncio.sleep(0.5)
        watch.cancel()
    late_s.sort()
    print(  # noqa: T201  # the measure
        f"{STORM} traps of {name} in {took_s:.2f} s: {len(got.heard)} heard, {got.counts[Drop.LIMITED]} limited; "
        f"loop late by at most {late_s[-1] * 1e3:.1f} ms, p99 {late_s[int(len(late_s) * 0.99)] * 1e3:.1f} ms"
    )
    assert STORM * 0.9 <= counted <= STORM
    assert late_s[int(len(late_s) * 0.99)] < MOST_LATE_S
    match sources:
        case 0:
            assert got.counts[Drop.UNKNOWN_SENDER] == counted
        case 1:
            assert 20 <= len(got.heard) <= 20 + 10 * (took_s + 1)
        case _:
            assert {heard.address for heard in got.heard} == set(known)
