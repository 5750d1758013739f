"""The agent as exporters see it: they read, and may ask for a reload."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

from agent.archive import Archive
from agent.history import Maintenance
from agent.settings import Config
from agent.state import Board


class AgentView(Protocol):
    """What every exporter is given; `agent.app` provides it."""

    @property
    def config(self) -> Config:
        """The configuration in force."""

    @property
    def board(self) -> Board:
        """The newest truth about every target."""

    @property
    def ready(self) -> bool:
        """True once every loop runs."""

    @property
    def reload_ok(self) -> bool:
        """False while the newest configuration read was faulty and an older one is in force."""

    @property
    def reloaded_at(self) -> datetime:
        """When the configuration in force was read, UTC."""

    @property
    def targets(self) -> Mapping[str, int]:
        """How many targets each collector has, by its name."""

    @property
    def archive(self) -> Archive:
        """The history, to read in a thread."""

    @property
    def history_trouble(self) -> str:
        """What keeps the history from being written, in a sentence; empty where all is well."""

    @property
    def windows(self) -> tuple[Maintenance, ...]:
        """All maintenance windows that are not over, soonest first."""

    def add_maintenance(self, targets: Iterable[str], start: datetime, end: datetime, why: str) -> Maintenance:
        """Add a window. Raises KeyError with an unknown target, ValueError with a sentence for a wrong time."""

    def end_maintenance(self, id_: str) -> Maintenance | None:
        """End a window; None where there is none of that id. Raises PermissionError for one of the configuration."""

    async def reload(self) -> list[str]:
        """Read the configuration again and follow it; return its faults, none where it was good."""
