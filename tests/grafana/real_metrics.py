"""Which metrics there are, with which labels: from a page the real exporter writes, and from what is to come."""

from __future__ import annotations

import asyncio
import random
import time
from collections import defaultdict
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from agent.config import load
from agent.history import Outage
from agent.model import Cause, Kind, Level, LinkRole, State
from agent.readings import Outcome
from collectors._traps_kinds import COUNTED
from exporters.prometheus import MetricsPage
from tests.exporters.province import board_of, inventory_of
from tests.exporters.test_samples import Agent, asked_by_snmp, fill

ROOT = Path(__file__).parents[2]
LabelSets = tuple[frozenset[str], ...]  # several where a metric is of endpoints or of devices

ENDPOINT = frozenset({"endpoint", "site", "district", "level"})
LATER: dict[str, LabelSets] = {  # issues 6 and 7 export these
    "diemcau_endpoint_signalling_up": (ENDPOINT | {"protocol"},),
    "diemcau_meeting_sites": (frozenset({"meeting", "verdict"}),),
    "diemcau_meeting_start_timestamp_seconds": (frozenset({"meeting"}),),
    "diemcau_mqtt_published_total": (frozenset(),),
    "diemcau_mqtt_queue_length": (frozenset(),),
    "diemcau_mqtt_connected": (frozenset(),),
}
VALUES: dict[str, frozenset[str]] = {  # of labels with few, all over the metrics
    "collector": frozenset({"icmp", "snmp", "sip", "h323"}),
    "component": frozenset({"overall", "hardware", "camera", "microphone", "display", "network"}),
    "direction": frozenset({"receive", "transmit"}),
    "kind": frozenset({*Kind, *COUNTED}),
    "level": frozenset(Level),
    "protocol": frozenset({"h323", "sip"}),
    "result": frozenset(Outcome),
    "role": frozenset({*LinkRole, "router"}),
    "root_cause": frozenset(Cause),
    "state": frozenset({*State, *(str(state.number) for state in State)}),
    "verdict": frozenset({"ready", "at_risk", "not_ready"}),
}
OF_PROMETHEUS: dict[str, LabelSets] = {
    name: (frozenset(),) for name in ("up", "scrape_duration_seconds", "scrape_samples_scraped")
}


@cache
def on_the_page() -> dict[str, LabelSets]:
    """Return the sets of labels that a series has on a page on which everything is, by the series' name."""
    found: defaultdict[str, set[frozenset[str]]] = defaultdict(set)
    for family in text_string_to_metric_families(asyncio.run(_pages())):
        for sample in family.samples:
            found[sample.name].add(frozenset(sample.labels))
    return {name: tuple(sets) for name, sets in found.items()}


def known() -> dict[str, LabelSets]:
    """Return the sets of labels of all that Prometheus may be asked for, without those it adds itself."""
    return {**on_the_page(), **LATER, **OF_PROMETHEUS}


async def _pages() -> str:
    """Write the page after a poll of interfaces, and after one of what profiles read."""
    profiles = load(ROOT / "config" / "diemcau.yaml", {}).profiles
    board = board_of(asked_by_snmp(inventory_of(communes=2, rooms=1)))
    board.polls["icmp"].add(Outcome.OK, 0.01)
    board.traps["link_down"] += 1
    at = datetime.now(UTC)
    board.outages["1"] = Outage("1", Kind.LINK, "acc-xa-0", Cause.SILENT, at, at, district="huyen-0", affected=1)
    page = MetricsPage(Agent(board, profiles=profiles))
    chunks = [chunk async for chunk in page.render(openmetrics=False)]
    fill(board, profiles, random.Random(1), time.monotonic())
    chunks += [chunk async for chunk in page.render(openmetrics=False)]
    return b"".join(chunks).decode()
