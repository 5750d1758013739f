"""The agent as exporters see it: they read, and may ask for a reload."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

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

    async def reload(self) -> list[str]:
        """Read the configuration again and follow it; return its faults, none where it was good."""
