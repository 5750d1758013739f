"""What is read from the province: how a question ended, and what the answer held. Frozen values.

Times named `at_s` and `sent_s` are `time.monotonic()`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Outcome(StrEnum):
    """How a poll ended."""

    OK = "ok"
    TIMEOUT = "timeout"
    AUTH = "auth"
    REFUSED = "refused"
    ERROR = "error"

    __hash__ = str.__hash__  # an Enum's own is Python code, and each echo looks its outcome up


class PollFailed(Exception):
    """A poll that brought no reading: `outcome` says which kind, the text says why, for people."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.outcome = outcome
        self.reason = reason


class Echo(NamedTuple):
    """How one echo request ended.

    `ok`: answered after `rtt_s`. `timeout`: silence. `refused`: the network said why not, in `cause`.
    `error`: it could not be sent or waited for here, so it says nothing about the target.
    """

    sent_s: float
    rtt_s: float | None
    outcome: Outcome
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Traffic:
    """One direction of an interface, straight from the device's counters; None where it has no such object."""

    bytes: int | None
    packets: int | None
    errors: int | None
    discards: int | None


@dataclass(frozen=True, slots=True)
class InterfaceReading:
    """An interface as last polled (IF-MIB, RFC 2863).

    `discontinuity` is ifCounterDiscontinuityTime in ticks; `width` is the octet counters' number of bits.
    """

    name: str
    at_s: float
    up: bool
    speed_bps: float | None
    receive: Traffic
    transmit: Traffic
    discontinuity: int = 0
    width: int = 64


@dataclass(frozen=True, slots=True)
class DeviceReading:
    """A device as last polled. `uptime_s` is its own sysUpTime; interfaces are keyed by the inventory's name."""

    at_s: float
    uptime_s: float
    interfaces: dict[str, InterfaceReading]
    missing: tuple[str, ...] = ()
    samples: tuple[Sample, ...] = ()
    identity: Identity | None = None
    trouble: str = ""  # why its profile's objects could not be read, where the rest could


class Sample(NamedTuple):
    """One value that a profile reads from a device, in the metric's own unit; `labels` are (name, value) pairs."""

    metric: str
    labels: tuple[tuple[str, str], ...]
    value: float


@dataclass(frozen=True, slots=True)
class Identity:
    """What a device says it is, and the id of the profile that fits; the profile reads `model` and `firmware`."""

    object_id: str
    description: str
    name: str
    profile: str
    model: str = ""
    firmware: str = ""


@dataclass(frozen=True, slots=True)
class TrapHeard:
    """A notification that a device at `address` sent: a hint to ask it, never the truth by itself.

    `kind` is its name in metrics, `oid` its snmpTrapOID (RFC 3418), `interface` the ifIndex it speaks of.
    """

    address: str
    kind: str
    oid: str
    interface: int | None
    at_s: float
