"""ICMP echo to any number of targets through one socket per address family.

Answers are read when `turn` is called, not when they arrive: the kernel stamps their arrival, so a measured round
trip does not depend on when this program looks, and thousands of answers cost one wake-up.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import time
from collections import deque
from collections.abc import Callable
from itertools import islice
from types import TracebackType
from typing import Self

from agent.model import IcmpSettings
from agent.readings import Echo, Outcome
from collectors._icmp_packet import (
    ECHO,
    STAMP,
    STAMPED,
    TOKEN_BYTES,
    Refusal,
    fold,
    meaning,
    ones_sum,
    read_quoted,
    read_refusal,
)
from collectors._icmp_socket import IcmpSocket

Sink = Callable[[Echo], None]
MOST_A_TURN = 20_000  # datagrams, so that a flood can't hold the loop
TURN_S = 0.02  # how often `run` looks; by then every answer waits in the socket with its stamp


class Pending:
    """An echo under way, or answered less than its timeout ago (to know duplicates)."""

    __slots__ = ("address", "done", "expires_s", "sent_s", "serial", "sink")

    def __init__(self, serial: int, address: str, sent_s: float, expires_s: float, sink: Sink) -> None:
        self.serial = serial
        self.address = address
        self.sent_s = sent_s
        self.expires_s = expires_s
        self.sink = sink
        self.done = False

    def finish(self, rtt_s: float | None, outcome: Outcome, cause: str = "") -> None:
        """Tell how it ended, once."""
        if not self.done:
            self.done = True
            self.sink(Echo(self.sent_s, rtt_s, outcome, cause))


class Pinger:
    """Sends echo requests and matches what comes back.

    A reply counts only with our identifier, a sequence and serial under way, this process's random token and the
    address that was asked. Raises `NoIcmpRight` on entry where the system allows no ICMP socket.
    """

    def __init__(self, sources: tuple[str, ...] = (), duplicate: Callable[[str], None] | None = None) -> None:
        self._sources = sources
        self._duplicate = duplicate
        self._token = os.urandom(TOKEN_BYTES)
        self._serial = 0
        self._pending: dict[int, Pending] = {}
        self._queues: dict[float, deque[Pending]] = {}  # by timeout: each is in the order of expiry
        self._sockets: dict[bool, IcmpSocket] = {}  # by whether it is IPv6's
        self._paddings: dict[int, tuple[bytes, int]] = {}

    def __enter__(self) -> Self:
        self._open(six=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for icmp in self._sockets.values():
            icmp.close()
        for pending in list(self._pending.values()):
            pending.finish(None, Outcome.ERROR, "stopped")
        self._pending.clear()

    def send(self, address: str, settings: IcmpSettings, sink: Sink) -> Pending:
        """Send one echo request; `sink` is called once with its end, from a later `turn` (or at once if unsent)."""
        self._serial += 1
        icmp = self._socket_for(address)
        packet = self._packet(icmp, settings.size)
        sent_s = time.monotonic()
        pending = Pending(self._serial, address, sent_s, sent_s + settings.timeout_s, sink)
        try:
            icmp.send(packet, address, settings.dscp)
        except OSError as error:
            pending.finish(None, Outcome.ERROR, error.strerror or str(error))
            return pending
        self._pending[self._serial] = pending
        queue = self._queues.get(settings.timeout_s)
        if queue is None:
            queue = self._queues[settings.timeout_s] = deque()
        queue.append(pending)
        return pending

    async def echo(self, address: str, settings: IcmpSettings) -> Echo:
        """Send one echo request and wait for its end; someone must be calling `turn`."""
        future: asyncio.Future[Echo] = asyncio.get_running_loop().create_future()
        self.send(address, settings, lambda echo: None if future.done() else future.set_result(echo))
        return await future

    def turn(self) -> None:
        """Take in what has arrived, then give up on what has waited too long."""
        flooded = [icmp for icmp in self._sockets.values() if self._read(icmp) == MOST_A_TURN]
        if not flooded:  # an answer may still wait unread
            self._expire(time.monotonic())

    def forgive(self) -> None:
        """Take in what has arrived and forget the rest: this machine was not there to wait for it."""
        for icmp in self._sockets.values():
            while self._read(icmp) == MOST_A_TURN:
                pass
        for queue in self._queues.values():
            for pending in queue:
                del self._pending[pending.serial]
                pending.finish(None, Outcome.ERROR)
            queue.clear()

    async def run(self) -> None:
        """Call `turn` until cancelled, for use without a schedule."""
        while True:
            self.turn()
            await asyncio.sleep(TURN_S)

    def _read(self, icmp: IcmpSocket) -> int:
        count, ident, token, reply = 0, icmp.ident, self._token, icmp.wire.reply
        skew_s = time.time() - time.monotonic()
        for count, (data, offset, source, at_s) in enumerate(islice(icmp.received(), MOST_A_TURN), start=1):  # noqa: B007  # told below
            if len(data) < offset + STAMPED.size:
                self._read_refusal(icmp, data, offset, source)
                continue
            kind, its_ident, sequence, its_token, serial = STAMPED.unpack_from(data, offset)
            if kind != reply:
                self._read_refusal(icmp, data, offset, source)
            elif its_ident == ident and its_token == token and sequence == serial & 0xFFFF:
                self._answered(serial, source, at_s - skew_s)
        for quoted in icmp.refused():
            cause = meaning(icmp.wire, quoted.type, quoted.code)
            refusal = read_quoted(icmp.wire, quoted.data, 0, cause) if cause else None
            if refusal is not None:
                self._refused(icmp, refusal, quoted.target, quoted.offender)
        return count

    def _answered(self, serial: int, source: str, at_s: float) -> None:
        pending = self._pending.get(serial)
        if pending is None or source != pending.address:
            return
        if pending.done:
            if self._duplicate is not None:
                self._duplicate(source)
            return
        # The stamp is wall-clock time. Bounded by the monotonic clock, a clock that is set can't make a figure wild.
        rtt_s = min(max(at_s - pending.sent_s, 0.0), time.monotonic() - pending.sent_s)
        if pending.sent_s + rtt_s < pending.expires_s:
            pending.finish(rtt_s, Outcome.OK)

    def _read_refusal(self, icmp: IcmpSocket, data: bytes, offset: int, source: str) -> None:
        found = read_refusal(icmp.wire, data, offset)
        if found is not None:
            refusal, address = found
            self._refused(icmp, refusal, socket.inet_ntop(icmp.family, address), source)

    def _refused(self, icmp: IcmpSocket, refusal: Refusal, target: str, offender: str) -> None:
        if refusal.ident != icmp.ident or refusal.token not in (None, self._token):
            return
        pending = self._pending.get(self._serial_of(refusal.sequence))
        if pending is not None and pending.address == target:
            pending.finish(None, Outcome.REFUSED, f"{refusal.cause}, says {offender}")

    def _serial_of(self, sequence: int) -> int:
        """Return the newest serial that went out under a 16-bit sequence number."""
        serial = (self._serial & ~0xFFFF) | sequence
        return serial if serial <= self._serial else serial - 0x10000

    def _expire(self, now_s: float) -> None:
        for queue in self._queues.values():
            while queue and queue[0].expires_s <= now_s:
                pending = queue.popleft()
                del self._pending[pending.serial]
                pending.finish(None, Outcome.TIMEOUT)

    def _packet(self, icmp: IcmpSocket, size: int) -> bytes:
        padding, base = self._paddings.get(size) or self._pad(size)
        sequence, serial = self._serial & 0xFFFF, self._serial
        checksum = 0
        if icmp.checksums:
            checksum = fold(base + icmp.ident + 2 * sequence + (serial >> 16 & 0xFFFF) + (serial >> 32))
        return (
            ECHO.pack(icmp.wire.request, 0, checksum, icmp.ident, sequence) + STAMP.pack(self._token, serial) + padding
        )

    def _pad(self, size: int) -> tuple[bytes, int]:
        """Make a size's padding once, random so that no line compresses it, and the sum of what never changes."""
        padding = os.urandom(max(size - STAMP.size, 0))
        base = ones_sum(struct.pack("!H", 8 << 8) + self._token + padding)
        self._paddings[size] = padding, base
        return padding, base

    def _socket_for(self, address: str) -> IcmpSocket:
        six = ":" in address
        return self._sockets.get(six) or self._open(six=six)

    def _open(self, *, six: bool) -> IcmpSocket:
        source = next((source for source in self._sources if (":" in source) is six), None)
        icmp = self._sockets[six] = IcmpSocket(socket.AF_INET6 if six else socket.AF_INET, source)
        return icmp
