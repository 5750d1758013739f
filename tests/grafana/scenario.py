"""A small province on a bad day: two districts, one of each thing that dashboards show and alerts tell of.

Three agents share it: one watches nearly all, one went away a while ago, and one has lost its own line. What their
metrics hold is written as OpenMetrics text, the last hour finely, forty days before it coarsely.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate

from agent.model import State

NOW_S = int(datetime(2026, 11, 25, 7, 40, tzinfo=UTC).timestamp())
HOUR_S, DAY_S = 3600, 86400
BEGIN_S = NOW_S - 40 * DAY_S
FINE_S = NOW_S - 70 * 60
BAD_S = NOW_S - 55 * 60  # since when things are as they are now
AWAY_S = NOW_S - 20 * 60  # since when the second agent does not answer
SCRAPE_S = 15
COARSE_S = 3600

Course = Callable[[float], float]
Labels = dict[str, str]


@dataclass(frozen=True)
class Series:
    """A series, its values by time, and when there are any; `long` of all forty days."""

    name: str
    labels: Labels
    value: Course
    long: bool = False
    since_s: int = FINE_S
    until_s: int = NOW_S


MAIN = {"job": "agents", "instance": "10.25.1.5:9843"}
AWAY = {"job": "agents", "instance": "10.25.1.6:9843"}
BLIND = {"job": "agents", "instance": "10.25.1.7:9843"}

SITES = {  # level, name, parent, district, latitude, longitude
    "phu-tho": ("province", "Tỉnh Phú Thọ", "", "", "", ""),
    "thanh-son": ("district", "Huyện Thanh Sơn", "phu-tho", "thanh-son", "21.2", "105.18"),
    "tan-son": ("district", "Huyện Tân Sơn", "phu-tho", "tan-son", "21.2", "104.98"),
    "vo-mieu": ("commune", "Xã Võ Miếu", "thanh-son", "thanh-son", "", ""),
    "dich-qua": ("commune", "Xã Địch Quả", "vo-mieu", "thanh-son", "", ""),
    "giap-lai": ("commune", "Xã Giáp Lai", "thanh-son", "thanh-son", "", ""),
    "minh-dai": ("commune", "Xã Minh Đài", "tan-son", "tan-son", "", ""),
    "thu-cuc": ("commune", "Xã Thu Cúc", "tan-son", "tan-son", "", ""),
}
STATES = [state.value for state in State]
ENDPOINTS = {  # the agent that watches it and its state
    "phu-tho": (MAIN, "up"),
    "thanh-son": (MAIN, "degraded"),
    "tan-son": (MAIN, "up"),
    "vo-mieu": (MAIN, "unreachable"),
    "dich-qua": (MAIN, "unreachable"),
    "giap-lai": (MAIN, "down"),
    "minh-dai": (MAIN, "maintenance"),
    "thu-cuc": (BLIND, "unknown"),
}
LINKS = {  # its ends, role, state, the device that sees it
    "wan-thanh-son": ("phu-tho", "thanh-son", "primary", "down", "r-core"),
    "bak-thanh-son": ("phu-tho", "thanh-son", "backup", "degraded", "r-core"),
    "wan-tan-son": ("phu-tho", "tan-son", "primary", "up", "r-core"),
    "acc-vo-mieu": ("thanh-son", "vo-mieu", "access", "down", "r-thanh-son"),
    "acc-dich-qua": ("vo-mieu", "dich-qua", "access", "unreachable", ""),
    "acc-giap-lai": ("thanh-son", "giap-lai", "access", "up", "r-thanh-son"),
    "acc-minh-dai": ("tan-son", "minh-dai", "access", "down", "r-tan-son"),
}
DEVICES = {  # where it is and whether it answers
    "r-core": ("phu-tho", 1),
    "r-thanh-son": ("thanh-son", 1),
    "r-tan-son": ("tan-son", 0),
}
Outage = tuple[Labels, str, str, str, str, int, int]
OUTAGES: tuple[Outage, ...] = (  # the agent that tells of it, kind, id, district, cause, endpoints affected, flapping
    (MAIN, "link", "acc-vo-mieu", "thanh-son", "beyond_silent", 2, 0),
    (MAIN, "link", "wan-thanh-son", "thanh-son", "interface_down", 0, 0),
    (MAIN, "link", "acc-minh-dai", "tan-son", "interface_down", 1, 1),
    (MAIN, "device", "r-tan-son", "tan-son", "silent", 0, 0),
    (MAIN, "endpoint", "vc-giap-lai", "thanh-son", "silent", 1, 0),
    (BLIND, "agent", "phutho-3", "", "blind", 1, 0),
)


def constant(value: float) -> Course:
    return lambda _: value


def counting(per_s: float, before: float = 1000) -> Course:
    """Make a counter that has been counting since the beginning."""
    return lambda at_s: round(before + per_s * (at_s - BEGIN_S), 3)


def wave(low: float, high: float) -> Course:
    """Go up and down between two values within five minutes, so that no two looks are alike."""
    return lambda at_s: low + (high - low) * (at_s % 300) / 300


def growing(from_: float, to: float) -> Course:
    """Grow evenly over the forty days, with a day's ups and downs on top."""
    span = (to - from_) / (NOW_S - BEGIN_S)
    return lambda at_s: from_ + span * (at_s - BEGIN_S) * (0.95 + 0.1 * (at_s % DAY_S) / DAY_S)


def spent(state: str, now: str) -> Course:
    """Count time in a state: mostly up until all went wrong, and from then on in the state of now."""
    usual = {"up": 0.98, "degraded": 0.012, "down": 0.004, "unreachable": 0.003, "unknown": 0.001}
    share, current = usual.get(state, 0), state == now
    return lambda at_s: round(share * (min(at_s, BAD_S) - BEGIN_S) + current * max(0.0, at_s - BAD_S), 3)


def histogram(name: str, labels: Labels, bounds: tuple[float, ...], per_s: tuple[float, ...]) -> Iterator[Series]:
    """Count values in buckets; `per_s` how many a second fall into each, the last one without a bound."""
    limits = [*map(str, bounds), "+Inf"]
    for limit, rate in zip(limits, accumulate(per_s), strict=True):
        yield Series(f"{name}_bucket", {**labels, "le": limit}, counting(rate))
    yield Series(f"{name}_count", labels, counting(sum(per_s)))
    values = zip((*bounds, bounds[-1]), per_s, strict=True)
    yield Series(f"{name}_sum", labels, counting(sum(bound * rate for bound, rate in values)))


def times(series: Series) -> Iterator[int]:
    """Yield when the series has samples: coarsely where it is long, finely towards the end."""
    if series.long:
        yield from range(BEGIN_S, FINE_S, COARSE_S)
    yield from range(series.since_s, series.until_s + 1, SCRAPE_S)


def text(every: Iterator[Series]) -> Iterator[str]:
    """Write OpenMetrics, with times in seconds."""
    for series in every:
        labels = ",".join(f'{name}="{value}"' for name, value in series.labels.items())
        head, value = f"{series.name}{{{labels}}}", series.value
        yield "".join([f"{head} {value(at_s) * 1.0} {at_s}\n" for at_s in times(series)])
    yield "# EOF\n"
