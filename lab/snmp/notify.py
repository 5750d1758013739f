"""What devices say of their own accord: traps and informs (RFC 3416, 4.2.6 and 4.2.7), from their own addresses."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count

from lab.snmp.agent import V2C
from lab.snmp.ber import Oid, Reader, Value, integer, object_id, timeticks
from lab.snmp.box import Box, Port
from lab.snmp.message import Message
from lab.snmp.pdu import INFORM, RESPONSE, TRAP, bind

Pairs = Sequence[tuple[Oid, Value]]
_SYS_UPTIME: Oid = (1, 3, 6, 1, 2, 1, 1, 3, 0)
_TRAP_OID: Oid = (1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0)
_STANDARD: Oid = (1, 3, 6, 1, 6, 3, 1, 1, 5)
COLD_START, LINK_DOWN, LINK_UP = (*_STANDARD, 1), (*_STANDARD, 3), (*_STANDARD, 4)
_IF_ENTRY: Oid = (1, 3, 6, 1, 2, 1, 2, 2, 1)
_UP, _DOWN = 1, 2
_AGAIN_S, _TRIES = 1.0, 4


@dataclass(frozen=True, slots=True)
class Traps:
    """Where devices send what they have to say; `informs` are sent again until they are acknowledged."""

    address: str
    port: int = 162
    informs: bool = False


@dataclass(slots=True)
class _Waiting:
    data: bytes
    source: str
    tries: int
    again_s: float


@dataclass(slots=True)
class Notifier:
    """Sends through `send(data, source address, target)`. `sources` gives a device's address and community by id."""

    traps: Traps
    send: Callable[[bytes, str, tuple[str, int]], None]
    sources: dict[str, tuple[str, bytes]]
    _numbers: count[int] = field(default_factory=lambda: count(1))
    _waiting: dict[int, _Waiting] = field(default_factory=dict)

    def tell(self, box: Box, what: Oid, pairs: Pairs = ()) -> None:
        """Have a device send a notification, unless it is off."""
        source, community = self.sources[box.id]
        if not box.up:
            return
        number = next(self._numbers)
        head: Pairs = ((_SYS_UPTIME, timeticks(box.uptime_s)), (_TRAP_OID, object_id(what)))
        kind = INFORM if self.traps.informs else TRAP
        bindings = b"".join(bind(oid, *value) for oid, value in (*head, *pairs))
        data = Message(V2C, community, kind, number, 0, 0, []).with_pairs(bindings)
        if self.traps.informs:
            self._waiting[number] = _Waiting(data, source, 1, time.monotonic() + _AGAIN_S)
        self.send(data, source, (self.traps.address, self.traps.port))

    def tell_link(self, port: Port) -> None:
        """Have a device say that an interface went up or down (IF-MIB, RFC 2863)."""
        columns = ((1, port.index), (7, _UP), (8, _UP if port.up else _DOWN))
        pairs = [((*_IF_ENTRY, column, port.index), integer(number)) for column, number in columns]
        self.tell(port.box, LINK_UP if port.up else LINK_DOWN, pairs)

    def hear(self, data: bytes) -> None:
        """Take a datagram; if it acknowledges an inform, that is done with."""
        if not self._waiting:
            return
        try:
            message = Reader(data).enter()
            message.integer()
            message.content()
            if message.peek() == RESPONSE:
                self._waiting.pop(message.enter(RESPONSE).integer(), None)
        except ValueError:
            return

    @property
    def due_in_s(self) -> float | None:
        """Seconds until something is to be sent again, None where nothing is."""
        return (
            max(0.0, min(one.again_s for one in self._waiting.values()) - time.monotonic()) if self._waiting else None
        )

    def send_again(self) -> None:
        """Repeat the informs whose acknowledgement is late; give up after some tries."""
        now_s = time.monotonic()
        for number, waiting in list(self._waiting.items()):
            if waiting.again_s > now_s:
                continue
            if waiting.tries == _TRIES:
                del self._waiting[number]
                continue
            waiting.tries, waiting.again_s = waiting.tries + 1, now_s + _AGAIN_S
            self.send(waiting.data, waiting.source, (self.traps.address, self.traps.port))
