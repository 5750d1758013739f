"""The files a demo runs on: the sample configuration, pointed at the lab, in a folder that goes with the demo."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from lab.errors import LabError
from lab.loopback import LoopbackLab
from lab.province import Lab

_HOME = Path(__file__).resolve().parent
PLACES = (_HOME.parent / "config", _HOME / "sample")  # a checkout's, an installed package's


def sample() -> Path:
    """Return the sample configuration. Raises LabError where it is not to be found."""
    for folder in PLACES:
        if (folder / "diemcau.yaml").is_file():
            return folder / "diemcau.yaml"
    raise LabError(f"the sample province is missing; it should be in {PLACES[0]}")


def write_configuration(folder: Path, source: Path, lab: Lab | LoopbackLab) -> Path:
    """Write the configuration the demo's agent reads; return its main file."""
    main = yaml.safe_load(source.read_text(encoding="utf-8"))
    main["agent"] |= {"name": "demo", "state_dir": str(folder / "state"), "sentinels": list(lab.sentinels)}
    main["inventory"] = "inventory.yaml"
    main.pop("meetings", None)
    path = folder / "diemcau.yaml"
    _write(path, main)
    _write(folder / "inventory.yaml", _inventory(source.parent / "inventory", lab))
    return path


def _inventory(folder: Path, lab: Lab | LoopbackLab) -> dict[str, list[dict[str, Any]]]:
    """Merge the inventory files, each target at the address where the lab answers for it."""
    merged: dict[str, list[dict[str, Any]]] = {}
    for file in sorted(folder.glob("*.yaml")):
        for kind, entries in (yaml.safe_load(file.read_text(encoding="utf-8")) or {}).items():
            merged.setdefault(kind, []).extend(entries)
    for entry in merged["devices"]:
        device = lab.inventory.devices[entry["id"]]
        entry |= {"address": device.address, "port": device.snmp.port}
    for entry in merged["endpoints"]:
        entry["address"] = lab.inventory.endpoints[entry["id"]].address
    return merged


def prometheus_file(folder: Path, url: str) -> Path:
    """Write Prometheus's configuration: the agent at `url`, every five seconds."""
    jobs = [{"job_name": "diemcau", "static_configs": [{"targets": [url.removeprefix("http://")]}]}]
    path = folder / "prometheus.yml"
    _write(path, {"global": {"scrape_interval": "5s"}, "scrape_configs": jobs})
    return path


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(yaml.safe_dump(dict(content), allow_unicode=True, sort_keys=False), encoding="utf-8")
