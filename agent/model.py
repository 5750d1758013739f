"""The nouns of the province and what is read from it. Frozen values, standard library only.

Units are in the names: `_s` seconds, `_bps` bits per second, `_ratio` 0…1.
Times named `at_s`/`sent_s` are `time.monotonic()`; wall-clock stamps are `datetime` in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Level(StrEnum):
    """Where a site stands in the province (cấp tỉnh / huyện / xã)."""

    PROVINCE = "province"
    DISTRICT = "district"
    COMMUNE = "commune"


class LinkRole(StrEnum):
    """What a link is for: a district's main or spare line, or a commune's access line."""

    PRIMARY = "primary"
    BACKUP = "backup"
    ACCESS = "access"


class Protocol(StrEnum):
    """Call signalling an endpoint speaks."""

    SIP = "sip"
    H323 = "h323"


class State(StrEnum):
    """What the agent holds true of an endpoint, device or link."""

    UNKNOWN = "unknown"
    UP = "up"
    DEGRADED = "degraded"
    UNREACHABLE = "unreachable"
    DOWN = "down"
    MAINTENANCE = "maintenance"

    @property
    def number(self) -> int:
        """The value in metrics."""
        return _STATE_NUMBERS[self]

    @property
    def answers(self) -> bool:
        """True where the target is there to be used, well or badly."""
        return self in (State.UP, State.DEGRADED)


_STATE_NUMBERS = {state: number for number, state in enumerate(State)}


class Cause(StrEnum):
    """Why a target is in its state; the pages' catalogues have a sentence for each."""

    NONE = ""
    STARTING = "starting"  # nothing is known yet
    STALE = "stale"  # what is known is too old
    NOT_SENT = "not_sent"  # this machine could not send the question
    SILENT = "silent"
    INTERFACE_DOWN = "interface_down"
    LOSS = "loss"
    RTT = "rtt"
    JITTER = "jitter"
    BUSY = "busy"  # use above the threshold of its capacity
    BEYOND_SILENT = "beyond_silent"  # a link: nothing beyond it answers, and no other way leads there
    CUT_OFF = "cut_off"  # the way there is broken, at `Standing.root`
    BLIND = "blind"  # the agent doubts its own line
    PAUSED = "paused"  # the agent did not run for a while
    PLANNED = "planned"  # within a maintenance window


class Kind(StrEnum):
    """The kinds of thing that have a state."""

    ENDPOINT = "endpoint"
    DEVICE = "device"
    LINK = "link"
    AGENT = "agent"  # only of outages: the agent itself saw nothing


class Secret:
    """Text that never shows itself: `repr`, `str`, logs and formatted dataclasses print stars."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def reveal(self) -> str:
        """Give the secret itself, to the one place that sends it."""
        return self._text


@dataclass(frozen=True, slots=True)
class IcmpSettings:
    """How a target is pinged. `dscp` is the six-bit code point (AF41 is 34); `size` is payload bytes."""

    interval_s: float = 1.0
    timeout_s: float = 1.0
    size: int = 56
    dscp: int = 34
    down_after: int = 5
    up_after: int = 3


@dataclass(frozen=True, slots=True)
class SnmpCredentials:
    """How to speak to a device: version "1", "2c" or "3"; unused fields are None."""

    name: str
    version: str
    community: Secret | None = None
    user: str | None = None
    auth: str | None = None
    auth_key: Secret | None = None
    priv: str | None = None
    priv_key: Secret | None = None


@dataclass(frozen=True, slots=True)
class SnmpSettings:
    """How often and how patiently a device is polled."""

    credentials: SnmpCredentials
    interval_s: float = 30.0
    timeout_s: float = 2.0
    retries: int = 1
    port: int = 161


@dataclass(frozen=True, slots=True)
class TrapSettings:
    """Where traps are received, in whose names, and how many of each sender are looked at."""

    credentials: tuple[SnmpCredentials, ...]
    host: str = "0.0.0.0"  # noqa: S104  # devices send from wherever they stand; unknown ones are dropped
    port: int = 162
    rate_per_s: float = 10.0
    burst: int = 20


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Beyond which a target that answers is `degraded`. Sources: DOMAIN.md, "good enough for a video meeting"."""

    loss_ratio: float = 0.01
    rtt_s: float = 0.3
    jitter_s: float = 0.03
    utilization_ratio: float = 0.9
    window_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to call at a site."""

    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class Site:
    """A place that joins meetings (điểm cầu). `parent` is the site above it, None for the province."""

    id: str
    name: str
    level: Level
    parent: str | None = None
    code: str | None = None
    lat: float | None = None
    lon: float | None = None
    contact: Contact | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The codec at a site."""

    id: str
    site: str
    name: str
    address: str
    profile: str = "generic"
    call_bandwidth_bps: float = 2e6
    signalling: tuple[Protocol, ...] = ()
    snmp: SnmpSettings | None = None  # None: it is not asked by SNMP
    icmp: IcmpSettings = field(default_factory=IcmpSettings)
    thresholds: Thresholds = field(default_factory=Thresholds)


@dataclass(frozen=True, slots=True)
class Sentinel:
    """A host before the core, on the agent's own side: while it answers, the agent's own line is well."""

    id: str
    address: str
    snmp: None = None
    icmp: IcmpSettings = field(default_factory=IcmpSettings)
    thresholds: Thresholds = field(default_factory=Thresholds)


@dataclass(frozen=True, slots=True)
class Device:
    """A router or switch, polled by SNMP for `interfaces` (names as ifName or ifAlias says them)."""

    id: str
    site: str
    role: str
    address: str
    snmp: SnmpSettings
    profile: str = "auto"
    interfaces: tuple[str, ...] = ()
    icmp: IcmpSettings = field(default_factory=IcmpSettings)
    thresholds: Thresholds = field(default_factory=Thresholds)


@dataclass(frozen=True, slots=True)
class Link:
    """A line between two sites, seen at `interface` of `device` (which stands at `a`'s end or `b`'s)."""

    id: str
    name: str
    a: str
    b: str
    role: LinkRole
    device: str | None = None
    interface: str | None = None
    capacity_bps: float | None = None
    thresholds: Thresholds = field(default_factory=Thresholds)


@dataclass(frozen=True, slots=True)
class Standing:
    """A target's state, since when (UTC), and why; `detail` is what the network or device said, word for word.

    `root` is the id of the link or device that cuts it off, where one does.
    """

    state: State
    since: datetime
    cause: Cause = Cause.NONE
    detail: str = ""
    root: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A target went from one standing to another, `at` a moment in UTC."""

    kind: Kind
    target: str
    old: Standing
    new: Standing
    at: datetime


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting to be checked before it starts. `sites` is resolved: ids, in inventory order; `start` is UTC."""

    id: str
    name: str
    sites: tuple[str, ...]
    start: datetime
    repeat: str | None = None
    check_before_s: tuple[float, ...] = ()
