"""Durations and moments as people write them, to exact values. Text in, values out.

A zone is a tzinfo, or None for this machine's own. A local time that clocks skip or show twice (daylight saving) is
refused with the two ways to say what is meant: whoever plans a night's work must not be an hour wrong by a guess.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo

DURATIONS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
LONGEST_S = 3660 * DURATIONS["d"]
YEARS = range(1970, 9000)  # of moments that are taken: no offset or duration leads out of what datetime holds
_AMOUNT = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([A-Za-z]\S*)", re.ASCII)
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?([Zz]|[+-][0-9]{2}:[0-9]{2})?", re.ASCII
)
_SHOWN = 40  # characters of what is wrong that its sentence repeats


def amount(text: str, units: Mapping[str, float]) -> float | None:
    """Return the figure a text holds, in the base unit: of `2h`, 7200. None where it is not one with a unit known."""
    match = _AMOUNT.fullmatch(text)
    if not match or match[2] not in units:
        return None
    figure = float(match[1])
    # a division is exact where a product with 0.001 is not: 300ms must be 0.3
    return figure / 1000 if match[2] == "ms" else figure * units[match[2]]


def duration(text: str) -> timedelta:
    """Read `90s`, `30m`, `2h`, `1d`. Raises ValueError with what would be right."""
    seconds = amount(text, DURATIONS)
    if seconds is None:
        raise ValueError(f"{quoted(text)} is not a duration; write 90s, 30m, 2h or 1d")
    if not 1 <= seconds <= LONGEST_S:
        raise ValueError(f"{quoted(text)} is out of range; write a duration from 1s to {LONGEST_S / 86400:.0f}d")
    return timedelta(seconds=seconds)


def moment(text: str, zone: tzinfo | None, after: datetime) -> datetime:
    """Read a moment, to UTC: `2026-11-28T22:00` in `zone`, the same with an offset (RFC 3339), or a clock's `22:00`.

    A clock's time is the next such one later than `after`. Raises ValueError with what would be right.
    """
    if clock := _CLOCK.fullmatch(text):
        return _next(time(int(clock[1]), int(clock[2])), zone, after)
    try:
        parsed = datetime.fromisoformat(text.upper()) if _MOMENT.fullmatch(text) else None
    except ValueError:  # the 30th of February
        parsed = None
    if parsed is None or parsed.year not in YEARS:
        raise ValueError(f"{quoted(text)} is not a time; write 22:00, 2026-11-28T22:00 or 2026-11-28T22:00+07:00")
    return exact(parsed, zone)


def exact(written: datetime, zone: tzinfo | None) -> datetime:
    """Return a time in UTC; without an offset of its own it is local in `zone`.

    Raises ValueError where clocks there skip it or show it twice.
    """
    if written.tzinfo is not None:
        return written.astimezone(UTC)
    first, second = _readings(written, zone)
    if first == second:
        return first
    where = f" in {zone}" if zone is not None else ""
    one, other = _with_offset(written, first), _with_offset(written, second)
    if first < second:
        raise ValueError(
            f"{written.isoformat(' ')} comes twice{where}, as clocks go back; "
            f"write {one} for the first, or {other} for the second"
        )
    raise ValueError(
        f"{written.isoformat(' ')} never comes{where}, as clocks go forward over it; "
        f"write {one} to count on from the old time, or {other} to count back from the new"
    )


def _readings(local: datetime, zone: tzinfo | None) -> tuple[datetime, datetime]:
    """Return both moments a local time may be, in UTC: the same but where clocks go back, or (the later first) forward.

    As PEP 495 has it: `fold` 0 and 1. (In this machine's own zone, astimezone() takes them the wrong way round.)
    """
    first, second = (local.replace(tzinfo=zone, fold=fold).timestamp() for fold in (0, 1))
    return datetime.fromtimestamp(first, UTC), datetime.fromtimestamp(second, UTC)


def _next(clock: time, zone: tzinfo | None, after: datetime) -> datetime:
    local = datetime.combine(after.astimezone(zone).date(), clock)
    first, second = _readings(local, zone)
    if first <= after < second:  # of the two, only this one is still to come
        return second
    if max(first, second) <= after:
        local += timedelta(days=1)
    return exact(local, zone)


def _with_offset(local: datetime, at: datetime) -> str:
    return local.replace(tzinfo=timezone(local - at.replace(tzinfo=None))).isoformat()


def quoted(text: str) -> str:
    """Return a text as a sentence may repeat it: short, on one line, printable."""
    return repr(text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…")
