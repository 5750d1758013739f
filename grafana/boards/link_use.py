"""What a link carries and how clean its interface is: courses, one side above and the other below zero."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from grafana_foundation_sdk.models import dashboard

from boards.colours import BLUE, GREY, LOSS, ORANGE, SKY, USE
from boards.link_figures import CAPACITY, ONE, counted, rate, spoilt
from boards.panels import Frame, course, property_, query
from boards.pen import Pen
from texts import Text

RECEIVED, SENT = Text("nhận", "received"), Text("phát", "sent")
FULL = Text("dung lượng", "capacity")
UNSEEN = Text(
    "Chưa rõ: đường truyền chưa khai cổng nào, hoặc thiết bị không trả lời SNMP",
    "Not known: no interface is given for the line, or its device doesn't answer SNMP",
)


def below() -> dashboard.DynamicConfigValue:
    """Draw below zero."""
    return property_("custom.transform", "negative-Y")


def _fixed(colour: str) -> dashboard.DynamicConfigValue:
    return property_("color", {"mode": "fixed", "fixedColor": colour})


def use(pen: Pen) -> Any:
    """Draw both ways' rates between lines of the capacity."""
    frame = Frame(
        Text("Lưu lượng so với dung lượng", "Traffic against capacity"),
        Text(
            "Phía trên: nhận vào cổng thiết bị của đường này; phía dưới: phát ra. Nét đứt: dung lượng.",
            "Above: into the interface the line is seen at; below: out of it. Dashed: the capacity.",
        ),
        unit="bps",
        width=16,
        height=10,
        nothing=UNSEEN,
    )
    dashed = [
        property_("custom.lineStyle", {"fill": "dash", "dash": [8, 6]}),
        property_("custom.fillOpacity", 0),
        _fixed(ORANGE),
    ]
    out_of_legend = property_("custom.hideFrom", {"legend": True, "tooltip": True, "viz": False})
    return (
        course(
            pen,
            frame,
            query(rate("receive"), pen(RECEIVED)),
            query(rate("transmit"), pen(SENT), "B"),
            query(CAPACITY, pen(FULL), "C"),
            query(CAPACITY, pen(FULL), "D"),
        )
        .axis_centered_zero(True)
        .fill_opacity(30)
        .override_by_query("A", [_fixed(BLUE)])
        .override_by_query("B", [_fixed(SKY), below()])
        .override_by_query("C", dashed)
        .override_by_query("D", [*dashed, below(), out_of_legend])
    )


def utilization(pen: Pen) -> Any:
    """Draw the share of the capacity in use."""
    frame = Frame(
        Text("Mức sử dụng", "Utilization"),
        Text(
            "Lưu lượng chia cho dung lượng. Cao: từ 70 %; gần đầy: từ 90 %.",
            "Traffic by capacity. High: from 70 %; nearly full: from 90 %.",
        ),
        unit="percentunit",
        width=24,
        height=7,
        nothing=UNSEEN,
    )
    queries = [
        query(
            f'max by (link) (diemcau_link_utilization_ratio{{{ONE}, direction="{way}"}})',
            pen(text),
            ref,
        )
        for way, text, ref in (("receive", RECEIVED, "A"), ("transmit", SENT, "B"))
    ]
    panel = course(pen, frame, *queries).min(0).max(1).thresholds(USE)
    panel.override_by_query("A", [_fixed(BLUE)]).override_by_query("B", [_fixed(SKY)])
    return panel.override_by_field_type("number", [property_("custom.thresholdsStyle", {"mode": "dashed"})])


def cleanliness(pen: Pen) -> Sequence[Any]:
    """Draw packets broken or thrown away: how many, and which part of all."""
    return _counts(pen), _share(pen)


def _counts(pen: Pen) -> Any:
    frame = Frame(
        Text("Gói lỗi và gói bị bỏ", "Errors and discards"),
        Text(
            "Gói lỗi (do cáp, quang, thiết bị) và gói bị bỏ (do hàng đợi đầy), mỗi giây, ở cổng thiết bị.",
            "Packets broken (errors: cable, optics, device) and thrown away (discards: a full queue) a second.",
        ),
        unit="pps",
        nothing=UNSEEN,
    )
    kinds = (("errors", Text("gói lỗi", "errors"), ORANGE), ("discards", Text("gói bị bỏ", "discards"), GREY))
    ways = (("receive", RECEIVED), ("transmit", SENT))
    asked = [(way, column, f"{pen(kind)}, {pen(text)}") for column, kind, _ in kinds for way, text in ways]
    queries = [query(counted(way, column), words, ref) for (way, column, words), ref in zip(asked, "ABCD", strict=True)]
    panel = course(pen, frame, *queries)
    for (way, column, _), ref in zip(asked, "ABCD", strict=True):
        colour = next(colour for name, _, colour in kinds if name == column)
        panel.override_by_query(ref, [_fixed(colour), *([below()] if way == "transmit" else [])])
    return panel


def _share(pen: Pen) -> Any:
    frame = Frame(
        Text("Tỷ lệ gói lỗi hoặc bị bỏ", "Share of packets broken or thrown away"),
        Text("Tốt: đến 0,1 %; kém: trên 1 %.", "Good: to 0.1 %; poor: above 1 %."),
        unit="percentunit",
        nothing=UNSEEN,
    )
    queries = [
        query(spoilt(way), pen(text), ref) for way, text, ref in (("receive", RECEIVED, "A"), ("transmit", SENT, "B"))
    ]
    return course(pen, frame, *queries).min(0).thresholds(LOSS)
