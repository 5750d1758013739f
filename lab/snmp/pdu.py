"""GET, GETNEXT and GETBULK over a device's objects (RFC 3416, section 4.2; RFC 1157, section 4.1 for SNMPv1)."""

from __future__ import annotations

from collections.abc import Iterator

from lab.snmp.ber import (
    COUNTER64,
    END_OF_MIB,
    INTEGER,
    OBJECT_ID,
    SEQUENCE,
    Oid,
    Reader,
    Value,
    decode_oid,
    encode_oid,
    integer,
    tlv,
)
from lab.snmp.mib import Mib

GET, GET_NEXT, RESPONSE, SET, GET_BULK, REPORT = 0xA0, 0xA1, 0xA2, 0xA3, 0xA5, 0xA8
INFORM, TRAP = 0xA6, 0xA7
TOO_BIG, NO_SUCH_NAME, NO_ACCESS = 1, 2, 6
# A GETBULK's answer is cut where it still fits one Ethernet frame, as routers do; a GET is answered whole.
BULK_SIZE = 1400
_OVERHEAD = 24
_EXCEPTIONS = 0x80  # the tags of noSuchObject, noSuchInstance, endOfMibView begin here


def respond(mib: Mib, request: Reader, max_size: int) -> bytes | None:
    """Answer a request PDU with a Response PDU; None where it is no request. `max_size` is in bytes, of the PDU."""
    kind = request.peek()
    body = request.enter(kind)
    request_id, first, second = body.integer(), body.integer(), body.integer()
    oids = names(body.enter())
    match kind:
        case 0xA0:
            pairs = b"".join(_pair(mib, oid) for oid in oids)
        case 0xA1:
            pairs = b"".join(_next_pair(mib, oid)[1] for oid in oids)
        case 0xA5:
            pairs = _bulk(mib, oids, max(first, 0), max(second, 0), min(BULK_SIZE, max_size) - _OVERHEAD)
        case 0xA3:
            return pdu(RESPONSE, request_id, NO_ACCESS, 1, b"".join(_null_pair(oid) for oid in oids))
        case _:
            return None
    if len(pairs) > max_size - _OVERHEAD:
        return pdu(RESPONSE, request_id, TOO_BIG, 0, b"")
    return pdu(RESPONSE, request_id, 0, 0, pairs)


def pdu(kind: int, request_id: int, error: int, index: int, pairs: bytes) -> bytes:
    """Return an encoded PDU."""
    numbers = b"".join(tlv(INTEGER, integer(number).content) for number in (request_id, error, index))
    return tlv(kind, numbers + tlv(SEQUENCE, pairs))


def respond_v1(mib: Mib, request: Reader, max_size: int) -> bytes | None:
    """Answer a request PDU as SNMPv1 does: all of it, or noSuchName for all; it knows no Counter64 and no GETBULK."""
    kind = request.peek()
    body = request.enter(kind)
    request_id, _, _ = body.integer(), body.integer(), body.integer()
    oids = names(body.enter())
    if kind not in (GET, GET_NEXT, SET):
        return None
    pairs = b""
    for index, oid in enumerate(oids, start=1):
        name = _next_v1(mib, oid) if kind == GET_NEXT else oid
        value = mib.get(name) if name else END_OF_MIB
        if name is None or kind == SET or not _in_v1(value):
            return pdu(RESPONSE, request_id, NO_SUCH_NAME, index, b"".join(map(_null_pair, oids)))
        pairs += bind(name, *value)
    if len(pairs) > max_size - _OVERHEAD:
        return pdu(RESPONSE, request_id, TOO_BIG, 0, b"".join(map(_null_pair, oids)))
    return pdu(RESPONSE, request_id, 0, 0, pairs)


def _in_v1(value: Value) -> bool:
    return value.tag < _EXCEPTIONS and value.tag != COUNTER64


def _next_v1(mib: Mib, oid: Oid) -> Oid | None:
    """Return the first object after `oid` that SNMPv1 can tell (RFC 2576, 4.1.2.1)."""
    following = mib.following(oid)
    while following is not None and not _in_v1(mib.get(following)):
        following = mib.following(following)
    return following


def names(bindings: Reader) -> list[Oid]:
    """Return the names of a list of variable bindings."""
    oids = []
    while bindings.more():
        binding = bindings.enter()
        oids.append(decode_oid(binding.content(OBJECT_ID)))
        binding.content()
    return oids


def bind(oid: Oid, tag: int, content: bytes) -> bytes:
    """Return an encoded variable binding."""
    return tlv(SEQUENCE, tlv(OBJECT_ID, encode_oid(oid)) + tlv(tag, content))


def _null_pair(oid: Oid) -> bytes:
    return bind(oid, 0x05, b"")


def _pair(mib: Mib, oid: Oid) -> bytes:
    return bind(oid, *mib.get(oid))


def _next_pair(mib: Mib, oid: Oid) -> tuple[Oid | None, bytes]:
    following = mib.following(oid)
    return following, bind(oid, *END_OF_MIB) if following is None else _pair(mib, following)


def _bulk(mib: Mib, oids: list[Oid], singles: int, repeats: int, size: int) -> bytes:
    """Return the bindings of a GETBULK, as many as fit (at least one)."""
    taken: list[bytes] = []
    for pair in _bulk_pairs(mib, oids, singles, repeats):
        size -= len(pair)
        if size < 0 and taken:
            break
        taken.append(pair)
    return b"".join(taken)


def _bulk_pairs(mib: Mib, oids: list[Oid], singles: int, repeats: int) -> Iterator[bytes]:
    for oid in oids[:singles]:
        yield _next_pair(mib, oid)[1]
    row = oids[singles:]
    for _ in range(repeats):
        ended = True
        for column, oid in enumerate(row):
            following, pair = _next_pair(mib, oid)
            row[column] = following or oid
            ended = ended and following is None
            yield pair
        if ended:
            return
