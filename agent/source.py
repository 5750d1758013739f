"""Where the configuration comes from: a file, and what the command line says over it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from agent.config import load
from agent.settings import Config, Listen


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
        if self.listen is not None:
            config = replace(config, agent=replace(config.agent, listen=self.listen))
        if self.shard is not None:
            config = replace(config, inventory=config.inventory.shard(*self.shard))
        return config


def prepare_state_dir(path: Path) -> str | None:
    """Make the state folder where it is missing and try a file in it; return what is wrong, in a sentence."""
    probe = path / ".writable"
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        return f"cannot write to the state folder {path}: {error.strerror}; make it writable or set agent.state_dir"
    return None
