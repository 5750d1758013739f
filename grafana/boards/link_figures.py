"""Expressions about one link: what it carries, how reliable it is, when it will be full."""

from __future__ import annotations

from boards.promql import AVAILABLE, known, share, spent

ONE = 'link="$link"'
STATE = f"max by (link) (diemcau_link_state{{{ONE}}})"
CAPACITY = f"max by (link) (diemcau_link_capacity_bits_per_second{{{ONE}}})"
DOWN = 4
FULL = 0.9
WEEKS = 5
WEEK_S = 7 * 24 * 3600
FEWEST_WEEKS = 3  # a line through fewer says nothing
CLOSENESS = 0.7  # correlation of weeks and use: below it the line explains less than half of what varies


def rate(direction: str) -> str:
    """Return the link's rate in bit/s, `receive` or `transmit`."""
    return f"max by (link) (diemcau_link_{direction}_bits_per_second{{{ONE}}})"


def percentile(direction: str) -> str:
    """Return the 95th percentile of the 5-minute means within the time shown: what lines are bought by."""
    means = f"avg_over_time(diemcau_link_{direction}_bits_per_second{{{ONE}}}[5m])"
    return f"max by (link) (quantile_over_time(0.95, {means}[$__range:5m]))"


def counted(direction: str, column: str) -> str:
    """Return packets a second of an interface counter (errors, discards, packets) of the interface it is seen at."""
    name = f"diemcau_interface_{direction}_{column}_total"
    return f'rate({name}{{device="$device", interface="$interface"}}[$__rate_interval])'


def spoilt(direction: str) -> str:
    """Return which part of the packets was broken or thrown away."""
    lost = f"({counted(direction, 'errors')} + {counted(direction, 'discards')})"
    return f"{lost} / ({counted(direction, 'packets')} + {lost} > 0)"


def breaks() -> str:
    """Return how often it went down within the time shown, looked at every minute; an agent's restart counts not."""
    return f"max by (link) (resets(((diemcau_link_state{{{ONE}}} > 0) != bool {DOWN})[$__range:1m]))"


def repair_s() -> str:
    """Return how long it was down on average, each time."""
    lost = spent("link", f'{ONE}, state="down"')
    return f"sum by (link) ({lost}) / ({breaks()} > 0)"


def available(period: str) -> str:
    """Return its availability over a period; nothing where the beginning of the period isn't known."""
    return known(share("link", ONE, AVAILABLE, "link", period), "link", ONE, period)


def days_left(direction: str) -> str:
    """Return in how many days the busy rate reaches 90 % of the capacity, if it goes on as in the last five weeks.

    A straight line through the 95th percentile of each week: each has the same days, so weekends don't bend it.
    Nothing where it doesn't grow, where weeks scatter more than they grow, or where fewer than three are known; 0 where
    the last week was that full already.
    """
    week = f"quantile_over_time(0.95, diemcau_link_{direction}_bits_per_second{{{ONE}}}[7d])"
    weeks = f"{week}[{WEEKS * 7}d:7d]"
    slope = f"(max by (link) (deriv({weeks})) > 0)"
    level = f"max by (link) (predict_linear({weeks}, 0))"
    left = f"clamp_min({FULL} * {CAPACITY} - {level}, 0) / {slope} / 86400"
    count = f"max by (link) (count_over_time({weeks}))"
    spread_s = f"{WEEK_S} * sqrt(({count} ^ 2 - 1) / 12)"  # standard deviation of the weeks' times
    fits = f"{slope} * {spread_s} >= {CLOSENESS} * max by (link) (stddev_over_time({weeks}))"
    full = f"max by (link) ({week}) >= {FULL} * {CAPACITY}"
    return f"{left}\n  and on (link) {fits}\n  and on (link) {count} >= {FEWEST_WEEKS}\nor on (link) 0 * ({full})"
