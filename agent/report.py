"""Availability of a period, by the spans the journal kept: per target, district, level and for the province.

availability = (up + degraded) / (up + degraded + down), quality = up / (the same). Time `unreachable` is charged to
what cut the endpoint off; `maintenance` and `unknown` are left out of both. Times are whole microseconds: sums of them
are exact.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import TypeVar

from agent.history import Outage, Span
from agent.inventory import Inventory
from agent.model import Level, State

NO_TIME = timedelta()

Key = TypeVar("Key", bound=str)
Times = dict[State, timedelta]
Loss = tuple[datetime, timedelta, str]  # since when, for how long, which endpoint


@dataclass(frozen=True, slots=True)
class Tally:
    """Time in each state, of one target or of a group's endpoints together; it adds up to the period (times them)."""

    spent: Mapping[State, timedelta]

    @property
    def availability(self) -> float | None:
        """The share of the time it answered; None where nothing is to be judged."""
        return self._share(State.UP, State.DEGRADED)

    @property
    def quality(self) -> float | None:
        """The share of the time it answered well; None where nothing is to be judged."""
        return self._share(State.UP)

    def _share(self, *good: State) -> float | None:
        judged = self._time(State.UP, State.DEGRADED, State.DOWN)
        return self._time(*good) / judged if judged else None

    def _time(self, *states: State) -> timedelta:
        return sum((self.spent[state] for state in states), NO_TIME)


@dataclass(frozen=True, slots=True)
class Report:
    """A period, from `start` to `end` (UTC), of the inventory's targets; keys are ids.

    `districts` are the endpoints' by district, "" the province's own rooms. `charged` is the time that endpoints were
    cut off, by the id of the link or device that did it, whether or not the inventory still has it. `cut_off` are the
    endpoints that an outage made unreachable within the period, by the outage's id.
    """

    start: datetime
    end: datetime
    province: Tally
    levels: dict[Level, Tally]
    districts: dict[str, Tally]
    endpoints: dict[str, Tally]
    links: dict[str, Tally]
    devices: dict[str, Tally]
    charged: dict[str, timedelta]
    outages: tuple[Outage, ...]
    cut_off: dict[str, tuple[str, ...]]

    @property
    def known(self) -> bool:
        """False where nothing at all is known of the period."""
        tallies = (*self.endpoints.values(), *self.links.values(), *self.devices.values())
        return bool(self.outages) or any(
            time for tally in tallies for state, time in tally.spent.items() if state is not State.UNKNOWN
        )


def availability(
    spans: Iterable[Span], outages: Iterable[Outage], inventory: Inventory, start: datetime, end: datetime
) -> Report:
    """Tally the period. Time that no span speaks of, before a target was watched or the agent ran, is unknown."""
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    outages = tuple(sorted(outages, key=lambda outage: outage.started))
    times, lost = _times(spans, inventory, start, end)

    def tallies(ids: Iterable[str]) -> dict[str, Tally]:
        return {id_: _whole(times.get(id_, {}), end - start) for id_ in ids}

    endpoints = tallies(inventory.endpoints)
    sites = {id_: inventory.sites[endpoint.site] for id_, endpoint in inventory.endpoints.items()}
    districts = {site.id: inventory.district(site.id) for site in sites.values()}
    by_district = _grouped(endpoints, lambda id_: districts[sites[id_].id])
    by_level = _grouped(endpoints, lambda id_: sites[id_].level)
    return Report(
        start=start,
        end=end,
        province=_sum(endpoints.values()),
        levels={level: by_level[level] for level in Level if level in by_level},
        districts=by_district,
        endpoints=endpoints,
        links=tallies(inventory.links),
        devices=tallies(inventory.devices),
        charged={root: sum((time for _, time, _ in losses), NO_TIME) for root, losses in lost.items()},
        outages=outages,
        cut_off={outage.id: _cut_off(outage, lost.get(outage.target, []), start, end) for outage in outages},
    )


def _times(
    spans: Iterable[Span], inventory: Inventory, start: datetime, end: datetime
) -> tuple[dict[str, Times], dict[str, list[Loss]]]:
    """Return each target's time per state, and what endpoints lost to each root."""
    times: defaultdict[str, Times] = defaultdict(lambda: defaultdict(timedelta))
    lost: defaultdict[str, list[Loss]] = defaultdict(list)
    for span in spans:
        began = max(span.start, start)
        time = min(span.end or end, end) - began
        if time <= NO_TIME:
            continue
        times[span.target][span.state] += time
        if span.root and span.state is State.UNREACHABLE and span.target in inventory.endpoints:
            lost[span.root].append((began, time, span.target))
    return times, {root: sorted(losses) for root, losses in lost.items()}


def _cut_off(outage: Outage, losses: list[Loss], start: datetime, end: datetime) -> tuple[str, ...]:
    """Return whom an outage cut off: who was lost to its root from its start on, each once."""
    first = bisect_left(losses, max(outage.started, start), key=itemgetter(0))
    last = bisect_left(losses, outage.ended or end, key=itemgetter(0))
    return tuple(dict.fromkeys(endpoint for _, _, endpoint in losses[first:last]))


def _whole(times: Mapping[State, timedelta], length: timedelta) -> Tally:
    """Make one target's tally: what is not known to be anything else is unknown."""
    spent: Times = {state: times.get(state, NO_TIME) for state in State}
    spent[State.UNKNOWN] = NO_TIME
    spent[State.UNKNOWN] = max(length - sum(spent.values(), NO_TIME), NO_TIME)
    return Tally(spent)


def _sum(tallies: Iterable[Tally]) -> Tally:
    total = dict.fromkeys(State, NO_TIME)
    for tally in tallies:
        for state, time in tally.spent.items():
            total[state] += time
    return Tally(total)


def _grouped(endpoints: Mapping[str, Tally], key: Callable[[str], Key]) -> dict[Key, Tally]:
    groups: dict[Key, list[Tally]] = {}
    for id_, tally in endpoints.items():
        groups.setdefault(key(id_), []).append(tally)
    return {group: _sum(tallies) for group, tallies in groups.items()}
