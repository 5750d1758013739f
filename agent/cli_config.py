"""What the commands `diemcau config` and `diemcau inventory` do. Each returns its exit status: 0, or 2 with faults."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from agent.config import ConfigError, load
from agent.settings import Config
from agent.spreadsheet import MADE, read_sheet, to_csv, to_yaml

HERE = Path("config/diemcau.yaml")
SYSTEM = Path("/etc/diemcau/diemcau.yaml")


def find_config(option: Path | None, environ: Mapping[str, str]) -> Path:
    """Return --config, else $DIEMCAU_CONFIG, else ./config/diemcau.yaml, else /etc/diemcau/diemcau.yaml."""
    if option is not None:
        return option
    if named := environ.get("DIEMCAU_CONFIG"):
        return Path(named)
    return HERE if HERE.exists() else SYSTEM


def config_check(path: Path) -> int:
    """Read all of a configuration; print its faults, or what it holds."""
    config = _load(path)
    if config is None:
        return 2
    sys.stdout.write(f"{path}: {_summary(config)}; no faults\n")
    return 0


def inventory_import(csv_path: Path, out_dir: Path) -> int:
    """Write a spreadsheet's rows as an inventory file in `out_dir`, named as the spreadsheet."""
    target = out_dir / f"{csv_path.stem}.yaml"
    try:
        entries = read_sheet(csv_path)
        _write(target, to_yaml(entries))
    except ConfigError as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(f"{target}: cannot be written ({error.strerror}); name another folder with -o")
    counts = ", ".join(f"{len(rows)} {kind}" for kind, rows in entries.items())
    sys.stdout.write(f"{target}: {counts}\n")
    return 0


def inventory_export(path: Path, out: Path | None) -> int:
    """Write a configuration's sites, endpoints and links as CSV to `out`, or to standard output."""
    config = _load(path)
    if config is None:
        return 2
    text = to_csv(config.inventory)
    if out is None or str(out) == "-":
        sys.stdout.write(text)
        return 0
    try:
        out.write_text(text, encoding="utf-8-sig")  # the mark tells spreadsheets that it is UTF-8
    except OSError as error:
        return _fail(f"{out}: cannot be written ({error.strerror}); name another file")
    return 0


def _load(path: Path) -> Config | None:
    try:
        return load(path, os.environ)
    except ConfigError as error:
        _fail(str(error))
        return None


def _fail(text: str) -> int:
    sys.stderr.write(text + "\n")
    return 2


def _summary(config: Config) -> str:
    inventory = config.inventory
    kinds = ("sites", "endpoints", "devices", "links", "meetings")
    return ", ".join(f"{len(getattr(inventory, kind))} {kind}" for kind in kinds)


def _write(target: Path, text: str) -> None:
    if target.exists() and not target.read_text(encoding="utf-8", errors="replace").startswith(f"# {MADE}"):
        raise FileExistsError(0, "a file of that name is there, and no import wrote it")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
