"""Who is down, who is merely cut off, and what is the root: the narrowest explanation of a silence. Pure.

What answers proves the ways to it; what is silent is either broken itself or has lost every way. Between the two lies
what can't be asked (lines, sites): the cheapest cut through it, and through what is silent, is what must have failed.
Where something that matters is still being asked, the verdict on that part is held back.
"""

from __future__ import annotations

from agent._cut import NEVER, cheapest_cut
from agent._parts import Part, Parts
from agent._proof import Proof
from agent.model import Cause, Kind
from agent.sight import GRACE_S, Explanation, Finding, Line, Sight, Silence
from agent.topology import Topology

__all__ = ["GRACE_S", "Explanation", "Finding", "Line", "Sight", "Silence", "explain"]

CONVERGENCE_S = 10.0  # after a line is back, routers may take so long to use it again

# What an explanation costs: what lines say counts most, then how many causes, then what stands, then what is likelier.
_COSTS = {Kind.ENDPOINT: 999_900, Kind.LINK: 1_000_000, Kind.DEVICE: 1_000_100}
_LINE_DOWN, _LINE_UP = 900_000, 1_500_000  # by what its interface says
_STANDING = 250  # less, for what stands
_FREE = 1  # what is out anyway


def explain(topology: Topology, sight: Sight) -> Explanation:
    """Explain what is silent and which lines are down by the fewest, likeliest causes."""
    return _Search(topology, sight).run()


