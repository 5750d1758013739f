"""Where running labs leave their sockets, and how the remains of a killed one are found and removed."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from lab import netns
from lab.errors import LabError


def run_dir() -> Path:
    """Return the folder of running labs, made if missing: the user's runtime folder, else root's."""
    base = os.environ.get("XDG_RUNTIME_DIR") or "/run"
    folder = Path(base, "diemcau-lab")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


@dataclass(frozen=True, slots=True)
class Place:
    """A lab's names: its files, and its two namespaces."""

    name: str

    @property
    def socket(self) -> Path:
        """The control socket."""
        return run_dir() / f"{self.name}.sock"

    @property
    def lock(self) -> Path:
        """The file a living lab holds locked."""
        return run_dir() / f"{self.name}.lock"

    @property
    def agent_namespace(self) -> str:
        """The agent's side."""
        return f"diemcau-agent-{self.name}"

    @property
    def province_namespace(self) -> str:
        """The province's side."""
        return f"diemcau-province-{self.name}"

    def clean(self) -> None:
        """Remove all that a lab of this name made."""
        for namespace in (self.agent_namespace, self.province_namespace):
            netns.remove(namespace)
        self.socket.unlink(missing_ok=True)
        self.lock.unlink(missing_ok=True)


@contextmanager
def _alone() -> Iterator[None]:
    """Have one lab at a time look after the folder."""
    with (run_dir() / "folder").open("w") as folder:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield


def _lock(path: Path) -> int | None:
    """Lock a lab's file; None where a living lab holds it. The kernel lets go when its holder dies."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def clean_remains() -> list[str]:
    """Remove what killed labs left behind; return their names."""
    cleaned = []
    for path in run_dir().glob("*.lock"):
        descriptor = _lock(path)
        if descriptor is not None:
            Place(path.stem).clean()
            os.close(descriptor)
            cleaned.append(path.stem)
    return cleaned


@contextmanager
def claimed(name: str) -> Iterator[Place]:
    """Hold a lab's name, with the remains of dead ones removed before and its own after.

    Raises LabError: a living lab has this name.
    """
    place = Place(name)
    with _alone():
        clean_remains()
        descriptor = _lock(place.lock)
    if descriptor is None:
        raise LabError(f"a lab called {name} is running already; give this one another name")
    try:
        yield place
    finally:
        with _alone(), suppress(LabError):
            place.clean()
        os.close(descriptor)


def living() -> list[Place]:
    """Return the labs that run now."""
    with _alone():
        places = []
        for path in sorted(run_dir().glob("*.lock")):
            descriptor = _lock(path)
            if descriptor is None:
                places.append(Place(path.stem))
            else:
                os.close(descriptor)
    return places
