import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from agent.times import duration, exact, moment

LOCAL = st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1))  # noqa: DTZ001 - local times have no zone
BERLIN, NEW_YORK, HANOI = map(ZoneInfo, ("Europe/Berlin", "America/New_York", "Asia/Ho_Chi_Minh"))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30m", 1800), ("2h", 7200), ("1.5h", 5400), ("1d", 86400), ("2 h", 7200)]
)
def test_durations_read_as_in_the_configuration(text, seconds):
    assert duration(text).total_seconds() == seconds


@pytest.mark.parametrize(
    "text", ["", "2", "h", "-2h", "2w", "2 hours", "1e3s", "٢h", "nan", "0s", "10ms", "99999d", "9" * 400 + "s", "2h\n"]
)
def test_what_is_no_duration_is_told_what_would_be_one(text):
    with pytest.raises(ValueError, match=r"; write .*(2h|1s)"):
        duration(text)


def test_a_long_text_is_refused_at_once_and_not_repeated():
    for text in ("1" * 60000 + " x y", "1" * 60000, "2h" * 30000 + " ", "2026-11-28T22:00:00." + "1" * 60000):
        for read in (duration, lambda text: moment(text, HANOI, at("2026-11-28T20:00+07:00"))):
            try:
                read(text)
            except ValueError as error:
                assert len(str(error)) < 200  # noqa: PT017 - one of the texts is a time


@pytest.mark.parametrize(
    ("text", "zone", "utc"),
    [
        ("2026-11-28T22:00", HANOI, "2026-11-28T15:00Z"),
        ("2026-11-28 22:00:30", BERLIN, "2026-11-28T21:00:30Z"),
        ("2026-07-28T22:00", BERLIN, "2026-07-28T20:00Z"),
        ("2026-11-28T22:00+07:00", NEW_YORK, "2026-11-28T15:00Z"),
        ("2026-11-28t22:00:00.5z", NEW_YORK, "2026-11-28T22:00:00.500Z"),
        ("2027-03-28T02:30+01:00", BERLIN, "2027-03-28T01:30Z"),
    ],
)
def test_moments_are_local_but_for_those_that_carry_an_offset(text, zone, utc):
    assert moment(text, zone, datetime.now(UTC)) == at(utc)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "tomorrow",
            "24:00",
            "22:60",
            "22",
            "2026-11-28",
            "20261128T2200",
            "2026-02-30T22:00",
            "2026-W48-6T22:00",
        ),
        *("2026-11-28x22:00", "2026-11-28T22:00+99:00", "0001-01-01T00:00", "9999-12-31T23:59-12:00", "22:00\n"),
        "\u0662\u0662:\u0660\u0660",
    ],
)
def test_what_is_no_moment_is_told_what_would_be_one(text):
    with pytest.raises(ValueError, match=r"is not a time; write 22:00, 2026-11-28T22:00 or"):
        moment(text, HANOI, at("2026-11-28T20:00+07:00"))


@pytest.mark.parametrize(
    ("clock", "after", "next_"),
    [
        ("22:00", "2026-11-28T21:59+07:00", "2026-11-28T22:00+07:00"),
        ("22:00", "2026-11-28T22:00+07:00", "2026-11-29T22:00+07:00"),
        ("9:05", "2026-11-28T22:00+07:00", "2026-11-29T09:05+07:00"),
        ("00:00", "2026-12-31T16:59Z", "2027-01-01T00:00+07:00"),
    ],
)
def test_a_clocks_time_is_the_next_such(clock, after, next_):
    assert moment(clock, HANOI, at(after)) == at(next_)


@pytest.mark.parametrize(
    ("zone", "skipped", "before", "after"),
    [
        (BERLIN, "2027-03-28T02:30", "+01:00", "+02:00"),
        (NEW_YORK, "2027-03-14T02:30", "-05:00", "-04:00"),
    ],
)
def test_a_time_that_clocks_skip_is_refused_with_both_offsets(zone, skipped, before, after):
    with pytest.raises(ValueError, match="never comes in") as refused:
        moment(skipped, zone, at("2027-01-01T00:00Z"))
    for offset in (before, after):
        assert f"{skipped}:00{offset}" in str(refused.value)
        assert moment(f"{skipped}{offset}", zone, at("2027-01-01T00:00Z")) == at(f"{skipped}{offset}")


