"""Periods as people give them: dates, which are whole days of the agent's time zone, or moments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from agent.times import exact

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` up to, not including, `end`; both UTC."""

    start: datetime
    end: datetime


def read_period(start: str, end: str, zone: tzinfo, now: datetime, length: timedelta = DAY) -> Period:
    """Read a period from two texts; a date stands for its whole day in `zone`, as `end` included.

    Without an end it is `now`, which no period exceeds; without a start the period has `length`.
    Raises ValueError with a sentence that says what would be right.
    """
    now = now.astimezone(UTC)
    try:
        stop = min(_moment(end, zone, DAY), now) if end else now
        begin = _moment(start, zone, timedelta()) if start else stop - length
    except OverflowError:
        raise ValueError("there is no such year; write a date like 2026-11-25") from None
    if begin >= now:
        raise ValueError(f"{start} has not begun yet")
    if begin >= stop:
        raise ValueError(f"{end} is before {start}; the start comes first")
    return Period(begin, stop)


def last_month(zone: tzinfo, now: datetime) -> Period:
    """Return the last whole month in `zone`."""
    this = now.astimezone(zone).date().replace(day=1)
    return Period(_midnight((this - DAY).replace(day=1), zone), _midnight(this, zone))


def _moment(text: str, zone: tzinfo, of_a_day: timedelta) -> datetime:
    """Read a moment; of a date, its midnight, `of_a_day` later."""
    try:
        return _midnight(date.fromisoformat(text) + of_a_day, zone)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        right = "a date like 2026-11-25, or a time like 2026-11-25T08:00 or 2026-11-25T01:00:00Z"
        raise ValueError(f"{text!r} is no date or time; write {right}") from None
    return exact(moment, zone)


def _midnight(day: date, zone: tzinfo) -> datetime:
    """Return when a day begins in `zone`, as UTC; days have 23 or 25 hours where clocks change."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)
