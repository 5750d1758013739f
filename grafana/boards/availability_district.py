"""The district chosen: how its time went, day by day, and the figures of each of its sites and lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from grafana_foundation_sdk.builders import common as build_common
from grafana_foundation_sdk.models import common

from boards.availability_figures import DAY, ENDPOINTS, HERE, own, own_left_out, own_names, own_seconds, seconds
from boards.by_state import NAMES
from boards.colours import AVAILABILITY, ORANGE, SKY, STATES, limits
from boards.columns import Column, columns
from boards.lines import ROLES
from boards.panels import Frame, course, listing, property_, query, rows
from boards.pen import Pen
from boards.promql import AVAILABLE, GOOD, Kind
from texts import Text

LEFT = limits(SKY, (0.01, ORANGE))
ROLE = Column("role", Text("Vai trò", "Role"), width=130, looks=ROLES)
UNKNOWN_BEGINNING = Text(
    "Chưa chọn huyện, hoặc Prometheus chưa có số liệu từ đầu khoảng thời gian này",
    "No district is chosen, or Prometheus knows nothing of this time's beginning",
)


def chosen(pen: Pen) -> Sequence[Any]:
    """Draw it."""
    return _days(pen), _sites(pen), _lines(pen)


def _days(pen: Pen) -> Any:
    frame = Frame(
        Text("Thời gian ở mỗi trạng thái, từng ngày", "Time in each state, day by day"),
        Text(
            "Thời gian của mọi điểm cầu trong huyện cộng lại; một cột là một ngày.",
            "The time of all the district's sites together; a bar is a day.",
        ),
        unit="percentunit",
        width=24,
        height=8,
    )
    order = (1, 2, 3, 4, 5, 0)
    whole = f"({seconds(ENDPOINTS, '', window=DAY, more=f', {HERE}')} > 0)"
    queries = [
        query(
            f"{seconds(ENDPOINTS, '', NAMES[number], DAY, f', {HERE}')} / {whole}",
            pen(STATES[number].text),
            f"S{number}",
        ).interval("1d")
        for number in order
    ]
    panel = (
        course(pen, frame, *queries)
        .draw_style(common.GraphDrawStyle.BARS)
        .stacking(build_common.StackingConfig().mode(common.StackingMode.NORMAL).group("A"))
        .fill_opacity(90)
        .min(0)
        .max(1)
    )
    for number in order:
        colour = {"mode": "fixed", "fixedColor": STATES[number].colour}
        panel.override_by_query(f"S{number}", [property_("color", colour)])
    return panel


def _sites(pen: Pen) -> Any:
    frame = Frame(
        Text("Từng điểm cầu, kém nhất trước", "Each site, worst first"),
        Text(
            "Điểm cầu mới tính từ lúc có; điểm cầu bỏ giữa chừng thì không có ở đây. Bấm vào tên để mở.",
            "A new site counts from when it came; one that left before the time's end isn't here. Click to open.",
        ),
        unit="dthms",
        width=12,
        height=14,
        nothing=UNKNOWN_BEGINNING,
    )
    way = pen.way("endpoint", endpoint="${__data.fields.endpoint}")
    return _table(pen, frame, "endpoint", Column("name", Text("Điểm cầu", "Site"), way=way))


def _lines(pen: Pen) -> Any:
    frame = Frame(
        Text("Từng đường truyền đến huyện, kém nhất trước", "Each line into the district, worst first"),
        Text(
            "Đường chính, dự phòng và các đường truy nhập của xã. Bấm vào tên để mở.",
            "The district's primary and backup lines, and its communes' access lines. Click to open.",
        ),
        unit="dthms",
        width=12,
        height=14,
        nothing=UNKNOWN_BEGINNING,
    )
    way = pen.way("link", link="${__data.fields.link}")
    return _table(pen, frame, "link", Column("name", Text("Đường truyền", "Link"), way=way), ROLE)


def _table(pen: Pen, frame: Frame, kind: Kind, *named: Column) -> Any:
    asked = (
        rows(f"sort({own(kind, AVAILABLE)})"),
        rows(own(kind, GOOD), "B"),
        rows(own_seconds(kind, "down"), "C"),
        rows(own_seconds(kind, "unreachable"), "D"),
        rows(own_left_out(kind), "E"),
        rows(own_names(kind), "F"),
    )
    return columns(listing(pen, frame, *asked), pen, *named, *figures(), Column(kind, Text("Mã", "Id"), hidden=True))


def figures() -> tuple[Column, ...]:
    """Name the columns of queries A to E: available, good, down, unreachable, left out."""
    return (
        Column(
            "Value #A", Text("Sẵn sàng", "Available"), unit="percentunit", width=100, limits=AVAILABILITY, decimals=3
        ),
        Column("Value #B", Text("Chất lượng", "Good"), unit="percentunit", width=100, limits=AVAILABILITY, decimals=3),
        Column("Value #C", Text("Mất kết nối", "Down"), width=110),
        Column("Value #D", Text("Bị ảnh hưởng", "Unreachable"), width=120),
        Column("Value #E", Text("Không tính", "Left out"), unit="percentunit", width=100, limits=LEFT, decimals=2),
    )
