"""What is seen of the sample province when something in it has failed; shared by the tests of outages."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path

from agent.config import load
from agent.inventory import Inventory
from agent.model import Cause, LinkRole
from agent.outages import Explanation, Line, Sight, Silence, explain
from agent.topology import Topology

LONG_AGO_S, SILENT_S, READ_S, ASKED_S = 1.0, 10.0, 50.0, 100.0
DOWN, UP, UP_BEFORE = Line(up=False, at_s=READ_S), Line(up=True, at_s=READ_S), Line(up=True, at_s=SILENT_S - 5)
STOOD_DOWN = (Cause.INTERFACE_DOWN, LONG_AGO_S)
WAN, BACKUP, ROUTER, CODEC = "wan-thanh-son", "bak-thanh-son", "r-thanh-son", "vc-thanh-son-yen-son"
ACCESS = "acc-thanh-son-yen-son"


@cache
def province() -> tuple[Inventory, Topology]:
    inventory = load(Path(__file__).parents[2] / "config" / "diemcau.yaml", {}).inventory
    return inventory, Topology(inventory)


def seen(failed: Collection[str], world: tuple[Inventory, Topology] | None = None, **more) -> Sight:
    """All that is seen when these have failed, long enough ago that everything was asked since."""
    inventory, topology = world or province()
    probed = inventory.endpoints.keys() | inventory.devices.keys()
    silent = probed - topology.reach(failed)
    answered = dict.fromkeys(probed - silent, ASKED_S)
    sight = Sight(dict.fromkeys(silent, Silence(SILENT_S, ASKED_S)), answered, agent_s=ASKED_S)
    return replace(sight, **more)


def found(failed: Collection[str], **more) -> Explanation:
    return explain(province()[1], seen(failed, **more))


def but(sight: Sight, target: str, silence: Silence | None = None, answered_s: float | None = None) -> Sight:
    """The same sight with one target seen otherwise; in doubt, where it neither answers nor is silent."""
    silent = {node: one for node, one in sight.silent.items() if node != target}
    answered = {node: at_s for node, at_s in sight.answered_s.items() if node != target}
    if silence is not None:
        silent[target] = silence
    elif answered_s is not None:
        answered[target] = answered_s
    doubtful = frozenset() if target in silent or target in answered else frozenset({target})
    return replace(sight, silent=silent, answered_s=answered, doubtful=sight.doubtful | doubtful)


def codecs(targets: Iterable[str]) -> set[str]:
    return {target for target in targets if target in province()[0].endpoints}


def below(district: str) -> set[str]:
    sites = province()[0].under(district)
    return {one.id for one in province()[0].endpoints.values() if one.site in sites}


def lines(role: LinkRole) -> list[str]:
    return [one.id for one in province()[0].links.values() if one.role is role]
