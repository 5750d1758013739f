"""The newest truth about every target. One writer, the schedule; exporters read the records as they are."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime

from agent.histogram import Histogram
from agent.inventory import Inventory
from agent.judge import judge_echoes, judge_link
from agent.model import Cause, Change, Device, Endpoint, Kind, Link, Standing, State
from agent.quality import rates_bps, restarted
from agent.readings import DeviceReading, Echo, Outcome, PollFailed
from agent.records import STALE_INTERVALS, DeviceRecord, EndpointRecord, LinkRecord, PollCounts, Probed, TargetT
from agent.window import EchoWindow

AnyProbed = EndpointRecord | DeviceRecord

LAG_BOUNDS_S = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)


class Board:
    """Every target's record, by id. `listeners` hear each change of standing, at once and in order."""

    def __init__(self, inventory: Inventory, clock: Callable[[], float] = time.monotonic) -> None:
        self.endpoints: dict[str, EndpointRecord] = {}
        self.devices: dict[str, DeviceRecord] = {}
        self.links: dict[str, LinkRecord] = {}
        self.polls: defaultdict[str, PollCounts] = defaultdict(PollCounts)
        self.lag_s = Histogram(LAG_BOUNDS_S)
        self.traps: Counter[str] = Counter()  # by kind; none where none are received
        self.listeners: list[Callable[[Change], None]] = []
        self._clock = clock
        self._links_of: dict[str, list[LinkRecord]] = {}
        self.follow(inventory)

    def follow(self, inventory: Inventory) -> None:
        """Take a new inventory: what stays keeps its counters and standing, what went is forgotten."""
        self.inventory = inventory
        self.endpoints = {id_: self._endpoint(endpoint) for id_, endpoint in inventory.endpoints.items()}
        self.devices = {id_: self._device(device) for id_, device in inventory.devices.items()}
        self.links = {id_: self._link(link) for id_, link in inventory.links.items()}
        self._links_of = {}
        for record in self.links.values():
            if record.target.device is not None:
                self._links_of.setdefault(record.target.device, []).append(record)

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
        self._judge(record, now_s)

    def record_reading(self, target_id: str, reading: DeviceReading, duration_s: float) -> None:
        """Take an SNMP answer and work out the rates of the links it tells of."""
        record = self._probed(target_id)
        self.count_poll("snmp", Outcome.OK, duration_s)
        again = record.reading is not None and restarted(record.reading, reading)
        record.restarts += again
        record.previous, record.reading = record.reading, reading
        record.outcome, record.reason, record.answered_s = Outcome.OK, "", self._clock()
        for link in self._links_of.get(target_id, ()):
            self._measure(link, record, comparable=not again)
        self._judge(record, self._clock())

    def record_failure(self, target_id: str, failure: PollFailed, duration_s: float) -> None:
        """Take an SNMP poll that brought nothing. A refusal or a wrong key is still an answer: the target is there."""
        record = self._probed(target_id)
        self.count_poll("snmp", failure.outcome, duration_s)
        record.outcome, record.reason = failure.outcome, failure.reason
        if failure.outcome in (Outcome.AUTH, Outcome.REFUSED):
            record.answered_s = self._clock()
        for link in self._links_of.get(target_id, ()):
            link.receive_bps = link.transmit_bps = None
        self._judge(record, self._clock())

    def _probed(self, target_id: str) -> AnyProbed:
        return self.endpoints.get(target_id) or self.devices[target_id]

    def count_poll(self, collector: str, outcome: Outcome, duration_s: float) -> None:
        """Count how a poll ended."""
        self.polls[collector].add(outcome, duration_s)

    def sweep(self) -> None:
        """Call unknown what has not been heard of for too long; to be called about once a second."""
        now_s = self._clock()
        probed: list[AnyProbed] = [*self.endpoints.values(), *self.devices.values()]
        for record in probed:
            icmp = record.target.icmp
            if now_s - record.heard_s > STALE_INTERVALS * icmp.interval_s + icmp.timeout_s:
                cause = Cause.NOT_SENT if record.last_cause else Cause.STALE
                cause = Cause.STARTING if record.standing.cause is Cause.STARTING and not record.last_cause else cause
                self._stand(record, State.UNKNOWN, cause, record.last_cause)
        for link in self.links.values():
            if link.interface is not None and not self._device_of(link).fresh(now_s):
                link.receive_bps = link.transmit_bps = link.interface = None
                self._stand(link, State.UNKNOWN, Cause.STALE)

    def _device_of(self, link: LinkRecord) -> DeviceRecord:
        assert link.target.device is not None
        return self.devices[link.target.device]

    def _judge(self, record: AnyProbed, now_s: float) -> None:
        target, before = record.target, record.standing.state
        loss_counts = before is not State.DOWN and now_s - record.back_s > target.thresholds.window_s
        state, cause = judge_echoes(record.window, target.icmp, target.thresholds, before, loss_counts=loss_counts)
        if not state.answers and record.answers_snmp(now_s):
            state, cause = State.UP, Cause.NONE
        if before is State.DOWN and state.answers:
            record.back_s = now_s
        if state is not before or cause is not record.standing.cause:
            self._stand(record, state, cause, record.last_cause if cause is Cause.SILENT else "")

    def _measure(self, link: LinkRecord, record: AnyProbed, *, comparable: bool) -> None:
        assert record.reading is not None
        name = link.target.interface
        new = record.reading.interfaces.get(name) if name else None
        old = record.previous.interfaces.get(name) if name and record.previous else None
        link.interface = new
        link.receive_bps = link.transmit_bps = None
        if new is None:
            self._stand(link, State.UNKNOWN, Cause.STALE)
            return
        if old is not None and comparable:
            link.receive_bps, link.transmit_bps = rates_bps(old, new)
        link.capacity_bps = link.target.capacity_bps or new.speed_bps
        state, cause = judge_link(up=new.up, utilization_ratio=link.busiest_ratio, thresholds=link.target.thresholds)
        self._stand(link, state, cause)

    def _stand(self, record: AnyProbed | LinkRecord, state: State, cause: Cause, detail: str = "") -> None:
        old = record.standing
        if old.state is state and old.cause is cause:
            return
        now = datetime.now(UTC)
        since = old.since if old.state is state else now
        record.standing = Standing(state, since, cause, detail)
        change = Change(_KINDS[type(record)], record.target.id, old, record.standing, now)
        for listener in self.listeners:
            listener(change)

    def _endpoint(self, endpoint: Endpoint) -> EndpointRecord:
        kept = self.endpoints.get(endpoint.id)
        if kept is not None and _keeps(kept, endpoint):
            return kept
        return EndpointRecord(endpoint, EchoWindow(endpoint.thresholds.window_s), _starting(), self._clock())

    def _device(self, device: Device) -> DeviceRecord:
        kept = self.devices.get(device.id)
        if kept is not None and _keeps(kept, device):
            return kept
        return DeviceRecord(device, EchoWindow(device.thresholds.window_s), _starting(), self._clock())

    def _link(self, link: Link) -> LinkRecord:
        kept = self.links.get(link.id)
        if kept is not None and (kept.target.device, kept.target.interface) == (link.device, link.interface):
            kept.target = link
            return kept
        return LinkRecord(link, _starting(), capacity_bps=link.capacity_bps)


_KINDS = {EndpointRecord: Kind.ENDPOINT, DeviceRecord: Kind.DEVICE, LinkRecord: Kind.LINK}


def _starting() -> Standing:
    return Standing(State.UNKNOWN, datetime.now(UTC), Cause.STARTING)


def _keeps(record: Probed[TargetT], target: TargetT) -> bool:
    """Let a record follow its target's new settings; False where another address makes it another machine."""
    if record.target.address != target.address:
        return False
    record.target, record.window.length_s = target, target.thresholds.window_s
    return True
