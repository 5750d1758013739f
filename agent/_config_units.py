"""Texts to values: durations, rates, ratios, DSCP names, addresses, times, ids, names.

Each parser takes a scalar's text and raises ValueError saying what would be right; `{value}` in that message stands
for the text as written, which only the document may quote.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address, ip_address
from math import isfinite
from unicodedata import category, normalize

from agent import times
from agent._config_faults import listing, suggest
from agent.times import DURATIONS

RATES = {"bit/s": 1.0, "kbit/s": 1e3, "Mbit/s": 1e6, "Gbit/s": 1e9}
ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
DSCP = {
    **{f"CS{n}": 8 * n for n in range(8)},
    **{f"AF{n}{drop}": 8 * n + 2 * drop for n in range(1, 5) for drop in range(1, 4)},
    "BE": 0,
    "DF": 0,
    "LE": 1,
    "VOICE-ADMIT": 44,
    "EF": 46,
}  # RFC 2474, 2597, 3246, 5865, 8622
_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?", re.ASCII)
_YEARS = range(1970, 9999)


class Expanded(str):
    """A scalar that came, wholly or in part, from `${…}`."""

    __slots__ = ()


def text(value: object) -> str:
    """Return a scalar's text."""
    if isinstance(value, str):
        return value
    if value is None:
        raise ValueError("is empty; write a value, or leave the line out")
    raise ValueError(f"must be one value, not a {'mapping' if isinstance(value, dict) else 'list'}")


def _amount(value: object, units: dict[str, float], complaint: str) -> float:
    amount = times.amount(text(value), units)
    if amount is None or not isfinite(amount):
        raise ValueError(complaint)
    return amount


def duration(least: str, most: str) -> Callable[[object], float]:
    """Return a parser of durations (to seconds) from `least` to `most`, as in `250ms`, `1s`, `5m`, `2h`, `1d`."""
    complaint = "{value} is not a duration; write 250ms, 1s, 5m or 2h"
    low, high = (_amount(bound, DURATIONS, complaint) for bound in (least, most))

    def parse(value: object) -> float:
        seconds = _amount(value, DURATIONS, complaint)
        if not low <= seconds <= high:
            raise ValueError(f"{{value}} is out of range; write {least} to {most}")
        return seconds

    return parse


def rate(value: object) -> float:
    """Return bits per second, from `100Mbit/s` and the like."""
    bps = _amount(value, RATES, "{value} is not a rate; write 512kbit/s, 2Mbit/s, 100Mbit/s or 1Gbit/s")
    if not 1 <= bps <= 1e15:  # noqa: PLR2004  # no line carries a petabit
        raise ValueError("{value} is out of range; write 1bit/s to 1000000Gbit/s")
    return bps


def format_rate(bps: float) -> str:
    """Write a rate in the largest unit that reads back as exactly the same figure."""
    for unit, factor in reversed(RATES.items()):
        figure = f"{bps / factor:.15g}"
        if bps >= factor and "e" not in figure and rate(shown := f"{figure}{unit}") == bps:
            return shown
    return f"{bps:.52f}".rstrip("0").rstrip(".") + "bit/s"  # all the digits a double from 1 on can have


def ratio(value: object) -> float:
    """Return 0…1, from `1%` or `0.01`."""
    written = text(value)
    percent = written.endswith("%")
    figure = written[:-1].rstrip() if percent else written
    if not _NUMBER.fullmatch(figure):
        raise ValueError("{value} is not a ratio; write 1% or 0.01")
    result = float(figure) / 100 if percent else float(figure)
    if not 0 <= result <= 1:
        raise ValueError("{value} is out of range; write 0% to 100%, or 0 to 1")
    return result


def whole(low: int, high: int) -> Callable[[object], int]:
    """Return a parser of whole numbers from `low` to `high`."""

    def parse(value: object) -> int:
        written = text(value)
        if not re.fullmatch("-?[0-9]{1,18}", written) or not low <= int(written) <= high:
            raise ValueError(f"{{value}} is not a whole number from {low} to {high}")
        return int(written)

    return parse


def number(low: float, high: float) -> Callable[[object], float]:
    """Return a parser of decimal numbers from `low` to `high`."""

    def parse(value: object) -> float:
        written = text(value)
        if not _NUMBER.fullmatch(written) or not low <= float(written) <= high:
            raise ValueError(f"{{value}} is not a number from {low:g} to {high:g}")
        return float(written)

    return parse


def dscp(value: object) -> int:
    """Return the six-bit code point of a name or number."""
    written = text(value)
    if re.fullmatch("[0-9]{1,2}", written) and int(written) < 64:  # noqa: PLR2004  # six bits
        return int(written)
    try:
        return DSCP[written.upper()]
    except KeyError:
        raise ValueError("{value} is not a DSCP; write AF41, EF, CS5, BE or a number from 0 to 63") from None


def choice(options: Collection[str], kind: str) -> Callable[[object], str]:
    """Return a parser that takes one of `options` and nothing else."""

    def parse(value: object) -> str:
        written = text(value)
        if written in options:
            return written
        if isinstance(value, Expanded):  # a suggestion would tell what is in the variable
            raise ValueError(f"{{value}} is none of the {kind}: {listing(options)}")  # noqa: TRY004  # the value is wrong
        raise ValueError(f"{{value}} is none of the {kind}; {suggest(written, options, kind)}")

    return parse


def address(value: object) -> str:
    """Return an IPv4 or IPv6 address in its usual form."""
    written = text(value)
    try:
        parsed: IPv4Address | IPv6Address = ip_address(written)
    except ValueError:
        raise ValueError("{value} is not an IP address; write the address itself, as in 10.25.238.10") from None
    if parsed.is_unspecified or parsed.is_multicast or written == "255.255.255.255":
        raise ValueError("{value} is no single host's address; write the device's own, as in 10.25.238.10")
    return str(parsed)


def identifier(value: object) -> str:
    """Return an id: it goes into URLs, MQTT topics and metric labels, so it is plain."""
    written = text(value)
    if isinstance(value, Expanded):
        raise ValueError("an id can't come from `${…}`; write it out")  # noqa: TRY004  # as above
    if not ID.fullmatch(written):
        hint = f", as in `{made}`" if (made := slug(written)) else ""
        raise ValueError(f"{{value}} is not an id; write small letters a-z, digits, `.`, `_` or `-`, at most 64{hint}")
    return written


def slug(name: str) -> str:
    """Make an id of a Vietnamese name: `Thanh Sơn` gives `thanh-son`."""
    bare = "".join(char for char in normalize("NFD", name.casefold()) if category(char) != "Mn")
    return re.sub("[^a-z0-9]+", "-", bare.replace("đ", "d")).strip("-")[:64]


def name(value: object) -> str:
    """Return a text for people: no control characters, no blanks at its ends, composed accents (NFC)."""
    written = normalize("NFC", text(value).strip())
    if not written:
        raise ValueError("is empty; write a name for people")
    if len(written) > 200 or any(category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in written):  # noqa: PLR2004  # the sentence says it
        raise ValueError("{value} is not a name; write one line of at most 200 characters, without control characters")
    return written


def moment(value: object) -> datetime:
    """Return an ISO 8601 time, naive where no offset is written."""
    try:
        parsed = datetime.fromisoformat(text(value))
    except ValueError:
        parsed = datetime.min  # noqa: DTZ901  # out of range below, as any other wrong time
    if parsed.year not in _YEARS:
        raise ValueError("{value} is not a time; write 2026-11-25T08:00, or 2026-11-25T08:00+07:00")
    return parsed
