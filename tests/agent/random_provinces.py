"""Provinces of every shape: trees and rings; sites without routers, with two, in another's building, on islands."""

from __future__ import annotations

from hypothesis import strategies as st

from agent.inventory import Inventory
from agent.model import Device, Endpoint, Level, Link, LinkRole, Secret, Site, SnmpCredentials, SnmpSettings

SNMP = SnmpSettings(SnmpCredentials("c", "2c", Secret("public")))
LINES = {"building": (), "one": (0,), "two": (0, 0), "ring": (0, 1), "elsewhere": (1,)}  # 0: to its parent, 1: to any


def place(name: str, parent: str | None = None) -> Site:
    return Site(name, name, Level.COMMUNE if parent else Level.PROVINCE, parent)


def device(name: str, site: str, role: str = "router") -> Device:
    return Device(name, site, role, "192.0.2.1", SNMP)


def endpoint(name: str, site: str) -> Endpoint:
    return Endpoint(name, site, name, "192.0.2.1")


def link(name: str, a: str, b: str, named: str | None = None) -> Link:
    return Link(name, name, a, b, LinkRole.PRIMARY, named, "1" if named else None)


def inventory_of(*parts: Site | Device | Endpoint | Link) -> Inventory:
    """The inventory of these, in this order."""
    kinds = {Site: {}, Endpoint: {}, Device: {}, Link: {}}
    for part in parts:
        kinds[type(part)][part.id] = part
    return Inventory(kinds[Site], kinds[Endpoint], kinds[Device], kinds[Link])


@st.composite
def provinces(draw, most_sites: int = 8, prefix: str = "", below: str | None = None) -> Inventory:
    """A province; or, with `below`, what hangs on that site alone, which is not in it."""
    sites = [place(below or f"{prefix}p")]
    parts: list[Site | Device | Endpoint | Link] = []
    for number in range(draw(st.integers(1, most_sites))):
        if number or below:
            parent = draw(st.sampled_from(sites)).id
            sites.append(place(f"{prefix}s{number}", parent))
        parts += draw(_furniture(sites[-1].id))
    routers = {one.id: one.site for one in parts if isinstance(one, Device)}
    for site in sites[1:]:
        for number, far in enumerate(LINES[draw(st.sampled_from(list(LINES)))]):
            other = site.parent if not far else draw(st.sampled_from([one.id for one in sites if one != site]))
            named = [None, *(router for router, at in routers.items() if at in (site.id, other))]
            parts.append(link(f"{prefix}l-{site.id}-{number}", other, site.id, draw(st.sampled_from(named))))
    return inventory_of(*(site for site in sites if site.id != below), *parts)


@st.composite
def _furniture(draw, site: str) -> list[Device | Endpoint]:
    """The routers, codecs and switches of one site."""
    routers, codecs, switches = draw(
        st.sampled_from([(1, 1, 0), (1, 0, 0), (0, 1, 0), (0, 2, 0), (2, 1, 0), (1, 2, 1)])
    )
    return [
        *(device(f"r{number}-{site}", site) for number in range(routers)),
        *(device(f"sw{number}-{site}", site, "switch") for number in range(switches)),
        *(endpoint(f"vc{number}-{site}", site) for number in range(codecs)),
    ]


def joined(*inventories: Inventory) -> Inventory:
    """One inventory of several, in this order."""
    tables = zip(*((one.sites, one.endpoints, one.devices, one.links) for one in inventories), strict=True)
    return Inventory(*({id_: part for table in kind for id_, part in table.items()} for kind in tables))
