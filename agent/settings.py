"""What the configuration says, as typed frozen values. `agent.config` makes them; everyone may read them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from agent.history import Maintenance
from agent.inventory import Inventory
from agent.model import Secret, SnmpCredentials, TrapSettings
from agent.profile import Profile
from agent.topology import Topology

RETENTION_S = 760 * 86400.0  # how long history is kept: 25 months


class Language(StrEnum):
    """The language of pages, reports and alert texts."""

    VI = "vi"
    EN = "en"


@dataclass(frozen=True, slots=True)
class Listen:
    """Where the agent serves HTTP: an address and port, or a socket it inherits (`fd:N`)."""

    host: str = "127.0.0.1"
    port: int = 9843
    fd: int | None = None


@dataclass(frozen=True, slots=True)
class WebSecurity:
    """What the Prometheus exporters' web configuration file says: TLS, and users with bcrypt hashes."""

    cert_file: Path | None = None
    key_file: Path | None = None
    client_ca_file: Path | None = None
    require_client_cert: bool = False
    users: dict[str, Secret] = field(default_factory=dict)
    min_version: str = "TLS12"


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """Who the agent is and where it stands."""

    name: str = "phutho"
    listen: Listen = field(default_factory=Listen)
    state_dir: Path = Path("/var/lib/diemcau")
    language: Language = Language.VI
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Ho_Chi_Minh"))
    sentinels: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()  # addresses to send from, at most one of each family
    web: WebSecurity = field(default_factory=WebSecurity)
    retention_s: float = RETENTION_S
    site: str | None = None  # where the agent stands; None: at the first site without a parent

    @property
    def journal(self) -> Path:
        """The file that the history is kept in."""
        return self.state_dir / "diemcau.sqlite3"


@dataclass(frozen=True, slots=True)
class MqttSettings:
    """The broker that gets events."""

    url: str
    username: str | None = None
    password: Secret | None = None
    ca: Path | None = None
    prefix: str = "diemcau"


@dataclass(frozen=True, slots=True)
class SignallingSettings:
    """How often and how patiently an endpoint's SIP and H.323 are asked."""

    interval_s: float = 60.0
    timeout_s: float = 2.0


@dataclass(frozen=True, slots=True)
class Config:
    """All of a configuration, read and resolved."""

    agent: AgentSettings
    inventory: Inventory
    maintenance: tuple[Maintenance, ...] = ()
    mqtt: MqttSettings | None = None
    sources: tuple[Path, ...] = ()
    signalling: SignallingSettings = field(default_factory=SignallingSettings)
    profiles: dict[str, Profile] = field(default_factory=dict)
    traps: TrapSettings | None = None  # None: none are received
    credentials: dict[str, SnmpCredentials] = field(default_factory=dict)
    topology: Topology | None = None  # of the whole inventory, where this one is a shard
