"""What a datagram at the trap port says before anything is decoded: its version, and in whose name it comes.

A cheap look (microseconds) at the first fields of the message: RFC 1157 (v1), RFC 3416 (v2c), RFC 3412 and 3414 (v3).
"""

from __future__ import annotations

from typing import NamedTuple

INTEGER, OCTETS, SEQUENCE = 0x02, 0x04, 0x30
NOTIFICATIONS = {0: ("1", {0xA4}), 1: ("2c", {0xA6, 0xA7})}  # by the version's number: its name and its PDUs' tags
V3 = 3
LEVEL = 0b11  # msgFlags: authenticated, encrypted
ENGINE_ID = range(5, 33)  # bytes: SnmpEngineID, RFC 3411
LONG_FORM = 0x80
LONGEST_LENGTH = 4  # bytes of a long form that we take


class Header(NamedTuple):
    """A message's `version` ("1", "2c", "3") and its community, or its engine, user and security level.

    `level` is 0 for noAuthNoPriv, 1 for authNoPriv, 3 for authPriv. An empty `engine_id` asks who we are.
    """

    version: str
    community: bytes = b""
    engine_id: bytes = b""
    user: bytes = b""
    level: int = 0


def read_header(datagram: bytes) -> Header:
    """Read the header of a notification (or of what precedes one in SNMPv3). Raises ValueError for anything else."""
    try:
        at, _ = _open(datagram, 0, SEQUENCE)
        number, at = _content(datagram, at, INTEGER)
        version = int.from_bytes(number, "big", signed=True)
        if version == V3:
            return _read_v3(datagram, at)
        name, tags = NOTIFICATIONS[version]
        community, at = _content(datagram, at, OCTETS)
        if datagram[at] not in tags:
            raise ValueError("no notification")
        return Header(name, community)
    except (IndexError, KeyError) as error:
        raise ValueError("no SNMP message") from error


def _read_v3(datagram: bytes, at: int) -> Header:
    """Read msgFlags out of msgGlobalData, then engine and user out of msgSecurityParameters."""
    start, at = _open(datagram, at, SEQUENCE)
    for _ in ("msgID", "msgMaxSize"):
        _, start = _content(datagram, start, INTEGER)
    flags, _ = _content(datagram, start, OCTETS)
    start, _ = _open(datagram, at, OCTETS)
    start, _ = _open(datagram, start, SEQUENCE)
    engine_id, start = _content(datagram, start, OCTETS)
    for _ in ("msgAuthoritativeEngineBoots", "msgAuthoritativeEngineTime"):
        _, start = _content(datagram, start, INTEGER)
    user, _ = _content(datagram, start, OCTETS)
    if len(flags) != 1 or (engine_id and len(engine_id) not in ENGINE_ID):
        raise ValueError("no SNMPv3 message")
    return Header("3", engine_id=engine_id, user=user, level=flags[0] & LEVEL)


def _content(data: bytes, at: int, tag: int) -> tuple[bytes, int]:
    """Return an element's content and where the next element starts."""
    start, end = _open(data, at, tag)
    return data[start:end], end


def _open(data: bytes, at: int, tag: int) -> tuple[int, int]:
    """Return where an element's content starts and ends. Lengths are definite, as SNMP's BER has them (RFC 3417, 8)."""
    if data[at] != tag:
        raise ValueError("another element was due")
    length, start = data[at + 1], at + 2
    if length & LONG_FORM:
        size = length & ~LONG_FORM
        if not 1 <= size <= LONGEST_LENGTH:
            raise ValueError("no length that SNMP has")
        length, start = int.from_bytes(data[start : start + size], "big"), start + size
    if start + length > len(data):
        raise ValueError("cut short")
    return start, start + length
