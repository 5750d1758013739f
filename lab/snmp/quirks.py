"""What devices do wrong: small behaviours around an agent, to be put one around another.

A quirk takes how a device answers and returns how it answers then: `slow(3)(every_second(plain(agent)))`.
Those that look into a request leave alone what is not SNMPv1 or v2c.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import NamedTuple

from lab.snmp.agent import Agent
from lab.snmp.ber import SEQUENCE, Oid, Reader, octets, tlv
from lab.snmp.message import Message, parse_message
from lab.snmp.pdu import GET, GET_BULK, GET_NEXT, RESPONSE, TOO_BIG, bind

LARGEST = 65_507  # bytes of the largest datagram over IPv4
_INVENTED_ROWS = 10


class Reply(NamedTuple):
    """A datagram that goes back after some time, from the address that was asked or from `elsewhere`."""

    data: bytes
    after_s: float = 0.0
    elsewhere: bool = False


Answering = Callable[[bytes], list[Reply]]
Quirk = Callable[[Answering], Answering]


def plain(agent: Agent) -> Answering:
    """Answer at once, once, from where it was asked."""

    def answering(data: bytes) -> list[Reply]:
        reply = agent.answer(data)
        return [Reply(reply)] if reply else []

    return answering


def _requests(change: Callable[[Message, Answering], list[Reply]]) -> Quirk:
    """Make a quirk of what is done with a request that could be read."""

    def quirk(answering: Answering) -> Answering:
        def quirky(data: bytes) -> list[Reply]:
            try:
                asked = parse_message(data)
            except ValueError:
                return answering(data)
            return change(asked, answering)

        return quirky

    return quirk


def _replies(change: Callable[[Reply], list[Reply]]) -> Quirk:
    """Make a quirk of what becomes of each reply."""
    return lambda answering: lambda data: [changed for reply in answering(data) for changed in change(reply)]


@_requests
def one_at_a_time(asked: Message, answering: Answering) -> list[Reply]:
    """Answer one variable binding a message: tooBig to a longer GET, the first row to any GETBULK."""
    if asked.kind == GET_BULK:
        return answering(asked._replace(first=0, second=1, oids=asked.oids[:1]).encoded())
    if len(asked.oids) > 1:
        return [Reply(asked._replace(kind=RESPONSE, first=TOO_BIG, second=0, oids=[]).encoded())]
    return answering(asked.encoded())


@_requests
def wrong_ids(asked: Message, answering: Answering) -> list[Reply]:
    """Answer another request than the one that was made."""
    return answering(asked._replace(id=asked.id ^ 0x5A5A).encoded())


@_requests
def stuck(asked: Message, answering: Answering) -> list[Reply]:
    """Answer the object itself when the one after it is asked."""
    if asked.kind not in (GET_NEXT, GET_BULK):
        return answering(asked.encoded())
    here = answering(asked._replace(kind=GET, first=0, second=0, oids=asked.oids[:1]).encoded())
    there = all(_value_tag(reply.data) < 0x80 for reply in here)  # noqa: PLR2004  where "no such object" begins
    return here if there else answering(asked._replace(kind=GET_NEXT, first=0, second=0, oids=asked.oids[:1]).encoded())


def circling(column: Oid) -> Quirk:
    """Begin a column again when it has ended."""

    @_requests
    def quirk(asked: Message, answering: Answering) -> list[Reply]:
        if asked.kind not in (GET_NEXT, GET_BULK):
            return answering(asked.encoded())
        once = asked._replace(kind=GET_NEXT, first=0, second=0, oids=asked.oids[:1])
        replies = answering(once.encoded())
        if asked.oids[0][: len(column)] == column and _name(replies)[: len(column)] != column:
            return answering(once._replace(oids=[column]).encoded())
        return replies

    return quirk


@_requests
def growing(asked: Message, answering: Answering) -> list[Reply]:
    """Invent the next row of any column, without end."""
    if asked.kind not in (GET_NEXT, GET_BULK):
        return answering(asked.encoded())
    *column, last = asked.oids[0] if len(asked.oids[0]) > _COLUMN_ARCS else (*asked.oids[0], 0)
    rows = _INVENTED_ROWS if asked.kind == GET_BULK else 1
    pairs = b"".join(bind((*column, last + 1 + row), *octets(f"row {last + 1 + row}")) for row in range(rows))
    return [Reply(asked._replace(kind=RESPONSE, first=0, second=0).with_pairs(pairs))]


_COLUMN_ARCS = 11  # of a column of IF-MIB's extension, the longest that pollers walk


@_requests
def huge(asked: Message, _: Answering) -> list[Reply]:
    """Answer as much as a datagram takes, whatever was asked."""
    share = (LARGEST - 200) // len(asked.oids) - 64
    pairs = b"".join(bind(oid, *octets(b"x" * share)) for oid in asked.oids)
    return [Reply(asked._replace(kind=RESPONSE, first=0, second=0).with_pairs(pairs))]


def every_second(answering: Answering) -> Answering:
    """Lose the first request, answer the second, lose the third."""
    number = count(1)
    return lambda data: [] if next(number) % 2 else answering(data)


@_replies
def from_elsewhere(reply: Reply) -> list[Reply]:
    """Answer from another of its addresses than the one that was asked."""
    return [reply._replace(elsewhere=True)]


@_replies
def twice(reply: Reply) -> list[Reply]:
    """Say everything twice."""
    return [reply, reply]


def slow(after_s: float) -> Quirk:
    """Answer after some time."""
    return _replies(lambda reply: [reply._replace(after_s=reply.after_s + after_s)])


MANGLED: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda _: b"",
    "half": lambda good: good[: len(good) // 2],
    "all but one byte": lambda good: good[:-1],
    "longer than it is": lambda good: tlv(SEQUENCE, good[2:] + bytes(8))[: len(good)],
    "a length of no end": lambda good: good[:1] + b"\x80" + good[2:],
    "a length of many bytes": lambda good: good[:1] + b"\xfe" + b"\xff" * 126,
    "a string for a number": lambda good: good.replace(b"\x02", b"\x04", 1),
    "an integer of nine bytes": lambda good: tlv(SEQUENCE, b"\x02\x09" + b"\x7f" * 9 + good[5:]),
    "another tag": lambda good: b"\x31" + good[1:],
    "zeros": lambda good: bytes(len(good)),
    "text": lambda _: b"HTTP/1.0 400 Bad Request\r\n\r\n",
}


def malformed(how: str) -> Quirk:
    """Answer bytes that are no BER, in one of the ways of `MANGLED`."""
    return _replies(lambda reply: [reply._replace(data=MANGLED[how](reply.data))])


def _name(replies: list[Reply]) -> Oid:
    """Return the first object a reply tells, nothing where there is none."""
    oids = parse_message(replies[0].data).oids if replies else []
    return oids[0] if oids else ()


def _value_tag(data: bytes) -> int:
    """Return the tag of a reply's first value."""
    message = Reader(data).enter()
    for _ in range(2):
        message.content()
    body = message.enter(RESPONSE)
    for _ in range(3):
        body.content()
    pair = body.enter().enter()
    pair.content()
    return pair.peek()
