"""The province on this machine's loopback, for machines where namespaces can't be made: answers, but no faults."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import NoReturn, Self

from agent.inventory import Inventory
from lab.errors import LabError
from lab.hops import Setting
from lab.process import snmp_agents
from lab.snmp.server import Plan

_PORT = 16161


def loopback_address(address: str) -> str:
    """Return where an address is simulated: 10.25.238.10 is at 127.25.238.10."""
    return f"127.{address.partition('.')[2]}"


def _moved(inventory: Inventory, port: int) -> Inventory:
    devices = {
        device.id: dataclasses.replace(
            device, address=loopback_address(device.address), snmp=dataclasses.replace(device.snmp, port=port)
        )
        for device in inventory.devices.values()
    }
    endpoints = {
        end.id: dataclasses.replace(end, address=loopback_address(end.address)) for end in inventory.endpoints.values()
    }
    return dataclasses.replace(inventory, devices=devices, endpoints=endpoints)


class LoopbackLab:
    """The face of `Lab` without its lines: the kernel answers pings, the SNMP agents answer at `port`.

    `inventory` and `sentinels` are re-addressed ones: give these to the agent.
    Raises LabError: the port is taken.
    """

    has_faults = False

    def __init__(
        self, inventory: Inventory, *, sentinels: Iterable[str] = (), seed: int = 0, port: int = _PORT
    ) -> None:
        self.inventory = _moved(inventory, port)
        self.sentinels = tuple(loopback_address(address) for address in sentinels)
        self.seed = seed
        self._plan = Plan(self.inventory, self.sentinels, seed, None, None, port)
        self._stack = ExitStack()

    @property
    def exec_prefix(self) -> list[str]:
        """Nothing: a command runs where it is."""
        return []

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Stay where we are."""
        yield

    def __enter__(self) -> Self:
        self._stack.enter_context(snmp_agents(self._plan))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the SNMP agents; doing it twice does no harm."""
        self._stack.close()

    def set(self, hop_id: str, **_: Setting) -> NoReturn:
        """Refuse: loopback has no lines to break."""
        self._refuse(hop_id)

    def reboot(self, hop_id: str, *, off_s: float = 10.0, renumber: bool = False) -> NoReturn:  # noqa: ARG002  Lab's face
        """Refuse, as `set` does."""
        self._refuse(f"{hop_id} off for {off_s:g} s")

    def call(self, endpoint_ids: Sequence[str]) -> NoReturn:
        """Refuse, as `set` does."""
        self._refuse(f"a call of {len(endpoint_ids)} codecs")

    def truth(self, hop_id: str) -> NoReturn:
        """Refuse: nothing is counted here."""
        self._refuse(hop_id)

    def _refuse(self, what: str) -> NoReturn:
        raise LabError(f"{what}: faults and counters need the full lab, on real lines; this one stands on loopback")
