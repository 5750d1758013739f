"""The series of the scenario, by whom they are about. Their names and labels are those of the real page (tested)."""

from __future__ import annotations

from collections.abc import Iterator

from agent.readings import Outcome
from agent.records import POLL_BOUNDS_S
from agent.state import LAG_BOUNDS_S
from agent.window import RTT_BOUNDS_S
from collectors._traps_kinds import Drop
from tests.grafana.scenario import (
    AWAY,
    AWAY_S,
    BAD_S,
    BEGIN_S,
    BLIND,
    DEVICES,
    ENDPOINTS,
    LINKS,
    MAIN,
    NOW_S,
    OUTAGES,
    SITES,
    STATES,
    Course,
    Labels,
    Outage,
    Series,
    constant,
    counting,
    growing,
    histogram,
    spent,
    wave,
)

AGENTS = ((MAIN, "phutho", NOW_S), (AWAY, "phutho-2", AWAY_S), (BLIND, "phutho-3", NOW_S))
CAPACITY_BPS = 100e6
USE_BPS = {"bak-thanh-son": constant(96e6), "wan-tan-son": growing(30e6, 80e6)}
CALLS = ("phu-tho", "thanh-son")  # those in a call
ANSWERED = {"phu-tho": 1.0, "thanh-son": 0.97, "tan-son": 0.9995}  # echoes a second


def every() -> Iterator[Series]:
    """Yield all series of the scenario."""
    for site, (agent, state) in ENDPOINTS.items():
        yield from _endpoint(site, agent, state)
        if state in ("up", "degraded"):
            yield from _codec({**agent, **_place(site)}, site)
    for link in LINKS:
        yield from _link(link)
    for device in DEVICES:
        yield from _device(device)
    for outage in OUTAGES:
        yield from _outage(outage)
    for agent, name, until_s in AGENTS:
        yield from _agent(agent, name, until_s)
    yield from _later(MAIN)


def _place(site: str) -> Labels:
    level, _, _, district, *_ = SITES[site]
    return {"endpoint": f"vc-{site}", "site": site, "district": district, "level": level}


def _endpoint(site: str, agent: Labels, state: str) -> Iterator[Series]:
    labels = {**agent, **_place(site)}
    told = {"name": SITES[site][1], "address": f"10.25.{len(site)}.10", "profile": "poly", "model": "G7500"}
    yield Series("diemcau_endpoint_info", {**labels, **told, "firmware": "4.1"}, constant(1), long=True)
    answers = state in ("up", "degraded")
    yield Series("diemcau_endpoint_up", labels, constant(answers), long=True)
    number, usual = STATES.index(state), 1
    yield Series("diemcau_endpoint_state", labels, lambda at_s: number if at_s >= BAD_S else usual, long=True)
    for one in STATES:
        counted = {**labels, "state": one}
        yield Series("diemcau_endpoint_state_seconds_total", counted, spent(one, state), long=True)
    answered = ANSWERED.get(site, 0)
    yield Series("diemcau_icmp_sent_total", labels, counting(1), long=True)
    yield Series("diemcau_icmp_received_total", labels, counting(answered), long=True)
    yield Series("diemcau_icmp_duplicates_total", labels, counting(0.0001))
    per_s = [0.0] * (len(RTT_BOUNDS_S) + 1)
    per_s[4], per_s[9] = answered * 0.9, answered * 0.1
    yield from histogram("diemcau_icmp_rtt_seconds", labels, RTT_BOUNDS_S, tuple(per_s))
    if state != "unknown":
        yield Series("diemcau_icmp_loss_ratio", labels, constant(round(1 - answered, 4)), long=True)
        yield Series("diemcau_quality_mos", labels, constant(3.2 if state == "degraded" else 4.3 * answers or 1))
    if answers:
        yield Series("diemcau_icmp_jitter_seconds", labels, wave(0.002, 0.04), long=True)


