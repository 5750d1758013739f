"""A task per SNMP target, each polling at its own pace; a new inventory starts, stops and re-targets what changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from time import monotonic

import structlog

from agent.model import Device, Endpoint
from agent.readings import DeviceReading, Outcome, PollFailed
from agent.schedule import Poller, beats, settle
from agent.state import Board

PATIENCE = 0.9  # of an interval: a poll's deadline, so that the next one is never late
POKE_PAUSE_S = 1.0  # a device that cries for attention is asked no more often than this

log = structlog.get_logger()

SnmpTarget = Device | Endpoint
OpenPoller = Callable[[SnmpTarget], AbstractAsyncContextManager[Poller[DeviceReading]]]


class SnmpWatch:
    """Keeps one polling task per target in `group`. `open_poller` may say that every target's poller is another now."""

    def __init__(self, group: asyncio.TaskGroup, board: Board) -> None:
        self._group = group
        self._board = board
        self._tasks: dict[SnmpTarget, asyncio.Task[None]] = {}
        self._pokes: dict[str, asyncio.Event] = {}

    def follow(self, targets: Iterable[SnmpTarget], open_poller: OpenPoller) -> None:
        """Poll these targets: one that changed in any way is polled anew, the others go on undisturbed."""
        wanted = {target for target in targets if target.snmp is not None}
        for target in self._tasks.keys() - wanted:
            self._tasks.pop(target).cancel()
        for target in wanted - self._tasks.keys():
            self._pokes[target.id] = asyncio.Event()
            self._tasks[target] = self._group.create_task(self._watch(target, open_poller), name=f"snmp {target.id}")

    def poke(self, target_id: str) -> None:
        """Ask a target now: something was heard of it."""
        if poke := self._pokes.get(target_id):
            poke.set()

    async def _watch(self, target: SnmpTarget, open_poller: OpenPoller) -> None:
        assert target.snmp is not None
        interval_s = target.snmp.interval_s
        pause_s = min(POKE_PAUSE_S, interval_s / 2)
        failing = False
        polled_s = 0.0
        async with open_poller(target) as poller:
            async for _ in beats(target.id, interval_s, self._board.lag_s, self._pokes[target.id]):
                await asyncio.sleep(polled_s + pause_s - monotonic())
                expected = self._board.is_expected(target.id)
                failure = await self._poll(target, poller, interval_s * PATIENCE)
                polled_s = monotonic()
                expected = expected and self._board.is_expected(target.id)
                failing = _tell(target, failure, was_failing=failing, expected=expected)

    async def _poll(self, target: SnmpTarget, poller: Poller[DeviceReading], deadline_s: float) -> PollFailed | None:
        """Poll once and record how it ended; return the failure, None where there was none."""
        began_s = monotonic()
        result = await settle(poller.poll(), deadline_s)
        took_s = monotonic() - began_s
        if isinstance(result, PollFailed):
            self._board.record_failure(target.id, result, took_s)
            return result
        self._board.record_reading(target.id, result, took_s)
        if result.missing:
            names = ", ".join(result.missing)
            return PollFailed(Outcome.ERROR, f"the device has no interface named {names}; see `diemcau snmp identify`")
        return PollFailed(Outcome.ERROR, result.trouble) if result.trouble else None


def _tell(target: SnmpTarget, failure: PollFailed | None, *, was_failing: bool, expected: bool) -> bool:
    """Log a line when polls begin to fail and one when they no longer do; return whether a failure stands told.

    That what is down or cut off does not answer SNMP either is no news.
    """
    if failure is None:
        if was_failing:
            log.info("snmp answers again", target=target.id)
        return False
    if expected and not was_failing:
        log.warning("snmp failing", target=target.id, outcome=str(failure.outcome), reason=failure.reason)
    return was_failing or expected
