"""How sites hang together, who is selected, and what changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.inventory import Changes, Inventory, changes
from agent.model import Device, Endpoint, Level, Link, LinkRole, Secret, Site, SnmpCredentials, SnmpSettings

SITES = [
    Site("pt", "Tỉnh", Level.PROVINCE),
    Site("ts", "Huyện", Level.DISTRICT, "pt"),
    Site("ts-a", "Xã A", Level.COMMUNE, "ts"),
    Site("vt", "Thành phố", Level.DISTRICT, "pt"),
    Site("ioc", "IOC", Level.PROVINCE, "pt"),
]
CREDENTIALS = SnmpCredentials("c", "2c", Secret("public"))
INVENTORY = Inventory(
    sites={site.id: site for site in SITES},
    endpoints={
        f"vc-{site.id}": Endpoint(f"vc-{site.id}", site.id, site.name, f"192.0.2.{n}") for n, site in enumerate(SITES)
    },
    devices={"r": Device("r", "pt", "router", "192.0.2.99", SnmpSettings(CREDENTIALS))},
    links={
        "wan": Link("wan", "WAN", "pt", "ts", LinkRole.PRIMARY),
        "acc": Link("acc", "A", "ts", "ts-a", LinkRole.ACCESS),
    },
)


def test_the_tree() -> None:
    assert [site.id for site in INVENTORY.above("ts-a")] == ["ts-a", "ts", "pt"]
    assert [INVENTORY.district(site) for site in ("ts-a", "ts", "pt", "ioc")] == ["ts", "ts", "", ""]
    assert INVENTORY.under("ts") == ("ts", "ts-a")
    assert [link.id for link in INVENTORY.links_at("ts")] == ["wan", "acc"]
    assert [endpoint.id for endpoint in INVENTORY.endpoints_at("vt")] == ["vc-vt"]


@pytest.mark.parametrize(
    ("selectors", "chosen"),
    [
        (["ts-a", "pt"], ("pt", "ts-a")),
        (["level:district"], ("ts", "vt")),
        (["under:ts", "ts"], ("ts", "ts-a")),
        (["under:pt"], ("pt", "ts", "ts-a", "vt", "ioc")),
        ([], ()),
    ],
)
def test_selectors(selectors: list[str], chosen: tuple[str, ...]) -> None:
    assert INVENTORY.select(selectors) == chosen


@pytest.mark.parametrize("selector", ["x", "level:x", "under:x", "all:pt", ""])
def test_unknown_selectors(selector: str) -> None:
    with pytest.raises(KeyError):
        INVENTORY.select([selector])


def test_the_same_inventory_has_no_changes() -> None:
    assert not changes(INVENTORY, replace(INVENTORY, endpoints=dict(INVENTORY.endpoints)))


def test_what_changed_is_named_by_id() -> None:
    endpoints = dict(INVENTORY.endpoints)
    del endpoints["vc-vt"]
    endpoints["vc-ts"] = replace(endpoints["vc-ts"], address="192.0.2.200")
    endpoints["vc-new"] = replace(endpoints["vc-ts"], id="vc-new")
    other = replace(CREDENTIALS, community=Secret("other"))
    devices = {"r": replace(INVENTORY.devices["r"], snmp=SnmpSettings(other))}
    new = replace(INVENTORY, endpoints=endpoints, devices=devices)
    assert changes(INVENTORY, new) == Changes(added=("vc-new",), removed=("vc-vt",), changed=("vc-ts", "r"))