class _Search:
    def __init__(self, topology: Topology, sight: Sight) -> None:
        self._topology = topology
        self._sight = sight
        self._proof = Proof(topology, sight)
        self._causes: dict[str, Finding] = {}
        self._held: set[str] = set()

    def run(self) -> Explanation:
        for node in self._proof.passing:
            if self._sight.silent[node].wavering:
                self._held.add(node)
            else:
                self._causes[node] = Finding(self._topology.kinds[node], Cause.SILENT)
        for part in Parts(self._topology, self._sight, self._proof):
            if part.held:
                self._held |= part.silent | (part.unasked & self._sight.standing.keys())
            else:
                self._causes |= {node: self._finding(node, part) for node in self._cut(part)}
        self._add_down_lines()
        cut_off = self._cut_off()
        unexplained = self._proof.broken - self._causes.keys() - cut_off.keys()
        return Explanation(self._causes, cut_off, frozenset(self._held | unexplained))

    def _cut(self, part: Part) -> frozenset[str]:
        """Return the causes that explain a part."""
        costs = {node: self._cost(node, part) for node in part.silent | part.unasked}
        if len(part.silent) == 1 and costs[min(part.silent)] <= min(costs.values()):
            return frozenset(part.silent)
        edges = [(node, other) for node in costs for other in self._topology.neighbours[node] if other in part.unasked]
        return cheapest_cut(costs, edges, part.near, part.silent)

    def _cost(self, node: str, part: Part) -> int:
        kind = self._topology.kinds.get(node)
        if kind is None:
            return NEVER
        if node in self._sight.planned:
            return _FREE
        cost = self._line_cost(node, part) if kind is Kind.LINK else _COSTS[kind]
        return max(cost - _STANDING, _FREE) if node in self._sight.standing else cost

    def _line_cost(self, link: str, part: Part) -> int:
        line = self._sight.lines.get(link)
        if line is None:
            return _COSTS[Kind.LINK]
        if not line.up:  # it is an outage anyway where it stood, or where no silent device may have taken it down
            known = self._stood_down(link) or not self._devices(link) & self._proof.broken
            return _FREE if known else _LINE_DOWN
        silences = [self._sight.silent[node] for node in part.silent]
        back_s = line.at_s if line.since_s is None else line.since_s
        if link in self._sight.standing and not any(one.asked_s > back_s + CONVERGENCE_S for one in silences):
            return _LINE_DOWN
        return _LINE_UP if any(one.since_s < line.at_s for one in silences) else _COSTS[Kind.LINK]

    def _stood_down(self, link: str) -> bool:
        return self._sight.standing.get(link, (Cause.NONE, 0.0))[0] is Cause.INTERFACE_DOWN

    def _devices(self, link: str) -> set[str]:
        """Return the devices a line ends at."""
        kinds = self._topology.kinds
        return {node for node in self._topology.neighbours[link] if kinds.get(node) is Kind.DEVICE}

    def _finding(self, node: str, part: Part) -> Finding:
        kind = self._topology.kinds[node]
        if kind is Kind.LINK:
            line = self._sight.lines.get(node)
            cause = Cause.INTERFACE_DOWN if line and not line.up else Cause.BEYOND_SILENT
            return Finding(kind, cause, tuple(sorted(self._devices(node) & part.silent)))
        return Finding(kind, Cause.SILENT, self._suspect_lines(part) if kind is Kind.ENDPOINT else ())

    def _suspect_lines(self, part: Part) -> tuple[str, ...]:
        """Return the line that leads to a silent endpoint alone, where nobody says that it is up."""
        lines = [one for one in part.unasked if self._topology.kinds.get(one) is Kind.LINK]
        return tuple(lines) if len(lines) == 1 and self._line_cost(lines[0], part) < _LINE_UP else ()

    def _add_down_lines(self) -> None:
        """Add the lines whose interface is down and that nothing else explains."""
        off = self._causes.keys() - self._proof.passing
        found: set[str] = set()
        for link, line in self._sight.lines.items():
            if line.up or link in self._causes or (self._devices(link) & off and not self._stood_down(link)):
                continue
            if self._is_settled(link, line):
                found.add(link)
            elif not self._proof.passed(link, line.at_s + GRACE_S):
                self._held.add(link)
        stale = self._contradicted(found, off)
        self._held |= stale
        self._causes |= dict.fromkeys(found - stale, Finding(Kind.LINK, Cause.INTERFACE_DOWN))

    def _contradicted(self, found: set[str], off: set[str]) -> set[str]:
        """Return the lines that can't all be down: what has answered since would be cut off by them together."""
        gone = found | off
        answered_s, lines = self._sight.answered_s, self._sight.lines
        severed = self._topology.beyond(gone) & answered_s.keys() if len(found) > 1 else frozenset[str]()
        if not severed:
            return set()
        back = {link: severed & self._topology.reach(gone - {link}) for link in found}
        ways = {node: {link for link in found if node in back[link]} for node in severed}
        return {
            link
            for node, links in ways.items()
            if all(answered_s[node] > lines[link].at_s for link in links)
            for link in links
        }

    def _is_settled(self, link: str, line: Line) -> bool:
        """Say whether nothing answers beyond a line, and the routers at its ends were asked since it was seen down."""
        if self._proof.newest_s(link) is not None:
            return False
        devices = self._devices(link)
        asked = all(self._proof.alive(node, line.at_s) for node in devices - self._proof.broken)
        return asked and not devices & self._held

    def _cut_off(self) -> dict[str, str]:
        """Return what no way leads to any more, each with the cause that took the last way to it.

        Mend the causes, newest first: what comes back by a mending is what that cause had cut off.
        """
        gone = self._causes.keys() - self._proof.passing
        if not any(len(self._topology.neighbours[node]) > 1 for node in gone):
            return {}
        standing, planned = self._sight.standing, self._sight.planned
        newest_first = sorted(
            gone, key=lambda node: (node in planned, -standing.get(node, (Cause.NONE, float("inf")))[1], node)
        )
        reached = self._topology.reach(gone)
        back: dict[str, str] = {}
        for cause in newest_first:
            gone.discard(cause)
            back |= dict.fromkeys(self._topology.extend(reached, cause, gone), cause)
        targets = self._topology.kinds.keys() - self._causes.keys()
        return {node: cause for node, cause in back.items() if node in targets}
