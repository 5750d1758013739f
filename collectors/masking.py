"""Takes out of a recording what is nobody's business: secrets, serial numbers, hardware addresses, people, places."""

from __future__ import annotations

import re
from collections.abc import Collection

from collectors.recording import Kind, Oid, Recorded, Recording, arcs

MASK = b"masked"
_MAC_BYTES, _MAC = 6, bytes.fromhex("020000000000")
_ADDRESS = bytes((192, 0, 2, 1))  # of the block for documentation, RFC 5737
_MAC_TEXT = re.compile(
    rb"(?i)\b(?:[0-9a-f]{2}([:-]))(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}\b|\b(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}\b"
)
_IP_TEXT = re.compile(rb"\b(?:\d{1,3}\.){3}\d{1,3}\b")
_SERIAL_TEXT = re.compile(rb"(?i)\b(s/n|serial(?: number| no\.?)?)(\s*[:#=]\s*|\s+)(?=[\w-]*\d)[\w-]+")
# Objects masked whatever they hold: contact and place; serial numbers and asset tags; engine and hardware addresses.
_PRIVATE = tuple(
    arcs(f"1.3.6.1.{rest}")
    for rest in (
        "2.1.1.4",  # sysContact
        "2.1.1.6",  # sysLocation
        "2.1.2.2.1.6",  # ifPhysAddress
        "2.1.17.1.1",  # dot1dBaseBridgeAddress
        "2.1.47.1.1.1.1.11",  # entPhysicalSerialNum
        "2.1.47.1.1.1.1.15",  # entPhysicalAssetID
        "4.1.9.3.6.3",  # Cisco's chassisId
        "4.1.2636.3.1.3",  # jnxBoxSerialNo
        "4.1.2636.3.1.8.1.7",  # jnxContentsSerialNo
        "4.1.13885.101.1.1.5",  # Poly's identityDeviceSerialNumber
        "4.1.14988.1.1.7.3",  # mtxrSerialNumber
        "6.3.10.2.1.1",  # snmpEngineID
    )
)


def mask(recording: Recording, secrets: Collection[str] = (), *, addresses: bool = False) -> Recording:
    """Return the recording without what is private; with `addresses`, without IP addresses as well.

    Strings that hold one of `secrets` go altogether. Places stay: what is masked is still there, with its type.
    """
    hidden = [secret.encode() for secret in secrets if secret]
    masked = {oid: _masked(oid, one, hidden, addresses=addresses) for oid, one in recording.objects.items()}
    head = (_text(line.encode(), hidden, addresses=addresses).decode() for line in recording.head)
    return Recording(masked, tuple(head))


def _masked(oid: Oid, recorded: Recorded, hidden: list[bytes], *, addresses: bool) -> Recorded:
    kind, value = recorded
    if not isinstance(value, bytes):
        return recorded
    if kind is Kind.IP:
        return Recorded(kind, _ADDRESS) if addresses else recorded
    if len(value) == _MAC_BYTES and not (value.isascii() and value.decode().isprintable()):
        return Recorded(kind, _MAC)
    if any(oid[: len(private)] == private for private in _PRIVATE):
        return Recorded(kind, MASK if value else value)
    return Recorded(kind, _text(value, hidden, addresses=addresses))


def _text(value: bytes, hidden: list[bytes], *, addresses: bool) -> bytes:
    if any(secret in value for secret in hidden):
        return MASK
    value = _SERIAL_TEXT.sub(rb"\1\2" + MASK, _MAC_TEXT.sub(b"02:00:00:00:00:00", value))
    return _IP_TEXT.sub(b"192.0.2.1", value) if addresses else value
