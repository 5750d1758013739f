"""The agent put together: one TaskGroup in which everything runs, and the configuration it follows."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from functools import partial
from time import monotonic

import structlog

from agent.config import ConfigError
from agent.log import log_changes
from agent.readings import Echo, TrapHeard
from agent.schedule import Rounds, Seat
from agent.settings import Config
from agent.source import ConfigSource, prepare_state_dir
from agent.state import AnyProbed, Board
from agent.watch import SnmpTarget, SnmpWatch
from collectors import COLLECTORS, Pinger, SnmpPoller, TrapReceiver
from exporters.web.app import create_app
from exporters.web.server import serve

SWEEP_S = 1.0

log = structlog.get_logger()


class Agent:
    """A running agent: what exporters read of it, and `run`."""

    def __init__(self, source: ConfigSource, config: Config) -> None:
        self._source = source
        self.config = config
        self.board = Board(config.inventory)
        self.ready = False
        self.reload_ok = True
        self.reloaded_at = datetime.now(UTC)
        self._stopping = asyncio.Event()
        self._reloading = asyncio.Lock()
        self._by_address: dict[str, AnyProbed] = {}
        self._echoes = self.board.polls["icmp"]

    @property
    def targets(self) -> Mapping[str, int]:
        """How many targets each collector has."""
        return {
            "icmp": len(self._by_address),
            "snmp": sum(one.target.snmp is not None for one in self._by_address.values()),
        }

    async def run(self) -> None:
        """Watch until told to stop. Raises `NoIcmpRight`, `CannotListen` or `NoTrapPort` where it could not start."""
        log_changes(self.board)
        await self._check_state_dir()
        with Pinger(self.config.agent.sources, self._count_duplicate) as pinger, self._trap_receiver() as self._traps:
            async with asyncio.TaskGroup() as group:
                self._rounds = Rounds(pinger, self.board.lag_s)
                self._snmp = SnmpWatch(group, self.board)
                await self._start(group)
                await self._stopping.wait()
                self._snmp.follow((), self._open_poller)
                for task in self._tasks:
                    task.cancel()
        log.info("stopped")

    async def _start(self, group: asyncio.TaskGroup) -> None:
        """Listen first, so that a taken port ends the start before anything is asked; then begin to watch."""
        listening = asyncio.Event()
        web = serve(create_app(self), self.config.agent.listen, self.config.agent.web, started=listening)
        self._tasks = [group.create_task(web, name="web")]
        await listening.wait()
        self._follow()
        self._tasks += [
            group.create_task(self._rounds.run(), name="rounds"),
            group.create_task(self._sweep(), name="sweep"),
        ]
        if self._traps is not None:
            self._tasks.append(group.create_task(self._traps.run(), name="traps"))
        self._hear_signals(group)
        self.ready = True
        inventory = self.config.inventory
        log.info(
            "watching", endpoints=len(inventory.endpoints), devices=len(inventory.devices), links=len(inventory.links)
        )

    def stop(self) -> None:
        """End `run`."""
        self._stopping.set()

    async def reload(self) -> list[str]:
        """Read the configuration again. A bad one changes nothing and its faults are returned."""
        async with self._reloading:
            try:
                config = await asyncio.to_thread(self._source.read)
            except ConfigError as error:
                faults = [str(fault) for fault in error.faults]
                self.reload_ok = False
                log.error(  # noqa: TRY400 - the faults are the story, not where they were raised
                    "configuration refused, the old one stays in force", faults=faults
                )
                return faults
            self._adopt(config)
            return []

    def _adopt(self, config: Config) -> None:
        if _fixed(config) != _fixed(self.config):
            log.warning("listen, state_dir, sources, TLS and the trap port are taken up at the next start only")
        if config.profiles != self.config.profiles:
            self._snmp.follow((), self._open_poller)  # all begin anew
        self.config = config
        self.board.follow(config.inventory)
        self._follow()
        self.reload_ok = True
        self.reloaded_at = datetime.now(UTC)
        log.info(
            "configuration reloaded", endpoints=len(config.inventory.endpoints), devices=len(config.inventory.devices)
        )

    def _follow(self) -> None:
        """Ask exactly the targets on the board."""
        probed: list[AnyProbed] = [*self.board.endpoints.values(), *self.board.devices.values()]
        self._by_address = {record.target.address: record for record in probed}
        self._rounds.follow(self._seat(record) for record in probed)
        self._snmp.follow((record.target for record in probed), self._open_poller)
        if self._traps is not None and self.config.traps is not None:
            self._traps.follow(self.config.traps, self._by_address)
        # What is made here lives long: kept out of collections, which would hold the loop for tens of milliseconds.
        gc.collect()
        gc.freeze()

    def _open_poller(self, target: SnmpTarget) -> SnmpPoller:
        return COLLECTORS["snmp"](target, self.config.profiles)

    def _seat(self, record: AnyProbed) -> Seat:
        target = record.target
        return Seat(target.id, target.address, target.icmp, partial(self._echoed, record))

    def _echoed(self, record: AnyProbed, echo: Echo) -> None:
        took_s = monotonic() - echo.sent_s if echo.rtt_s is None else echo.rtt_s
        self._echoes.add(echo.outcome, took_s)
        self.board.record_echo(record, echo)

    def _trap_receiver(self) -> AbstractContextManager[TrapReceiver | None]:
        if self.config.traps is None:
            return nullcontext()
        return TrapReceiver(self.config.traps, self.config.agent.name, self._heard, self.board.traps)

    def _heard(self, heard: TrapHeard) -> None:
        """Ask who sent a trap: it is a hint, never the truth by itself."""
        if record := self._by_address.get(heard.address):
            self._snmp.poke(record.target.id)

    def _count_duplicate(self, address: str) -> None:
        if record := self._by_address.get(address):
            record.window.add_duplicate()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            self.board.sweep()

    async def _check_state_dir(self) -> None:
        fault = await asyncio.to_thread(prepare_state_dir, self.config.agent.state_dir)
        if fault is not None:
            log.error("history will not be kept", reason=fault)

    def _hear_signals(self, group: asyncio.TaskGroup) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGHUP, lambda: group.create_task(self.reload(), name="reload"))


def _fixed(config: Config) -> tuple[object, ...]:
    """Return what a running agent can't change."""
    agent = config.agent
    port = config.traps and (config.traps.host, config.traps.port)
    return agent.listen, agent.state_dir, agent.sources, agent.web.cert_file, agent.web.key_file, port
