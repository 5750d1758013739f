"""A profile's objects by SNMP: groups of scalars and tables, each at its own pace, as samples of metrics."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping

from agent.profile import Aggregate, Group, Profile
from agent.readings import Sample
from collectors._snmp import SnmpClient
from collectors._snmp_session import Value
from collectors._table import Labels, TableReader, value_of

SYS_UPTIME = "1.3.6.1.2.1.1.3.0"
EARLY = 0.9  # of a group's interval: polls come when it is the device's turn, and a late one must not skip a group's
STALE_INTERVALS = 3  # turns missed before a group's samples are no longer given
_AGGREGATES: dict[Aggregate, Callable[[Iterable[float]], float]] = {
    Aggregate.SUM: sum,
    Aggregate.MAX: max,
    Aggregate.MIN: min,
}


class ObjectPoller:
    """Asks one device for what its profile names. It keeps between polls what does not move: the rows' labels."""

    def __init__(self, client: SnmpClient, profile: Profile, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._groups = [_Turn(group) for group in profile.groups]

    async def poll(self) -> tuple[Sample, ...]:
        """Ask the groups whose turn it is; return the newest samples of all, no series twice.

        Raises `PollFailed` where the device does not answer. An object it does not have costs only itself, a table
        without end only the table.
        """
        now_s = self._clock()
        await self._ask([turn for turn in self._groups if turn.is_due(now_s)], now_s)
        fresh = (sample for turn in self._groups if turn.is_fresh(now_s) for sample in turn.samples)
        return tuple({(sample.metric, sample.labels): sample for sample in fresh}.values())

    def forget(self) -> None:
        """Ask everything anew at the next poll, labels too: the device restarted."""
        self._groups = [_Turn(turn.group) for turn in self._groups]

    async def _ask(self, due: list[_Turn], now_s: float) -> None:
        for turn in due:
            for table in turn.tables:
                await table.find(self._client, now_s)
        answers = await self._get(list(dict.fromkeys(oid for turn in due for oid in turn.oids())))
        for turn in due:
            turn.samples = tuple(turn.read(answers))
            turn.asked_s = now_s

    async def _get(self, oids: list[str]) -> dict[str, Value]:
        """GET in as few requests as the device takes, each with an object that every device has.

        Where all the others are gone (a call ended since its row was found) the answer is not empty then, which the
        client would take for a refusal and remember.
        """
        answers: dict[str, Value] = {}
        most = max(self._client.most - 1, 1)
        for at in range(0, len(oids), most):
            answers |= await self._client.get([SYS_UPTIME, *oids[at : at + most]])
        return answers


class _Turn:
    """A group of one device: when it was last asked, and what it said."""

    __slots__ = ("_scalar_oids", "asked_s", "group", "samples", "tables")

    def __init__(self, group: Group) -> None:
        self.group = group
        self.tables = [TableReader(table) for table in group.tables]
        self.asked_s: float | None = None
        self.samples: tuple[Sample, ...] = ()
        self._scalar_oids = [oid for scalar in group.scalars for oid in (scalar.oid, *scalar.share_of)]

    def is_due(self, now_s: float) -> bool:
        """Say whether it is this group's turn."""
        interval_s = self.group.interval_s
        return self.asked_s is None or interval_s is None or now_s - self.asked_s >= EARLY * interval_s

    def is_fresh(self, now_s: float) -> bool:
        """Say whether its samples still count."""
        return self.asked_s is not None and now_s - self.asked_s <= STALE_INTERVALS * (self.group.interval_s or 0.0)

    def oids(self) -> Iterator[str]:
        """Yield what to GET, once the tables' rows are found."""
        yield from self._scalar_oids
        for table in self.tables:
            yield from table.oids()

    def read(self, answers: Mapping[str, Value]) -> Iterator[Sample]:
        """Yield the samples of an answer: scalars, rows, and what several rows come to."""
        for scalar in self.group.scalars:
            value = value_of(scalar, "", answers)
            if value is not None:
                yield Sample(scalar.metric, scalar.labels, value)
        several: dict[tuple[str, Labels, Aggregate], list[float]] = {}
        for table in self.tables:
            for column, labels, value in table.read(answers):
                if column.aggregate is None:
                    yield Sample(column.metric, labels, value)
                else:
                    several.setdefault((column.metric, labels, column.aggregate), []).append(value)
        for (metric, labels, aggregate), values in several.items():
            yield Sample(metric, labels, float(_AGGREGATES[aggregate](values)))
