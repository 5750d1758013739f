"""Traps and informs: what devices tell unasked. Each is counted, informs are acknowledged, and `heard` is called.

A trap is never the truth by itself: it is a reason to ask the device that sent it. Who sent it is the datagram's own
source address; SNMPv1's agent-addr is text that anyone may write, and the address devices are polled at is the one
they are known by, before or behind address translation alike. A relay is not asked in its senders' place: it is an
unknown sender. Devices must therefore send from the address in the inventory (trap-source, on most routers).
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections import Counter
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import structlog

from agent.model import TrapSettings
from agent.readings import TrapHeard
from collectors._traps_filter import LARGEST, TrapFilter
from collectors._traps_header import Header
from collectors._traps_kinds import COUNTED, KINDS, OTHER, Drop

if TYPE_CHECKING:
    from collectors._traps_engine import TrapEngine

BATCH = 200  # datagrams read at a time, so that a storm does not keep the loop
WAITING = 1000  # notifications that may wait for the decoder; a province's devices all at once
TOLD = 1000  # reasons to drop somebody's datagrams that are remembered as logged
_RECEIVE_BUFFER = 1 << 20

log = structlog.get_logger()


class NoTrapPort(OSError):
    """The trap port cannot be had; the text says why and what would be right."""


class TrapReceiver:
    """Receives notifications at one UDP port, in a `with`; `run` must run in it. Raises `NoTrapPort` on entry.

    `agent` is the agent's name: its SNMP engine ID comes of it. `counts` is counted up by kind.
    """

    def __init__(
        self, settings: TrapSettings, agent: str, heard: Callable[[TrapHeard], None], counts: Counter[str]
    ) -> None:
        self._agent = agent
        self._settings = settings
        self._heard = heard
        self._counts = counts
        self._engine: TrapEngine | None = None
        self._filter = TrapFilter(settings, ())
        self._told: set[tuple[str, Drop]] = set()
        self._queue: asyncio.Queue[tuple[bytes, Header, Any]] = asyncio.Queue(WAITING)
        counts.update(dict.fromkeys(COUNTED, 0))

    def __enter__(self) -> Self:
        self._socket = _bound(self._settings.host, self._settings.port)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    @property
    def port(self) -> int:
        """The port in use."""
        return int(self._socket.getsockname()[1])

    def follow(self, settings: TrapSettings, senders: Iterable[str]) -> None:
        """Take new settings (all but where to listen) and the addresses that may send."""
        if settings.credentials != self._settings.credentials:
            self._engine = None
        self._settings = settings
        self._filter = TrapFilter(settings, senders)
        self._told.clear()

    async def run(self) -> None:
        """Receive until cancelled."""
        loop = asyncio.get_running_loop()
        await self._ready_engine()
        loop.add_reader(self._socket, self._read)
        try:
            while True:
                datagram, header, source = await self._queue.get()
                engine = await self._ready_engine()
                began_s = monotonic()
                self._decode(engine, datagram, header, source)
                await asyncio.sleep(monotonic() - began_s)  # as long again is everybody else's
        finally:
            loop.remove_reader(self._socket)

    async def _ready_engine(self) -> TrapEngine:
        """Return the engine; it takes a tenth of a second to make, so a thread does."""
        while (engine := self._engine) is None:
            settings = self._settings
            made = await asyncio.to_thread(_make_engine, self._agent, settings)
            if settings.credentials == self._settings.credentials:
                self._engine = made
        return engine

    def _read(self) -> None:
        """Take what has arrived to the filter, and what passes it to the queue."""
        now_s = monotonic()
        for _ in range(BATCH):
            try:
                datagram, source = self._socket.recvfrom(LARGEST + 1)
            except OSError:  # there is no more
                return
            sender = _plain(source[0])
            judged = self._filter.judge(datagram, sender, now_s)
            if isinstance(judged, Drop):
                self._drop(judged, sender)
            elif self._queue.full():
                self._drop(Drop.LIMITED, "all together")
            else:
                self._queue.put_nowait((datagram, judged, source))

    def _drop(self, drop: Drop, sender: str) -> None:
        self._counts[drop] += 1
        if (sender, drop) not in self._told and len(self._told) < TOLD:
            self._told.add((sender, drop))
            log.warning("traps dropped", sender=sender, reason=str(drop))

    def _decode(self, engine: TrapEngine, datagram: bytes, header: Header, source: Any) -> None:
        result, replies = engine.decode(datagram, header)
        for reply in replies:
            self._reply(reply, source)
        address = _plain(source[0])
        if isinstance(result, Drop):
            self._drop(result, address)
        elif result is not None:
            kind = KINDS.get(result.oid, OTHER)
            self._counts[kind] += 1
            self._heard(TrapHeard(address, kind, result.oid, result.interface, monotonic()))

    def _reply(self, reply: bytes, source: Any) -> None:
        try:
            self._socket.sendto(reply, source)
        except OSError as error:  # who is not answered sends again
            log.warning("inform not answered", sender=_plain(source[0]), reason=error.strerror)


def _make_engine(agent: str, settings: TrapSettings) -> TrapEngine:
    from collectors._traps_engine import TrapEngine  # noqa: PLC0415  # a tenth of a second that only traps are worth

    return TrapEngine(agent, settings.credentials)


def _plain(address: str) -> str:
    """Write an address as the inventory does: IPv4 that came in on an IPv6 socket as IPv4, no zone."""
    return address.partition("%")[0].removeprefix("::ffff:") if ":" in address else address


def _bound(host: str, port: int) -> socket.socket:
    """Return a socket at this address; `::` takes IPv4 too. Raises NoTrapPort."""
    family = socket.AF_INET6 if ip_address(host).version == 6 else socket.AF_INET  # noqa: PLR2004  # IPv6
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        sock.setblocking(False)
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise NoTrapPort(f"cannot receive traps at {host} port {port}: {_cure(error, port)}") from error
    return sock


def _cure(error: OSError, port: int) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return (
                f"the port is taken; stop who has it (`ss -lunp 'sport = {port}'` names him, snmptrapd perhaps) "
                f"or choose another with traps.listen"
            )
        case errno.EACCES | errno.EPERM:
            return (
                "permission denied: ports below 1024 need CAP_NET_BIND_SERVICE "
                "(AmbientCapabilities=CAP_NET_BIND_SERVICE in systemd); or choose a higher one with traps.listen"
            )
        case errno.EADDRNOTAVAIL | errno.EAFNOSUPPORT:
            return "this machine has no such address; `ip address` lists its own; choose one with traps.listen"
        case _:
            return f"{error.strerror or error}; choose another place with traps.listen"
