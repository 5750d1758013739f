"""Every metric of endpoints, links, devices and interfaces: a new one is one more line here."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from typing import Any

from agent.inventory import Inventory
from agent.model import State
from agent.readings import InterfaceReading
from agent.records import DeviceRecord, EndpointRecord, LinkRecord
from agent.state import Board
from agent.window import RTT_BOUNDS_S
from exporters.family import Distribution, Family, Own, PerState, Several, Single, Subject

_RECEIVE, _TRANSMIT = ("receive",), ("transmit",)
_UP = {state: 1.0 if state.answers else 0.0 for state in State}
_EACH_STATE = "each state, over restarts"
_STATES = ", ".join(f"{state.number} {state}" for state in State)


def _polled(board: Board, now_s: float) -> dict[str, DeviceRecord]:
    """Return the devices whose last reading is not too old to show."""
    return {id_: record for id_, record in board.devices.items() if record.fresh(now_s)}


def _interfaces(board: Board, now_s: float) -> dict[Own, InterfaceReading]:
    return {
        (id_, name): interface
        for id_, record in _polled(board, now_s).items()
        if record.reading is not None
        for name, interface in record.reading.interfaces.items()
    }


def _endpoint_labels(id_: str, record: EndpointRecord, inventory: Inventory) -> Own:
    site = inventory.sites[record.target.site]
    return id_, site.id, inventory.district(site.id), site.level.value


def _link_labels(id_: str, record: LinkRecord, _: Inventory) -> Own:
    link = record.target
    return id_, link.a, link.b, link.role.value


def _device_labels(id_: str, record: DeviceRecord, inventory: Inventory) -> Own:
    device = record.target
    return id_, device.site, inventory.district(device.site), device.role


def _up(record: EndpointRecord | LinkRecord | DeviceRecord) -> float:
    return _UP[record.standing.state]


def _state(record: EndpointRecord | LinkRecord) -> float:
    return record.standing.state.number


def _endpoint_info(record: EndpointRecord) -> Iterator[tuple[Own, float]]:
    """Yield what the inventory says and, once the endpoint told, the profile that fits it, model and firmware."""
    endpoint, identity = record.target, record.reading.identity if record.reading else None
    told = (identity.profile, identity.model, identity.firmware) if identity else (endpoint.profile, "", "")
    yield (endpoint.name, endpoint.address, *told), 1.0


def _link_info(record: LinkRecord) -> Iterator[tuple[Own, float]]:
    link = record.target
    yield (link.name, link.device or "", link.interface or ""), 1.0


def _utilization(record: LinkRecord) -> Iterator[tuple[Own, float | None]]:
    yield _RECEIVE, record.utilization_ratio(record.receive_bps)
    yield _TRANSMIT, record.utilization_ratio(record.transmit_bps)


def _whole(rate_bps: float | None) -> int | None:
    """Drop parts of a bit: they mean nothing and are a good part of what a compressed page weighs."""
    return None if rate_bps is None else round(rate_bps)


def _loss(record: EndpointRecord) -> float | None:
    return None if record.standing.state is State.UNKNOWN else record.window.loss_ratio


def _jitter(record: EndpointRecord) -> float | None:
    """Return the jitter while answers come; the first alone has none, and without answers it is history."""
    window = record.window
    if record.standing.state is State.UNKNOWN or window.received < 2 or window.rtt_s is None:  # noqa: PLR2004 - a pair
        return None
    return window.jitter_s


def _mos(record: EndpointRecord) -> float | None:
    return None if record.standing.state is State.UNKNOWN else record.window.mos


def _counters() -> tuple[Family[InterfaceReading], ...]:
    """Declare each column of the interface counters, both ways."""
    return tuple(
        Single(
            f"diemcau_interface_{direction}_{column}_total",
            "counter",
            f"{column.capitalize()} the interface counted, {direction} direction.",
            attrgetter(f"{direction}.{column}"),
        )
        for column in ("bytes", "packets", "errors", "discards")
        for direction in ("receive", "transmit")
    )


ENDPOINTS: Subject[str, EndpointRecord] = Subject(
    labels=("endpoint", "site", "district", "level"),
    records=lambda board, _: board.endpoints,
    values=_endpoint_labels,
    families=(
        Several(
            "diemcau_endpoint_info",
            "gauge",
            "What the endpoint is.",
            ("name", "address", "profile", "model", "firmware"),
            _endpoint_info,
        ),
        Single("diemcau_endpoint_up", "gauge", "1 where the endpoint is up or degraded.", _up),
        Single("diemcau_endpoint_state", "gauge", f"The endpoint's state: {_STATES}.", _state),
        PerState(
            "diemcau_endpoint_state_seconds_total", f"Time the endpoint spent in {_EACH_STATE}.", attrgetter("spent")
        ),
        Single("diemcau_icmp_sent_total", "counter", "Echo requests sent.", lambda r: r.window.sent),
        Single(
            "diemcau_icmp_received_total", "counter", "Echo requests answered in time.", lambda r: r.window.received
        ),
        Single("diemcau_icmp_duplicates_total", "counter", "Answers beyond the first.", lambda r: r.window.duplicates),
        Distribution(
            "diemcau_icmp_rtt_seconds", "Round trips of answers.", RTT_BOUNDS_S, lambda r: r.window.round_trips_s
        ),
        Single("diemcau_icmp_jitter_seconds", "gauge", "Smoothed jitter of round trips (RFC 3550).", _jitter),
        Single("diemcau_icmp_loss_ratio", "gauge", "Share of echo requests lost within the window.", _loss),
        Single("diemcau_quality_mos", "gauge", "Estimated call quality, 1 to 4.5 (ITU-T G.107, G.711 assumed).", _mos),
    ),
)

LINKS: Subject[str, LinkRecord] = Subject(
    labels=("link", "a", "b", "role"),
    records=lambda board, _: board.links,
    values=_link_labels,
    families=(
        Several(
            "diemcau_link_info",
            "gauge",
            "What the link is, and the interface that sees it.",
            ("name", "device", "interface"),
            _link_info,
        ),
        Single("diemcau_link_up", "gauge", "1 where the link is up or degraded.", _up),
        Single("diemcau_link_state", "gauge", f"The link's state: {_STATES}.", _state),
        PerState("diemcau_link_state_seconds_total", f"Time the link spent in {_EACH_STATE}.", attrgetter("spent")),
        Single(
            "diemcau_link_receive_bits_per_second",
            "gauge",
            "Rate over the last poll, into the interface.",
            lambda r: _whole(r.receive_bps),
        ),
        Single(
            "diemcau_link_transmit_bits_per_second",
            "gauge",
            "Rate over the last poll, out of the interface.",
            lambda r: _whole(r.transmit_bps),
        ),
        Single(
            "diemcau_link_capacity_bits_per_second",
            "gauge",
            "What was bought; the interface's speed where not said.",
            lambda r: r.capacity_bps,
        ),
        Several(
            "diemcau_link_utilization_ratio",
            "gauge",
            "Rate over the last poll as a share of the capacity.",
            ("direction",),
            _utilization,
        ),
    ),
)

DEVICES: Subject[str, DeviceRecord] = Subject(
    labels=("device", "site", "district", "role"),
    records=lambda board, _: board.devices,
    values=_device_labels,
    families=(
        Single("diemcau_device_up", "gauge", "1 where the device is up or degraded.", _up),
        Single("diemcau_device_restarts_total", "counter", "Restarts seen by its uptime.", lambda r: r.restarts),
    ),
)

POLLED_DEVICES: Subject[str, DeviceRecord] = Subject(
    labels=DEVICES.labels,
    records=_polled,
    values=_device_labels,
    families=(
        Single(
            "diemcau_device_uptime_seconds",
            "gauge",
            "How long the device says it runs.",
            lambda r: None if r.reading is None else r.reading.uptime_s,
        ),
    ),
)

INTERFACES: Subject[Own, InterfaceReading] = Subject(
    labels=("device", "interface"),
    frozen=True,
    records=_interfaces,
    values=lambda key, *_: key,
    families=(
        *_counters(),
        Single("diemcau_interface_up", "gauge", "1 where the interface's line is up.", lambda i: i.up),
        Single(
            "diemcau_interface_speed_bits_per_second",
            "gauge",
            "The speed the interface says.",
            lambda i: i.speed_bps,
        ),
    ),
)

SUBJECTS: tuple[Subject[Any, Any], ...] = (ENDPOINTS, LINKS, DEVICES, POLLED_DEVICES, INTERFACES)
