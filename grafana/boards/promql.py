"""Expressions that several panels need."""

from __future__ import annotations

from typing import Literal

Kind = Literal["endpoint", "link"]

OUTAGE = "job, instance, kind, id"
DISTRICT_NAMES = 'group by (district, name) (diemcau_site_info{level="district"})'


def named(expression: str, kind: Kind) -> str:
    """Add the label `name` to series of endpoints or links."""
    return f"({expression}) * on (job, instance, {kind}) group_left (name) diemcau_{kind}_info"


def district_named(expression: str, province: str) -> str:
    """Add the label `name` to series by district; the rooms of no district are called `province`."""
    names = f'{DISTRICT_NAMES} or label_replace(vector(1), "name", "{province}", "", "")'
    return f"(({expression}) * on (district) group_left (name) ({names}))"


def spent(kind: Kind, selector: str, period: str = "$__range") -> str:
    """Return seconds spent in states over the period that ends now.

    The counters never go back, over restarts either, so two instants say it exactly; a target that was not there at
    the beginning counts from its own.
    """
    total = f"diemcau_{kind}_state_seconds_total{{{selector}}}"
    return f"({total} - (last_over_time({total}[1h] offset {period}) or {total} * 0))"


def share(kind: Kind, selector: str, good: str, by: str, period: str = "$__range") -> str:
    """Return which part of the time that counts was spent in the `good` states (a regular expression), by labels.

    Time `unreachable` is charged to what cut the target off; `unknown` and `maintenance` are left out.
    """
    within = f"{selector}, " if selector else ""
    numerator = spent(kind, f'{within}state=~"{good}"', period)
    denominator = spent(kind, f'{within}state=~"up|degraded|down"', period)
    return f"sum by ({by}) ({numerator}) / (sum by ({by}) ({denominator}) > 0)"


AVAILABLE = "up|degraded"
GOOD = "up"
