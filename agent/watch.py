"""A task per device, each polling at its own pace; what changes in the inventory starts, stops and re-targets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from time import monotonic

import structlog

from agent.model import Device
from agent.readings import DeviceReading, Outcome, PollFailed
from agent.schedule import Poller, beats, settle
from agent.state import Board

PATIENCE = 0.9  # of an interval: a poll's deadline, so that the next one is never late

log = structlog.get_logger()

OpenPoller = Callable[[Device], AbstractAsyncContextManager[Poller[DeviceReading]]]


class DeviceWatch:
    """Keeps one polling task per device in `group`."""

    def __init__(self, group: asyncio.TaskGroup, board: Board, open_poller: OpenPoller) -> None:
        self._group = group
        self._board = board
        self._open_poller = open_poller
        self._tasks: dict[Device, asyncio.Task[None]] = {}

    def follow(self, devices: Iterable[Device]) -> None:
        """Poll these devices: a device that changed in any way is polled anew, the others go on undisturbed."""
        wanted = set(devices)
        for device in self._tasks.keys() - wanted:
            self._tasks.pop(device).cancel()
        for device in wanted - self._tasks.keys():
            self._tasks[device] = self._group.create_task(self._watch(device), name=f"snmp {device.id}")

    async def _watch(self, device: Device) -> None:
        failing = False
        async with self._open_poller(device) as poller:
            async for _ in beats(device.id, device.snmp.interval_s, self._board.lag_s):
                outcome = await self._poll(device, poller)
                if outcome is not None and not failing:
                    log.warning("snmp failing", device=device.id, outcome=str(outcome.outcome), reason=outcome.reason)
                elif outcome is None and failing:
                    log.info("snmp answers again", device=device.id)
                failing = outcome is not None

    async def _poll(self, device: Device, poller: Poller[DeviceReading]) -> PollFailed | None:
        """Poll once and record how it ended; return the failure, None where there was none."""
        began_s = monotonic()
        result = await settle(poller.poll(), device.snmp.interval_s * PATIENCE)
        took_s = monotonic() - began_s
        if isinstance(result, PollFailed):
            self._board.record_failure(device.id, result, took_s)
            return result
        self._board.record_reading(device.id, result, took_s)
        if result.missing:
            names = ", ".join(result.missing)
            return PollFailed(Outcome.ERROR, f"the device has no interface named {names}; see `diemcau snmp identify`")
        return None
