"""The few Basic Encoding Rules that SNMP uses (ITU-T X.690, RFC 3417 section 8).

An object identifier is a tuple of ints; a value is a `Value`: its tag and its encoded content.
Foreign bytes raise `ValueError`, never anything else.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

Oid = tuple[int, ...]

INTEGER, OCTETS, NULL, OBJECT_ID, SEQUENCE = 0x02, 0x04, 0x05, 0x06, 0x30
IP_ADDRESS, COUNTER32, GAUGE32, TIMETICKS, OPAQUE, COUNTER64 = 0x40, 0x41, 0x42, 0x43, 0x44, 0x46
_LONG, _MORE = 0x80, 0x80
_MAX_ARC = 2**32 - 1


class Value(NamedTuple):
    """A value ready to be sent."""

    tag: int
    content: bytes


NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB = Value(0x80, b""), Value(0x81, b""), Value(0x82, b"")


def tlv(tag: int, content: bytes) -> bytes:
    """Return tag, length and content."""
    size = len(content)
    if size < _LONG:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, _LONG | len(length))) + length + content


def integer(number: int) -> Value:
    """Return an INTEGER."""
    return Value(INTEGER, _signed(number))


def octets(text: str | bytes) -> Value:
    """Return an OCTET STRING; text is sent as UTF-8."""
    return Value(OCTETS, text.encode() if isinstance(text, str) else text)


def counter32(number: int) -> Value:
    """Return a Counter32: the number modulo 2^32, as a real one wraps."""
    return Value(COUNTER32, _signed(number % 2**32))


def gauge32(number: int) -> Value:
    """Return a Gauge32, which stays at its top."""
    return Value(GAUGE32, _signed(min(number, 2**32 - 1)))


def timeticks(seconds: float) -> Value:
    """Return TimeTicks: hundredths of a second, wrapping after 497 days."""
    return Value(TIMETICKS, _signed(int(seconds * 100) % 2**32))


def counter64(number: int) -> Value:
    """Return a Counter64: the number modulo 2^64."""
    return Value(COUNTER64, _signed(number % 2**64))


def ip_address(packed: bytes) -> Value:
    """Return an IpAddress: its four bytes."""
    return Value(IP_ADDRESS, packed)


def object_id(oid: Oid) -> Value:
    """Return an OBJECT IDENTIFIER as a value."""
    return Value(OBJECT_ID, encode_oid(oid))


def _signed(number: int) -> bytes:
    bits = (number if number >= 0 else ~number).bit_length()
    return number.to_bytes(bits // 8 + 1, "big", signed=True)


@lru_cache(maxsize=65536)
def encode_oid(oid: Oid) -> bytes:
    """Return an object identifier's content."""
    arcs = (oid[0] * 40 + oid[1], *oid[2:])
    return b"".join(_arc(arc) for arc in arcs)


def _arc(arc: int) -> bytes:
    groups = [arc & 0x7F]
    while arc := arc >> 7:
        groups.append(arc & 0x7F | _MORE)
    return bytes(reversed(groups))


@lru_cache(maxsize=65536)
def decode_oid(content: bytes) -> Oid:
    """Return the object identifier a content stands for."""
    arcs: list[int] = []
    arc = 0
    for byte in content:
        arc = arc << 7 | byte & 0x7F
        if arc > _MAX_ARC:
            raise ValueError("an object identifier's arc is beyond 32 bits")
        if not byte & _MORE:
            arcs.append(arc)
            arc = 0
    if not arcs or content[-1] & _MORE:
        raise ValueError("an object identifier ends in the middle of an arc")
    first = min(arcs[0] // 40, 2)
    return (first, arcs[0] - 40 * first, *arcs[1:])


class Reader:
    """Reads one element after another from bytes that someone else wrote."""

    __slots__ = ("_at", "_data", "_end")

    def __init__(self, data: bytes, start: int = 0, end: int | None = None) -> None:
        self._data = data
        self._at = start
        self._end = len(data) if end is None else end

    @property
    def at(self) -> int:
        """Where in the data the next element begins."""
        return self._at

    def more(self) -> bool:
        """Tell whether anything is left."""
        return self._at < self._end

    def peek(self) -> int:
        """Return the next element's tag."""
        if not self.more():
            raise ValueError("a message ends too early")
        return self._data[self._at]

    def _header(self, tag: int | None) -> int:
        """Step over tag and length, to the content; return where the content ends."""
        found = self.peek()
        if tag is not None and found != tag:
            raise ValueError(f"tag 0x{tag:02x} expected, 0x{found:02x} found")
        at = self._at + 2
        if at > self._end:
            raise ValueError("a message ends too early")
        size = self._data[at - 1]
        if size & _LONG:
            width = size & 0x7F
            size = int.from_bytes(self._data[at : at + width], "big")
            at += width
        if at + size > self._end:
            raise ValueError("an element is longer than what holds it")
        self._at = at
        return at + size

    def enter(self, tag: int = SEQUENCE) -> Reader:
        """Return a reader of the next element's content."""
        end = self._header(tag)
        inside = Reader(self._data, self._at, end)
        self._at = end
        return inside

    def content(self, tag: int | None = None) -> bytes:
        """Return the next element's content."""
        end = self._header(tag)
        start, self._at = self._at, end
        return self._data[start:end]

    def integer(self) -> int:
        """Return the next element, an INTEGER."""
        return int.from_bytes(self.content(INTEGER), "big", signed=True)
