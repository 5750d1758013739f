"""The metrics that profiles fill: declared by the profiles in force, not here; of endpoints and devices alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from agent.inventory import Inventory
from agent.profile import Metric, Profile
from agent.readings import DeviceReading, Sample
from agent.records import DeviceRecord, EndpointRecord
from agent.state import Board
from exporters._text import family_head, label_text, number
from exporters.families import DEVICES, ENDPOINTS
from exporters.family import Subject

BATCH_TARGETS = 50  # written in one go
MOST_HEADS = 1024  # starts of lines kept of one target: labels may be a device's text, which must not make us grow

Shown = tuple["_Target", DeviceReading]


def declared(profiles: Mapping[str, Profile]) -> list[Metric]:
    """Return the metrics that any of the profiles fills, by name."""
    metrics = {name: metric for profile in profiles.values() for name, metric in profile.metrics.items()}
    return [metrics[name] for name in sorted(metrics)]


class SampleSection:
    """Writes the profiles' families, and keeps each target's text until its next poll."""

    def __init__(self) -> None:
        self._inventory: Inventory | None = None
        self._targets: dict[str, _Target] = {}

    def pieces(
        self, board: Board, profiles: Mapping[str, Profile], now_s: float, *, openmetrics: bool
    ) -> Iterator[str]:
        """Yield the section, each piece quick to make. Who is on it is settled at the first."""
        shown = self._shown(board, now_s)
        batches = [shown[at : at + BATCH_TARGETS] for at in range(0, len(shown), BATCH_TARGETS)]
        for metric in declared(profiles):
            yield family_head(metric.name, metric.kind, metric.help, openmetrics=openmetrics)
            for batch in batches:
                yield "".join([target.lines(reading).get(metric.name, "") for target, reading in batch])

    def _shown(self, board: Board, now_s: float) -> list[Shown]:
        """Return the targets with samples that are not too old to show."""
        known = self._targets if self._inventory is board.inventory else {}
        self._inventory = board.inventory
        shown = [
            (id_, known.get(id_) or _Target(subject, id_, record, board.inventory), record.reading)
            for subject, records in ((ENDPOINTS, board.endpoints), (DEVICES, board.devices))
            for id_, record in records.items()
            if record.reading is not None and record.reading.samples and record.fresh(now_s)
        ]
        self._targets = {id_: target for id_, target, _ in shown}
        return [(target, reading) for _, target, reading in shown]


class _Target:
    """A target's labels, the starts of its lines, and the lines of its newest samples by their metric's name."""

    __slots__ = ("_heads", "_labels", "_lines", "_samples")

    def __init__(
        self, subject: Subject[str, Any], id_: str, record: EndpointRecord | DeviceRecord, inventory: Inventory
    ) -> None:
        self._labels = dict(zip(subject.labels, subject.values(id_, record, inventory), strict=True))
        self._heads: dict[tuple[str, tuple[tuple[str, str], ...]], str] = {}
        self._samples: tuple[Sample, ...] = ()
        self._lines: dict[str, str] = {}

    def lines(self, reading: DeviceReading) -> dict[str, str]:
        if reading.samples is not self._samples:
            self._samples = reading.samples
            self._lines = {}
            for sample in reading.samples:
                line = f"{self._head(sample)}{number(sample.value)}\n"
                self._lines[sample.metric] = self._lines.get(sample.metric, "") + line
        return self._lines

    def _head(self, sample: Sample) -> str:
        key = (sample.metric, sample.labels)
        head = self._heads.get(key)
        if head is None:
            if len(self._heads) >= MOST_HEADS:
                self._heads.clear()
            head = self._heads[key] = f"{sample.metric}{label_text({**self._labels, **dict(sample.labels)})} "
        return head
