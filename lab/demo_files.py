"""The files a demo runs on: the sample configuration, pointed at the lab, in a folder that goes with the demo."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from lab.errors import LabError
from lab.loopback import LoopbackLab
from lab.province import Lab

_HOME = Path(__file__).resolve().parent
# A checkout's, an installed package's.
PLACES = (_HOME.parent / "config", _HOME / "sample")
RULES = (_HOME.parent / "grafana" / "rules", _HOME / "rules")
FILL_IN = (_HOME.parent / "deploy" / "fill-in", _HOME / "rules" / "fill-in")


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


def rules() -> Path | None:
    """Return the folder of the alert rules, Alertmanager's routes and `fill-in`; None where it is not to be found."""
    return next((folder for folder in RULES if (folder / "diemcau.rules.yml").is_file()), None)


def prometheus_file(folder: Path, url: str, alertmanager: str | None) -> Path:
    """Write Prometheus's configuration: the agent at `url` every five seconds, the rules, who is told of alerts."""
    content: dict[str, Any] = {
        "global": {"scrape_interval": "5s", "evaluation_interval": "5s"},
        "scrape_configs": [{"job_name": "diemcau", "static_configs": [_targets(url)]}],
    }
    if (home := rules()) is not None:
        content["rule_files"] = [str(home / "diemcau.rules.yml")]
    if alertmanager is not None:
        content["alerting"] = {"alertmanagers": [{"static_configs": [_targets(alertmanager)]}]}
    path = folder / "prometheus.yml"
    _write(path, content)
    return path


def alertmanager_file(folder: Path, webhook: str) -> Path:
    """Write Alertmanager's configuration: the project's own routes, all of which end at `webhook`.

    Raises LabError: the routes could not be filled in.
    """
    home = rules()
    fill_in = next((file for file in FILL_IN if file.is_file()), None)
    if home is None or fill_in is None:
        raise LabError(f"the alert rules are missing; they should be in {RULES[0]}")
    shutil.copy(home / "diemcau.tmpl", folder)
    path = folder / "alertmanager.yml"
    with (home / "alertmanager.yml").open("rb") as source, path.open("wb") as target:
        environment = {"PATH": os.environ.get("PATH", os.defpath), "DIEMCAU_WEBHOOK_URL": webhook}
        subprocess.run(["/bin/sh", str(fill_in)], stdin=source, stdout=target, env=environment, check=True)
    return path


def _targets(url: str) -> dict[str, list[str]]:
    return {"targets": [url.removeprefix("http://")]}


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(yaml.safe_dump(dict(content), allow_unicode=True, sort_keys=False), encoding="utf-8")
