"""What a Polycom room system tells of itself: objects and notifications of POLYCOM-ENDPOINT-MIB."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from lab.codecs import Call, Codec
from lab.snmp.ber import Oid, Value, gauge32, integer, octets
from lab.snmp.mib import Source

PRODUCT: Oid = (1, 3, 6, 1, 4, 1, 13885, 101)
OBJECTS: Oid = (*PRODUCT, 1)
_CALLS: Oid = (*OBJECTS, 4, 1, 1)
_STATUS = {"disabled": 1, "ok": 2, "failed": 3}
_FALSE = 2
_KBIT, _MS, _PERCENT = 1000, 1000, 100
# Notifications by what changed: its end and its beginning to be bad.
_CHANGES = {"h323": (71, 70), "sip": (73, 72), "camera": (77, 76)}
_CONNECTED, _DISCONNECTED = 78, 79


def poly(codec: Codec, name: str) -> dict[Oid, Source]:
    """Return the objects as they stand."""
    scalars = {
        (1, 1, 0): octets("Release - 6.2.2 (simulated)"),
        (1, 4, 0): octets("RealPresence Group 500"),
        (1, 5, 0): octets(f"8L{zlib.crc32(name.encode()):08X}"),
        (1, 6, 0): _status("failed" if _hardware(codec) == "failed" else "ok"),
        (2, 7, 1, 0): _status("disabled" if codec.h323 == "disabled" else "ok"),
        (2, 7, 2, 0): _status(codec.h323),
        (2, 8, 1, 0): _status("disabled" if codec.sip == "disabled" else "ok"),
        (2, 8, 3, 1, 2, 1): _status(codec.sip),
        (3, 1, 0): _status(_hardware(codec)),
        (3, 5, 1, 0): _status(codec.microphone),
        (3, 6, 1, 0): _status(codec.camera),
        (3, 10, 1, 0): _status(codec.network),
        (5, 1, 0): gauge32(1 if codec.call else 0),
    }
    objects: dict[Oid, Source] = {(*OBJECTS, *arcs): value for arcs, value in scalars.items()}
    if codec.call:
        objects |= {(*_CALLS, column, 1): value for column, value in _call(codec.call)}
    return objects


def _hardware(codec: Codec) -> str:
    return "failed" if "failed" in (codec.camera, codec.microphone, codec.network) else "ok"


def _status(word: str) -> Value:
    return integer(_STATUS[word])


def _call(call: Call) -> Iterator[tuple[int, Value]]:
    """Yield a row's columns: receive before transmit, rates in kbit/s, times in ms, losses in percent."""
    lost = (round(call.lost_received_ratio * _PERCENT), round(call.lost_sent_ratio * _PERCENT))
    latency, jitter = round(call.latency_s * _MS), round(call.jitter_s * _MS)
    rate, received, sent = (round(bps / _KBIT) for bps in (call.rate_bps, call.received_bps, call.sent_bps))
    yield 1, gauge32(1)
    yield 2, octets("1")
    for first, (receive, transmit) in {
        16: lost,
        18: (latency, latency),
        20: (jitter, jitter),
        50: lost,
        54: (rate, rate),
        56: (received, sent),
    }.items():
        yield first, gauge32(receive)
        yield first + 1, gauge32(transmit)
    yield 58, octets("MCU (simulated)")
    yield 60, octets("H.323")
    yield 63, integer(_FALSE)


def notifications(old: Codec, new: Codec) -> Iterator[Oid]:
    """Yield what a codec tells of its own accord when it changes."""
    for part, (good, bad) in _CHANGES.items():
        if getattr(old, part) != getattr(new, part):
            yield (*PRODUCT, 0, bad if getattr(new, part) == "failed" else good)
    if (old.call is None) != (new.call is None):
        yield (*PRODUCT, 0, _CONNECTED if new.call else _DISCONNECTED)
