"""Between the values of `agent.history` and the rows of the journal's tables, both ways. No I/O."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from agent.history import Maintenance, Outage, Span
from agent.model import Cause, Kind, State

Key = tuple[Kind, str]
SpanRow = tuple[int, int, str, str, str, str, int]
Stretch = tuple[str, str, str, str, int, int | None]  # kind, target, state, root, since, until

SPAN_COLUMNS = "magnitude, until, kind, target, state, root, since"
NOW_COLUMNS = "kind, target, state, root, since, " + ", ".join(State)
OUTAGE_COLUMNS = (
    "id, kind, target, cause, started, confirmed, ended, district, detail, affected, most_affected, suspects, flapping,"
    " note"
)
WINDOW_COLUMNS = "id, targets, since, until, why"
MAGNITUDES = range(1, 60)  # up to 2^59 µs: 18 000 years

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_KINDS = {str(kind): kind for kind in Kind}
_STATES = {str(state): state for state in State}
_CAUSES = {str(cause): cause for cause in Cause}


def micros(moment: datetime) -> int:
    """Return a moment as whole microseconds since 1970, UTC."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(at: int) -> datetime:
    """Return microseconds since 1970 as a moment in UTC."""
    return _EPOCH + timedelta(microseconds=at)


def marks(columns: str) -> str:
    """Return a question mark for each column."""
    return ", ".join("?" * len(columns.split(",")))


def span_row(key: Key, state: State, root: str, since: int, until: int) -> SpanRow:
    """Return the row of a stretch that is over."""
    return (until - since).bit_length(), until, str(key[0]), key[1], str(state), root, since


def span_of(row: Stretch) -> Span:
    """Return the stretch a row tells of; one that still lasts has no `until`."""
    kind, target, state, root, since, until = row
    end = None if until is None else moment(until)
    return Span(_KINDS[kind], target, _STATES[state], moment(since), end, root)


def outage_row(outage: Outage) -> tuple[object, ...]:
    """Return an outage as a row of `OUTAGE_COLUMNS`."""
    return (
        outage.id,
        str(outage.kind),
        outage.target,
        str(outage.cause),
        micros(outage.started),
        micros(outage.confirmed),
        None if outage.ended is None else micros(outage.ended),
        outage.district,
        _text(outage.detail),
        outage.affected,
        outage.most_affected,
        json.dumps(outage.suspects),
        outage.flapping,
        _text(outage.note),
    )


def outage_of(row: Sequence[Any]) -> Outage:
    """Return the outage a row of `OUTAGE_COLUMNS` tells of. A cause that only a newer version knows reads as none."""
    id_, kind, target, cause, started, confirmed, ended, district, detail, affected, most, suspects, flapping, note = (
        row
    )
    return Outage(
        id_,
        _KINDS[kind],
        target,
        _CAUSES.get(cause, Cause.NONE),
        moment(started),
        moment(confirmed),
        None if ended is None else moment(ended),
        district,
        detail,
        affected,
        most,
        tuple(json.loads(suspects)),
        bool(flapping),
        note,
    )


def window_row(window: Maintenance) -> tuple[object, ...]:
    """Return a maintenance window as a row of `WINDOW_COLUMNS`."""
    return window.id, json.dumps(window.targets), micros(window.start), micros(window.end), _text(window.why)


def window_of(row: Sequence[Any]) -> Maintenance:
    """Return the maintenance window a row of `WINDOW_COLUMNS` tells of."""
    id_, targets, since, until, why = row
    return Maintenance(tuple(json.loads(targets)), moment(since), moment(until), why, id_)


def key_of(kind: str, target: str) -> Key:
    """Return a target's key."""
    return _KINDS[kind], target


def state_of(state: str) -> State:
    """Return the state a column tells of."""
    return _STATES[state]


def _text(text: str) -> str:
    """Return text that UTF-8 can hold: JSON may bring half a surrogate pair, on which a whole batch would fail."""
    return text.encode("utf-8", "replace").decode()