def _codec(labels: Labels, site: str) -> Iterator[Series]:
    """Yield what a codec says of itself: one is not registered by SIP, and its camera has failed."""
    bad = site == "thanh-son"
    for protocol in ("h323", "sip"):
        fine = not (bad and protocol == "sip")
        yield Series("diemcau_endpoint_registered", {**labels, "protocol": protocol}, constant(fine), long=True)
        yield Series("diemcau_endpoint_signalling_up", {**labels, "protocol": protocol}, constant(1), long=True)
    for component in ("overall", "hardware", "microphone", "camera", "network"):
        fine = not (bad and component == "camera")
        yield Series("diemcau_endpoint_component_ok", {**labels, "component": component}, constant(fine))
    yield Series("diemcau_endpoint_in_call", labels, constant(site in CALLS), long=True)
    if site in CALLS:
        yield Series("diemcau_call_receive_bits_per_second", labels, wave(1.5e6, 1.9e6))
        yield Series("diemcau_call_transmit_bits_per_second", labels, wave(1.2e6, 1.8e6))
        for direction in ("receive", "transmit"):
            way = {**labels, "direction": direction}
            yield Series("diemcau_call_loss_ratio", way, wave(0, 0.02))
            yield Series("diemcau_call_jitter_seconds", way, wave(0.001, 0.02))
            yield Series("diemcau_call_latency_seconds", way, wave(0.02, 0.03))


def _link(link: str) -> Iterator[Series]:
    a, b, role, state, device = LINKS[link]
    labels = {**MAIN, "link": link, "a": a, "b": b, "role": role}
    interface = f"Gi0/{role}-{b}" if device else ""
    told = {"name": f"{SITES[a][1]} - {SITES[b][1]}", "device": device, "interface": interface}
    yield Series("diemcau_link_info", {**labels, **told}, constant(1), long=True)
    yield Series("diemcau_link_up", labels, constant(state in ("up", "degraded")), long=True)
    number = STATES.index(state)
    yield Series("diemcau_link_state", labels, lambda at_s: number if at_s >= BAD_S else 1, long=True)
    for one in STATES:
        yield Series("diemcau_link_state_seconds_total", {**labels, "state": one}, spent(one, state), long=True)
    if not device:
        return
    yield Series("diemcau_link_capacity_bits_per_second", labels, constant(CAPACITY_BPS), long=True)
    used = USE_BPS.get(link, wave(1e6, 20e6))
    for direction in ("receive", "transmit"):
        yield Series(f"diemcau_link_{direction}_bits_per_second", labels, used, long=True)
        way = {**labels, "direction": direction}
        yield Series("diemcau_link_utilization_ratio", way, _share(used), long=True)
    yield from _interface(device, interface)


def _share(used_bps: Course) -> Course:
    return lambda at_s: used_bps(at_s) / CAPACITY_BPS


def _interface(device: str, interface: str) -> Iterator[Series]:
    labels = {**MAIN, "device": device, "interface": interface}
    per_s = {"bytes": 1e6, "packets": 1000, "errors": 3, "discards": 2}
    for direction in ("receive", "transmit"):
        for column, rate in per_s.items():
            yield Series(f"diemcau_interface_{direction}_{column}_total", labels, counting(rate), long=True)
    yield Series("diemcau_interface_up", labels, constant(1))
    yield Series("diemcau_interface_speed_bits_per_second", labels, constant(1e9))


def _device(device: str) -> Iterator[Series]:
    site, answers = DEVICES[device]
    labels = {**MAIN, "device": device, "site": site, "district": SITES[site][3], "role": "router"}
    yield Series("diemcau_device_up", labels, constant(answers), long=True)
    yield Series("diemcau_device_restarts_total", labels, lambda at_s: 1 if at_s < NOW_S - 1800 else 2, long=True)
    if answers:
        yield Series("diemcau_device_uptime_seconds", labels, lambda at_s: (at_s - BEGIN_S) % 1e6)
        yield Series("diemcau_device_cpu_ratio", {**labels, "part": "1"}, wave(0.1, 0.9))
        yield Series("diemcau_device_memory_used_ratio", {**labels, "part": "Processor"}, constant(0.6))
        yield Series("diemcau_device_temperature_celsius", {**labels, "part": "inlet"}, wave(30, 45))


