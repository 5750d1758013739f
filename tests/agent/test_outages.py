"""What is found in the sample province, case by case."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.model import Cause, Kind, LinkRole
from agent.outages import Explanation, Finding, Line, Silence, explain
from tests.agent.sights import (
    ACCESS,
    ASKED_S,
    BACKUP,
    CODEC,
    DOWN,
    LONG_AGO_S,
    ROUTER,
    SILENT_S,
    STOOD_DOWN,
    UP,
    UP_BEFORE,
    WAN,
    below,
    but,
    codecs,
    found,
    lines,
    province,
    seen,
)

# One cause.


@pytest.mark.parametrize("line", lines(LinkRole.PRIMARY))
def test_a_district_s_line_cut_with_the_backups_down(line: str) -> None:
    backups = lines(LinkRole.BACKUP)
    gone, router = {*backups, line}, f"r-{line.removeprefix('wan-')}"
    down = dict.fromkeys(backups, Line(up=False, at_s=LONG_AGO_S))
    explanation = found(gone, lines=down, standing=dict.fromkeys(backups, STOOD_DOWN))
    assert explanation.causes.keys() - set(backups) == {line}
    assert explanation.causes[line] == Finding(Kind.LINK, Cause.BEYOND_SILENT, (router,))
    assert codecs(explanation.cut_off) == below(line.removeprefix("wan-"))
    assert set(explanation.cut_off.values()) == {line}
    assert router in explanation.cut_off
    assert not explanation.held
    said = found(gone, lines=down | {line: DOWN}, standing=dict.fromkeys(backups, STOOD_DOWN))
    assert said.causes[line].cause is Cause.INTERFACE_DOWN
    assert said.cut_off == explanation.cut_off


def test_the_primary_is_down_and_the_backup_carries() -> None:
    explanation = found({WAN}, lines={WAN: DOWN, BACKUP: UP})
    assert explanation == Explanation({WAN: Finding(Kind.LINK, Cause.INTERFACE_DOWN)})


def test_nothing_is_wrong() -> None:
    assert found(()) == Explanation()


def test_a_router_off_takes_both_its_lines_down() -> None:
    explanation = found({ROUTER}, lines={WAN: DOWN, BACKUP: DOWN})
    assert explanation.causes == {ROUTER: Finding(Kind.DEVICE, Cause.SILENT)}
    assert codecs(explanation.cut_off) == below("thanh-son")
    assert ACCESS in explanation.cut_off


def test_the_core_off() -> None:
    explanation = found({"r-core"})
    assert explanation.causes.keys() == {"r-core"}
    assert len(codecs(explanation.cut_off)) == 243
    assert set(explanation.cut_off.values()) == {"r-core"}


def test_a_codec_alone_names_its_line_as_a_suspect() -> None:
    assert found({CODEC}).causes == {CODEC: Finding(Kind.ENDPOINT, Cause.SILENT, (ACCESS,))}
    assert found({CODEC}, lines={ACCESS: UP_BEFORE}).causes[CODEC].suspects == (ACCESS,)


def test_a_codec_whose_line_is_up() -> None:
    assert found({CODEC}, lines={ACCESS: UP}) == Explanation({CODEC: Finding(Kind.ENDPOINT, Cause.SILENT)})


def test_a_codec_whose_line_is_down() -> None:
    explanation = found({ACCESS}, lines={ACCESS: DOWN})
    assert explanation.causes == {ACCESS: Finding(Kind.LINK, Cause.INTERFACE_DOWN)}
    assert explanation.cut_off == {CODEC: ACCESS}


# Several causes.


def test_two_lines_and_a_codec_are_three() -> None:
    gone = {WAN, BACKUP, "wan-ha-hoa", "bak-ha-hoa", "vc-tan-son"}
    down = {one: DOWN for one in gone if not one.startswith("vc")}
    explanation = found(gone, lines=down, standing={BACKUP: STOOD_DOWN, "bak-ha-hoa": STOOD_DOWN})
    assert explanation.causes.keys() == gone
    assert codecs(explanation.cut_off) == below("thanh-son") | below("ha-hoa")
    assert set(explanation.cut_off.values()) == {WAN, "wan-ha-hoa"}


def test_what_took_the_last_way_is_what_cut_off() -> None:
    later, earlier = (Cause.INTERFACE_DOWN, SILENT_S), STOOD_DOWN
    down = {WAN: DOWN, BACKUP: DOWN}
    for standing, owner in (({WAN: later, BACKUP: earlier}, WAN), ({WAN: earlier, BACKUP: later}, BACKUP)):
        explanation = found({WAN, BACKUP}, lines=down, standing=standing)
        assert explanation.causes.keys() == {WAN, BACKUP}
        assert set(explanation.cut_off.values()) == {owner}


def test_who_was_cut_off_already_stays_with_the_first_cause() -> None:
    standing = {BACKUP: STOOD_DOWN, WAN: (Cause.BEYOND_SILENT, SILENT_S)}
    down = {BACKUP: Line(up=False, at_s=LONG_AGO_S), ACCESS: DOWN}
    explanation = found({WAN, BACKUP, ACCESS}, lines=down, standing=standing)
    assert explanation.causes.keys() == {WAN, BACKUP, ACCESS}
    assert explanation.cut_off[CODEC] == WAN


def test_a_silent_router_that_passes_packets_on_cuts_nothing_off() -> None:
    silent = but(seen({WAN}), ROUTER, Silence(SILENT_S, ASKED_S))
    explanation = explain(province()[1], silent)
    assert explanation == Explanation({ROUTER: Finding(Kind.DEVICE, Cause.SILENT)})
    beside = explain(province()[1], replace(silent, lines={WAN: DOWN}))
    assert beside.causes.keys() == {ROUTER, WAN}


def test_it_takes_an_answer_to_a_question_sent_since_to_prove_a_router() -> None:
    sight = but(seen({ROUTER}), CODEC, answered_s=SILENT_S + 0.1)
    explanation = explain(province()[1], sight)
    assert not explanation.causes
    assert ROUTER in explanation.held


# What is planned.


@pytest.mark.parametrize(("planned", "broken"), [(WAN, BACKUP), (BACKUP, WAN)])
def test_a_planned_line_and_a_broken_one_are_the_broken_one(planned: str, broken: str) -> None:
    explanation = found({WAN, BACKUP}, planned={planned})
    assert explanation.causes.keys() - {planned} == {broken}
    assert set(explanation.cut_off.values()) == {broken}


def test_a_planned_router_is_the_cause() -> None:
    explanation = found({ROUTER}, planned={ROUTER}, lines={WAN: DOWN, BACKUP: DOWN})
    assert explanation.causes.keys() == {ROUTER}


def test_what_is_planned_elsewhere_is_no_cause() -> None:
    assert found({ROUTER}, planned={ACCESS, "wan-tan-son"}).causes.keys() == {ROUTER}
