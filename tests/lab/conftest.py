"""A small province for the lab's tests: two districts, the first with a backup line and v3 on its router."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator

import pytest

from agent.inventory import Inventory
from agent.model import Device, Endpoint, Level, Link, LinkRole, Secret, Site, SnmpCredentials, SnmpSettings
from lab import Lab, requirements

SENTINEL = "10.25.255.254"
V2C = SnmpCredentials("province", "2c", community=Secret("xem"))
V3 = SnmpCredentials(
    "core",
    "3",
    user="monitor",
    auth="SHA-256",
    auth_key=Secret("chia-khoa-xac-thuc"),
    priv="AES-128",
    priv_key=Secret("chia-khoa-ma-hoa"),
)
Run = Callable[..., str]


def small_province() -> Inventory:
    sites = [
        Site("tinh", "Tỉnh", Level.PROVINCE),
        Site("phong-1", "Phòng họp 1", Level.PROVINCE, "tinh"),
        Site("thanh-son", "Huyện Thanh Sơn", Level.DISTRICT, "tinh"),
        Site("tan-son", "Huyện Tân Sơn", Level.DISTRICT, "tinh"),
        Site("son-hung", "Xã Sơn Hùng", Level.COMMUNE, "thanh-son"),
        Site("kiet-son", "Xã Kiệt Sơn", Level.COMMUNE, "tan-son"),
    ]
    v2c, v3 = SnmpSettings(V2C), SnmpSettings(V3)
    devices = [
        Device("r-core", "tinh", "router", "10.25.0.1", v2c, interfaces=("Gi0/1", "Gi0/2", "Gi0/3")),
        Device("r-thanh-son", "thanh-son", "router", "10.25.238.1", v3, interfaces=("Gi0/0", "Gi0/1", "Gi1/1")),
        Device("r-tan-son", "tan-son", "router", "10.25.240.1", v2c, interfaces=("Gi0/0", "Gi0/1", "Gi1/1")),
    ]
    endpoints = [
        Endpoint("vc-phong-1", "phong-1", "Phòng họp 1", "10.25.0.10", "poly"),
        Endpoint("vc-thanh-son", "thanh-son", "Thanh Sơn", "10.25.238.10", "poly"),
        Endpoint("vc-tan-son", "tan-son", "Tân Sơn", "10.25.240.10", "cisco-codec"),
        Endpoint("vc-son-hung", "son-hung", "Sơn Hùng", "10.25.238.20", "poly"),
        Endpoint("vc-kiet-son", "kiet-son", "Kiệt Sơn", "10.25.240.20", "poly"),
    ]
    wan, spare, access = LinkRole.PRIMARY, LinkRole.BACKUP, LinkRole.ACCESS
    links = [
        Link("wan-thanh-son", "Thanh Sơn", "tinh", "thanh-son", wan, "r-core", "Gi0/1", 100e6),
        Link("bak-thanh-son", "Thanh Sơn 2", "tinh", "thanh-son", spare, "r-core", "Gi0/2", 50e6),
        Link("wan-tan-son", "Tân Sơn", "tinh", "tan-son", wan, "r-core", "Gi0/3", 100e6),
        Link("acc-son-hung", "Sơn Hùng", "thanh-son", "son-hung", access, "r-thanh-son", "Gi1/1", 20e6),
        Link("acc-kiet-son", "Kiệt Sơn", "tan-son", "kiet-son", access, "r-tan-son", "Gi1/1", 20e6),
    ]
    return Inventory(
        sites={one.id: one for one in sites},
        devices={one.id: one for one in devices},
        endpoints={one.id: one for one in endpoints},
        links={one.id: one for one in links},
    )


@pytest.fixture
def inventory() -> Inventory:
    return small_province()


@pytest.fixture
def lab(inventory) -> Iterator[Lab]:
    assert not requirements(), " ".join(requirements())
    with Lab(inventory, sentinels=[SENTINEL]) as running:
        print(f"seed {running.seed}")  # noqa: T201  a failing run can be repeated
        for line in inventory.links:
            running.set(line, delay_s=0, traffic_in_bps=0, traffic_out_bps=0)
        yield running


@pytest.fixture
def run(lab) -> Run:
    """Run a command on the agent's side; return what it prints, errors too."""

    def command(*words: str) -> str:
        done = subprocess.run(
            [*lab.exec_prefix, *words], check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        return done.stdout

    return command


@pytest.fixture
def answers(run) -> Callable[..., list[bool]]:
    """Tell for each address whether it answers a ping within 300 ms."""

    def ask(*addresses: str) -> list[bool]:
        said = run("fping", "-r", "0", "-t", "300", *addresses)
        return [f"{address} is alive" in said for address in addresses]

    return ask
