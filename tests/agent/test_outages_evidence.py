"""What lines say is heeded, and the verdict waits where the next answers may change it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.inventory import Inventory
from agent.model import Cause
from agent.outages import CONVERGENCE_S, Explanation, Line, Sight, Silence, explain
from agent.topology import Topology
from tests.agent.random_provinces import device, endpoint, inventory_of, link, place
from tests.agent.sights import (
    ACCESS,
    ASKED_S,
    BACKUP,
    CODEC,
    DOWN,
    LONG_AGO_S,
    READ_S,
    ROUTER,
    SILENT_S,
    STOOD_DOWN,
    UP,
    WAN,
    but,
    found,
    province,
    seen,
)

BACKUP_DOWN = {"lines": {BACKUP: Line(up=False, at_s=LONG_AGO_S)}, "standing": {BACKUP: STOOD_DOWN}}


def small(*more) -> tuple[Inventory, Topology]:
    """A router at the centre, and a line to a site without one, where two codecs stand."""
    fixed = (
        place("p"),
        place("c", "p"),
        device("r", "p"),
        endpoint("vc", "p"),
        endpoint("one", "c"),
        endpoint("two", "c"),
    )
    inventory = inventory_of(*fixed, link("acc", "p", "c", "r"), *more)
    return inventory, Topology(inventory)


def judged(sight: Sight, world: tuple[Inventory, Topology] | None = None) -> Explanation:
    return explain((world or province())[1], sight)


# What lines say.


def test_a_line_that_is_up_makes_it_the_router() -> None:
    lines = BACKUP_DOWN["lines"] | {WAN: UP}
    assert found({ROUTER, BACKUP}, lines=lines, standing=BACKUP_DOWN["standing"]).causes.keys() == {ROUTER, BACKUP}


def test_a_line_that_was_up_before_says_nothing() -> None:
    lines = BACKUP_DOWN["lines"] | {WAN: Line(up=True, at_s=SILENT_S - 1)}
    assert found({WAN, BACKUP}, lines=lines, standing=BACKUP_DOWN["standing"]).causes.keys() == {WAN, BACKUP}


@pytest.mark.parametrize("again", [None, Line(up=True, at_s=ASKED_S + 0.5)], ids=["not read", "read just now"])
def test_a_router_that_stands_as_the_cause_stays_it(again: Line | None) -> None:
    """Nobody has been asked since the line was read again, or it could not be read."""
    lines = BACKUP_DOWN["lines"] | ({WAN: again} if again else {})
    standing = BACKUP_DOWN["standing"] | {ROUTER: (Cause.SILENT, SILENT_S)}
    assert found({ROUTER, BACKUP}, lines=lines, standing=standing).causes.keys() == {ROUTER, BACKUP}


@pytest.mark.parametrize(("since_s", "cause"), [(2.0, WAN), (CONVERGENCE_S + 1.0, ROUTER)])
def test_routers_have_time_to_use_a_line_that_is_back(since_s: float, cause: str) -> None:
    """However often it is read meanwhile."""
    back = Line(up=True, at_s=ASKED_S - 0.1, since_s=ASKED_S - since_s)
    standing = BACKUP_DOWN["standing"] | {WAN: (Cause.INTERFACE_DOWN, SILENT_S)}
    explanation = found({WAN, BACKUP}, lines=BACKUP_DOWN["lines"] | {WAN: back}, standing=standing)
    assert explanation.causes.keys() == {cause, BACKUP}


def test_a_line_that_stood_down_stays_so_when_its_router_goes_off() -> None:
    assert found({ROUTER}, lines={BACKUP: DOWN, WAN: UP}, standing={BACKUP: STOOD_DOWN}).causes.keys() == {
        ROUTER,
        BACKUP,
    }


def test_answers_from_beyond_make_a_line_not_down() -> None:
    assert found((), lines={ACCESS: DOWN}) == Explanation()


def test_until_somebody_beyond_was_asked_since_a_line_waits() -> None:
    explanation = judged(replace(but(seen(()), CODEC, answered_s=READ_S - 1), lines={ACCESS: DOWN}))
    assert explanation == Explanation(held=frozenset({ACCESS}))


@pytest.mark.parametrize("lines", [{}, {"acc": UP}, {"acc": DOWN}], ids=["nothing", "up", "down"])
def test_two_codecs_behind_one_line_are_the_line(lines: dict[str, Line]) -> None:
    world = small()
    explanation = judged(seen({"acc"}, world, lines=lines), world)
    assert explanation.causes.keys() == {"acc"}
    assert explanation.cut_off == {"one": "acc", "two": "acc"}


def test_one_codec_behind_two_lines_that_are_down() -> None:
    """They are outages anyway; the codec need not be one."""
    world = small(place("d", "p"), endpoint("three", "d"), link("l", "p", "d", "r"), link("m", "p", "d", "r"))
    explanation = judged(seen({"l", "m"}, world, lines={"l": DOWN, "m": DOWN}), world)
    assert explanation.causes.keys() == {"l", "m"}
    assert explanation.cut_off.keys() == {"three"}


# What holds a verdict back.


def test_a_router_in_doubt_holds_what_is_behind_it() -> None:
    sight = but(seen({ROUTER}), ROUTER)
    explanation = judged(sight)
    assert not explanation.causes
    assert explanation.held == sight.silent.keys()


def test_a_sibling_in_doubt_holds() -> None:
    world = small()
    assert judged(but(seen({"acc"}, world), "two"), world) == Explanation(held=frozenset({"one"}))


def test_a_sibling_that_answers_ends_the_doubt_about_the_way() -> None:
    world = small(endpoint("three", "c"))
    sight = but(seen({"one"}, world), "two")
    assert judged(sight, world).causes.keys() == {"one"}


@pytest.mark.parametrize(("source", "silent"), [("two", "one"), ("r", "acc")])
def test_who_was_not_asked_since_the_first_silence_holds(source: str, silent: str) -> None:
    world = small()
    sight = but(seen({silent}, world), source, answered_s=SILENT_S - 1)
    sight = sight if source == "two" else but(sight, "vc", answered_s=SILENT_S - 1)
    explanation = judged(sight, world)
    assert not explanation.causes
    assert explanation.held == sight.silent.keys()


def test_what_answers_beyond_a_router_proves_it() -> None:
    """The router itself was not asked since, but a codec behind it was."""
    world = small()
    assert judged(but(seen({"acc"}, world), "r", answered_s=SILENT_S - 1), world).causes.keys() == {"acc"}


def test_a_codec_beside_a_router_that_answers_is_judged_alone() -> None:
    world = small(endpoint("beside", "p"))
    assert judged(but(seen({"beside"}, world), "vc", answered_s=SILENT_S - 1), world).causes.keys() == {"beside"}


def test_a_target_that_begins_to_answer_keeps_what_stands() -> None:
    standing = BACKUP_DOWN["standing"] | {WAN: (Cause.BEYOND_SILENT, SILENT_S)}
    sight = but(seen({WAN, BACKUP}, standing=standing), ROUTER, Silence(SILENT_S, ASKED_S, wavering=True))
    explanation = judged(sight)
    assert not explanation.causes
    assert explanation.held >= {WAN, ROUTER, CODEC}


def test_a_router_that_begins_to_answer_after_those_behind_it_is_no_new_cause() -> None:
    sight = but(seen(()), ROUTER, Silence(SILENT_S, ASKED_S, wavering=True))
    assert judged(sight) == Explanation(held=frozenset({ROUTER}))


def test_a_line_down_waits_until_its_far_router_is_asked() -> None:
    sight = but(seen((), lines={WAN: DOWN, BACKUP: UP}), ROUTER, answered_s=READ_S - 0.1)
    for beyond in [one for one in sight.answered_s if one != "r-core" and "thanh-son" in one]:
        sight = but(sight, beyond, answered_s=READ_S - 0.1)
    assert judged(sight) == Explanation(held=frozenset({WAN}))
    assert judged(but(sight, ROUTER, answered_s=READ_S + 0.1)).causes.keys() == {WAN}


def test_an_agent_in_doubt_holds_a_verdict_on_the_core() -> None:
    explanation = found({"r-core"}, agent_s=None)
    assert not explanation.causes
    assert len(explanation.held) == 243 + 14
    assert not found({"r-core"}, agent_s=SILENT_S - 1).causes


def test_what_is_held_holds_nothing_elsewhere() -> None:
    sight = but(seen({ROUTER, "vc-tan-son"}), ROUTER)
    assert judged(sight).causes.keys() == {"vc-tan-son"}


def test_two_lines_read_down_are_doubted_once_the_router_behind_both_has_answered_since() -> None:
    back = judged(seen(set(), lines={WAN: DOWN, BACKUP: DOWN}))
    assert (back.causes, back.held) == ({}, {WAN, BACKUP})


def test_what_stood_down_goes_on_while_its_second_line_is_read_again() -> None:
    lines = {WAN: DOWN, BACKUP: Line(up=False, at_s=LONG_AGO_S)}
    back = judged(seen(set(), lines=lines, standing={BACKUP: STOOD_DOWN}))
    assert BACKUP in back.causes.keys() | back.held
    assert WAN not in back.causes


def test_a_router_that_blinked_leaves_no_outage_of_its_lines_read_down_meanwhile() -> None:
    sight = but(seen(set(), lines={WAN: DOWN, BACKUP: DOWN}), ROUTER, answered_s=READ_S + 0.1)
    inventory = province()[0]
    behind = {one.id for one in inventory.endpoints.values() if "thanh-son" in one.site}
    for target in behind:
        sight = but(sight, target, answered_s=READ_S - 1)
    back = judged(sight)
    assert (back.causes, back.held) == ({}, {WAN, BACKUP})
