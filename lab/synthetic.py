"""A made-up province of any size, for measuring."""

from __future__ import annotations

import ipaddress

from agent.inventory import Inventory
from agent.model import Device, Endpoint, Level, Link, LinkRole, Secret, Site, SnmpCredentials, SnmpSettings

NETWORK = "10.32.0.0/11"
_PER_DISTRICT = 50


def synthetic(
    n_endpoints: int, *, per_district: int = _PER_DISTRICT, network: str = NETWORK, snmp: SnmpSettings | None = None
) -> Inventory:
    """Return a province with so many codecs: one a commune, `per_district` of them behind each district's router.

    Ids are `d001`, `r-d001`, `wan-d001`, `bak-d001`, `c00001`, `vc-c00001`, `acc-c00001`; the core is `r-core`.
    Raises ValueError: the network has too few addresses.
    """
    if ipaddress.ip_network(network).num_addresses < n_endpoints * (1 + 1 / per_district) + 3:
        raise ValueError(f"{network} has too few addresses for {n_endpoints} codecs; take a larger one")
    snmp = snmp or SnmpSettings(SnmpCredentials("province", "2c", community=Secret("public")))
    addresses = (str(address) for address in ipaddress.ip_network(network).hosts())
    districts = [f"d{number:03}" for number in range(1, -(-n_endpoints // per_district) + 1)]
    communes = {f"c{number:05}": districts[(number - 1) // per_district] for number in range(1, n_endpoints + 1)}
    ports = tuple(f"Gi0/{number}" for number in range(1, 2 * len(districts) + 1))
    devices = [Device("r-core", "province", "router", next(addresses), snmp, interfaces=ports)]
    for district in districts:
        below = sum(1 for parent in communes.values() if parent == district)
        names = ("Gi0/0", "Gi0/1", *(f"Gi1/{number}" for number in range(1, below + 1)))
        devices.append(Device(f"r-{district}", district, "router", next(addresses), snmp, interfaces=names))
    endpoints = [Endpoint(f"vc-{commune}", commune, commune, next(addresses), "poly") for commune in communes]
    return Inventory(
        sites={site.id: site for site in _sites(districts, communes)},
        endpoints={endpoint.id: endpoint for endpoint in endpoints},
        devices={device.id: device for device in devices},
        links={link.id: link for link in (*_trunks(districts), *_access(communes, per_district))},
    )


def _sites(districts: list[str], communes: dict[str, str]) -> list[Site]:
    sites = [Site("province", "Province", Level.PROVINCE)]
    sites += [Site(district, district, Level.DISTRICT, "province") for district in districts]
    return sites + [Site(commune, commune, Level.COMMUNE, parent) for commune, parent in communes.items()]


def _trunks(districts: list[str]) -> list[Link]:
    links = []
    for number, district in enumerate(districts, start=1):
        for prefix, role, port in (("wan", LinkRole.PRIMARY, 2 * number - 1), ("bak", LinkRole.BACKUP, 2 * number)):
            name = f"{prefix}-{district}"
            links.append(Link(name, name, "province", district, role, "r-core", f"Gi0/{port}", 100e6))
    return links


def _access(communes: dict[str, str], per_district: int) -> list[Link]:
    links = []
    for number, (commune, district) in enumerate(communes.items()):
        port = f"Gi1/{number % per_district + 1}"
        name = f"acc-{commune}"
        links.append(Link(name, name, district, commune, LinkRole.ACCESS, f"r-{district}", port, 20e6))
    return links
