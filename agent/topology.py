"""The province as a graph, seen from where the agent stands: what leads where, and what no way goes around. Pure.

Nodes are the ids of endpoints, devices and links; a site is a node too (`@` before its id), since its network joins
what stands there. A node dominates another where every way from the agent passes through it.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping

from agent.inventory import Inventory
from agent.model import Kind, Link

AGENT = "@"  # the agent's own place, before its site's routers


class Topology:
    """Neighbours, dominators and kinds of all nodes."""

    def __init__(self, inventory: Inventory, site: str | None = None) -> None:
        self.kinds: dict[str, Kind] = {
            **dict.fromkeys(inventory.endpoints, Kind.ENDPOINT),
            **dict.fromkeys(inventory.devices, Kind.DEVICE),
            **dict.fromkeys(inventory.links, Kind.LINK),
        }
        self.neighbours: dict[str, list[str]] = _edges(inventory, site)
        self.above: dict[str, str] = _dominators(self.neighbours)
        self.below: dict[str, list[str]] = defaultdict(list)
        for node, dominator in self.above.items():
            if node != AGENT:
                self.below[dominator].append(node)

    def reach(self, gone: Collection[str]) -> set[str]:
        """Return the nodes a way leads to from the agent that passes none of `gone`."""
        reached = {AGENT}
        _spread(self.neighbours, AGENT, reached, gone)
        return reached

    def extend(self, reached: set[str], node: str, gone: Collection[str]) -> list[str]:
        """Add a node that is no longer gone to what is reached, with all it leads to; return what that leads to."""
        if reached.isdisjoint(self.neighbours[node]):
            return []
        reached.add(node)
        return _spread(self.neighbours, node, reached, gone)

    def beyond(self, gone: Iterable[str]) -> frozenset[str]:
        """Return the ids of the targets that can't be reached when `gone` are gone, those not among them."""
        gone = frozenset(gone)
        return frozenset(self.kinds.keys() - self.reach(gone) - gone)

    def dominated(self, node: str) -> Iterator[str]:
        """Yield every node that all ways to lead through `node`, nearest first."""
        waiting = deque(self.below.get(node, ()))
        while waiting:
            below = waiting.popleft()
            yield below
            waiting.extend(self.below.get(below, ()))

    def way(self, node: str) -> Iterator[str]:
        """Yield what every way to a node passes through, nearest first, without the node and the agent's place."""
        above = self.above.get(node, AGENT)
        while above != AGENT:
            yield above
            above = self.above[above]

    def witnesses(self, node: str) -> list[str]:
        """Return the devices nearest to a node, past lines and sites: they see the lines that lead there."""
        found: dict[str, None] = {}
        passed, waiting = {node}, [node]
        while waiting:
            for other in self.neighbours.get(waiting.pop(), ()):
                if other in passed:
                    continue
                passed.add(other)
                if self.kinds.get(other) is Kind.DEVICE:
                    found[other] = None
                elif self.kinds.get(other) is not Kind.ENDPOINT:
                    waiting.append(other)
        return list(found)


class _Edges:
    """Edges as they are laid, each both ways."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        named = {link.device for link in inventory.links.values()}
        self._routers: dict[str, list[str]] = defaultdict(list)
        for device in inventory.devices.values():
            if device.role == "router" or device.id in named:
                self._routers[device.site].append(device.id)
        self.sets: dict[str, dict[str, None]] = {AGENT: {}}

    def join(self, one: str, other: str) -> None:
        self.sets.setdefault(one, {})[other] = None
        self.sets.setdefault(other, {})[one] = None

    def doors(self, site: str, link: Link | None = None) -> list[str]:
        """Return where a line ends at a site: the router it names, else any of them, else the site itself."""
        routers = self._routers.get(site)
        if not routers:
            return [f"@{site}"]
        return [link.device] if link and link.device in routers else routers


def _edges(inventory: Inventory, site: str | None) -> dict[str, list[str]]:
    edges = _Edges(inventory)
    for device in inventory.devices.values():
        edges.join(device.id, f"@{device.site}")
    for endpoint in inventory.endpoints.values():
        edges.join(endpoint.id, f"@{endpoint.site}")
    for link in inventory.links.values():
        for end in (link.a, link.b):
            for door in edges.doors(end, link):
                edges.join(link.id, door)
    lined = {end for link in inventory.links.values() for end in (link.a, link.b)}
    for place in inventory.sites.values():
        if place.parent and place.id not in lined:  # no line of its own: in the building of the site above it
            for door in edges.doors(place.id):
                edges.join(door, f"@{place.parent}")
    root = site or next((place.id for place in inventory.sites.values() if place.parent is None), None)
    for door in edges.doors(root) if root else ():
        edges.join(AGENT, door)
    _join_islands(edges, inventory)
    return {node: list(others) for node, others in edges.sets.items()}


def _join_islands(edges: _Edges, inventory: Inventory) -> None:
    """Hang what no line leads to on the site above it: the inventory leaves out how it is reached."""
    reached = {AGENT}
    _spread(edges.sets, AGENT, reached)
    for site in inventory.sites.values():
        node = f"@{site.id}"
        if node in edges.sets and node not in reached:
            for door in edges.doors(site.id):
                edges.join(door, f"@{site.parent}" if site.parent else AGENT)
            if f"@{site.parent}" in reached or not site.parent:
                reached.add(node)
                _spread(edges.sets, node, reached)
    for node in list(edges.sets):
        if node not in reached:
            edges.join(node, AGENT)
            reached.add(node)
            _spread(edges.sets, node, reached)


def _spread(
    neighbours: Mapping[str, Iterable[str]], start: str, reached: set[str], gone: Collection[str] = ()
) -> list[str]:
    """Add to `reached` what can be reached from a node in it; return that."""
    found = [start]
    for node in found:
        new = [other for other in neighbours[node] if other not in reached and other not in gone]
        reached.update(new)
        found += new
    return found[1:]


def _dominators(neighbours: dict[str, list[str]]) -> dict[str, str]:
    """Return each node's immediate dominator (Cooper, Harvey, Kennedy: "A Simple, Fast Dominance Algorithm")."""
    order = _postorder(neighbours)
    number = {node: at for at, node in enumerate(order)}
    above = {AGENT: AGENT}
    changed = True
    while changed:
        changed = False
        for node in reversed(order[:-1]):
            new = ""
            for other in neighbours[node]:
                if other in above:
                    new = _meet(new, other, above, number) if new else other
            if above.get(node) != new:
                above[node] = new
                changed = True
    return above


def _meet(one: str, other: str, above: dict[str, str], number: dict[str, int]) -> str:
    while one != other:
        while number[one] < number[other]:
            one = above[one]
        while number[other] < number[one]:
            other = above[other]
    return one


def _postorder(neighbours: dict[str, list[str]]) -> list[str]:
    order: list[str] = []
    seen = {AGENT}
    waiting = [(AGENT, iter(neighbours[AGENT]))]
    while waiting:
        node, others = waiting[-1]
        following = next((other for other in others if other not in seen), None)
        if following is None:
            order.append(node)
            waiting.pop()
        else:
            seen.add(following)
            waiting.append((following, iter(neighbours[following])))
    return order
