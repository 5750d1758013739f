"""The province's network as it stands: what is set, what passed, what happened when."""

from __future__ import annotations

import difflib
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import InitVar, asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from agent.inventory import Inventory
from lab.codecs import CODEC_SETTINGS, PARTS, Call, Codec, call_over, changed, fresh
from lab.counts import IN, OUT, SharedCounts
from lab.errors import LabError
from lab.hops import SETTINGS, Hop, Setting, checked
from lab.topology import Steps, Topology, build_hops


@dataclass(frozen=True, slots=True)
class News:
    """What the SNMP agents must hear of a hop: its state, its simulated traffic, whether it just booted.

    `codec` is what an endpoint tells of itself, None for other hops.
    """

    id: str
    up: bool
    out_bps: float
    in_bps: float
    booted: bool = False
    renumbered: bool = False
    codec: Codec | None = None


def heard(told: dict[str, Any]) -> News:
    """Return the news that `dataclasses.asdict` made a JSON object."""
    codec = told.pop("codec")
    call = codec and codec.pop("call")
    return News(**told, codec=codec and Codec(**codec, call=call and Call(**call)))


@dataclass(slots=True)
class Wan:
    """Every hop, the ways over them, and the log of changes.

    `tell` hears what the SNMP agents must know; `shared` is the descriptor of counters another process keeps.
    """

    inventory: Inventory
    seed: int
    sentinels: tuple[str, ...] = ()
    tell: Callable[[News], None] = lambda _: None
    hops: dict[str, Hop] = field(init=False)
    topology: Topology = field(init=False)
    shared: InitVar[int | None] = None
    counts: SharedCounts = field(init=False)
    log: list[dict[str, Any]] = field(default_factory=list)
    boots_due: dict[str, float] = field(default_factory=dict)
    codecs: dict[str, Codec] = field(init=False)
    _renumbering: set[str] = field(default_factory=set)
    _calls: dict[str, float] = field(default_factory=dict)
    _lines_at: dict[str, list[Hop]] = field(default_factory=lambda: defaultdict(list))
    _told: dict[str, News] = field(default_factory=dict)

    def __post_init__(self, shared: int | None) -> None:
        self.hops = build_hops(self.inventory, self.sentinels, self.seed)
        self.counts = SharedCounts(len(self.hops), shared)
        for index, hop in enumerate(self.hops.values()):
            hop.count_in(self.counts.of(index))
        self.topology = Topology(self.inventory, self.hops, self.sentinels)
        self.codecs = {name: fresh(endpoint) for name, endpoint in self.inventory.endpoints.items()}
        for link in self.inventory.links.values():
            for router in self.topology.routers(link):
                self._lines_at[router.id].append(self.hops[link.id])

    def way(self, address: str) -> Steps | None:
        """Return the hops to an address, None where nobody has it."""
        return self.topology.way(address)

    def hop(self, hop_id: str) -> Hop:
        """Return a hop.

        Raises LabError: nothing has this id, and which one may be meant.
        """
        hop = self.hops.get(hop_id)
        if hop is None:
            raise LabError(f"nothing in the lab is called {hop_id!r}{did_you_mean(hop_id, self.hops)}")
        return hop

    def set(self, hop_id: str, changes: Mapping[str, object]) -> None:
        """Change a hop's settings, all or none of them.

        Raises LabError: which id, setting or value is wrong, and what would be right.
        """
        hop = self.hop(hop_id)
        codec = self.codecs.get(hop_id)
        known = SETTINGS if codec is None else (*SETTINGS, *CODEC_SETTINGS)
        good: dict[str, Setting] = {}
        for name, value in changes.items():
            if name not in known:
                hint = did_you_mean(name, known) or f"; there are {', '.join(known)}"
                raise LabError(f"there is no setting {name!r}{hint}")
            if codec and name in CODEC_SETTINGS:
                codec = changed(codec, name, value)
            else:
                good[name] = checked(name, value)
        if "up" in good:
            self.boots_due.pop(hop_id, None)
        if codec:
            self.codecs[hop_id] = codec
        told = {name: value for name, value in changes.items() if name not in good}
        self._apply(hop, good, told)

    def _apply(
        self, hop: Hop, changes: Mapping[str, Setting], codec: Mapping[str, object] | None = None, **note: object
    ) -> None:
        was_up = hop.settings.up
        for name, value in changes.items():
            setattr(hop.settings, name, value)
        hop.changed()
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        self.log.append(
            {"at": now, "at_s": time.monotonic(), "id": hop.id, "changes": {**changes, **(codec or {})}, **note}
        )
        if hop.settings.up != was_up:
            self.topology.reroute()
            self._spread_calls(self._calls)
            for line in self._lines_at.get(hop.id, ()):
                self._news(line)
        self._news(hop, booted=hop.kind in ("device", "endpoint") and hop.settings.up and not was_up)
        for end in self._calls:
            self._news(self.hops[end])

    def reboot(self, hop_id: str, off_s: float, *, renumber: bool = False) -> None:
        """Switch a router or codec off now and on again after `off_s` seconds, its interfaces renumbered or not.

        Raises LabError: unknown id, a line (which has nothing to boot), or a bad time.
        """
        hop = self.hop(hop_id)
        if hop.kind not in ("device", "endpoint"):
            raise LabError(f"{hop_id} is a {hop.kind}; only routers and codecs can be rebooted")
        wait_s = checked("delay_s", off_s)
        if renumber:
            self._renumbering.add(hop_id)
        self._apply(hop, {"up": False}, reboot=True)
        self.boots_due[hop_id] = time.monotonic() + float(wait_s or 0)

    def boot_due(self, now_s: float) -> None:
        """Switch on again what was rebooted and whose time has come."""
        for hop_id in [hop_id for hop_id, at_s in self.boots_due.items() if at_s <= now_s]:
            del self.boots_due[hop_id]
            self._apply(self.hops[hop_id], {"up": True}, reboot=True)

    def call(self, endpoint_ids: Iterable[str]) -> None:
        """Put exactly these codecs in a call: each sends and receives its bandwidth over its way to the core.

        Raises LabError: an id that is no codec's.
        """
        ends = self.inventory.endpoints
        wanted = list(endpoint_ids)
        for end in wanted:
            if end not in ends:
                raise LabError(f"there is no codec {end!r}{did_you_mean(end, ends)}")
        self._spread_calls({end: ends[end].call_bandwidth_bps for end in wanted})

    def _spread_calls(self, calls: dict[str, float]) -> None:
        before, self._calls = self._calls, calls
        if not before and not calls:
            return
        for hop in self.hops.values():
            hop.call_bps = [0.0, 0.0]
        for end, bps in calls.items():
            steps = self.way(self.inventory.endpoints[end].address) or ()
            if all(hop.settings.up for hop, _ in steps):
                for hop, _ in steps:
                    hop.call_bps = [hop.call_bps[OUT] + bps, hop.call_bps[IN] + bps]
        for hop in self.hops.values():
            self._news(hop)

    def traffic_bps(self, hop: Hop) -> tuple[float, float]:
        """Return the simulated traffic a hop carries now, OUT and IN: none on a line that is dead at one end."""
        link = self.inventory.links.get(hop.id)
        return (0.0, 0.0) if link and not self.topology.alive(link) else hop.traffic_bps

    def _news(self, hop: Hop, *, booted: bool = False) -> None:
        out_bps, in_bps = self.traffic_bps(hop)
        news = News(hop.id, hop.settings.up, out_bps, in_bps, codec=self._codec(hop))
        if booted or self._told.get(hop.id) != news:
            self._told[hop.id] = news
            renumbered = booted and hop.id in self._renumbering
            self._renumbering -= {hop.id} if booted else set()
            self.tell(replace(news, booted=booted, renumbered=renumbered))

    def _codec(self, hop: Hop) -> Codec | None:
        """Return what a codec knows, its call among it."""
        codec = self.codecs.get(hop.id)
        if codec is None or hop.id not in self._calls:
            return codec
        steps = self.way(self.inventory.endpoints[hop.id].address) or ()
        return replace(codec, call=call_over(steps, self._calls[hop.id]))

    def _settings(self, hop: Hop) -> dict[str, Any]:
        codec = self.codecs.get(hop.id)
        return asdict(hop.settings) | ({part: getattr(codec, part) for part in PARTS} if codec else {})

    def truth(self, hop_id: str) -> dict[str, Any]:
        """Return what the lab itself knows of a hop: settings, counters each way, and its changes in order."""
        hop = self.hop(hop_id)
        out_bps, in_bps = self.traffic_bps(hop)
        return {
            "id": hop.id,
            "kind": hop.kind,
            "settings": self._settings(hop),
            "traffic_bps": {"out": out_bps, "in": in_bps},
            "out": hop.counted(OUT),
            "in": hop.counted(IN),
            "log": [change for change in self.log if change["id"] == hop_id],
        }

    def show(self) -> list[dict[str, Any]]:
        """Return every hop's id, kind and settings."""
        return [{"id": hop.id, "kind": hop.kind, "settings": self._settings(hop)} for hop in self.hops.values()]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean …?` for a near miss, else nothing."""
    close = difflib.get_close_matches(str(word), list(known), n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else ""
