"""The process of the simulated SNMP agents: one UDP socket for all their addresses."""

from __future__ import annotations

import json
import os
import pickle
import select
import socket
import struct
import sys
from contextlib import suppress
from dataclasses import dataclass

from agent.inventory import Inventory
from lab import netns
from lab.errors import LabError
from lab.snmp.devices import Fleet, build, sources
from lab.snmp.notify import Notifier, Traps
from lab.wan import Wan, heard

_IP_PKTINFO = 8  # not in Python's socket module before 3.14
_PKTINFO = struct.Struct("=I4s4s")
_BUFFER_BYTES = 4_194_304
_BURST = 32


@dataclass(frozen=True, slots=True)
class Plan:
    """What the process needs to know at its start. `namespace` None is this machine's loopback."""

    inventory: Inventory
    sentinels: tuple[str, ...]
    seed: int
    namespace: str | None
    counts: int | None
    port: int
    traps: Traps | None = None


def open_socket(port: int, *, loopback: bool) -> socket.socket:
    """Return a UDP socket that hears all local addresses and tells which one was asked."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    if loopback:
        with suppress(PermissionError):  # before Linux 5.7 only root may; no other address answers anyway
            server.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo\0")
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
    server.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
    server.bind(("", port))
    return server


def answer_waiting(server: socket.socket, fleet: Fleet) -> None:
    """Answer the requests that have come, each from the address it was sent to."""
    for _ in range(_BURST):
        try:
            data, ancillary, _, client = server.recvmsg(65535, 64)
        except (BlockingIOError, InterruptedError):
            return
        info = next((value for _, kind, value in ancillary if kind == _IP_PKTINFO), None)
        if info is None:
            continue
        _, _, asked = _PKTINFO.unpack(info)
        agent = fleet.agent(socket.inet_ntoa(asked))
        reply = agent.answer(data) if agent else None
        if reply:
            _send_from(server, reply, asked, client)
        elif fleet.notifier:
            fleet.notifier.hear(data)


def _send_from(server: socket.socket, data: bytes, source: bytes, target: tuple[str, int]) -> None:
    from_source = [(socket.IPPROTO_IP, _IP_PKTINFO, _PKTINFO.pack(0, source, bytes(4)))]
    with suppress(OSError):
        server.sendmsg([data], from_source, 0, target)


class News:
    """What the lab process writes on our standard input, a JSON line each; its end is the end of the lab."""

    def __init__(self, descriptor: int, fleet: Fleet) -> None:
        self._descriptor = descriptor
        self._fleet = fleet
        self._rest = b""

    def hear(self) -> bool:
        """Take in what has come; False at the end."""
        chunk = os.read(self._descriptor, 65536)
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            self._fleet.hear(heard(json.loads(line)))
        return bool(chunk)


def _prepare(plan: Plan) -> tuple[socket.socket, Fleet]:
    if plan.namespace:
        netns.enter(plan.namespace)
    server = open_socket(plan.port, loopback=plan.namespace is None)
    fleet = build(Wan(plan.inventory, plan.seed, plan.sentinels, shared=plan.counts))
    if plan.traps:

        def send(data: bytes, source: str, target: tuple[str, int]) -> None:
            _send_from(server, data, socket.inet_aton(source), target)

        fleet.notifier = Notifier(plan.traps, send, sources(fleet, plan.inventory))
    return server, fleet


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Read the plan, say "ready", and answer until the lab ends."""
    descriptor = sys.stdin.fileno()
    with os.fdopen(os.dup(descriptor), "rb", buffering=0) as start:
        size = int.from_bytes(start.read(8), "big")
        pickled = b""
        while len(pickled) < size:
            pickled += start.read(size - len(pickled)) or sys.exit(1)
    plan: Plan = pickle.loads(pickled)  # noqa: S301  our own parent's words
    try:
        server, fleet = _prepare(plan)
    except (OSError, ValueError, LabError) as error:
        _say(f"the lab's SNMP agents at UDP port {plan.port} cannot start: {error}")
        return
    news = News(descriptor, fleet)
    _say("ready")
    while True:
        ready, _, _ = select.select([descriptor, server], [], [], fleet.notifier.due_in_s if fleet.notifier else None)
        if fleet.notifier:
            fleet.notifier.send_again()
        if descriptor in ready and not news.hear():
            return
        if server in ready:
            answer_waiting(server, fleet)