def _outage(outage: Outage) -> Iterator[Series]:
    agent, kind, id_, district, cause, affected, flaps = outage
    labels = {**agent, "kind": kind, "id": id_}
    told = {
        "name": id_,
        "since": "13:45 25/11/2026",
        "sites": "Xã Võ Miếu, Xã Địch Quả",
        "call": "Nguyễn Văn A 0210 384",
    }
    for metric, more, value in (
        ("diemcau_outage", {"district": district, "root_cause": cause}, 1),
        ("diemcau_outage_info", told, 1),
        ("diemcau_outage_affected_endpoints", {}, affected),
        ("diemcau_outage_most_affected_endpoints", {"outage": f"20261125T064500000-{id_}"}, affected),
        ("diemcau_outage_flapping", {}, flaps),
        ("diemcau_outage_start_timestamp_seconds", {}, BAD_S),
    ):
        yield Series(metric, {**labels, **more}, constant(value), since_s=BAD_S)


def _agent(agent: Labels, name: str, until_s: int) -> Iterator[Series]:
    """Yield what an agent says of itself, as long as it lives, and what Prometheus says of it."""
    yield Series("up", agent, lambda at_s: at_s <= until_s, long=True)
    yield Series("scrape_duration_seconds", agent, wave(0.01, 0.05))
    yield Series("scrape_samples_scraped", agent, constant(900))
    for series in _own(agent, name):
        yield Series(series.name, series.labels, series.value, series.long, until_s=until_s)
    for site, (level, called, parent, district, lat, lon) in SITES.items():
        told = {"site": site, "name": called, "district": district, "level": level, "parent": parent}
        labels = {**agent, **told, "lat": lat, "lon": lon}
        yield Series("diemcau_site_info", labels, constant(1), long=True, until_s=until_s)


def _own(agent: Labels, name: str) -> Iterator[Series]:
    told = {"agent": name, "version": "0.5.0", "python": "3.11.2"}
    yield Series("diemcau_build_info", {**agent, **told}, constant(1), long=True)
    for collector in ("icmp", "snmp"):
        labels = {**agent, "collector": collector}
        yield Series("diemcau_targets", labels, constant(8))
        for result in Outcome:
            per_s = 8 if result is Outcome.OK else 0.01
            yield Series("diemcau_polls_total", {**labels, "result": result.value}, counting(per_s))
        bounds = POLL_BOUNDS_S
        yield from histogram("diemcau_poll_duration_seconds", labels, bounds, (*[0.5] * len(bounds), 0.1))
    for metric in ("diemcau_schedule_lag_seconds", "diemcau_verdict_duration_seconds"):
        yield from histogram(metric, agent, LAG_BOUNDS_S, (*[0.5] * len(LAG_BOUNDS_S), 0.5))
    for kind in ("linkDown", "poly_camera_down", Drop.WRONG_COMMUNITY.value):
        yield Series("diemcau_traps_total", {**agent, "kind": kind}, counting(0.01))
    yield Series("diemcau_config_last_reload_successful", agent, constant(0))
    yield Series("diemcau_config_last_reload_success_timestamp_seconds", agent, constant(BAD_S))
    yield Series("diemcau_history_written", agent, constant(0))
    yield Series("process_cpu_seconds_total", agent, counting(0.05))
    yield Series("process_resident_memory_bytes", agent, wave(8e7, 9e7))
    yield Series("process_start_time_seconds", agent, constant(BEGIN_S))
    yield Series("process_open_fds", agent, constant(40))
    yield Series("process_max_fds", agent, constant(1024))


def _later(agent: Labels) -> Iterator[Series]:
    """Yield what later issues export: a meeting within half an hour that is not ready, messages that wait."""
    for meeting, in_s in {"giao-ban": 1200, "hop-tinh": 3 * 86400}.items():
        labels = {**agent, "meeting": meeting}
        yield Series("diemcau_meeting_start_timestamp_seconds", labels, constant(NOW_S + in_s))
        for verdict, sites in {"ready": 5, "at_risk": 1, "not_ready": 2}.items():
            yield Series("diemcau_meeting_sites", {**labels, "verdict": verdict}, constant(sites))
    yield Series("diemcau_mqtt_published_total", agent, counting(2))
    yield Series("diemcau_mqtt_queue_length", agent, wave(1500, 2500))
    yield Series("diemcau_mqtt_connected", agent, constant(0))
