"""The sample in config/ is the whole province, loads as it stands, and is what its script makes."""

from __future__ import annotations

import csv
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from agent.config import load
from agent.model import Level
from agent.settings import Config

ROOT = Path(__file__).parents[2]
UNITS = ROOT / "config" / "units" / "phutho_units_2020.csv"


@pytest.fixture(scope="module")
def config() -> Config:
    return load(ROOT / "config" / "diemcau.yaml", {})


def test_it_has_the_province_s_figures(config: Config) -> None:
    inventory = config.inventory
    levels = Counter(site.level for site in inventory.sites.values())
    assert levels == {Level.PROVINCE: 5, Level.DISTRICT: 13, Level.COMMUNE: 225}
    assert len(inventory.endpoints) == 243
    assert {endpoint.site for endpoint in inventory.endpoints.values()} == set(inventory.sites)
    assert len(inventory.devices) == 14
    assert Counter(link.role for link in inventory.links.values()) == {"primary": 13, "backup": 13, "access": 225}


def test_every_official_unit_is_there_once(config: Config) -> None:
    with UNITS.open(encoding="utf-8", newline="") as rows:
        units = {row["commune_code"]: f"{row['commune_type']} {row['commune_name']}" for row in csv.DictReader(rows)}
    sites = config.inventory.sites.values()
    assert {site.code: site.name for site in sites if site.level is Level.COMMUNE} == units


def test_each_line_has_an_interface_of_its_own(config: Config) -> None:
    ports = [(link.device, link.interface) for link in config.inventory.links.values()]
    assert len(set(ports)) == len(ports) == 251


def test_meetings_join_14_and_243_sites(config: Config) -> None:
    assert [len(meeting.sites) for meeting in config.inventory.meetings.values()] == [14, 243]


def test_the_script_makes_the_same_files(tmp_path: Path) -> None:
    subprocess.run([sys.executable, ROOT / "scripts" / "make-province", "-o", tmp_path], check=True, timeout=60)
    made = {path.relative_to(tmp_path): path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.yaml")}
    kept = {
        path.relative_to(ROOT / "config"): path.read_text(encoding="utf-8")
        for path in (ROOT / "config").rglob("*.yaml")
    }
    assert len(made) == 15
    assert made == {name: kept.get(name) for name in made}


def test_it_loads_quickly() -> None:
    started = time.process_time()
    load(ROOT / "config" / "diemcau.yaml", {})
    assert time.process_time() - started < 1.5
