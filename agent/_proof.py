"""What the answers of a moment prove. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from agent.sight import GRACE_S, Sight
from agent.topology import AGENT, Topology


class Proof:
    """What a sight proves of each node.

    Sources are proven to be reached: what answers, what alone leads to something that does, and the site where
    something does. `passing` are silent themselves and sources all the same; `broken` is all else that is silent.
    """

    def __init__(self, topology: Topology, sight: Sight) -> None:
        self._topology = topology
        self._sight = sight
        self._newest_s: dict[str, float] = {}
        self._sources: dict[str, bool] = {}
        self._few = len(sight.answered_s) <= len(sight.silent)
        if self._few:
            self._climb()
        leading = topology.below.keys() & sight.silent.keys()
        self.passing = {node for node in leading if self.passed(node, sight.silent[node].since_s + GRACE_S)}
        self.broken = sight.silent.keys() - self.passing

    def _climb(self) -> None:
        """Note each answer at all that it must have come by: quicker than to look below each node, where few answer."""
        above, known = self._topology.above, self._newest_s
        for target, answered_s in self._sight.answered_s.items():
            node = target
            while node != AGENT and known.get(node := above.get(node, AGENT), 0.0) < answered_s:
                known[node] = answered_s

    def newest_s(self, node: str) -> float | None:
        """Return when the newest answered question was sent to what only this node leads to; None where none was."""
        below, known, answered_s = self._topology.below, self._newest_s, self._sight.answered_s
        if self._few or node not in below:
            return known.get(node)
        if node not in known:
            order = [node]
            for one in order:
                order += [lower for lower in below[one] if lower in below and lower not in known]
            for one in reversed(order):
                known[one] = max(max(answered_s.get(lower, 0.0), known.get(lower, 0.0)) for lower in below[one])
        return known[node] or None

    def passed(self, node: str, after_s: float) -> bool:
        """Say whether a question to something that only this node leads to was sent after a moment, and answered."""
        newest_s = self.newest_s(node)
        return newest_s is not None and newest_s > after_s

    def alive(self, node: str, after_s: float) -> bool:
        """Say whether a question to a node, or that must have come by it, was sent after a moment, and answered."""
        answered_s = self._sight.agent_s if node == AGENT else self._sight.answered_s.get(node)
        if answered_s is not None and answered_s > after_s:
            return True
        if node == AGENT:
            return False
        return self.passed(node, after_s) or any(self.alive(one, after_s) for one in self._beside_site(node))

    def is_source(self, node: str) -> bool:
        """Say whether a node was reached, lately or since the silence."""
        if self._answers(node):
            return True
        if node not in self._sources:
            reached = self.newest_s(node) is not None or any(map(self._answers, self._beside_site(node)))
            self._sources[node] = node not in self.broken and reached
        return self._sources[node]

    def _answers(self, node: str) -> bool:
        return node == AGENT or node in self._sight.answered_s

    def _beside_site(self, node: str) -> Iterator[str]:
        """Yield what answers at a site: no line is between them."""
        if node not in self._topology.kinds and node != AGENT:
            yield from filter(self._answers, self._topology.neighbours[node])
