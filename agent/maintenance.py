"""Maintenance windows: the configuration's and people's, and what they cover now. It is told the time and all else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, TypeAlias

from agent.history import Maintenance
from agent.inventory import Inventory

Beyond: TypeAlias = Callable[[Iterable[str]], Iterable[str]]  # what can't be reached without these devices and links

LONGEST = timedelta(days=60)  # beyond this it is no maintenance but a change: take the target out of the inventory
MOST = 1000  # windows people may have open
_ADDED = re.compile(r"m([0-9]{1,9})", re.ASCII)
_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)


def _nothing(_targets: Iterable[str]) -> Iterable[str]:
    return ()


def coverage(inventory: Inventory, targets: Iterable[str], beyond: Beyond = _nothing) -> frozenset[str]:
    """Return the ids of the endpoints, devices and links that a window over `targets` covers.

    Unknown ids cover nothing. A site covers what stands at it and at every site below, and each link that ends
    there; a device the links that name it; devices and links all that lies `beyond` them.
    """
    named = set(targets)
    sites = {id_ for id_ in inventory.sites if any(site.id in named for site in inventory.above(id_))}
    devices = {id_ for id_, device in inventory.devices.items() if id_ in named or device.site in sites}
    links = {
        id_
        for id_, link in inventory.links.items()
        if id_ in named or link.device in devices or link.a in sites or link.b in sites
    }
    endpoints = {id_ for id_, endpoint in inventory.endpoints.items() if id_ in named or endpoint.site in sites}
    ways = devices | links
    return frozenset(endpoints | ways).union(beyond(ways) if ways else ())


class _Held(NamedTuple):
    """What is covered from `since` until just before `until`."""

    since: datetime
    until: datetime
    covered: frozenset[str]


class Calendar:
    """Every window that is not over: `c1`, `c2`… of the configuration, in its order, and `m1`, `m2`… of people.

    A window covers from its start until just before its end; those that overlap cover together: where both lines of
    a site are being worked on, so is the site. Stamps are aware; no call does I/O.
    """

    def __init__(self) -> None:
        self._inventory = Inventory()
        self._beyond: Beyond = _nothing
        self._planned: tuple[Maintenance, ...] = ()
        self._added: dict[str, Maintenance] = {}
        self._highest = 0
        self._held: _Held | None = None

    def follow(self, inventory: Inventory, windows: Iterable[Maintenance], beyond: Beyond = _nothing) -> None:
        """Take a new configuration: its inventory, its windows, and what hangs on what."""
        self._inventory, self._beyond = inventory, beyond
        self._planned = tuple(replace(window, id=f"c{n}") for n, window in enumerate(windows, 1))
        self._held = None

    def restore(self, windows: Iterable[Maintenance]) -> None:
        """Take the windows people had added before, those that are over too: their ids are not given again."""
        self._added = {window.id: window for window in windows}
        numbers = (int(match[1]) for match in map(_ADDED.fullmatch, self._added) if match)
        self._highest = max(numbers, default=0)
        self._held = None

    def add(self, targets: Iterable[str], start: datetime, end: datetime, why: str, now: datetime) -> Maintenance:
        """Add a window and return it. A start that has passed stays as given; the cover begins now.

        Raises KeyError with a target that is not in the inventory, ValueError with a sentence for wrong times.
        """
        chosen = tuple(dict.fromkeys(targets))
        if not chosen:
            raise ValueError("no target is named; give the ids of sites, endpoints, devices or links")
        known = self._inventory.sites.keys() | self._inventory.targets.keys()
        for target in chosen:
            if target not in known:
                raise KeyError(target)
        _check(start, end, now)
        self._added = {id_: window for id_, window in self._added.items() if window.end > now}
        if len(self._added) >= MOST:
            raise ValueError(f"{MOST} windows are open already; end some of them first")
        self._highest += 1
        window = Maintenance(chosen, start, end, why, f"m{self._highest}")
        self._added[window.id] = window
        self._held = None
        return window

    def end(self, id_: str, now: datetime) -> Maintenance | None:
        """End a window and return it as it is now; of one that had not begun, no length is left.

        Returns None where no window of that id is open. Raises PermissionError for a window of the configuration.
        """
        if any(window.id == id_ for window in self._planned):
            raise PermissionError(f"{id_} is a window of the configuration; take it out there and reload")
        window = self._added.get(id_)
        if window is None or window.end <= now:
            return None
        del self._added[id_]
        self._held = None
        return replace(window, start=min(window.start, now), end=now)

    def windows(self, now: datetime) -> tuple[Maintenance, ...]:
        """Return all that are not over, soonest first."""
        return tuple(sorted(self._open(now), key=lambda window: (window.start, window.end)))

    def covered(self, now: datetime) -> frozenset[str]:
        """Return the ids of the endpoints, devices and links covered now; cheap until the next boundary."""
        held = self._held
        if held is None or not held.since <= now < held.until:
            held = self._held = self._look(now)
        return held.covered

    def next_change(self, now: datetime) -> datetime | None:
        """Return when a window next begins or ends, after now; None where none does."""
        return min((at for at in self._boundaries() if at > now), default=None)

    def _look(self, now: datetime) -> _Held:
        past = (at for at in self._boundaries() if at <= now)
        active = [target for window in self._open(now) if window.start <= now for target in window.targets]
        covered = coverage(self._inventory, active, self._beyond) if active else frozenset[str]()
        return _Held(max(past, default=_FIRST), self.next_change(now) or _LAST, covered)

    def _open(self, now: datetime) -> Iterator[Maintenance]:
        return (window for window in (*self._planned, *self._added.values()) if window.end > now)

    def _boundaries(self) -> Iterator[datetime]:
        return (at for window in (*self._planned, *self._added.values()) for at in (window.start, window.end))


def _check(start: datetime, end: datetime, now: datetime) -> None:
    if end <= start:
        raise ValueError("the window would end before it begins; give a later end")
    if end <= now:
        raise ValueError("the window would be over already; give an end that is still to come")
    if end - start > LONGEST:
        raise ValueError(
            f"the window would last longer than {LONGEST.days} days; give an earlier end, "
            "or take what is gone for so long out of the inventory"
        )
