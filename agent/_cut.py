"""The cheapest cut between what answers and what is silent: maximum flow over a handful of nodes. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

NEVER = 10**15  # the cost of a node that can't be what failed

_SOURCE, _SINK = ("", 0), ("", 1)
_Half = tuple[str, int]  # a node's way in (0) or out (1); the cut goes between them


def cheapest_cut(
    costs: Mapping[str, int], edges: Iterable[tuple[str, str]], near: Collection[str], silent: Collection[str]
) -> frozenset[str]:
    """Return the nodes of least total cost without which nothing of `near` leads to any of `silent`.

    Nodes of `near` stand next to what answers; a silent node may be cut itself. Of equal cuts it is the one farthest
    from what answers: the narrowest. (Ford and Fulkerson, shortest ways first.)
    """
    spare: dict[_Half, dict[_Half, int]] = defaultdict(dict)

    def join(start: _Half, end: _Half, capacity: int) -> None:
        spare[start][end] = spare[start].get(end, 0) + capacity
        spare[end].setdefault(start, 0)

    for node, cost in costs.items():
        join((node, 0), (node, 1), cost)
    for one, other in edges:
        join((one, 1), (other, 0), NEVER)
        join((other, 1), (one, 0), NEVER)
    for node in near:
        join(_SOURCE, (node, 0), NEVER)
    for node in silent:
        join((node, 1), _SINK, NEVER)
    while way := _way(spare):
        flow = min(spare[start][end] for start, end in way)
        for start, end in way:
            spare[start][end] -= flow
            spare[end][start] += flow
    beyond = _leading_to_sink(spare)
    return frozenset(node for node in costs if (node, 0) not in beyond and (node, 1) in beyond)


def _way(spare: Mapping[_Half, Mapping[_Half, int]]) -> list[tuple[_Half, _Half]]:
    """Return a shortest way with capacity to spare, as its edges; none where there is none."""
    came: dict[_Half, _Half] = {_SOURCE: _SOURCE}
    waiting = [_SOURCE]
    while waiting and _SINK not in came:
        further = []
        for start in waiting:
            for end, capacity in spare.get(start, {}).items():
                if capacity > 0 and end not in came:
                    came[end] = start
                    further.append(end)
        waiting = further
    way, half = [], _SINK
    while half in came and half != _SOURCE:
        way.append((came[half], half))
        half = came[half]
    return way


def _leading_to_sink(spare: Mapping[_Half, Mapping[_Half, int]]) -> set[_Half]:
    leading, waiting = {_SINK}, [_SINK]
    while waiting:
        end = waiting.pop()
        for start in spare.get(end, {}):  # each edge has its way back in here, with or without capacity
            if start not in leading and spare[start].get(end, 0) > 0:
                leading.add(start)
                waiting.append(start)
    return leading
