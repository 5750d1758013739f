"""The packet loop: from one TUN device to the other, over the hops between them."""

from __future__ import annotations

import gc
import heapq
import os
import select
import socket
import time
from collections.abc import Callable
from contextlib import suppress

from lab.topology import Steps
from lab.wan import Wan

_SNAPLEN = 65536
_BURST = 64
_VERSION_4 = 4
_EARLY_S = 0.00005  # waking takes about this long
_SOURCE, _TARGET = slice(12, 16), slice(16, 20)


class Forwarder:
    """Moves IPv4 packets between the agent's side and the province's.

    One thread and one `select`, whose time-out has microseconds where epoll's has milliseconds, so a delay is
    kept to within a tenth of a millisecond.
    """

    def __init__(self, wan: Wan, agent_tun: int, province_tun: int) -> None:
        self._wan = wan
        self._agent_tun = agent_tun
        self._province_tun = province_tun
        self._waiting: list[tuple[float, int, int, bytes]] = []
        self._order = 0
        self._readers: dict[int, Callable[[], None]] = {
            agent_tun: lambda: self._drain(agent_tun, province_tun, _TARGET),
            province_tun: lambda: self._drain(province_tun, agent_tun, _SOURCE),
        }
        self.running = True

    def watch(self, descriptor: int, reader: Callable[[], None]) -> None:
        """Call `reader` whenever the descriptor has something to read."""
        self._readers[descriptor] = reader

    def forget(self, descriptor: int) -> None:
        """Stop watching a descriptor."""
        self._readers.pop(descriptor, None)

    def run(self) -> None:
        """Forward until `running` is false."""
        gc.collect()
        gc.freeze()
        gc.disable()  # nothing here makes cycles, and a collection would delay packets
        while self.running:
            ready, _, _ = select.select(list(self._readers), [], [], self._patience_s())
            for descriptor in ready:
                reader = self._readers.get(descriptor)
                if reader:
                    reader()
            now_s = time.monotonic()
            self._deliver(now_s)
            if self._wan.boots_due:
                self._wan.boot_due(now_s)

    def _patience_s(self) -> float | None:
        due_s = min(self._wan.boots_due.values(), default=None)
        if self._waiting and (due_s is None or self._waiting[0][0] < due_s):
            due_s = self._waiting[0][0]
        return None if due_s is None else max(0.0, due_s - time.monotonic() - _EARLY_S)

    def _drain(self, source: int, target: int, field: slice) -> None:
        """Take the packets that are there; `field` is where the province's address stands in them."""
        outward = field is _TARGET
        for _ in range(_BURST):
            try:
                packet = os.read(source, _SNAPLEN)
            except BlockingIOError:
                return
            if packet[0] >> 4 == _VERSION_4:
                self._forward(packet, target, socket.inet_ntoa(packet[field]), outward=outward)

    def _forward(self, packet: bytes, target: int, address: str, *, outward: bool) -> None:
        steps = self._wan.way(address)
        if steps is None:
            return
        now_s = time.monotonic()
        at_s = _cross(steps if outward else steps[::-1], len(packet), now_s, flip=not outward)
        if at_s is None:
            return
        if at_s == now_s:
            _write(target, packet)
            return
        self._order += 1
        heapq.heappush(self._waiting, (at_s, self._order, target, packet))

    def _deliver(self, now_s: float) -> None:
        waiting = self._waiting
        while waiting and waiting[0][0] <= now_s:
            _, _, target, packet = heapq.heappop(waiting)
            _write(target, packet)


def _cross(steps: Steps, size: int, at_s: float, *, flip: bool) -> float | None:
    """Return when a packet is over all hops, None where one of them lost it."""
    for hop, way in steps:
        passed_s = hop.carry(way ^ flip, size, at_s)
        if passed_s is None:
            return None
        at_s = passed_s
    return at_s


def _write(descriptor: int, packet: bytes) -> None:
    with suppress(OSError):  # a full queue or a broken packet is lost, as on any line
        os.write(descriptor, packet)
