"""The agent put together: one TaskGroup in which everything runs, and the configuration it follows."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from time import monotonic, time

import structlog

from agent.archive import Archive
from agent.chronicle import Chronicle
from agent.config import ConfigError
from agent.echoes import EchoWatch
from agent.history import Maintenance
from agent.log import log_changes
from agent.model import Sentinel
from agent.readings import TrapHeard
from agent.schedule import PAUSE_S
from agent.settings import Config
from agent.source import ConfigSource
from agent.state import Board
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
        self.board = Board(config.inventory, name=config.agent.name)
        self.ready = False
        self.reload_ok = True
        self.reloaded_at = datetime.now(UTC)
        self._chronicle = Chronicle(config, self.board)
        self._stopping = asyncio.Event()
        self._reloading = asyncio.Lock()

    @property
    def targets(self) -> Mapping[str, int]:
        """How many targets each collector has."""
        return {
            "icmp": len(self.board.probed),
            "snmp": sum(one.target.snmp is not None for one in self.board.probed),
        }

    async def run(self) -> None:
        """Watch until told to stop. Raises `NoIcmpRight`, `CannotListen` or `NoTrapPort` where it could not start."""
        log_changes(self.board)
        await self._chronicle.open()
        try:
            await self._watch()
        finally:
            await self._chronicle.close()
        log.info("stopped")

    async def _watch(self) -> None:
        with (
            Pinger(self.config.agent.sources, self._count_duplicate) as pinger,
            self._trap_receiver() as self._traps,
        ):
            async with asyncio.TaskGroup() as group:
                self._snmp = SnmpWatch(group, self.board)
                self._echoes = EchoWatch(pinger, self.board, self._snmp.poke)
                await self._start(group)
                await self._stopping.wait()
                self._snmp.follow((), self._open_poller)
                for task in self._tasks:
                    task.cancel()

    async def _start(self, group: asyncio.TaskGroup) -> None:
        """Listen first, so that a taken port ends the start before anything is asked; then begin to watch."""
        listening = asyncio.Event()
        web = serve(create_app(self), self.config.agent.listen, self.config.agent.web, started=listening)
        self._tasks = [group.create_task(web, name="web")]
        await listening.wait()
        self._follow()
        self._tasks += [
            group.create_task(self._echoes.rounds.run(), name="rounds"),
            group.create_task(self._sweep(), name="sweep"),
            group.create_task(self._chronicle.run(), name="journal"),
        ]
        if self._traps is not None:
            self._tasks.append(group.create_task(self._traps.run(), name="traps"))
        self._hear_signals(group)
        self.ready = True
        inventory = self.config.inventory
        log.info(
            "watching", endpoints=len(inventory.endpoints), devices=len(inventory.devices), links=len(inventory.links)
        )

    @property
    def archive(self) -> Archive:
        """The history, to read."""
        return self._chronicle.archive

    @property
    def history_trouble(self) -> str:
        """What keeps the history from being written; empty where all is well."""
        return self._chronicle.trouble

    @property
    def windows(self) -> tuple[Maintenance, ...]:
        """All maintenance windows that are not over, soonest first."""
        return self._chronicle.windows

    def add_maintenance(self, targets: Iterable[str], start: datetime, end: datetime, why: str) -> Maintenance:
        """Add a maintenance window, see `Chronicle.add`."""
        return self._chronicle.add(targets, start, end, why)

    def end_maintenance(self, id_: str) -> Maintenance | None:
        """End a maintenance window, see `Chronicle.end`."""
        return self._chronicle.end(id_)

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
        self._follow()
        self.reload_ok = True
        self.reloaded_at = datetime.now(UTC)
        log.info(
            "configuration reloaded", endpoints=len(config.inventory.endpoints), devices=len(config.inventory.devices)
        )

    def _follow(self) -> None:
        """Ask exactly the targets on the board."""
        sentinels = [Sentinel(f"sentinel {address}", address) for address in self.config.agent.sentinels]
        self.board.follow(self.config.inventory, self.config.topology, sentinels)
        self._chronicle.follow(self.config)
        self._echoes.follow()
        self._snmp.follow((record.target for record in self.board.probed), self._open_poller)
        if self._traps is not None and self.config.traps is not None:
            self._traps.follow(self.config.traps, self._echoes.by_address)
        # What is made here lives long: kept out of collections, which would hold the loop for tens of milliseconds.
        gc.collect()
        gc.freeze()

    def _open_poller(self, target: SnmpTarget) -> SnmpPoller:
        return COLLECTORS["snmp"](target, self.config.profiles)

    def _trap_receiver(self) -> AbstractContextManager[TrapReceiver | None]:
        if self.config.traps is None:
            return nullcontext()
        return TrapReceiver(self.config.traps, self.config.agent.name, self._heard, self.board.traps)

    def _heard(self, heard: TrapHeard) -> None:
        """Ask who sent a trap: it is a hint, never the truth by itself."""
        if record := self._echoes.by_address.get(heard.address):
            self._snmp.poke(record.target.id)

    def _count_duplicate(self, address: str) -> None:
        self._echoes.count_duplicate(address)

    async def _sweep(self) -> None:
        ahead_s = time() - monotonic()
        while True:
            await asyncio.sleep(SWEEP_S)
            jump_s, ahead_s = time() - monotonic() - ahead_s, time() - monotonic()
            if abs(jump_s) > PAUSE_S:
                log.warning("the clock was set, or this machine slept", seconds=round(jump_s, 1))
                self.board.pause(monotonic(), max(jump_s, 0.0))
            self._chronicle.plan()
            self.board.sweep()

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
