"""The parts of the province that are to be explained, each by itself: what is silent, next to what is not. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from agent._proof import Proof
from agent.sight import GRACE_S, Sight
from agent.topology import AGENT, Topology


@dataclass(slots=True)
class Part:
    """Silent targets that share unasked ways (lines, sites) to sources.

    `near` are those of both that stand next to a source. `held`: the next answers may change what there is to explain.
    """

    silent: set[str] = field(default_factory=set)
    unasked: set[str] = field(default_factory=set)
    near: set[str] = field(default_factory=set)
    held: bool = False


class Parts:
    """All parts; to be iterated once."""

    def __init__(self, topology: Topology, sight: Sight, proof: Proof) -> None:
        self._neighbours = topology.neighbours
        self._above = topology.above
        self._sight = sight
        self._proof = proof
        self._broken = proof.broken
        self._shaded: dict[str, bool] = {AGENT: False}
        self._clusters: dict[str, Part] = {}

    def __iter__(self) -> Iterator[Part]:
        done: set[str] = set()
        for start in self._broken:
            if start in done or self._is_shaded(start):
                continue
            part, waiting = Part(), [start]
            while waiting:
                node = waiting.pop()
                if node not in done:
                    done.add(node)
                    waiting += self._look_around(node, part)
            if part.near:
                yield part

    def _is_shaded(self, node: str) -> bool:
        """Say whether all ways to a node pass through something broken, so that nothing is to be learnt around it."""
        climbed = []
        while node not in self._shaded:
            climbed.append(node)
            node = self._above.get(node, AGENT)
            if node in self._broken:
                self._shaded.update(dict.fromkeys(climbed, True))
                return True
        self._shaded.update(dict.fromkeys(climbed, self._shaded[node]))
        return self._shaded[node]

    def _look_around(self, node: str, part: Part) -> set[str]:
        """Add a silent target and the unasked nodes around it that lead to sources; return the next targets."""
        silence = self._sight.silent[node]
        following: set[str] = set()
        dark = self._proof.newest_s(node) is None
        for other in self._neighbours[node]:
            if other in self._broken or (dark and self._above[other] == node):
                continue
            if self._proof.is_source(other):
                part.near.add(node)
                part.held |= not self._proof.alive(other, silence.since_s + GRACE_S)
            elif (cluster := self._cluster(other)).near:
                part.unasked |= cluster.unasked
                part.near |= cluster.near
                part.held |= cluster.held or self._is_stale(cluster, silence.since_s + GRACE_S)
                following |= cluster.silent
            else:
                continue
            part.silent.add(node)
            part.held |= silence.wavering
        return following

    def _cluster(self, start: str) -> Part:
        """Gather the unasked nodes that hang together around one, with the silent targets they touch."""
        if start in self._clusters:
            return self._clusters[start]
        cluster, waiting = Part(), [start]
        self._clusters[start] = cluster
        while waiting:
            node = waiting.pop()
            cluster.unasked.add(node)
            cluster.held |= node in self._sight.doubtful
            for other in self._neighbours[node]:
                if other in self._broken:
                    cluster.silent.add(other)
                elif self._proof.is_source(other):
                    cluster.near.add(node)
                elif other not in self._clusters:
                    self._clusters[other] = cluster
                    waiting.append(other)
        return cluster

    def _is_stale(self, cluster: Part, after_s: float) -> bool:
        """Say whether one of the sources around has not been asked after a moment."""
        sources = (other for node in cluster.near for other in self._neighbours[node])
        return any(self._proof.is_source(one) and not self._proof.alive(one, after_s) for one in sources)
