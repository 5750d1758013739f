"""What the agent hears of its own accord (traps) and tells (MQTT)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from boards.colours import GREEN, ORANGE, RED, YES_NO, limits, mapping
from boards.panels import Frame, course, now, numbers, property_, query
from boards.pen import Pen
from texts import Text

HERE = 'instance=~"$instance"'
DROPPED = {
    "unknown_sender": Text("người gửi lạ", "unknown sender"),
    "wrong_community": Text("sai community", "wrong community"),
    "wrong_user": Text("sai tài khoản", "wrong user"),
    "malformed": Text("gói hỏng", "malformed"),
    "limited": Text("quá giới hạn", "more than allowed"),
}
ANY_DROPPED = "|".join(DROPPED)
NO_TRAPS = Text("Máy giám sát không nhận trap", "The agent receives no traps")
NO_MQTT = Text("Máy giám sát không gửi MQTT", "The agent sends no MQTT")


def outputs(pen: Pen) -> Sequence[Any]:
    """Draw them."""
    return _traps(pen), _dropped(pen), _connected(pen), _queue(pen), _published(pen)


def _traps(pen: Pen) -> Any:
    frame = Frame(
        Text("Trap theo loại", "Traps by kind"),
        Text("Số trap và inform hiểu được mỗi giây.", "Traps and informs understood, a second."),
        unit="ops",
        nothing=NO_TRAPS,
    )
    asked = f'sum by (kind) (rate(diemcau_traps_total{{{HERE}, kind!~"{ANY_DROPPED}"}}[$__rate_interval]))'
    return course(pen, frame, query(asked, "{{kind}}")).min(0)


def _dropped(pen: Pen) -> Any:
    frame = Frame(
        Text("Trap bị bỏ", "Traps dropped"),
        Text(
            "Người gửi lạ, sai community hoặc tài khoản, gói hỏng, hoặc quá giới hạn của một thiết bị.",
            "An unknown sender, a wrong community or user, a malformed packet, or more than a device may send.",
        ),
        unit="ops",
        nothing=NO_TRAPS,
    )
    asked = f'sum by (kind) (rate(diemcau_traps_total{{{HERE}, kind=~"{ANY_DROPPED}"}}[$__rate_interval]))'
    panel = course(pen, frame, query(asked, "{{kind}}")).min(0)
    for kind, called in DROPPED.items():
        panel.override_by_name(kind, [property_("displayName", pen(called))])
    return panel


def _connected(pen: Pen) -> Any:
    frame = Frame(
        Text("Nối với máy chủ MQTT", "MQTT connected"),
        Text("“Không”: tin chờ trên đĩa cho đến khi nối lại được.", "“No”: messages wait on disk until it is back."),
        width=6,
        nothing=NO_MQTT,
    )
    panel = numbers(pen, frame, now(f"diemcau_mqtt_connected{{{HERE}}}", "{{instance}}"))
    return panel.mappings([mapping(YES_NO, pen)]).thresholds(limits(RED, (1, GREEN)))


def _queue(pen: Pen) -> Any:
    frame = Frame(
        Text("Tin MQTT đang chờ", "MQTT messages waiting"),
        Text(
            "Trên 1.000: máy chủ MQTT mất kết nối đã lâu hoặc quá chậm.",
            "Above 1 000 the broker is long away or too slow.",
        ),
        unit="short",
        width=9,
        nothing=NO_MQTT,
    )
    panel = course(pen, frame, query(f"diemcau_mqtt_queue_length{{{HERE}}}", "{{instance}}")).min(0)
    return panel.thresholds(limits(GREEN, (100, ORANGE), (1000, RED)))


def _published(pen: Pen) -> Any:
    frame = Frame(
        Text("Tin MQTT đã gửi", "MQTT messages sent"),
        Text("Số tin máy chủ MQTT đã nhận mỗi giây.", "Messages the broker took, a second."),
        unit="ops",
        width=9,
        nothing=NO_MQTT,
    )
    asked = f"rate(diemcau_mqtt_published_total{{{HERE}}}[$__rate_interval])"
    return course(pen, frame, query(asked, "{{instance}}")).min(0)
