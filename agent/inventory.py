"""The province: sites, endpoints, devices and links by id, how they hang together, and what changed in them."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from agent.model import Device, Endpoint, Level, Link, Meeting, Site

Target = Endpoint | Device | Link


@dataclass(frozen=True, slots=True)
class Inventory:
    """All that is watched, each kind keyed by id in the order of the files."""

    sites: dict[str, Site] = field(default_factory=dict)
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    meetings: dict[str, Meeting] = field(default_factory=dict)

    @property
    def targets(self) -> dict[str, Target]:
        """Everything that has a state, by id: endpoints, devices and links share one space of ids."""
        return {**self.endpoints, **self.devices, **self.links}

    def shard(self, number: int, of: int) -> Inventory:
        """Return the `number`-th (from 1) of `of` parts: endpoints and devices by their ids, links with their device.

        Sites and meetings stay whole, so that every part knows the names of all.
        """

        def mine(target_id: str) -> bool:
            return zlib.crc32(target_id.encode()) % of == number - 1

        return replace(
            self,
            endpoints={id_: endpoint for id_, endpoint in self.endpoints.items() if mine(id_)},
            devices={id_: device for id_, device in self.devices.items() if mine(id_)},
            links={id_: link for id_, link in self.links.items() if mine(link.device or id_)},
        )

    def above(self, site_id: str) -> Iterator[Site]:
        """Yield the site itself, then each site above it up to the province."""
        site = self.sites.get(site_id)
        passed: set[str] = set()
        while site is not None and site.id not in passed:
            yield site
            passed.add(site.id)
            site = self.sites.get(site.parent) if site.parent else None

    def district(self, site_id: str) -> str:
        """Return the id of the district a site is or lies in; empty for the province's own rooms."""
        return next((site.id for site in self.above(site_id) if site.level is Level.DISTRICT), "")

    def under(self, site_id: str) -> tuple[str, ...]:
        """Return the ids of a site and all below it, in inventory order."""
        return tuple(other for other in self.sites if any(site.id == site_id for site in self.above(other)))

    def links_at(self, site_id: str) -> tuple[Link, ...]:
        """Return the links that end at a site."""
        return tuple(link for link in self.links.values() if site_id in (link.a, link.b))

    def endpoints_at(self, site_id: str) -> tuple[Endpoint, ...]:
        """Return the endpoints at a site."""
        return tuple(endpoint for endpoint in self.endpoints.values() if endpoint.site == site_id)

    def select(self, selectors: Iterable[str]) -> tuple[str, ...]:
        """Return the ids of the sites chosen, once each, in inventory order.

        A selector is a site's id, `level:LEVEL`, or `under:SITE` (that site and all below it).
        Raises KeyError for a site or level that is not there.
        """
        chosen = {site for selector in selectors for site in self._matches(selector)}
        return tuple(site for site in self.sites if site in chosen)

    def _matches(self, selector: str) -> tuple[str, ...]:
        match selector.partition(":"):
            case ("level", ":", level) if level in set(Level):
                return tuple(site.id for site in self.sites.values() if site.level == level)
            case ("under", ":", site) if site in self.sites:
                return self.under(site)
            case (site, "", _) if site in self.sites:
                return (site,)
        raise KeyError(selector)


@dataclass(frozen=True, slots=True)
class Changes:
    """What a new inventory does to the targets (endpoints, devices, links), by id in the order of the files."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def changes(old: Inventory, new: Inventory) -> Changes:
    """Compare two inventories; a target is changed when anything of it is, its inherited settings included."""
    before, after = old.targets, new.targets
    return Changes(
        added=tuple(target for target in after if target not in before),
        removed=tuple(target for target in before if target not in after),
        changed=tuple(target for target in after if target in before and after[target] != before[target]),
    )
