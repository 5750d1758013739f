"""Where the configuration comes from: a file, and what the command line says over it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from agent.config import load
from agent.settings import Config, Listen
from agent.topology import Topology


@dataclass(frozen=True, slots=True)
class ConfigSource:
    """A configuration file and the overrides that hold over each reading of it. `shard` is (number from 1, of)."""

    path: Path
    listen: Listen | None = None
    shard: tuple[int, int] | None = None
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)

    def read(self) -> Config:
        """Read it all; blocks. Raises `ConfigError` with every fault."""
        config = load(self.path, self.environ)
        config = replace(config, topology=Topology(config.inventory, config.agent.site))
        if self.listen is not None:
            config = replace(config, agent=replace(config.agent, listen=self.listen))
        if self.shard is not None:
            number, of = self.shard
            folder = config.agent.state_dir / f"shard-{number}-of-{of}"  # each keeps a history of its own
            config = replace(
                config, inventory=config.inventory.shard(number, of), agent=replace(config.agent, state_dir=folder)
            )
        return config
