"""The sections `agent:` and `mqtt:`: who the agent is, where it serves, whom it tells."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BeforeValidator, Field

from agent import _config_units as units
from agent._config_document import Document
from agent._config_schema import Address, Hidden, Id, Retention, Section, Text, like, one_of, optional
from agent._config_web import read_web
from agent.settings import RETENTION_S, AgentSettings, Language, Listen, MqttSettings, WebSecurity

SCHEMES = ("mqtt", "mqtts", "ws", "wss")
_LABEL = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
_LISTEN = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<four>[^:\s]*)):(?P<port>[0-9]{1,5})", re.ASCII)


def parse_listen(value: object) -> Listen:
    """Read where to listen: `127.0.0.1:9843`, `[::1]:9843`, `:9843` or `fd:3`. Raises ValueError, `{value}` open."""
    written = units.text(value)
    if match := re.fullmatch(r"fd:([0-9]{1,6})", written):
        return Listen(host="", port=0, fd=int(match[1]))
    match = _LISTEN.fullmatch(written)
    host = (match["six"] or match["four"] or "0.0.0.0") if match else ""  # noqa: S104  # `:9843` asks for all addresses
    if not match or int(match["port"]) > 65535 or not _is_host(host):  # noqa: PLR2004  # 16 bits
        raise ValueError("{value} is no place to listen; write 127.0.0.1:9843, [::1]:9843, :9843 (all) or fd:3")
    return Listen(host=host, port=int(match["port"]))


def _is_host(host: str) -> bool:
    try:
        return host in {"localhost", "0.0.0.0", "::"} or bool(units.address(host))  # noqa: S104  # the user's choice
    except ValueError:
        return False


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _zone(value: object) -> ZoneInfo:
    return ZoneInfo(units.choice(_zones(), "time zones")(value))


def _label(value: object) -> str:
    if not re.fullmatch(_LABEL, units.text(value)):
        raise ValueError("{value} is not a short name; write letters a-z, digits, `.`, `_` or `-`, as in `phutho`")
    return units.text(value)


def _topic(value: object) -> str:
    if not re.fullmatch(f"{_LABEL}(/{_LABEL})*", units.text(value)):
        raise ValueError("is no MQTT topic prefix; write names of letters, digits, `.`, `_` or `-`, with `/` between")
    return units.text(value)


def _broker(value: object) -> str:
    try:
        parts = urlsplit(units.text(value))
        right = parts.scheme in SCHEMES and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        right = False
    if not right:
        raise ValueError("is no broker's address; write mqtt://host:1883, mqtts://host:8883, ws://… or wss://…")
    if "@" in parts.netloc:
        raise ValueError("holds a user name; write `username:` and `password:` beside the url instead")
    return units.text(value)


class AgentSection(Section):
    """`agent:`."""

    name: Annotated[str, BeforeValidator(_label)] = "phutho"
    listen: Annotated[Listen, BeforeValidator(parse_listen)] = Listen()
    state_dir: Text = "/var/lib/diemcau"
    language: Annotated[Language, one_of(Language, "languages")] = Language.VI
    timezone: Annotated[ZoneInfo, BeforeValidator(_zone)] = Field(default_factory=lambda: ZoneInfo("Asia/Ho_Chi_Minh"))
    sentinels: tuple[Address, ...] = ()
    sources: tuple[Address, ...] = ()
    web_config: Text | None = None
    site: Id | None = None
    retention_s: Retention | None = optional("retention")


class MqttSection(Section):
    """`mqtt:`."""

    url: Annotated[str, BeforeValidator(_broker)] = like("mqtts://broker:8883")
    username: Text | None = None
    password: Hidden | None = None
    ca: Text | None = None
    prefix: Annotated[str, BeforeValidator(_topic)] = "diemcau"


def build_agent(document: Document, data: Any) -> tuple[AgentSettings, list[Path]]:
    """Return what `agent:` says, and the files read for it."""
    row = document.read(AgentSection, data, ("agent",))
    section = row.value if row else AgentSection()
    for at, address in enumerate(section.sentinels):
        if address in section.sentinels[:at]:
            document.fault(("agent", "sentinels", at), "{value} is listed twice; keep one of them")
    for at, address in enumerate(section.sources):
        if any((":" in address) == (":" in other) for other in section.sources[:at]):
            document.fault(("agent", "sources", at), "{value} is a second address of its family; keep one of each")
    path = document.path.parent / section.web_config if section.web_config is not None else None
    if path and not path.is_file():
        document.fault(("agent", "web_config"), "{value} is no file that can be read; write the path of one")
        path = None
    settings = AgentSettings(
        name=section.name,
        listen=section.listen,
        state_dir=document.path.parent / section.state_dir,
        language=section.language,
        timezone=section.timezone,
        sentinels=section.sentinels,
        sources=section.sources,
        site=section.site,
        retention_s=section.retention_s or RETENTION_S,
        web=read_web(path, document.faults, document.environ) if path else WebSecurity(),
    )
    return settings, [path] if path else []


def build_mqtt(document: Document, data: Any) -> MqttSettings | None:
    """Return what `mqtt:` says; None where there is none."""
    row = document.read(MqttSection, data, ("mqtt",)) if data is not None else None
    if row is None:
        return None
    section = row.value
    ca = document.path.parent / section.ca if section.ca else None
    if ca and not ca.is_file():
        document.fault(("mqtt", "ca"), "names no file that is there; write the path of the authority's PEM certificate")
    if section.password and not section.username:
        document.fault(("mqtt", "password"), "stands without a `username`; write both")
    return MqttSettings(section.url, section.username, section.password, ca, section.prefix)
