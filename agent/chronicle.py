"""The agent's memory and its calendar: the journal told by the board, and the maintenance windows told to it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from agent.archive import Archive
from agent.history import Maintenance
from agent.journal import Counted, Journal
from agent.maintenance import Calendar
from agent.model import Kind
from agent.settings import Config
from agent.state import Board


class Chronicle:
    """Tells the journal what happens on the board, and the board what is within a maintenance window.

    In this order: `open`, the board takes its inventory, `follow`; then `run` as a task, and at the end `close`.
    """

    def __init__(self, config: Config, board: Board) -> None:
        self.archive = Archive(config.agent.journal)
        self._journal = Journal(config.agent.journal, config.agent.retention_s)
        self._calendar = Calendar()
        self._board = board
        self._before: Counted | None = None

    @property
    def trouble(self) -> str:
        """What keeps the history from being written; empty where all is well."""
        return self._journal.trouble

    @property
    def windows(self) -> tuple[Maintenance, ...]:
        """All windows that are not over, soonest first."""
        return self._calendar.windows(datetime.now(UTC))

    async def open(self) -> None:
        """Take up what earlier runs left."""
        remembered = await self._journal.open()
        self._before = remembered.counted
        self._calendar.restore(remembered.windows)
        self._board.restore(remembered.outages)
        self._board.listeners.append(self._journal.changed)
        self._board.outage_listeners.append(self._journal.outage)
        self._journal.listeners.append(self._count)

    def follow(self, config: Config) -> None:
        """Keep the history of exactly the targets on the board, and the configuration's windows."""
        board = self._board
        kinds = ((Kind.ENDPOINT, board.endpoints), (Kind.DEVICE, board.devices), (Kind.LINK, board.links))
        self._journal.follow((kind, target) for kind, records in kinds for target in records)
        self._calendar.follow(config.inventory, config.maintenance, board.topology.beyond)
        if self._before is not None:
            self._count(self._before)
            self._before = None
        self.plan()

    def plan(self) -> None:
        """Tell the board what is within a window now; to be called about once a second."""
        self._board.plan(self._calendar.covered(datetime.now(UTC)))

    def add(self, targets: Iterable[str], start: datetime, end: datetime, why: str) -> Maintenance:
        """Add a window. Raises KeyError with an unknown target, ValueError with a sentence for a wrong time."""
        window = self._calendar.add(targets, start, end, why, datetime.now(UTC))
        self._journal.maintain(window)
        self.plan()
        return window

    def end(self, id_: str) -> Maintenance | None:
        """End a window; None where there is none of that id. Raises PermissionError for one of the configuration."""
        window = self._calendar.end(id_, datetime.now(UTC))
        if window is not None:
            self._journal.maintain(window)
            self.plan()
        return window

    async def run(self) -> None:
        """Write what is told until cancelled, then close."""
        await self._journal.run()

    async def close(self) -> None:
        """Write all that is told and let go of the file."""
        await self._journal.close()

    def _count(self, counted: Counted) -> None:
        self._board.count(counted.seen, counted.accounts)
