"""SNMPv1 and v2c messages taken apart and put together (RFC 1157, RFC 1901), for devices with quirks."""

from __future__ import annotations

from typing import NamedTuple

from lab.snmp.ber import NULL, OCTETS, SEQUENCE, Oid, Reader, integer, octets, tlv
from lab.snmp.pdu import bind, names, pdu


class Message(NamedTuple):
    """A request. `first` and `second` are error status and index, or a GETBULK's non-repeaters and repetitions."""

    version: int
    community: bytes
    kind: int
    id: int
    first: int
    second: int
    oids: list[Oid]

    def encoded(self) -> bytes:
        """Return it as it is sent, its values null."""
        return self.with_pairs(b"".join(bind(oid, NULL, b"") for oid in self.oids))

    def with_pairs(self, pairs: bytes) -> bytes:
        """Return it as it is sent, with these encoded variable bindings."""
        body = pdu(self.kind, self.id, self.first, self.second, pairs)
        return tlv(SEQUENCE, tlv(*integer(self.version)) + tlv(*octets(self.community)) + body)


def parse_message(data: bytes) -> Message:
    """Return the message that bytes are. Raises ValueError: they are none, or one of SNMPv3."""
    message = Reader(data).enter()
    version, community, kind = message.integer(), message.content(OCTETS), message.peek()
    body = message.enter(kind)
    return Message(version, community, kind, body.integer(), body.integer(), body.integer(), names(body.enter()))
