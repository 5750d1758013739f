"""The lab's own process: it makes the namespaces, forwards the packets, and takes all away at the end.

It lives as long as its standard input is open. A parent that ends in whatever way (even kill -9) closes it,
which holds in threads too, where PR_SET_PDEATHSIG would act on the end of the thread that started the process.
"""

from __future__ import annotations

import ctypes
import ipaddress
import json
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import IO, Any

from agent.inventory import Inventory
from lab import netns
from lab.control import Control
from lab.errors import LabError
from lab.forwarder import Forwarder
from lab.rundir import Place, claimed
from lab.snmp.notify import Traps
from lab.snmp.server import Plan
from lab.topology import targets
from lab.wan import News, Wan

_TUN = "wan0"
_PR_SET_TIMERSLACK = 29
_SNMP_PORT = 161
_STOP_S = 3.0


@dataclass(frozen=True, slots=True)
class Order:
    """What the parent wants simulated."""

    name: str
    inventory: Inventory
    sentinels: tuple[str, ...]
    seed: int
    agent_address: str
    traps: Traps | None = None


def send(pipe: IO[bytes], thing: Any) -> None:
    """Write a pickled thing behind its length."""
    pickled = pickle.dumps(thing)
    pipe.write(len(pickled).to_bytes(8, "big") + pickled)
    pipe.flush()


def receive(pipe: IO[bytes]) -> Any:
    """Read what `send` wrote; the pipe is unbuffered, so that nothing behind it is taken."""
    size = int.from_bytes(pipe.read(8), "big")
    pickled = b""
    while len(pickled) < size:
        pickled += pipe.read(size - len(pickled)) or sys.exit("the lab was told nothing")
    return pickle.loads(pickled)  # noqa: S301  our own parent's words


def _networks(order: Order) -> list[str]:
    """Return the /16 networks the inventory's addresses lie in.

    Raises LabError: an address the lab cannot simulate.
    """
    addresses = [*(target.address for target in targets(order.inventory)), *order.sentinels]
    if order.agent_address in addresses:
        raise LabError(f"{order.agent_address} is the agent's own address in the lab; give it another one")
    try:
        networks = {ipaddress.IPv4Network((address, 16), strict=False) for address in addresses}
    except ValueError as error:
        raise LabError(f"the lab simulates IPv4 addresses only: {error}") from error
    return sorted(str(network) for network in networks)


def _make_network(place: Place, order: Order) -> tuple[int, int]:
    """Make both namespaces and their TUN devices; return the devices' descriptors, the agent's first."""
    networks = _networks(order)
    tuns = []
    for namespace in (place.agent_namespace, place.province_namespace):
        netns.add(namespace)
        tuns.append(netns.open_tun(namespace, _TUN))
    here = order.agent_address
    to_province = [f"route add {network} dev {_TUN} src {here}" for network in networks]
    netns.configure(place.agent_namespace, [f"address add {here}/32 dev {_TUN}", *to_province])
    # Every address of these networks is the province's own, so its kernel answers; only the agent's is not.
    local = [f"route add local {network} dev lo" for network in networks]
    netns.configure(place.province_namespace, [*local, f"route add {here}/32 dev {_TUN} table local"])
    return tuns[0], tuns[1]


@contextmanager
def snmp_agents(plan: Plan) -> Iterator[subprocess.Popen[bytes]]:
    """Run the SNMP agents' process; it is answering when this returns.

    Raises LabError: it could not start.
    """
    command = [sys.executable, "-m", "lab", "snmp"]
    inherited = () if plan.counts is None else (plan.counts,)
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "bufsize": 0}
    process = subprocess.Popen(command, pass_fds=inherited, start_new_session=True, **pipes)
    assert process.stdin
    assert process.stdout
    try:
        send(process.stdin, plan)
        said = process.stdout.readline().decode().strip()
        if said != "ready":
            raise LabError(said or "the lab's SNMP agents could not start; the lines above say why")
        yield process
    finally:
        process.stdin.close()
        process.stdout.close()
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Wait for a process whose input was closed; kill one that does not heed it."""
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _teller(pipe: IO[bytes]) -> Any:
    def tell(news: News) -> None:
        pipe.write(json.dumps(asdict(news)).encode() + b"\n")

    return tell


def _run(order: Order, stack: ExitStack) -> None:
    wan = Wan(order.inventory, order.seed, order.sentinels)
    place = stack.enter_context(claimed(order.name))
    agent_tun, province_tun = _make_network(place, order)
    namespace, counts = place.province_namespace, wan.counts.descriptor
    plan = Plan(order.inventory, order.sentinels, order.seed, namespace, counts, _SNMP_PORT, order.traps)
    agents = stack.enter_context(snmp_agents(plan))
    assert agents.stdin
    wan.tell = _teller(agents.stdin)
    loop = Forwarder(wan, agent_tun, province_tun)
    about = {"name": place.name, "agent": place.agent_namespace, "province": place.province_namespace}
    Control(place.socket, wan, loop, about)

    def parent() -> None:
        if not os.read(sys.stdin.fileno(), 4096):
            loop.running = False

    loop.watch(sys.stdin.fileno(), parent)
    _say({"ready": True})
    loop.run()


def _say(words: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Run the lab that standard input orders, until it is closed or SIGTERM comes."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    ctypes.CDLL(None).prctl(_PR_SET_TIMERSLACK, 1000, 0, 0, 0)  # 1 µs: a packet's delay is kept that closely
    with suppress(PermissionError):
        os.nice(-10)  # a busy machine must not look like a slow line
    order: Order = receive(os.fdopen(os.dup(sys.stdin.fileno()), "rb", buffering=0))
    try:
        with ExitStack() as stack:
            _run(order, stack)
    except LabError as error:
        _say({"error": str(error)})
        sys.exit(1)
