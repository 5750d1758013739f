"""What is to be read at 10 000 endpoints in 100 districts: for each metric, the labels of all its series."""

from __future__ import annotations

import re
from functools import cache
from itertools import product

from agent.model import State
from agent.readings import Outcome
from agent.records import POLL_BOUNDS_S
from agent.state import LAG_BOUNDS_S
from agent.window import RTT_BOUNDS_S
from collectors._traps_kinds import COUNTED

Labels = dict[str, str]

DISTRICTS = [f"d{number}" for number in range(100)]
COMMUNES = {f"{district}x{number}": district for district in DISTRICTS for number in range(99)}
AGENT = {"job": "agents", "instance": "chosen_instance", "agent": "phutho"}
STATES = [state.value for state in State]
NUMBERS = [str(state.number) for state in State]
WAYS = ["receive", "transmit"]
OUT_AT_ONCE = 500  # outages: a bad day of so large a fleet
OUT_IN_A_MONTH = 4000  # endpoints or links that were out at least once


def _sites() -> list[Labels]:
    seats = [{"site": one, "district": one, "level": "district", "parent": "p", "lat": "1"} for one in DISTRICTS]
    communes = [
        {"site": one, "district": seat, "level": "commune", "parent": seat, "lat": ""} for one, seat in COMMUNES.items()
    ]
    return [*seats, *communes]


def _endpoints() -> list[Labels]:
    return [{**site, "endpoint": f"vc-{site['site']}", "name": site["site"]} for site in _sites()]


def _links() -> list[Labels]:
    long = [
        {"link": f"{role}-{one}", "a": "p", "b": one, "role": role, "device": "r-core", "interface": f"{role}-{one}"}
        for one in DISTRICTS
        for role in ("primary", "backup")
    ]
    last = [
        {"link": f"acc-{one}", "a": seat, "b": one, "role": "access", "device": f"r-{seat}", "interface": one}
        for one, seat in COMMUNES.items()
    ]
    return [*long, *last]


def _devices() -> list[Labels]:
    routers = [{"device": f"r-{one}", "site": one, "district": one, "role": "router"} for one in DISTRICTS]
    return [{"device": "r-core", "site": "p", "district": "", "role": "router"}, *routers]


def _outages(count: int) -> list[Labels]:
    return [
        {"kind": "endpoint", "id": f"vc-{one}", "district": seat, "flapping": "0"}
        for one, seat in list(COMMUNES.items())[:count]
    ]


def _buckets(bounds: tuple[float, ...]) -> list[Labels]:
    return [{"le": str(bound)} for bound in (*bounds, "+Inf")]


def _each(**labels: list[str]) -> list[Labels]:
    """Return every combination of some labels' values."""
    return [dict(zip(labels, values, strict=True)) for values in product(*labels.values())]


