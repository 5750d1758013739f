"""Recordings survive being written and read, and what is none is refused in a sentence."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from collectors.recording import Kind, Recorded, Recording, RecordingError, format_recording, parse, read, write
from lab.snmp.replay import Replay

NUMBERS = st.integers(0, 2**32 - 1)
OIDS = st.lists(NUMBERS, min_size=1, max_size=12).map(lambda arcs: (1, 3, *arcs))
VALUES = st.one_of(
    st.builds(Recorded, st.just(Kind.INTEGER), st.integers(-(2**31), 2**31 - 1)),
    st.builds(Recorded, st.just(Kind.STRING), st.one_of(st.binary(max_size=40), st.text(max_size=40).map(str.encode))),
    st.builds(Recorded, st.just(Kind.OID), OIDS),
    st.builds(Recorded, st.just(Kind.IP), st.binary(min_size=4, max_size=4)),
    st.builds(Recorded, st.sampled_from([Kind.COUNTER32, Kind.GAUGE32, Kind.TIMETICKS]), NUMBERS),
    st.builds(Recorded, st.just(Kind.COUNTER64), st.integers(0, 2**64 - 1)),
    st.builds(Recorded, st.just(Kind.OPAQUE), st.binary(max_size=20)),
)


@given(st.dictionaries(OIDS, VALUES, max_size=10))
def test_what_is_written_is_what_is_read(objects):
    text = format_recording(Recording(objects, ("a device",)))
    assert parse(text) == Recording(objects, ("a device",))
    lines = [tuple(map(int, line.partition("|")[0].split("."))) for line in text.splitlines()[1:] if "|" in line]
    assert lines == sorted(objects)
    replayed = Replay(Recording(objects)).agent.mib
    for oid in objects:
        assert replayed.get(oid)


@given(st.one_of(st.text(), st.text("0123456789.|integrstphxcouklaq-\n#", max_size=80)))
def test_any_text_is_a_recording_or_refused_with_its_line(text):
    try:
        parse(text, "file")
    except RecordingError as error:
        assert str(error).startswith("file:")  # noqa: PT017  most texts are refused, and either end is right


def test_a_recording_that_cannot_be_written_leaves_the_old_one(tmp_path):
    target = tmp_path / "device.snmp"
    write(target, Recording({(1, 3, 6): Recorded(Kind.INTEGER, 1)}))
    with pytest.raises(TypeError):
        write(target, Recording({(1, 3, 6): None}))  # type: ignore[dict-item]  # a fault in the middle of writing
    assert read(target).objects == {(1, 3, 6): Recorded(Kind.INTEGER, 1)}
    assert [path.name for path in tmp_path.iterdir()] == ["device.snmp"]
