"""ICMP echo on the wire (RFC 792, RFC 4443): building requests, reading answers and the network's refusals. Pure."""

from __future__ import annotations

import struct
from typing import NamedTuple

TOKEN_BYTES = 8
STAMP = struct.Struct("!8sQ")  # what a request carries first: the process's token, the echo's serial number
ECHO = struct.Struct("!BBHHH")  # type, code, checksum, identifier, sequence
STAMPED = struct.Struct("!BxxxHH8sQ")  # all of a reply that matters: type, identifier, sequence, token, serial
SMALLEST_PAYLOAD = STAMP.size


class Wire(NamedTuple):
    """The numbers in which ICMP for IPv4 and for IPv6 differ."""

    request: int
    reply: int
    inner_header: int | None  # bytes of the IP header inside an error; None: as its first byte says
    errors: dict[tuple[int, int | None], str]  # (type, code or None for any) → what it means


WIRE_4 = Wire(
    request=8,
    reply=0,
    inner_header=None,
    errors={
        (3, 0): "network unreachable",
        (3, 1): "host unreachable",
        (3, 2): "protocol unreachable",
        (3, 3): "port unreachable",
        (3, 4): "fragmentation needed",
        (3, 9): "network prohibited",
        (3, 10): "host prohibited",
        (3, 13): "prohibited by a filter",
        (3, None): "destination unreachable",
        (11, None): "time to live exceeded",
        (12, None): "parameter problem",
    },
)
WIRE_6 = Wire(
    request=128,
    reply=129,
    inner_header=40,
    errors={
        (1, 0): "no route",
        (1, 1): "prohibited by a filter",
        (1, 3): "address unreachable",
        (1, 4): "port unreachable",
        (1, None): "destination unreachable",
        (2, None): "packet too big",
        (3, None): "hop limit exceeded",
        (4, None): "parameter problem",
    },
)


class Refusal(NamedTuple):
    """An error about a request of ours. `token` is None where the sender quoted too little of it (RFC 792: 8 bytes)."""

    ident: int
    sequence: int
    token: bytes | None
    cause: str


def ones_sum(data: bytes) -> int:
    """Return the unfolded one's-complement sum of big-endian 16-bit words (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    return sum(struct.unpack(f"!{len(data) // 2}H", data))


def fold(total: int) -> int:
    """Fold a sum into the 16-bit checksum that goes on the wire."""
    total = (total >> 16) + (total & 0xFFFF)
    total += total >> 16
    return ~total & 0xFFFF


def read_refusal(wire: Wire, data: bytes, offset: int = 0) -> tuple[Refusal, bytes] | None:
    """Read an ICMP error that quotes an echo request: the refusal, and the address asked (4 or 16 bytes)."""
    if len(data) < offset + 8 + 20:
        return None
    cause = meaning(wire, data[offset], data[offset + 1])
    inner = offset + 8
    length = wire.inner_header or (data[inner] & 0xF) * 4
    address = data[inner + 24 : inner + 40] if wire.inner_header else data[inner + 16 : inner + 20]
    refusal = read_quoted(wire, data, inner + length, cause) if cause else None
    return (refusal, address) if refusal else None


def read_quoted(wire: Wire, data: bytes, offset: int, cause: str) -> Refusal | None:
    """Read the request of ours that an error quotes at `offset`; None where it is something else."""
    if len(data) < offset + ECHO.size or data[offset] != wire.request:
        return None
    _, _, _, ident, sequence = ECHO.unpack_from(data, offset)
    stamp = offset + ECHO.size
    token = data[stamp : stamp + TOKEN_BYTES] if len(data) >= stamp + TOKEN_BYTES else None
    return Refusal(ident, sequence, token, cause)


def meaning(wire: Wire, type_: int, code: int) -> str | None:
    """Say an error's type and code in words; None for a type that is no error about a request."""
    return wire.errors.get((type_, code)) or wire.errors.get((type_, None))
