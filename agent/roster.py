"""Records for a new inventory: what stays keeps its own, what is new begins unknown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from agent.model import Cause, Device, Endpoint, Link, Sentinel, Standing, State
from agent.records import AnyProbed, DeviceRecord, EndpointRecord, LinkRecord, Probed, SentinelRecord, TargetT
from agent.spent import Spent
from agent.window import EchoWindow


@dataclass(frozen=True, slots=True)
class Roster:
    """Makes records that begin at `now_s` (monotonic), which is `at` by the wall clock."""

    now_s: float
    at: datetime

    def endpoint(self, endpoint: Endpoint, kept: EndpointRecord | None) -> EndpointRecord:
        """Return an endpoint's record."""
        if kept is not None and _keeps(kept, endpoint):
            return kept
        return EndpointRecord(endpoint, _window(endpoint), self._starting, self.now_s, _spent(kept))

    def device(self, device: Device, kept: DeviceRecord | None) -> DeviceRecord:
        """Return a device's record."""
        if kept is not None and _keeps(kept, device):
            return kept
        return DeviceRecord(device, _window(device), self._starting, self.now_s, _spent(kept))

    def sentinel(self, sentinel: Sentinel, kept: AnyProbed | None) -> SentinelRecord:
        """Return a sentinel's record."""
        if isinstance(kept, SentinelRecord) and _keeps(kept, sentinel):
            return kept
        return SentinelRecord(sentinel, _window(sentinel), self._starting, self.now_s, Spent())

    def link(self, link: Link, kept: LinkRecord | None) -> LinkRecord:
        """Return a link's record."""
        if kept is not None and (kept.target.device, kept.target.interface) == (link.device, link.interface):
            kept.target = link
            return kept
        return LinkRecord(link, self._starting, _spent(kept), capacity_bps=link.capacity_bps)

    @property
    def _starting(self) -> Standing:
        return Standing(State.UNKNOWN, self.at, Cause.STARTING)


def _window(target: Endpoint | Device | Sentinel) -> EchoWindow:
    return EchoWindow(target.thresholds.window_s)


def _spent(kept: EndpointRecord | DeviceRecord | LinkRecord | None) -> Spent:
    """Let a target's time in states go on, though it may be another machine by now."""
    return kept.spent if kept is not None else Spent()


def _keeps(record: Probed[TargetT], target: TargetT) -> bool:
    """Let a record follow its target's new settings; False where another address makes it another machine."""
    if record.target.address != target.address:
        return False
    record.target, record.window.length_s = target, target.thresholds.window_s
    return True
