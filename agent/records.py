"""What the agent holds of each target: its newest readings and its standing. `agent.state` alone writes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from agent.histogram import Histogram
from agent.model import Cause, Device, Endpoint, Link, Sentinel, Standing, State
from agent.readings import DeviceReading, InterfaceReading, Outcome
from agent.spent import Spent
from agent.window import EchoWindow

TargetT = TypeVar("TargetT", Endpoint, Device, Sentinel)

STALE_INTERVALS = 3  # polls missed before what is known counts as too old
POLL_BOUNDS_S = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


@dataclass(slots=True)
class Probed(Generic[TargetT]):
    """A target that is asked by echoes and by SNMP, its newest answers and its standing."""

    target: TargetT
    window: EchoWindow
    standing: Standing
    heard_s: float  # when an echo last ended, well or badly
    spent: Spent
    seen: State = State.UNKNOWN  # by its own answers alone; its standing may be another, for what it hangs on
    seen_cause: Cause = Cause.STARTING
    by_snmp: bool = False  # its echoes are not answered, but SNMP is
    alive_s: float | None = None  # when the newest question was sent that it answered
    returned_s: float = 0.0  # when the first question was that it answered after one that it had not
    silent_s: float | None = None  # when the first was that it did not answer, while it is seen down
    back_s: float = 0.0  # when it last came back from being down
    last_cause: str = ""  # the newest reason the network gave for not delivering
    reading: DeviceReading | None = None
    previous: DeviceReading | None = None
    restarts: int = 0
    outcome: Outcome | None = None  # how the last SNMP poll ended, and why
    reason: str = ""
    answered_s: float | None = None  # when it last answered SNMP, with any answer

    @property
    def answers(self) -> bool:
        """Say whether it is seen to answer, the newest question included."""
        return self.seen.answers and (self.by_snmp or not self.window.lost_in_a_row)

    def lives(self, sent_s: float, *, again: bool) -> None:
        """Take it that a question sent at a moment was answered; `again`: the first after one that was not."""
        self.alive_s = max(sent_s, self.alive_s or 0.0)
        if again:
            self.returned_s = self.alive_s

    def begin_anew(self, now_s: float) -> None:
        """Forget what was seen, what SNMP said included: it may have been before."""
        self.window.prove()
        self.answered_s = self.silent_s = None
        self.seen, self.seen_cause, self.back_s = State.UNKNOWN, Cause.STARTING, now_s

    def fresh(self, now_s: float) -> bool:
        """Say whether the newest SNMP reading is young enough to be shown."""
        snmp = self.target.snmp
        if snmp is None or self.reading is None:
            return False
        return now_s - self.reading.at_s <= STALE_INTERVALS * snmp.interval_s + snmp.timeout_s * (1 + snmp.retries)

    def answers_snmp(self, now_s: float) -> bool:
        """Say whether it has answered SNMP since its echoes fell silent, and not too long ago."""
        snmp, silent_since_s = self.target.snmp, self.window.silent_since_s
        if snmp is None or self.answered_s is None:
            return False
        if silent_since_s is not None and self.answered_s < silent_since_s:
            return False
        return now_s - self.answered_s <= 2 * snmp.interval_s + snmp.timeout_s * (1 + snmp.retries)


class EndpointRecord(Probed[Endpoint]):
    """An endpoint."""

    __slots__ = ()


class DeviceRecord(Probed[Device]):
    """A device."""

    __slots__ = ()


class SentinelRecord(Probed[Sentinel]):
    """A sentinel; its standing is of no interest."""

    __slots__ = ()


AnyProbed = EndpointRecord | DeviceRecord | SentinelRecord


@dataclass(slots=True)
class LinkRecord:
    """A link: its standing and its rates over the last poll, None where they are not known."""

    target: Link
    standing: Standing
    spent: Spent
    receive_bps: float | None = None
    transmit_bps: float | None = None
    capacity_bps: float | None = None
    interface: InterfaceReading | None = None
    says_since_s: float | None = None  # since when the interface says up, or down, as it does now

    def utilization_ratio(self, rate_bps: float | None) -> float | None:
        """Return `rate_bps` as a share of the capacity, None where either is not known."""
        return None if rate_bps is None or not self.capacity_bps else rate_bps / self.capacity_bps

    @property
    def busiest_ratio(self) -> float | None:
        """The larger of both directions' use."""
        ratios = [self.utilization_ratio(rate) for rate in (self.receive_bps, self.transmit_bps)]
        return max((ratio for ratio in ratios if ratio is not None), default=None)


@dataclass(slots=True)
class PollCounts:
    """How one collector's polls ended and how long they took."""

    results: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    durations_s: Histogram = field(default_factory=lambda: Histogram(POLL_BOUNDS_S))

    def add(self, outcome: Outcome, duration_s: float) -> None:
        """Count one poll."""
        self.results[outcome] += 1
        self.durations_s.observe(duration_s)
