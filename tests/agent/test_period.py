"""Periods by date and by time, in zones whose days are not all as long."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from agent.period import Period, last_month, read_period

HANOI, BERLIN = ZoneInfo("Asia/Ho_Chi_Minh"), ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_dates_are_whole_days_of_the_zone_the_last_one_included() -> None:
    assert read_period("2026-11-01", "2026-11-02", HANOI, NOW) == Period(
        utc("2026-10-31T17:00"), utc("2026-11-02T17:00")
    )


@pytest.mark.parametrize(("day", "hours"), [("2026-10-25", 25), ("2026-03-29", 23), ("2026-06-01", 24)])
def test_a_day_has_the_hours_its_clocks_show(day: str, hours: int) -> None:
    period = read_period(day, day, BERLIN, NOW)
    assert period.end - period.start == timedelta(hours=hours)


def test_times_are_local_unless_they_say_their_offset() -> None:
    period = read_period("2026-11-24T08:00", "2026-11-24T04:00Z", HANOI, NOW)
    assert period == Period(utc("2026-11-24T01:00"), utc("2026-11-24T04:00"))
    assert read_period("2026-11-24T08:00:30+01:00", "", HANOI, NOW).start == utc("2026-11-24T07:00:30")


def test_what_is_left_out_is_now_and_a_day_before_it() -> None:
    assert read_period("", "", HANOI, NOW) == Period(NOW - timedelta(days=1), NOW)
    assert read_period("2026-11-25", "", HANOI, NOW) == Period(utc("2026-11-24T17:00"), NOW)
    assert read_period("", "2026-11-24", HANOI, NOW).start == utc("2026-11-23T17:00")


def test_no_period_goes_beyond_now() -> None:
    assert read_period("2026-11-01", "2026-11-30", HANOI, NOW).end == NOW


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("yesterday", "", "'yesterday' is no date or time; write a date like 2026-11-25"),
        ("2026-02-30", "", "'2026-02-30' is no date or time"),
        ("2026-11-02", "2026-11-01", "2026-11-01 is before 2026-11-02"),
        ("2026-11-26", "", "2026-11-26 has not begun yet"),
        ("2026-11-26", "2026-11-27", "2026-11-26 has not begun yet"),
        ("0001-01-01", "0001-01-01", "there is no such year"),
        ("2026-11-01", "9999-12-31", "there is no such year"),
        ("2026-11-01T08:00", "2026-11-01T08:00", "the start comes first"),
    ],
)
def test_what_is_no_period_is_refused_with_what_would_be(start: str, end: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        read_period(start, end, HANOI, NOW)


@pytest.mark.parametrize(
    ("now", "first", "last"),
    [
        ("2026-11-25T03:00", "2026-09-30T17:00", "2026-10-31T17:00"),
        ("2026-01-01T00:00", "2025-11-30T17:00", "2025-12-31T17:00"),
        ("2026-02-28T18:00", "2026-01-31T17:00", "2026-02-28T17:00"),  # March has begun in Hanoi
    ],
)
def test_the_last_month_is_the_zones(now: str, first: str, last: str) -> None:
    assert last_month(HANOI, utc(now)) == Period(utc(first), utc(last))


def test_a_month_in_which_clocks_go_back_is_an_hour_longer() -> None:
    october = last_month(BERLIN, NOW)
    assert october.end - october.start == timedelta(days=31, hours=1)
