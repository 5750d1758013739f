"""The configuration: `load` reads all of it, reports every fault at once, and returns frozen values.

Nothing of YAML or pydantic leaves this module and its `_config_*` helpers.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from agent._config_agent import build_agent, build_mqtt, parse_listen
from agent._config_build import Builder, build_defaults
from agent._config_credentials import build_credentials
from agent._config_document import Document, Row
from agent._config_faults import ConfigError, Fault, Faults
from agent._config_inventory import Tables, check_names
from agent._config_profiles import build_profiles
from agent._config_rows import InventoryFile, MeetingsFile
from agent._config_schema import Moment, Name, Section, Text, like
from agent._config_traps import build_traps
from agent.history import Maintenance
from agent.settings import AgentSettings, Config
from agent.times import exact

__all__ = ["ConfigError", "Fault", "load", "parse_listen"]


class MaintenanceRow(Section):
    """An entry of `maintenance:`."""

    targets: list[Text] = like("[wan-thanh-son]")
    start: Moment = like("2026-11-25T22:00", alias="from")
    end: Moment = like("2026-11-26T02:00", alias="to")
    why: Name | None = None


class MainFile(Section):
    """The main file; its sections are validated one by one, so a fault in one hides none in another."""

    agent: Any = None
    defaults: Any = None
    credentials: Any = None
    inventory: Text = like("inventory/")
    profiles: Text | None = None
    meetings: Text | None = None
    maintenance: Any = None
    mqtt: Any = None
    traps: Any = None


def load(path: Path, environ: Mapping[str, str]) -> Config:
    """Read a configuration and all files it names, as of now.

    Raises ConfigError with every fault found; no secret is in its text.
    """
    faults = Faults()
    main = Document(path, faults, environ)
    config = _build(main, main.data) if isinstance(main.data, dict) else None
    if config is None and not faults.found:
        main.fault((), "must be a mapping; write `key: value` lines, as in `inventory: inventory/`")
    if faults.found or config is None:
        raise ConfigError(faults.found.values())
    return config


def _build(main: Document, data: dict[str, Any]) -> Config:
    main.read(MainFile, data, ())
    agent, web_sources = build_agent(main, data.get("agent", {}))
    secrets = data.get("credentials", {})
    credentials = build_credentials(main, secrets)
    names = set(secrets) if isinstance(secrets, dict) else None
    defaults = build_defaults(main, data.get("defaults", {}), credentials, names)
    tables, sources = _read_tables(main, data)
    profiles, known_profiles, own_profiles = build_profiles(main, _profiles(main, data.get("profiles")))
    tables.check(names, known_profiles)
    for _, text in check_names([agent.site] if agent.site else [], set(tables.known["sites"]), "site"):
        main.fault(("agent", "site"), text)
    return Config(
        agent=agent,
        inventory=Builder(tables, defaults, credentials, names, agent.timezone).inventory(),
        maintenance=_maintenance(main, tables, agent),
        mqtt=build_mqtt(main, data.get("mqtt")),
        sources=(main.path, *web_sources, *sources, *own_profiles),
        signalling=defaults.signalling,
        profiles=profiles,
        credentials=credentials,
        traps=build_traps(main, data.get("traps"), credentials, names),
    )


def _read_tables(main: Document, data: dict[str, Any]) -> tuple[Tables, list[Path]]:
    tables, sources = Tables(), list[Path]()
    for key, model in (("inventory", InventoryFile), ("meetings", MeetingsFile)):
        for path in _files(main, key, data.get(key)):
            document = Document(path, main.faults, main.environ)
            sources.append(path)
            if document.data is not None:
                document.read(model, document.data, ())
                tables.collect(document)
    return tables, sources


def _files(main: Document, key: str, written: object) -> list[Path]:
    if not isinstance(written, str):
        return []
    path = main.path.parent / written
    if path.suffix == ".ics":
        main.fault((key,), "{value} is a calendar, which is not read yet; write the meetings as YAML")
    elif path.is_file():
        return [path]
    elif not path.is_dir():
        main.fault((key,), "{value} is no file or folder that can be read; write a path beside this file")
    elif not (found := sorted(_yaml_in(path))):
        main.fault((key,), "{value} is a folder without a *.yaml file; put one into it")
    else:
        return found
    return []


def _yaml_in(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.suffix in {".yaml", ".yml"} and not path.name.startswith(".")]


def _profiles(main: Document, written: object) -> Path | None:
    if not isinstance(written, str):
        return None
    path = main.path.parent / written
    if not path.is_dir():
        main.fault(("profiles",), "{value} is no folder; write the path of one, or leave the line out")
        return None
    return path


def _maintenance(main: Document, tables: Tables, agent: AgentSettings) -> tuple[Maintenance, ...]:
    known = {name for kind in ("sites", "endpoints", "devices", "links") for name in tables.known[kind]}
    windows = []
    for row in main.rows("maintenance", MaintenanceRow):
        window = row.value
        for at, text in check_names(window.targets, known, "target"):
            row.fault("targets", text, at)
        if not window.targets:
            row.fault("targets", "is empty; write the ids of sites, endpoints, devices or links")
        start, end = (_exact(row, key, at, agent.timezone) for key, at in (("from", window.start), ("to", window.end)))
        if start is None or end is None:
            continue
        if start >= end and not row.replaced & {"from", "to"}:
            row.fault("to", "{value} is not after `from`; write a later time")
        windows.append(Maintenance(tuple(window.targets), start, end, window.why or ""))
    return tuple(windows)


def _exact(row: Row[MaintenanceRow], key: str, moment: datetime, zone: ZoneInfo) -> datetime | None:
    """Return a time in UTC; one that clocks skip or show twice is a fault: the work might be an hour off."""
    try:
        return exact(moment, zone)
    except ValueError as error:
        row.fault(key, str(error))
        return None
