"""The simulated province: `with Lab(inventory) as lab:` and its addresses answer, inside a namespace."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from agent.inventory import Inventory
from lab import netns
from lab.control import ask
from lab.errors import LabError
from lab.hops import Setting
from lab.process import Order, end, send
from lab.requirements import requirements
from lab.rundir import Place
from lab.snmp.notify import Traps

AGENT_ADDRESS = "10.25.255.1"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")


@dataclass(frozen=True, slots=True)
class Passed:
    """Real packets over a hop one way: `sent` came to it, `dropped` did not come out, `bytes` were on the wire."""

    sent: int
    dropped: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Change:
    """One change of settings, in UTC and in monotonic seconds."""

    at: datetime
    at_s: float
    id: str
    changes: dict[str, Setting]


@dataclass(frozen=True, slots=True)
class Truth:
    """What the lab knows of a hop. `outward` is away from its home end (the core's, as a rule), `inward` towards it."""

    id: str
    kind: str
    settings: dict[str, Setting]
    traffic_out_bps: float
    traffic_in_bps: float
    outward: Passed
    inward: Passed
    log: tuple[Change, ...]


def _passed(counts: dict[str, int]) -> Passed:
    dropped = counts["lost_packets"] + counts["refused_packets"]
    return Passed(counts["sent_packets"] + counts["refused_packets"], dropped, counts["sent_bytes"])


def change(entry: dict[str, Any]) -> Change:
    """Return an entry of the lab's log."""
    return Change(datetime.fromisoformat(entry["at"]), entry["at_s"], entry["id"], entry["changes"])


class Lab:
    """A running province on real packets.

    `sentinels` are addresses on the agent's own side of the core. `seed` decides which packets are lost; one is
    drawn where none is given. `name` tells labs on one machine apart. With `traps`, an address and port on the
    agent's side, devices send traps there, or informs. Needs root, see `requirements`.
    Raises LabError: what is missing, or what went wrong, in a sentence.
    """

    has_faults = True

    def __init__(  # noqa: PLR0913  each is a choice of its own, and all but the first have their usual value
        self,
        inventory: Inventory,
        *,
        sentinels: Iterable[str] = (),
        seed: int | None = None,
        name: str | None = None,
        agent_address: str = AGENT_ADDRESS,
        traps: tuple[str, int] | None = None,
        informs: bool = False,
    ) -> None:
        self.inventory = inventory
        self.seed = random.SystemRandom().randrange(2**32) if seed is None else seed
        self.sentinels = tuple(sentinels)
        name = name or f"{os.getpid()}-{random.SystemRandom().randrange(16**4):04x}"
        if not _NAME.fullmatch(name):
            raise LabError(f"a lab's name is small letters, digits and dashes, at most 31, not {name!r}")
        self.place = Place(name)
        told = Traps(*traps, informs=informs) if traps else None
        self._order = Order(name, inventory, self.sentinels, self.seed, agent_address, told)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def exec_prefix(self) -> list[str]:
        """Words to put before a command so that it runs on the agent's side."""
        return [netns.ip_command() or "ip", "netns", "exec", self.place.agent_namespace]

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Have this thread on the agent's side: sockets made in here stay there, those made before stay outside."""
        with netns.entered(self.place.agent_namespace):
            yield

    def __enter__(self) -> Self:
        missing = requirements()
        if missing:
            raise LabError(" ".join(missing))
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def _start(self) -> None:
        # Its own session: a terminal's Ctrl-C is this process's to handle, and the lab outlives it to clean up.
        command = [sys.executable, "-m", "lab", "wan"]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "bufsize": 0}
        self._process = subprocess.Popen(command, start_new_session=True, **pipes)
        assert self._process.stdin
        assert self._process.stdout
        with suppress(BrokenPipeError):
            send(self._process.stdin, self._order)
        line = self._process.stdout.readline()
        words = json.loads(line) if line else {"error": "the lab could not start; the lines above say why"}
        if "error" in words:
            raise LabError(words["error"])

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the lab and remove all it made; doing it twice does no harm."""
        process, self._process = self._process, None
        if process:
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    pipe.close()
            end(process)

    def _ask(self, do: str, **request: Any) -> Any:
        return ask(self.place.socket, do=do, **request)

    def set(self, hop_id: str, **changes: Setting) -> None:
        """Change a line, router, codec or sentinel: see `lab.hops.Settings` for what there is.

        A codec has `lab.codecs.PARTS` too (`camera="failed"`), and `registered` for both protocols at once.
        """
        self._ask("set", hop_id=hop_id, changes=changes)

    def reboot(self, hop_id: str, *, off_s: float = 10.0, renumber: bool = False) -> None:
        """Switch a router or codec off for some seconds; its uptime and counters then start from nought.

        With `renumber` its interfaces come back under other indices.
        """
        self._ask("reboot", hop_id=hop_id, off_s=off_s, renumber=renumber)

    def call(self, endpoint_ids: Sequence[str]) -> None:
        """Put exactly these codecs in a call; an empty list ends it."""
        self._ask("call", endpoint_ids=list(endpoint_ids))

    def truth(self, hop_id: str) -> Truth:
        """Return what the lab itself knows of a hop."""
        told = self._ask("truth", hop_id=hop_id)
        traffic = told["traffic_bps"]
        log = tuple(change(entry) for entry in told["log"])
        passed = (_passed(told["out"]), _passed(told["in"]))
        return Truth(told["id"], told["kind"], told["settings"], traffic["out"], traffic["in"], *passed, log)

    def log(self) -> tuple[Change, ...]:
        """Return every change there was, in order."""
        return tuple(change(entry) for entry in self._ask("log"))
