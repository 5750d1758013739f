r"""Recordings of what devices answer by SNMP: plain text, an object a line in order, to read, to compare, to replay.

    # What device, how it was made.
    1.3.6.1.2.1.1.1.0|string|Cisco IOS Software…
    1.3.6.1.2.1.1.3.0|timeticks|8640000

Strings that are no printable UTF-8 stand as `hex`; in the others `\\`, `\n`, `\r` and `\t` are written as in C.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Address
from pathlib import Path
from typing import NamedTuple

Oid = tuple[int, ...]
_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_UNESCAPED = {written: plain for plain, written in _ESCAPES.items()}
_HEX = "hex"


class Kind(StrEnum):
    """The types of SNMP (RFC 2578, section 7.1), as they are written."""

    INTEGER = "integer"
    STRING = "string"
    OID = "oid"
    IP = "ip"
    COUNTER32 = "counter32"
    GAUGE32 = "gauge32"
    TIMETICKS = "timeticks"
    OPAQUE = "opaque"
    COUNTER64 = "counter64"


class Recorded(NamedTuple):
    """A value and its type: bytes for STRING, IP and OPAQUE, an `Oid` for OID, else a number."""

    kind: Kind
    value: int | bytes | Oid


@dataclass(frozen=True, slots=True)
class Recording:
    """What a device answered, by object identifier; `head` is said of it in comments."""

    objects: Mapping[Oid, Recorded]
    head: tuple[str, ...] = field(default=())


class RecordingError(ValueError):
    """A recording cannot be read; the text says where, and what would be right."""


def read(path: Path) -> Recording:
    """Read a recording. Raises OSError, and RecordingError as `file:line: what is wrong`."""
    return parse(path.read_text(encoding="utf-8"), str(path))


def parse(text: str, name: str = "recording") -> Recording:
    """Return the recording a text is. Raises RecordingError."""
    head: list[str] = []
    objects: dict[Oid, Recorded] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if line.startswith("#"):
            head.append(line.removeprefix("#").strip())
        elif line.strip():
            try:
                oid, recorded = _object(line)
            except ValueError as error:
                raise RecordingError(f"{name}:{number}: {error}") from error
            objects[oid] = recorded
    return Recording(objects, tuple(head))


def format_recording(recording: Recording) -> str:
    """Return a recording's text."""
    lines = [f"# {line}".rstrip() for line in recording.head]
    lines += [f"{dotted(oid)}|{_written(recording.objects[oid])}" for oid in sorted(recording.objects)]
    return "\n".join(lines) + "\n"


def write(path: Path, recording: Recording) -> None:
    """Write a recording in one stroke: a reader sees the old file or the new one. Raises OSError."""
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(format_recording(recording))
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def dotted(oid: Iterable[int]) -> str:
    """Return an object identifier as text."""
    return ".".join(map(str, oid))


def arcs(text: str) -> Oid:
    """Return the object identifier a text such as `1.3.6.1` is. Raises ValueError."""
    if not re.fullmatch(r"\d+(\.\d+)+", text, re.ASCII):
        raise ValueError(f"{text!r} is no object identifier; numbers with dots between would be right")
    return tuple(map(int, text.split(".")))


def _object(line: str) -> tuple[Oid, Recorded]:
    oid, kind, value = [*line.split("|", 2), "", ""][:3]
    if kind == _HEX:
        return arcs(oid), Recorded(Kind.STRING, bytes.fromhex(value))
    if kind not in set(Kind):
        raise ValueError(f"{kind!r} is no type; OID|type|value with one of {_HEX}, {', '.join(Kind)} would be right")
    return arcs(oid), Recorded(Kind(kind), _parsed(Kind(kind), value))


def _parsed(kind: Kind, text: str) -> int | bytes | Oid:
    match kind:
        case Kind.STRING:
            return re.sub(r"\\[\\nrt]", lambda found: _UNESCAPED[found[0]], text).encode()
        case Kind.OPAQUE:
            return bytes.fromhex(text)
        case Kind.IP:
            return IPv4Address(text).packed
        case Kind.OID:
            return arcs(text)
        case _:
            return int(text)


def _written(recorded: Recorded) -> str:
    kind, value = recorded
    if kind is Kind.IP and isinstance(value, bytes):
        return f"{kind}|{IPv4Address(value)}"
    if isinstance(value, bytes):
        text = _text(value) if kind is Kind.STRING else None
        return f"{kind}|{text}" if text is not None else f"{_HEX if kind is Kind.STRING else kind}|{value.hex()}"
    return f"{kind}|{dotted(value) if isinstance(value, tuple) else value}"


def _text(value: bytes) -> str | None:
    """Return printable text with its escapes, None where it is no text or would lose its edges."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return None
    if text != text.strip(" ") or not all(letter.isprintable() or letter in _ESCAPES for letter in text):
        return None
    return "".join(_ESCAPES.get(letter, letter) for letter in text)
