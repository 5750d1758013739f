"""What leads where in a province, and what no way goes around."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, seed, settings

from agent.inventory import Inventory
from agent.topology import AGENT, Topology
from tests.agent.random_provinces import device, endpoint, inventory_of, link, place, provinces

SEED = random.SystemRandom().randrange(1 << 32)


@pytest.fixture(autouse=True)
def say_seed() -> None:
    print(f"seed {SEED}")  # noqa: T201  # a failing run can be repeated


def behind(topology: Topology, node: str) -> set[str]:
    """What can't be reached when a node is gone."""
    return topology.neighbours.keys() - topology.reach({node}) - {node}


@seed(SEED)
@settings(max_examples=200, deadline=None)
@given(inventory=provinces())
def test_a_node_dominates_what_is_lost_without_it(inventory: Inventory) -> None:
    topology = Topology(inventory)
    assert topology.above.keys() == topology.neighbours.keys()
    for node in topology.neighbours.keys() - {AGENT}:
        assert set(topology.dominated(node)) == behind(topology, node)
        assert set(topology.way(node)) == {other for other in topology.neighbours if node in behind(topology, other)}
        assert topology.beyond([node]) == behind(topology, node) & topology.kinds.keys()


@seed(SEED)
@settings(max_examples=200, deadline=None)
@given(inventory=provinces())
def test_every_target_is_reached_when_nothing_is_gone(inventory: Inventory) -> None:
    topology = Topology(inventory)
    assert topology.kinds.keys() == inventory.targets.keys()
    assert topology.reach(()) == topology.neighbours.keys()
    assert not topology.beyond(())


TREE = (
    place("p"),
    place("d", "p"),
    place("c", "d"),
    device("core", "p"),
    device("r", "d"),
    endpoint("vc-p", "p"),
    endpoint("vc-d", "d"),
    endpoint("vc-c", "c"),
    link("wan", "p", "d", "core"),
    link("acc", "d", "c", "r"),
)


def test_a_tree() -> None:
    topology = Topology(inventory_of(*TREE))
    assert list(topology.way("vc-c")) == ["@c", "acc", "r", "wan", "core"]
    assert topology.beyond(["core"]) == {"vc-p", "wan", "r", "vc-d", "acc", "vc-c"}
    assert topology.beyond(["wan"]) == {"r", "vc-d", "acc", "vc-c"}
    assert topology.beyond(["acc"]) == {"vc-c"}
    assert list(topology.dominated("wan"))[:1] == ["r"]


def test_a_second_line_leads_around_the_first() -> None:
    topology = Topology(inventory_of(*TREE, link("bak", "p", "d", "core")))
    assert not topology.beyond(["wan"])
    assert topology.beyond(["wan", "bak"]) == {"r", "vc-d", "acc", "vc-c"}
    assert list(topology.way("vc-d")) == ["@d", "r", "core"]


def test_a_site_without_lines_is_in_the_building_of_the_one_above() -> None:
    inventory = inventory_of(*TREE, place("hall", "p"), endpoint("vc-hall", "hall"))
    assert list(Topology(inventory).way("vc-hall")) == ["@hall", "@p", "core"]
    with_router = inventory_of(*TREE, place("hall", "p"), device("r-hall", "hall"), endpoint("vc-hall", "hall"))
    assert list(Topology(with_router).way("vc-hall")) == ["@hall", "r-hall", "@p", "core"]


def test_the_agent_may_stand_at_another_site() -> None:
    topology = Topology(inventory_of(*TREE), site="d")
    assert list(topology.way("vc-p")) == ["@p", "core", "wan", "r"]
    assert topology.beyond(["wan"]) == {"core", "vc-p"}


def test_a_site_with_two_routers_lives_with_either() -> None:
    topology = Topology(inventory_of(*TREE, device("r2", "d"), link("bak", "p", "d", "core")))
    assert not topology.beyond(["wan"])
    assert topology.beyond(["r"]) == {"acc", "vc-c"}  # the access line names its router
    assert topology.beyond(["r", "r2"]) == {"vc-d", "acc", "vc-c"}


def test_a_device_that_no_line_names_is_no_way_unless_it_is_a_router() -> None:
    topology = Topology(inventory_of(*TREE, device("sw", "p", "switch"), device("sw-d", "d", "switch")))
    assert not topology.beyond(["sw", "sw-d"])


@pytest.mark.parametrize("routed", [False, True])
def test_an_island_hangs_on_the_site_above_it(routed) -> None:
    """Two communes with a line between them; how they reach their district is left out of the inventory."""
    parts = [place("x", "d"), place("y", "x"), endpoint("vc-x", "x"), endpoint("vc-y", "y"), link("xy", "x", "y")]
    routers = [device("rx", "x"), device("ry", "y")] if routed else []
    topology = Topology(inventory_of(*TREE, *parts, *routers))
    assert topology.beyond(["r"]) >= {"vc-x", "vc-y", "xy"}
    assert topology.beyond(["xy"]) >= {"vc-y"}


def test_no_sites_and_loose_sites() -> None:
    assert Topology(Inventory()).reach(()) == {AGENT}
    loose = Topology(inventory_of(place("p"), place("q"), endpoint("vc", "q")))
    assert loose.reach(()) == {AGENT, "@p", "@q", "vc"}
