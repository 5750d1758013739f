from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from agent.history import Maintenance
from agent.inventory import Inventory
from agent.maintenance import MOST, Calendar, coverage
from agent.model import Device, Endpoint, Level, Link, LinkRole, Site
from tests.exporters.web_server import SNMP

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def province() -> Inventory:
    """A core; districts x and y with a router each, joined by a spare line; x has the commune x1, y the commune y1."""
    sites = {"core": Site("core", "C", Level.PROVINCE)}
    sites |= {id_: Site(id_, id_, Level.DISTRICT, "core") for id_ in "xy"}
    sites |= {f"{id_}1": Site(f"{id_}1", id_, Level.COMMUNE, id_) for id_ in "xy"}
    ends = {"wan-x": ("core", "x"), "wan-y": ("core", "y"), "ring": ("x", "y"), "acc-x1": ("x", "x1")}
    ends["acc-y1"] = ("y", "y1")
    device = {"wan-x": "r-core", "wan-y": "r-core", "ring": "r-x", "acc-x1": "r-x", "acc-y1": "r-y"}
    routers = [Device(f"r-{id_}", id_, "router", f"198.51.100.{n}", SNMP) for n, id_ in enumerate(["core", *"xy"])]
    return Inventory(
        sites,
        {f"vc-{id_}": Endpoint(f"vc-{id_}", id_, id_, f"192.0.2.{n}") for n, id_ in enumerate(sites)},
        {router.id: router for router in routers},
        {id_: Link(id_, id_, a, b, LinkRole.PRIMARY, device[id_], id_) for id_, (a, b) in ends.items()},
    )


def beyond(gone):
    """What hangs on what in the province above, said by hand."""
    gone, lost = set(gone), set[str]()
    for district, ways in (("x", {"wan-x", "ring"}), ("y", {"wan-y", "ring"})):
        if ways <= gone:
            lost |= {f"r-{district}", f"vc-{district}", f"acc-{district}1", f"vc-{district}1"}
        if gone & {f"r-{district}", f"acc-{district}1"}:
            lost |= {f"vc-{district}1", f"acc-{district}1"}
    return lost - gone


def window(start: float, end: float, *targets: str) -> Maintenance:
    """Make a window of hours from noon."""
    return Maintenance(targets, NOON + start * HOUR, NOON + end * HOUR, "works")


def calendar(*windows: Maintenance) -> Calendar:
    made = Calendar()
    made.follow(province(), windows, beyond)
    return made


def test_an_endpoint_covers_itself():
    assert coverage(province(), ["vc-x1"]) == {"vc-x1"}


def test_a_link_covers_itself_and_what_lies_beyond_it():
    assert coverage(province(), ["wan-x"], beyond) == {"wan-x"}  # the spare line leads there
    assert coverage(province(), ["acc-x1"], beyond) == {"acc-x1", "vc-x1"}


def test_a_device_covers_the_links_it_names_and_what_stands_behind_it():
    assert coverage(province(), ["r-x"], beyond) == {"r-x", "ring", "acc-x1", "vc-x1"}
    assert coverage(province(), ["r-x"]) == {"r-x", "ring", "acc-x1"}


def test_a_site_covers_what_stands_there_all_sites_below_and_every_line_that_ends_there():
    below = {"vc-x", "vc-x1", "r-x", "wan-x", "ring", "acc-x1"}
    assert coverage(province(), ["x"]) == below
    assert coverage(province(), ["x"], beyond) == below  # y keeps its own line
    assert coverage(province(), ["core"]) == set(province().targets)


def test_unknown_targets_cover_nothing():
    assert coverage(province(), ["gone", "vc-x"]) == {"vc-x"}
    assert calendar(window(-1, 1, "gone")).covered(NOON) == set()


def test_a_window_covers_from_its_start_until_just_before_its_end():
    held = calendar(window(0, 1, "vc-x"))
    moment = timedelta(microseconds=1)
    times = (NOON - moment, NOON, NOON + HOUR - moment, NOON + HOUR)
    assert [bool(held.covered(now)) for now in times] == [False, True, True, False]
    assert [bool(held.covered(now)) for now in reversed(times)] == [False, True, True, False]  # clocks are set back too
    assert [held.next_change(now) for now in times] == [NOON, NOON + HOUR, NOON + HOUR, None]


def test_of_windows_that_overlap_the_last_to_end_uncovers():
    held = calendar(window(0, 2, "vc-x"))
    held.add(["vc-x"], NOON + HOUR, NOON + 3 * HOUR, "more", NOON)
    assert [bool(held.covered(NOON + hours * HOUR)) for hours in range(4)] == [True, True, True, False]


def test_both_lines_of_a_site_worked_on_at_once_cover_the_site():
    held = calendar(window(0, 2, "wan-x"), window(1, 3, "ring"))
    assert "vc-x1" not in held.covered(NOON)
    assert held.covered(NOON + HOUR) == {"wan-x", "ring", "r-x", "vc-x", "acc-x1", "vc-x1"}
    assert "vc-x1" not in held.covered(NOON + 2 * HOUR)


def test_ids_are_short_and_never_given_twice():
    held = calendar(window(0, 1, "x"))
    added = [held.add(["x"], NOON, NOON + HOUR, "w", NOON).id for _ in range(2)]
    assert added == ["m1", "m2"]
    held.end("m2", NOON)
    assert held.add(["x"], NOON, NOON + HOUR, "w", NOON).id == "m3"
    again = calendar()
    again.restore([replace(window(-9, -8, "x"), id="m7"), replace(window(0, 1, "y"), id="m3")])
    assert [one.id for one in again.windows(NOON)] == ["m3"]
    assert again.add(["x"], NOON, NOON + HOUR, "w", NOON).id == "m8"