ONE: list[Labels] = [{}]
TEN: list[Labels] = _each(rank=[str(number) for number in range(10)])
COLLECTORS = _each(collector=["icmp", "snmp", "sip", "h323"])
THINGS = {
    "endpoint": _endpoints(),
    "link": _links(),
    "interface": [link for link in _links() if link["interface"]],
    "device": _devices(),
    "site": _sites(),
    "outage": _outages(OUT_AT_ONCE),
    "ever out": _outages(OUT_IN_A_MONTH),
    "agent": [AGENT],
    "district": _each(district=["", *DISTRICTS]),
    "role": _each(role=["primary", "backup", "access"]),
    "meeting": _each(meeting=[f"m{number}" for number in range(30)]),
}
# A metric's name as a regular expression, what it is of, and the labels it has beside: the first that fits.
SHAPES: tuple[tuple[str, str, list[Labels]], ...] = (
    (r"diemcau:endpoints:count", "district", _each(state=NUMBERS)),
    (r"diemcau:links:count", "role", _each(state=NUMBERS)),
    (r"diemcau:district_lost:ratio", "district", ONE),
    (r"diemcau:\w+:worst", "agent", TEN),
    (r"diemcau:endpoint_state_seconds:\w+", "district", _each(state=STATES)),
    (r"diemcau:link_state_seconds:\w+", "role", _each(state=STATES)),
    (r"diemcau:(endpoint|link)_down_seconds:\w+", "ever out", ONE),
    (r"diemcau:outage:held", "outage", ONE),
    (r"diemcau:agent:up|up|scrape_\w+|process_\w+|python_\w+", "agent", ONE),
    (r"diemcau_(endpoint|link)_state_seconds_total", r"\1", _each(state=STATES)),
    (r"diemcau_endpoint_(registered|signalling_up)", "endpoint", _each(protocol=["h323", "sip"])),
    (r"diemcau_endpoint_component_ok", "endpoint", _each(component=[str(number) for number in range(6)])),
    (r"diemcau_call_\w+_bits_per_second", "endpoint", ONE),
    (r"diemcau_call_\w+", "endpoint", _each(direction=WAYS)),
    (r"diemcau_icmp_rtt_seconds_bucket", "endpoint", _buckets(RTT_BOUNDS_S)),
    (r"diemcau_(endpoint|icmp|quality)_\w+", "endpoint", ONE),
    (r"diemcau_link_utilization_ratio", "link", _each(direction=WAYS)),
    (r"diemcau_link_\w+", "link", ONE),
    (r"diemcau_interface_\w+", "interface", ONE),
    (r"diemcau_device_(cpu_ratio|memory_used_ratio|temperature_celsius)", "device", _each(part=["1", "2", "3", "4"])),
    (r"diemcau_device_\w+", "device", ONE),
    (r"diemcau_site_info", "site", ONE),
    (r"diemcau_outage\w*", "outage", ONE),
    (r"diemcau_meeting_sites", "meeting", _each(verdict=["ready", "at_risk", "not_ready"])),
    (r"diemcau_meeting_\w+", "meeting", ONE),
    (r"diemcau_poll_duration_seconds_bucket", "agent", _each(c=[str(n) for n in range(4 * len(POLL_BOUNDS_S) + 4)])),
    (r"diemcau_(schedule_lag|verdict_duration)_seconds_bucket", "agent", _buckets(LAG_BOUNDS_S)),
    (r"diemcau_polls_total", "agent", _each(collector=["icmp", "snmp", "sip", "h323"], result=list(Outcome))),
    (r"diemcau_traps_total", "agent", _each(kind=list(COUNTED))),
    (r"diemcau_(targets|poll_duration_seconds)\w*", "agent", COLLECTORS),
    (r"diemcau_(build_info|config|history|mqtt|schedule_lag|verdict_duration)\w*", "agent", ONE),
)
# What a reader has chosen: a district, with its sites and lines.
CHOSEN = {
    "district": "d7",
    "districts": "d7",
    "endpoint": "vc-d7x3",
    "site": "d7x3",
    "sites": f"({'|'.join(site['site'] for site in _sites() if site['district'] == 'd7')})",
    "home": "d7",
    "link": "acc-d7x3",
    "device": "r-d7",
    "interface": "d7x3",
    "far": "d7x3",
    "meeting": "m7",
    "instance": "chosen_instance",
}


@cache
def count(metric: str, matchers: tuple[tuple[str, str, str], ...]) -> int:
    """Return how many series a selector finds. Raises LookupError for a metric that is not in the table."""
    for pattern, of, beside in SHAPES:
        match = re.fullmatch(pattern, metric)
        if match:
            own = [one for one in matchers if one[0] in beside[0]]
            others = [one for one in matchers if one[0] not in beside[0]]
            things = sum(fits(thing, others) for thing in THINGS[match.expand(of)])
            return things * sum(fits(one, own) for one in beside)
    raise LookupError(f"{metric} is not in the table of tests/grafana/large_province.py")


def fits(labels: Labels, matchers: list[tuple[str, str, str]]) -> bool:
    """Say whether a series with these labels is found."""
    return all(_fits(labels.get(label, ""), operator, value) for label, operator, value in matchers)


def _fits(own: str, operator: str, value: str) -> bool:
    same = own == value if operator in ("=", "!=") else bool(re.fullmatch(value, own))
    return same == (operator in ("=", "=~"))
