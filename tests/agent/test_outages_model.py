"""In random provinces with random failures the causes found explain exactly the silence, and are the fewest."""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import HealthCheck, assume, event, given, seed, settings, strategies as st

from agent.inventory import Inventory
from agent.model import Kind
from agent.outages import Explanation, Line, Sight, Silence, explain
from agent.topology import Topology
from tests.agent.random_provinces import device, endpoint, inventory_of, joined, place, provinces

SEED = random.SystemRandom().randrange(1 << 32)
SILENT_S, READ_S, ASKED_S = 10.0, 50.0, 100.0  # first unanswered question, interfaces read, newest answers


@pytest.fixture(autouse=True)
def say_seed() -> None:
    print(f"seed {SEED}")  # noqa: T201  # a failing run can be repeated


def model(examples: int):
    """As many random examples, from the seed printed."""
    quiet = settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    return lambda test: seed(SEED)(quiet(test))


class World:
    """What is really so: what has failed, what is seen of it, what lines say."""

    def __init__(self, inventory: Inventory, failed: Collection[str], lines: dict[str, Line]) -> None:
        self.inventory, self.failed, self.lines = inventory, failed, lines
        self.topology = Topology(inventory)

    def __repr__(self) -> str:
        """As little as shows what is what."""
        sites = {site.id: site.parent for site in self.inventory.sites.values()}
        links = {link.id: (link.a, link.b, link.device) for link in self.inventory.links.values()}
        probed = [*self.inventory.endpoints, *self.inventory.devices]
        return f"World({sites=}, {links=}, {probed=}, failed={set(self.failed)}, lines={self.lines})"

    @property
    def sight(self) -> Sight:
        silent = explained(self.topology, self.failed)
        probed = self.inventory.endpoints.keys() | self.inventory.devices.keys()
        return Sight(
            silent={node: Silence(SILENT_S, ASKED_S) for node in silent},
            answered_s=dict.fromkeys(probed - silent, ASKED_S),
            lines=self.lines,
            agent_s=ASKED_S,
        )


def explained(topology: Topology, causes: Collection[str]) -> set[str]:
    """The endpoints and devices that are silent with these causes gone: those, and all that no way leads to."""
    probed = {node for node, kind in topology.kinds.items() if kind is not Kind.LINK}
    return probed - topology.reach(causes)


@st.composite
def worlds(draw, most_sites: int = 8, most_targets: int = 1000, *, readings: bool = False) -> World:
    inventory = draw(provinces(most_sites))
    assume(0 < len(inventory.targets) <= most_targets)
    topology = Topology(inventory)
    fewest_failed = draw(st.integers(0, min(4, len(inventory.targets))))
    failed = draw(st.frozensets(st.sampled_from(sorted(inventory.targets)), min_size=fewest_failed, max_size=4))
    lines = draw(_lines(inventory, topology, failed)) if readings else {}
    return World(inventory, failed, lines)


@st.composite
def _lines(draw, inventory: Inventory, topology: Topology, failed: frozenset[str]) -> dict[str, Line]:
    """What interfaces say, where the router that has one answers: true, but for lines whose far routers failed."""
    silent = explained(topology, failed)
    lines = {}
    for link in inventory.links.values():
        if link.device and link.device not in silent and draw(st.booleans()):
            far = [one for one in topology.neighbours[link.id] if one != link.device]
            down = link.id in failed or (all(one in failed for one in far) and draw(st.booleans()))
            lines[link.id] = Line(not down, READ_S)
    return lines


def exact(topology: Topology, causes: Collection[str], sight: Sight) -> bool:
    return explained(topology, causes) == sight.silent.keys()


def fewest(topology: Topology, sight: Sight) -> int:
    """How few things explain exactly this silence, by trying all sets of them by size."""
    sizes = range(len(topology.kinds) + 1)
    return next(
        size for size in sizes for causes in combinations(topology.kinds, size) if exact(topology, causes, sight)
    )


def check(topology: Topology, sight: Sight) -> Explanation:
    """What holds of every explanation of a settled silence."""
    found = explain(topology, sight)
    assert not found.held
    assert exact(topology, found.causes, sight)
    assert not found.cut_off.keys() & sight.answered_s.keys()
    assert found.cut_off.keys() == topology.beyond(found.causes)
    for node, owner in found.cut_off.items():
        newer = [cause for cause in found.causes if cause < owner]  # all are new: they go by their ids
        assert owner in found.causes
        assert node not in topology.reach(found.causes.keys() - newer)
        assert node in topology.reach(found.causes.keys() - newer - {owner})
    return found


@model(1500)
@given(world=worlds())
def test_the_causes_explain_exactly_the_silence(world: World) -> None:
    found = check(world.topology, world.sight)
    event(f"{len(found.causes)} causes")
    assert len(found.causes) <= len(world.failed)


@model(400)
@given(world=worlds(most_sites=5, most_targets=12))
def test_no_smaller_set_explains_it(world: World) -> None:
    found = explain(world.topology, world.sight)
    event(f"{len(world.topology.kinds)} targets")
    assert len(found.causes) == fewest(world.topology, world.sight)


@model(1500)
@given(world=worlds(readings=True))
def test_what_lines_say_is_heeded(world: World) -> None:
    topology, sight = world.topology, world.sight
    found = check(topology, sight)
    for cause in found.causes:
        reading = world.lines.get(cause)
        others = found.causes.keys() - {cause}
        if reading is None or reading.up:
            assert not exact(topology, others, sight), f"{cause} is no cause"
        if reading is not None and reading.up:
            assert not [one for one in sight.silent if exact(topology, others | {one}, sight)]


CORE = inventory_of(place("p"), device("core", "p"), endpoint("vc", "p"))


@model(600)
@given(data=st.data(), one=provinces(4, "one-", below="p"), other=provinces(4, "other-", below="p"))
def test_a_second_failure_elsewhere_changes_nothing(data, one: Inventory, other: Inventory) -> None:
    assume(one.targets and other.targets)
    inventory = joined(CORE, one, other)
    here = data.draw(st.frozensets(st.sampled_from(sorted(one.targets)), max_size=3))
    there = data.draw(st.frozensets(st.sampled_from(sorted(other.targets)), min_size=1, max_size=3))
    worlds = [World(inventory, failed, {}) for failed in (here | there, here, there)]
    both, *alone = (explain(world.topology, world.sight) for world in worlds)
    assert both.causes == alone[0].causes | alone[1].causes
    assert both.cut_off == alone[0].cut_off | alone[1].cut_off


@model(600)
@given(world=worlds(readings=True), order=st.randoms())
def test_the_order_of_things_does_not_matter(world: World, order: random.Random) -> None:
    def shuffled(table):
        return dict(order.sample(list(table.items()), len(table)))

    inventory, sight = world.inventory, world.sight
    sites, targets = inventory.sites, (inventory.endpoints, inventory.devices, inventory.links)
    other = Topology(Inventory(sites, *map(shuffled, targets)))
    seen = replace(sight, **{name: shuffled(getattr(sight, name)) for name in ("silent", "answered_s", "lines")})
    assert explain(other, seen) == explain(world.topology, sight)
