"""The way from the agent to every address, over the lines and routers of an inventory."""

from __future__ import annotations

import heapq
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from agent.inventory import Inventory
from agent.model import Device, Endpoint, Link, LinkRole
from lab.counts import IN, OUT
from lab.errors import LabError
from lab.hops import Hop, Settings

UPLINK = "agent-uplink"
Steps = tuple[tuple[Hop, int], ...]
# A way over a backup line is taken where the primary is broken, one over a broken line where there is no other.
_PLAIN_COST, _BACKUP_COST, _BROKEN_COST = 1, 1_000, 1_000_000
_DELAY_S = {LinkRole.PRIMARY: 0.002, LinkRole.BACKUP: 0.006, LinkRole.ACCESS: 0.001}
_IDLE_RATIO = 0.05
_CAPACITY_BPS = 100e6


def _spread(text: str) -> float:
    """Return a number in 0…1 that is always the same for a text."""
    return zlib.crc32(text.encode()) / 2**32


def _line_settings(link: Link) -> Settings:
    """Return a quiet, plausible line: a millisecond or so, a few percent of its capacity in use."""
    idle_bps = (link.capacity_bps or _CAPACITY_BPS) * _IDLE_RATIO * (0.5 + _spread(link.id))
    if link.role is LinkRole.BACKUP:
        idle_bps *= 0.01
    return Settings(
        delay_s=_DELAY_S[link.role] * (0.5 + _spread(link.id)),
        traffic_out_bps=round(idle_bps),
        traffic_in_bps=round(idle_bps * 0.6),
    )


def build_hops(inventory: Inventory, sentinels: Iterable[str], seed: int) -> dict[str, Hop]:
    """Return every hop by id: the agent's uplink, lines, routers, codecs, and sentinels by their address."""
    links, site_of = inventory.links.values(), {device.id: device.site for device in inventory.devices.values()}
    homes = {link.id: site_of.get(link.device, link.a) if link.device else link.a for link in links}
    hops = [Hop(UPLINK, "uplink", "", Settings(), str(seed))]
    hops += [Hop(link.id, "link", homes[link.id], _line_settings(link), str(seed)) for link in links]
    hops += [Hop(device.id, "device", device.site, Settings(), str(seed)) for device in inventory.devices.values()]
    hops += [Hop(end.id, "endpoint", end.site, Settings(), str(seed)) for end in inventory.endpoints.values()]
    hops += [Hop(address, "sentinel", "", Settings(), str(seed)) for address in sentinels]
    by_id = {hop.id: hop for hop in hops}
    if len(by_id) < len(hops):
        ids = [hop.id for hop in hops]
        raise LabError(f"two parts of the province share the id {next(one for one in ids if ids.count(one) > 1)}")
    return by_id


def targets(inventory: Inventory) -> list[Device | Endpoint]:
    """Return all that has an address."""
    return [*inventory.devices.values(), *inventory.endpoints.values()]


@dataclass(frozen=True, slots=True)
class _Arrival:
    """How the agent's packets come to a site: from which one, over which line (None: the same building)."""

    before: str
    link: Link | None