@pytest.mark.parametrize(
    ("zone", "twice", "first", "second"),
    [
        (BERLIN, "2027-10-31T02:30", "+02:00", "+01:00"),
        (NEW_YORK, "2027-11-07T01:30", "-04:00", "-05:00"),
    ],
)
def test_a_time_that_comes_twice_is_refused_with_both_in_their_order(zone, twice, first, second):
    with pytest.raises(ValueError, match="comes twice in") as refused:
        moment(twice, zone, at("2027-01-01T00:00Z"))
    assert f"write {twice}:00{first} for the first, or {twice}:00{second} for the second" in str(refused.value)


def test_a_clocks_time_on_the_nights_that_clocks_change():
    with pytest.raises(ValueError, match="comes twice"):
        moment("02:30", BERLIN, at("2027-10-30T23:00+02:00"))
    between = at("2027-10-31T02:40+02:00")  # the first 02:30 has passed: no doubt is left
    assert moment("02:30", BERLIN, between) == at("2027-10-31T02:30+01:00")
    assert moment("02:30", BERLIN, at("2027-10-31T02:40+01:00")) == at("2027-11-01T02:30+01:00")
    with pytest.raises(ValueError, match="never comes"):
        moment("02:30", BERLIN, at("2027-03-27T23:00+01:00"))
    assert moment("02:30", BERLIN, at("2027-03-28T04:00+02:00")) == at("2027-03-29T02:30+02:00")
    assert moment("03:00", BERLIN, at("2027-03-28T01:59+01:00")) == at("2027-03-28T03:00+02:00")


@given(LOCAL)
def test_viet_nam_has_no_such_nights(local):
    assert exact(local, HANOI) == local.replace(tzinfo=UTC) - timedelta(hours=7)


@given(st.sampled_from([BERLIN, NEW_YORK]), LOCAL)
def test_each_local_time_taken_reads_back_and_each_refused_is_none_or_two(zone, local):
    nearby = [local.replace(tzinfo=UTC) + timedelta(hours=hours) for hours in range(-12, 13)]
    there = [moment for moment in nearby if moment.astimezone(zone).replace(tzinfo=None) == local]
    try:
        assert [exact(local, zone)] == there
    except ValueError:
        assert len(there) != 1


@given(st.text(max_size=60) | st.from_regex(r"[0-9TZ:+. -]{1,30}"))
def test_any_text_is_a_time_or_a_sentence(text):
    for read in (duration, lambda text: moment(text, BERLIN, at("2026-11-28T20:00+07:00"))):
        try:
            read(text)
        except ValueError as error:
            assert "; write " in str(error)  # noqa: PT017 - most texts are none, some are


@pytest.mark.parametrize(("zone", "offset"), [("Europe/Berlin", "+02:00"), ("EST5EDT,M3.2.0,M11.1.0", "-04:00")])
def test_this_machines_zone_is_as_good_as_a_named_one(zone, offset):
    program = (
        "from agent.times import moment; from datetime import UTC, datetime\n"
        "print(moment('2027-07-01T12:00', None, datetime.now(UTC)).isoformat())\n"
        "for text in ('2027-03-28T02:30', '2027-03-14T02:30', '2027-10-31T02:30', '2027-11-07T01:30'):\n"
        "    try: moment(text, None, datetime.now(UTC))\n"
        "    except ValueError as error: print(error)\n"
    )
    environ = os.environ | {"TZ": zone}
    done = subprocess.run([sys.executable, "-c", program], env=environ, check=True, capture_output=True, text=True)
    noon, skipped, twice = done.stdout.splitlines()
    assert at(noon) == at(f"2027-07-01T12:00{offset}")
    assert "never comes, as clocks go forward" in skipped
    assert f"{offset} for the first" in twice
