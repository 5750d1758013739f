"""Expressions about time in states over a period: of districts from what is recorded, of endpoints from counters.

Recorded is how many seconds all endpoints (or links) together spent in each state within each five minutes. Such sums
may be added up over any period, and an endpoint that comes or goes adds what it lived; a sum of the counters themselves
would fall when one leaves.
"""

from __future__ import annotations

from boards.promql import Kind, known, share, spent

ENDPOINTS = "diemcau:endpoint_state_seconds:increase5m"
LINKS = "diemcau:link_state_seconds:increase5m"
ENDPOINTS_DOWN = "diemcau:endpoint_down_seconds:increase5m"
LINKS_DOWN = "diemcau:link_down_seconds:increase5m"
SHOWN = "[$__range]"
DAY = "[1d] offset -1d"  # the day that begins at the point drawn
COUNTS = "up|degraded|down"
LEFT_OUT = "unknown|maintenance"
HERE = 'district="$district"'
THERE = 'b=~"$site"'


def seconds(recorded: str, by: str, states: str = ".+", window: str = SHOWN, more: str = "") -> str:
    """Return the seconds spent in states (a regular expression), added up by labels; `more` selects further."""
    return f'sum by ({by}) (sum_over_time({recorded}{{state=~"{states}"{more}}}{window}))'


def part(recorded: str, by: str, good: str, of: str = COUNTS, window: str = SHOWN) -> str:
    """Return which part of the time in the states `of` was in the `good` ones."""
    return f"{seconds(recorded, by, good, window)} / ({seconds(recorded, by, of, window)} > 0)"


def longest(recorded: str, by: str, count: int) -> str:
    """Return those that were down the longest, of what is recorded of single ones."""
    return f"topk({count}, sum by ({by}) (sum_over_time({recorded}[$__range])))"


def own(kind: Kind, good: str) -> str:
    """Return each one's part of the time that counts in the `good` states, in the district."""
    return known(share(kind, _chosen(kind), good, kind), kind, _chosen(kind))


def own_seconds(kind: Kind, states: str) -> str:
    """Return each one's seconds in states, in the district."""
    times = spent(kind, f'{_chosen(kind)}, state=~"{states}"')
    return known(f"sum by ({kind}) ({times})", kind, _chosen(kind))


def own_left_out(kind: Kind) -> str:
    """Return which part of each one's time is in no figure, in the district."""
    out = spent(kind, f'{_chosen(kind)}, state=~"{LEFT_OUT}"')
    part_out = f"sum by ({kind}) ({out}) / (sum by ({kind}) ({spent(kind, _chosen(kind))}) > 0)"
    return known(part_out, kind, _chosen(kind))


def own_names(kind: Kind) -> str:
    """Return the names of what is in the district."""
    role = ", role" if kind == "link" else ""
    return f"group by ({kind}, name{role}) (diemcau_{kind}_info{{{_chosen(kind)}}})"


def _chosen(kind: Kind) -> str:
    return HERE if kind == "endpoint" else THERE