class Topology:
    """Ways by address, worked out when first asked for and again after a line or router changed its state."""

    def __init__(self, inventory: Inventory, hops: dict[str, Hop], sentinels: Iterable[str]) -> None:
        self._inventory = inventory
        self._hops = hops
        self._sentinels = frozenset(sentinels)
        self._targets = {target.address: target for target in targets(inventory)}
        self._routers: dict[str, list[str]] = defaultdict(list)
        for device in inventory.devices.values():
            self._routers[device.site].append(device.id)
        self._edges = _edges(inventory)
        self._root = next((site.id for site in inventory.sites.values() if site.parent is None), "")
        self.reroute()
        self._refuse_islands()

    def _refuse_islands(self) -> None:
        used = {target.site for target in self._targets.values()}
        for site in used - self._arrivals.keys() - {self._root}:
            raise LabError(f"site {site}: no line leads there from {self._root}")

    def reroute(self) -> None:
        """Find the best ways again (Dijkstra's, from the site the agent stands at)."""
        self._arrivals: dict[str, _Arrival] = {}
        self._ways: dict[str, Steps] = {}
        reached: set[str] = set()
        order = 0
        waiting = [(0, order, self._root, _Arrival("", None))]
        while waiting:
            cost, _, site, arrival = heapq.heappop(waiting)
            if site in reached:
                continue
            reached.add(site)
            if site != self._root:
                self._arrivals[site] = arrival
            for other, link in self._edges[site]:
                order += 1
                heapq.heappush(waiting, (cost + self._cost(link), order, other, _Arrival(site, link)))

    def _cost(self, link: Link | None) -> int:
        if link is None:
            return 0
        cost = _BACKUP_COST if link.role is LinkRole.BACKUP else _PLAIN_COST
        return cost if self.alive(link) else cost + _BROKEN_COST

    def alive(self, link: Link) -> bool:
        """Tell whether a line is up and the routers at its ends are."""
        return self._hops[link.id].settings.up and all(hop.settings.up for hop in self.routers(link))

    def routers(self, link: Link) -> list[Hop]:
        """Return the routers at a line's ends."""
        return [hop for hop in (self._router(link.a, link), self._router(link.b, link)) if hop]

    def _router(self, site: str, link: Link | None = None) -> Hop | None:
        """Return the router a line ends at: the one it names, else the site's first."""
        routers = self._routers.get(site)
        if not routers:
            return None
        return self._hops[link.device if link and link.device in routers else routers[0]]

    def far_router(self, link: Link, device: str) -> Hop | None:
        """Return the router at a line's other end, seen from a device."""
        return next((hop for hop in self.routers(link) if hop.id != device), None)

    def way(self, address: str) -> Steps | None:
        """Return the hops from the agent to an address, each with its direction; None for one nobody has."""
        steps = self._ways.get(address)
        if steps is None:
            steps = self._find(address)
            if steps:
                self._ways[address] = steps
        return steps

    def _find(self, address: str) -> Steps | None:
        uplink = (self._hops[UPLINK], OUT)
        if address in self._sentinels:
            return (uplink, (self._hops[address], OUT))
        target = self._targets.get(address)
        if target is None:
            return None
        steps = [uplink]
        for hop, way in (*self._hops_to(target.site), (self._hops[target.id], OUT)):
            if hop is not steps[-1][0]:
                steps.append((hop, way))
        return tuple(steps)

    def _hops_to(self, site: str) -> Iterator[tuple[Hop, int]]:
        """Yield the hops from the uplink's end into a site."""
        entry = self._router(self._root)
        if entry:
            yield entry, OUT
        for place, arrival in self._arrivals_to(site):
            near, far = self._router(arrival.before, arrival.link), self._router(place, arrival.link)
            if near:
                yield near, OUT
            if arrival.link:
                line = self._hops[arrival.link.id]
                yield line, OUT if line.home == arrival.before else IN
            if far:
                yield far, OUT

    def _arrivals_to(self, site: str) -> list[tuple[str, _Arrival]]:
        chain = []
        while site != self._root:
            arrival = self._arrivals[site]
            chain.append((site, arrival))
            site = arrival.before
        return chain[::-1]


def _edges(inventory: Inventory) -> dict[str, list[tuple[str, Link | None]]]:
    """Return each site's neighbours; a site without a line is in the building of the site above it."""
    edges: dict[str, list[tuple[str, Link | None]]] = defaultdict(list)
    for link in inventory.links.values():
        edges[link.a].append((link.b, link))
        edges[link.b].append((link.a, link))
    lined = set(edges)
    for site in inventory.sites.values():
        if site.parent and site.id not in lined:
            edges[site.id].append((site.parent, None))
            edges[site.parent].append((site.id, None))
    return edges
