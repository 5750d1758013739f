"""A device with its quirks on a UDP port of loopback, in the running event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from lab.snmp.quirks import Answering, Reply

ELSEWHERE = "127.0.0.99"  # loopback answers for all of 127.0.0.0/8


@dataclass(slots=True)
class Served:
    """Where a device answers, and how many datagrams came to it."""

    port: int = 0
    asked: int = 0


@dataclass(slots=True)
class _Device(asyncio.DatagramProtocol):
    answering: Answering
    served: Served
    elsewhere: asyncio.DatagramTransport | None = None
    here: asyncio.DatagramTransport | None = None
    waiting: set[asyncio.TimerHandle] = field(default_factory=set)

    def connection_made(self, transport: Any) -> None:
        self.here = transport

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        self.served.asked += 1
        loop = asyncio.get_running_loop()
        for reply in self.answering(data):
            if reply.after_s:
                self.waiting.add(loop.call_later(reply.after_s, self._send, reply, addr))
            else:
                self._send(reply, addr)

    def _send(self, reply: Reply, client: tuple[str | Any, int]) -> None:
        transport = self.elsewhere if reply.elsewhere else self.here
        if transport and not transport.is_closing():
            transport.sendto(reply.data, client)

    def close(self) -> None:
        """Stop answering, what is under way as well."""
        for handle in self.waiting:
            handle.cancel()
        for transport in (self.here, self.elsewhere):
            if transport:
                transport.close()


@asynccontextmanager
async def served(answering: Answering, address: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Served]:
    """Answer at an address of loopback; port 0 takes a free one. Raises OSError: the port is taken."""
    loop = asyncio.get_running_loop()
    about = Served()
    device = _Device(answering, about)
    try:
        await loop.create_datagram_endpoint(lambda: device, local_addr=(address, port))
        assert device.here
        about.port = device.here.get_extra_info("sockname")[1]
        other = (ELSEWHERE, about.port)
        device.elsewhere, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=other)
        yield about
    finally:
        device.close()
        await asyncio.sleep(0)  # a transport closes its socket in the loop's next turn
