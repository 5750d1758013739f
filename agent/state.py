"""The newest truth about every target. One writer: what collectors bring enters here, and exporters only read."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta

from agent.cases import Cases
from agent.histogram import Histogram
from agent.history import Outage
from agent.inventory import Inventory
from agent.judge import judge_echoes
from agent.model import Cause, Change, Kind, Sentinel, Standing, State
from agent.quality import rates_bps, restarted
from agent.reachability import Reachability
from agent.readings import DeviceReading, Echo, Outcome, PollFailed
from agent.records import (
    STALE_INTERVALS,
    AnyProbed,
    DeviceRecord,
    EndpointRecord,
    LinkRecord,
    PollCounts,
    SentinelRecord,
)
from agent.roster import Roster
from agent.topology import Topology

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAG_BOUNDS_S = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 5.0)


def utc_now() -> datetime:
    """Return this moment by the wall clock."""
    return datetime.now(UTC)


class Board:
    """Every target's record, by id. `listeners` hear each change of standing, at once and in order.

    `outage_listeners` hear each new value of an outage, the last with its end. `told` is up to when others were told
    how long targets have been in their states: no later change may go back before it.
    """

    def __init__(
        self,
        inventory: Inventory,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], datetime] = utc_now,
        *,
        name: str = "agent",
    ) -> None:
        self.endpoints: dict[str, EndpointRecord] = {}
        self.devices: dict[str, DeviceRecord] = {}
        self.links: dict[str, LinkRecord] = {}
        self.sentinels: dict[str, AnyProbed] = {}  # by address
        self.polls: defaultdict[str, PollCounts] = defaultdict(PollCounts)
        self.lag_s = Histogram(LAG_BOUNDS_S)
        self.verdict_s = Histogram(LAG_BOUNDS_S)  # how long it took to settle what is held true
        self.traps: Counter[str] = Counter()  # by kind; none where none are received
        self.listeners: list[Callable[[Change], None]] = []
        self.outage_listeners: list[Callable[[Outage], None]] = []
        self.outages: dict[str, Outage] = {}  # the open ones, by their id
        self.ask: Callable[[str], None] = lambda _: None  # has a target polled by SNMP at once
        self.planned: frozenset[str] = frozenset()  # what is within a maintenance window
        self.told = wall()
        self._clock = clock
        self._wall = wall
        self._links_of: dict[str, list[LinkRecord]] = {}
        self._reachability = Reachability(self, Cases(self.stamp, self._tell), name)
        self.follow(inventory)

    @property
    def topology(self) -> Topology:
        """What leads where in the inventory."""
        return self._reachability.topology

    def follow(
        self, inventory: Inventory, topology: Topology | None = None, sentinels: Iterable[Sentinel] = ()
    ) -> None:
        """Take a new inventory: what stays keeps its counters and standing, what went is forgotten."""
        self.inventory = inventory
        roster = Roster(self._clock(), self._wall())
        self.endpoints = {
            id_: roster.endpoint(one, self.endpoints.get(id_)) for id_, one in inventory.endpoints.items()
        }
        self.devices = {id_: roster.device(one, self.devices.get(id_)) for id_, one in inventory.devices.items()}
        self.links = {id_: roster.link(one, self.links.get(id_)) for id_, one in inventory.links.items()}
        self._links_of = {}
        for record in self.links.values():
            if record.target.device is not None:
                self._links_of.setdefault(record.target.device, []).append(record)
        by_address: dict[str, AnyProbed] = {record.target.address: record for record in self.probed}
        known, kept = by_address.get, self.sentinels.get
        self.sentinels = {a.address: known(a.address) or roster.sentinel(a, kept(a.address)) for a in sentinels}
        self._reachability.follow(topology or Topology(inventory))

    @property
    def probed(self) -> list[EndpointRecord | DeviceRecord]:
        """The records of all targets that are asked by echoes, but for the sentinels that are nothing else."""
        return [*self.endpoints.values(), *self.devices.values()]

    def plan(self, planned: frozenset[str]) -> None:
        """Take what is within a maintenance window from now on."""
        if planned != self.planned:
            changed, self.planned = planned ^ self.planned, planned
            self._reachability.replan(changed)

    def restore(self, outages: Iterable[Outage]) -> None:
        """Take up the outages an earlier run left open."""
        self.outages = {outage.id: outage for outage in outages}
        self._reachability.restore(list(self.outages.values()), self._clock())

    def record_echo(self, record: AnyProbed, echo: Echo) -> None:
        """Take the end of one echo into its target's window, and judge the target again."""
        now_s = self._clock()
        if echo.outcome is Outcome.ERROR:
            record.last_cause = echo.cause
            return
        record.heard_s = now_s
        if echo.cause:
            record.last_cause = echo.cause
        record.window.add(echo)
        if echo.rtt_s is not None:
            record.lives(echo.sent_s, again=record.window.answered_in_a_row == 1)
        elif echo.sent_s < (record.alive_s or 0.0) and record.window.rtt_s is not None:
            record.window.prove()  # lost, but something asked later was answered meanwhile
        self._look(record, now_s)

    def record_proof(self, record: AnyProbed, sent_s: float, unanswered: int = 0) -> None:
        """Take an answer to a question out of turn, after so many `unanswered`: the target is there."""
        record.lives(sent_s, again=unanswered > 0)
        record.window.prove()
        self._look(record, self._clock())

    def confirm_silence(self, record: AnyProbed, since_s: float, asked_s: float = 0.0) -> None:
        """Take it as certain that a target has answered nothing sent from `since_s` until `asked_s`."""
        record.window.confirm_silence(since_s, asked_s, record.target.icmp.down_after)
        self._look(record, self._clock())

    def record_reading(self, target_id: str, reading: DeviceReading, duration_s: float) -> None:
        """Take an SNMP answer and work out the rates of the links it tells of."""
        record = self._of(target_id)
        self.count_poll("snmp", Outcome.OK, duration_s)
        again = record.reading is not None and restarted(record.reading, reading)
        record.restarts += again
        record.previous, record.reading = record.reading, reading
        record.outcome, record.reason = Outcome.OK, ""
        self._answered(record)
        for link in self._links_of.get(target_id, ()):
            self._measure(link, record, comparable=not again)
        self._look(record, self._clock())

    def record_failure(self, target_id: str, failure: PollFailed, duration_s: float) -> None:
        """Take an SNMP poll that brought nothing. A refusal or a wrong key is still an answer: the target is there."""
        record = self._of(target_id)
        self.count_poll("snmp", failure.outcome, duration_s)
        record.outcome, record.reason = failure.outcome, failure.reason
        if failure.outcome in (Outcome.AUTH, Outcome.REFUSED):
            self._answered(record)
        for link in self._links_of.get(target_id, ()):
            link.receive_bps = link.transmit_bps = None
        self._look(record, self._clock())

    def _answered(self, record: EndpointRecord | DeviceRecord) -> None:
        """Take it that a target answered SNMP. One that answers echoes too must be silent anew to be down."""
        record.answered_s = record.alive_s = self._clock()
        if record.window.rtt_s is not None:
            record.window.prove()

    def _of(self, target_id: str) -> EndpointRecord | DeviceRecord:
        return self.endpoints.get(target_id) or self.devices[target_id]

    def is_expected(self, target_id: str) -> bool:
        """Say whether a target is held to answer."""
        return self._of(target_id).standing.state.answers

    def count_poll(self, collector: str, outcome: Outcome, duration_s: float) -> None:
        """Count how a poll ended."""
        self.polls[collector].add(outcome, duration_s)

    def settle(self) -> None:
        """Settle who is down, who is cut off and why, where anything has changed; to be called at every turn."""
        self._reachability.settle(self._clock())

    def sweep(self) -> None:
        """Call unknown what has not been heard of for too long; to be called about once a second."""
        now_s = self._clock()
        for record in (*self.probed, *self.sentinels.values()):
            icmp = record.target.icmp
            if now_s - record.heard_s > STALE_INTERVALS * icmp.interval_s + icmp.timeout_s:
                cause = Cause.NOT_SENT if record.last_cause else Cause.STALE
                if record.seen_cause is not Cause.STARTING or record.last_cause:
                    self._see(record, State.UNKNOWN, cause)
        for link in self.links.values():
            if link.interface is not None and not self._of(link.target.device or "").fresh(now_s):
                link.receive_bps = link.transmit_bps = link.interface = None
                self._reachability.look_at(link)
        self._reachability.sweep(now_s)

    def pause(self, since_s: float, lost_s: float = 0.0) -> None:
        """Take it that the agent did not run from `since_s` on: what that time seems to say is unknown.

        `lost_s` is time that passed without the monotonic clock: the machine slept, or its clock was put forward.
        """
        self._reachability.pause(since_s, lost_s)

    def _look(self, record: AnyProbed, now_s: float) -> None:
        """Judge a target by its own answers."""
        target, before, window = record.target, record.seen, record.window
        if record.standing.state is State.UNREACHABLE and not window.lost_in_a_row:
            record.back_s = now_s
        loss_counts = before is not State.DOWN and now_s - record.back_s > target.thresholds.window_s
        state, cause = judge_echoes(
            window, target.icmp, target.thresholds, before, record.seen_cause, loss_counts=loss_counts
        )
        record.by_snmp = not state.answers and record.answers_snmp(now_s)
        if record.by_snmp:
            state, cause = State.UP, Cause.NONE
        if before is State.DOWN and state.answers:
            record.back_s = now_s
        if state is before and cause is record.seen_cause:
            if state is not record.standing.state and record.answers:
                self._reachability.look_at(record)
            return
        self._see(record, state, cause)

    def _see(self, record: AnyProbed, state: State, cause: Cause) -> None:
        record.silent_s = record.window.silent_since_s if state is State.DOWN else None
        record.seen, record.seen_cause = state, cause
        self._reachability.look_at(record)

    def doubt(self, record: AnyProbed) -> None:
        """Begin anew with a target: what was seen of it says nothing any more."""
        now_s = self._clock()
        if record.by_snmp:
            self.ask(record.target.id)
        record.begin_anew(now_s)
        self._look(record, now_s)

    def _measure(self, link: LinkRecord, record: EndpointRecord | DeviceRecord, *, comparable: bool) -> None:
        assert record.reading is not None
        name = link.target.interface
        new = record.reading.interfaces.get(name) if name else None
        old = record.previous.interfaces.get(name) if name and record.previous else None
        if new is not None and (link.interface is None or link.interface.up is not new.up):
            link.says_since_s = new.at_s
        link.interface = new
        link.receive_bps = link.transmit_bps = None
        if new is not None:
            if old is not None and comparable:
                link.receive_bps, link.transmit_bps = rates_bps(old, new)
            link.capacity_bps = link.target.capacity_bps or new.speed_bps
        self._reachability.look_at(link)

    def now_s(self) -> float:
        """Return this moment, monotonic."""
        return self._clock()

    def stamp(self, at_s: float) -> datetime:
        """Return a monotonic moment as a stamp in UTC."""
        return self._wall() - timedelta(seconds=self._clock() - at_s)

    def stand(self, record: AnyProbed | LinkRecord, new: Standing, at: datetime) -> None:
        """Put a target into a standing from `at` on, and tell the listeners where it is another."""
        old = record.standing
        if isinstance(record, SentinelRecord):
            record.standing = new
            return
        if (old.state, old.cause, old.root) == (new.state, new.cause, new.root):
            return
        record.standing = new
        change = Change(_KINDS[type(record)], record.target.id, old, new, at)
        for listener in self.listeners:
            listener(change)

    def count(self, seen_us: int, accounts: Mapping[tuple[Kind, str], tuple[State, int, Mapping[State, int]]]) -> None:
        """Take what time in states is kept up to a moment, of the targets that changed."""
        self.told = max(self.told, EPOCH + timedelta(microseconds=seen_us))
        for (_, target), (state, since_us, times_us) in accounts.items():
            record = self.endpoints.get(target) or self.devices.get(target) or self.links.get(target)
            if record is not None:
                record.spent.count(times_us, state, since_us)

    @property
    def told_us(self) -> int:
        """Return `told` in microseconds since 1970."""
        return (self.told - EPOCH) // timedelta(microseconds=1)

    def _tell(self, outage: Outage) -> None:
        self.outages.pop(outage.id, None)
        if outage.ended is None:
            self.outages[outage.id] = outage
        for listener in self.outage_listeners:
            listener(outage)


_KINDS = {EndpointRecord: Kind.ENDPOINT, DeviceRecord: Kind.DEVICE, LinkRecord: Kind.LINK}
