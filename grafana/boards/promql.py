"""Expressions that several panels need."""

from __future__ import annotations

from typing import Literal

Kind = Literal["endpoint", "link"]

OUTAGE = "job, instance, kind, id"
DISTRICT_NAMES = 'group by (district, name) (diemcau_site_info{level="district"})'


def named(expression: str, kind: Kind, selector: str = "") -> str:
    """Add the label `name` to series of endpoints or links; `selector` spares reading the names of all others."""
    names = f"diemcau_{kind}_info{{{selector}}}" if selector else f"diemcau_{kind}_info"
    return f"({expression}) * on (job, instance, {kind}) group_left (name) {names}"


def district_named(expression: str, province: str) -> str:
    """Add the label `name` to series by district; the rooms of no district are called `province`."""
    names = f'{DISTRICT_NAMES} or label_replace(vector(1), "name", "{province}", "", "")'
    return f"(({expression}) * on (district) group_left (name) ({names}))"


def spent(kind: Kind, selector: str, period: str = "$__range") -> str:
    """Return seconds spent in states over the period that ends now.

    The counters never go back, over restarts either, so two instants say it exactly; a target that was not there at
    the beginning counts from its own.
    """
    newest = f"last_over_time(diemcau_{kind}_state_seconds_total{{{selector}}}[1h]"  # over an agent's restart, too
    return f"({newest}) - ({newest} offset {period}) or 0 * {newest})))"


def share(kind: Kind, selector: str, good: str, by: str, period: str = "$__range") -> str:
    """Return which part of the time that counts was spent in the `good` states (a regular expression), by labels.

    Time `unreachable` is charged to what cut the target off; `unknown` and `maintenance` are left out.
    """
    within = f"{selector}, " if selector else ""
    numerator = spent(kind, f'{within}state=~"{good}"', period)
    denominator = spent(kind, f'{within}state=~"up|degraded|down"', period)
    return f"sum by ({by}) ({numerator}) / (sum by ({by}) ({denominator}) > 0)"


def known(figure: str, kind: Kind, selector: str, period: str = "$__range") -> str:
    """Drop a figure by endpoint or link whose counters are not known at the period's beginning.

    A Prometheus younger than the agent sees counters that had grown before: more time than the period has.
    """
    longest = "$__range_s" if period == "$__range" else int(period.removesuffix("d")) * 24 * 3600
    return f"{figure}\n  and on ({kind}) sum by ({kind}) ({spent(kind, selector, period)}) <= {longest} + 3600"


AVAILABLE = "up|degraded"
GOOD = "up"