def test_windows_are_told_soonest_first_without_those_that_are_over():
    held = calendar(window(5, 6, "x"), window(-2, -1, "x"), window(1, 2, "y"))
    held.add(["vc-y"], NOON, NOON + HOUR, "w", NOON)
    assert [(one.id, one.by_people) for one in held.windows(NOON)] == [("m1", True), ("c3", False), ("c1", False)]


def test_targets_are_named_once_each():
    assert calendar().add(["x", "y", "x"], NOON, NOON + HOUR, "w", NOON).targets == ("x", "y")


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (1, 1, "would end before it begins; give a later end"),
        (2, 1, "would end before it begins"),
        (-2, 0, "would be over already; give an end that is still to come"),
        (0, 60 * 24 + 0.1, "longer than 60 days; give an earlier end"),
    ],
)
def test_wrong_times_are_refused_in_a_sentence(start, end, said):
    held = calendar()
    with pytest.raises(ValueError, match=said):
        held.add(["x"], NOON + start * HOUR, NOON + end * HOUR, "w", NOON)
    assert held.windows(NOON) == ()


def test_sixty_days_and_a_start_that_has_passed_are_taken():
    held = calendar()
    assert held.add(["x"], NOON - HOUR, NOON + 59 * 24 * HOUR, "w", NOON).start == NOON - HOUR
    assert held.covered(NOON)


def test_an_unknown_target_is_named():
    with pytest.raises(KeyError) as refused:
        calendar().add(["x", "wan-z"], NOON, NOON + HOUR, "w", NOON)
    assert refused.value.args == ("wan-z",)
    with pytest.raises(ValueError, match="no target is named"):
        calendar().add([], NOON, NOON + HOUR, "w", NOON)


def test_a_window_that_has_begun_ends_now_and_one_that_has_not_is_taken_back():
    held = calendar()
    begun = held.add(["x"], NOON, NOON + HOUR, "w", NOON)
    later = held.add(["y"], NOON + HOUR, NOON + 2 * HOUR, "w", NOON)
    now = NOON + HOUR / 2
    assert held.covered(now)
    assert held.end(begun.id, now) == replace(begun, end=now)
    assert held.covered(now) == set()
    assert held.end(later.id, now) == replace(later, start=now, end=now)
    assert held.windows(now) == ()
    assert held.covered(NOON + 1.5 * HOUR) == set()


def test_only_the_configuration_ends_its_own_windows():
    held = calendar(window(0, 1, "x"))
    with pytest.raises(PermissionError, match="c1 is a window of the configuration"):
        held.end("c1", NOON)
    assert held.covered(NOON)
    assert [held.end(id_, NOON) for id_ in ("", "c2", "m1", "nothing")] == [None] * 4


def test_a_window_that_is_over_cannot_be_ended_again():
    held = calendar()
    held.add(["x"], NOON, NOON + HOUR, "w", NOON)
    assert held.end("m1", NOON + HOUR) is None


def test_a_reload_brings_its_windows_and_keeps_peoples_even_of_targets_that_are_gone():
    held = calendar(window(0, 1, "x"))
    held.add(["vc-y1", "y1"], NOON, NOON + HOUR, "w", NOON)
    assert {"vc-x", "vc-y1"} <= held.covered(NOON)
    smaller = province()
    del smaller.endpoints["vc-y1"], smaller.sites["y1"], smaller.links["acc-y1"]
    held.follow(smaller, [window(0, 1, "vc-core")])
    assert held.covered(NOON) == {"vc-core"}
    assert [one.id for one in held.windows(NOON)] == ["c1", "m1"]


def test_a_program_that_runs_wild_is_stopped():
    held = calendar()
    for _ in range(MOST):
        held.add(["x"], NOON, NOON + HOUR, "w", NOON)
    with pytest.raises(ValueError, match="windows are open already; end some"):
        held.add(["x"], NOON, NOON + HOUR, "w", NOON)
    assert held.add(["x"], NOON + HOUR, NOON + 2 * HOUR, "w", NOON + HOUR).id == f"m{MOST + 1}"


def test_asking_again_costs_nothing_until_the_next_boundary():
    asked = []
    held = Calendar()
    held.follow(province(), [window(0, 1, "acc-x1")], lambda gone: asked.append(set(gone)) or ())
    for seconds in range(3600):
        held.covered(NOON + timedelta(seconds=seconds))
    assert asked == [{"acc-x1"}]


hours = st.integers(-20, 20)
names = st.sampled_from(["core", *"xy", "x1", "vc-y1", "wan-x", "ring", "r-x", "gone"])
windows = st.builds(
    lambda start, length, targets: window(start, start + length, *targets),
    hours,
    st.integers(1, 9),
    st.lists(names, min_size=1, max_size=3),
)


@given(st.lists(windows, max_size=6), st.lists(windows, max_size=6), st.lists(hours, min_size=1), st.data())
def test_covered_is_the_plain_union_at_any_time(planned, added, times, data):
    held = calendar(*planned)
    people = [replace(one, id=f"m{n}") for n, one in enumerate(added, 1)]
    held.restore(people)
    for hour in sorted(times):
        now = NOON + hour * HOUR
        if people and data.draw(st.booleans()):
            held.end(people.pop().id, now)
        active = [one for one in (*planned, *people) if one.start <= now < one.end]
        union = {target for one in active for target in one.targets}
        assert held.covered(now) == coverage(province(), union, beyond)
        assert held.covered(now) >= {id_ for one in active for id_ in coverage(province(), one.targets, beyond)}
        changes = [at for one in (*planned, *people) for at in (one.start, one.end) if at > now]
        assert held.next_change(now) == min(changes, default=None)
