"""Độ sẵn sàng: what share of a month sites and lines were there and good, and what was left out of the figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from boards import variables
from boards.availability_district import LEFT, chosen, figures
from boards.availability_figures import (
    DAY,
    ENDPOINTS,
    ENDPOINTS_DOWN,
    LEFT_OUT,
    LINKS,
    LINKS_DOWN,
    longest,
    part,
    seconds,
)
from boards.board import Board, Part
from boards.colours import AVAILABILITY, BLUE, GREEN, NEUTRAL, ORANGE, RED, SKY, limits
from boards.columns import Column, columns
from boards.lines import ROLES
from boards.panels import Frame, bars, course, listing, now, numbers, property_, query, rows
from boards.pen import Pen
from boards.promql import AVAILABLE, GOOD, district_named
from texts import Text

PROVINCE = Text("Cấp tỉnh", "Province")
SITES, LINES = Text("điểm cầu", "sites"), Text("đường truyền", "links")
MONTH_S = 30 * 24 * 3600
LOST_S = limits(SKY, (0.001 * MONTH_S, ORANGE), (0.01 * MONTH_S, RED))
NONE_YET = Text("Chưa có số liệu của khoảng thời gian này", "No figures of this time yet")
HOW = Text(
    "Sẵn sàng = thời gian hoạt động (kể cả suy giảm chất lượng) / (hoạt động + mất kết nối). Chất lượng = thời gian "
    "hoạt động tốt / cùng mẫu số. Thời gian bị ảnh hưởng do tuyến trên tính cho tuyến đó; bảo trì và chưa rõ không "
    "tính.",
    "Availability = time up (degraded too) / (up + degraded + down). Quality = time up and good / the same. Time "
    "unreachable is charged to what cut it off; maintenance and what is unknown are left out.",
)


def parts(pen: Pen) -> Sequence[Part]:
    """Lay out the dashboard."""
    return (
        Part(Text("Toàn tỉnh", "Province"), (_sites(pen), _lines(pen), _down(pen), _left_out(pen))),
        Part(Text("Theo huyện", "By district"), (_districts(pen), _days(pen))),
        Part(Text("Mất kết nối lâu nhất", "Down the longest"), (_worst_sites(pen), _worst_lines(pen))),
        Part(Text("Huyện đã chọn", "The district chosen"), chosen(pen)),
    )


def _sites(pen: Pen) -> Any:
    frame = Frame(
        Text("Điểm cầu", "Sites"),
        Text(f"{HOW.vi} Mục tiêu: 99,9 %; kém: dưới 99 %.", f"{HOW.en} Target: 99.9 %; poor: below 99 %."),
        unit="percentunit",
        width=7,
        height=5,
        nothing=NONE_YET,
    )
    available = now(part(ENDPOINTS, "", AVAILABLE), pen(Text("sẵn sàng", "available")))
    good = now(part(ENDPOINTS, "", GOOD), pen(Text("chất lượng", "good")), "B")
    return numbers(pen, frame, available, good).thresholds(AVAILABILITY).decimals(3)


def _lines(pen: Pen) -> Any:
    frame = Frame(
        Text("Đường truyền, theo vai trò", "Links, by role"),
        Text(
            "Thời gian hoạt động / (hoạt động + mất kết nối), mọi đường cùng vai trò (chính, dự phòng, truy nhập) gộp "
            "lại. Mục tiêu: 99,9 %; kém: dưới 99 %.",
            "Time up / (up + down), all lines of a role (primary, backup, access) together. Target: 99.9 %; poor: "
            "below 99 %.",
        ),
        unit="percentunit",
        width=7,
        height=5,
        nothing=NONE_YET,
    )
    panel = numbers(pen, frame, now(part(LINKS, "role", AVAILABLE), "{{role}}"))
    for role, look in ROLES.items():
        panel.override_by_name(role, [property_("displayName", pen(look.text))])
    return panel.thresholds(AVAILABILITY).decimals(3)


def _down(pen: Pen) -> Any:
    frame = Frame(
        Text("Thời gian mất liên lạc", "Time lost"),
        Text(
            "Tổng thời gian của các điểm cầu mất kết nối, các điểm cầu bị ảnh hưởng do tuyến trên và các đường truyền "
            "mất kết nối.",
            "Added up over all sites that were down, all that were cut off by something upstream, and all lines down.",
        ),
        unit="dthms",
        width=5,
        height=5,
        nothing=NONE_YET,
    )
    asked = (
        now(seconds(ENDPOINTS, "", "down"), pen(SITES)),
        now(seconds(ENDPOINTS, "", "unreachable"), pen(Text("bị ảnh hưởng", "unreachable")), "B"),
        now(seconds(LINKS, "", "down"), pen(LINES), "C"),
    )
    return numbers(pen, frame, *asked).thresholds(NEUTRAL)


def _left_out(pen: Pen) -> Any:
    frame = Frame(
        Text("Không tính", "Left out"),
        Text(
            "Tỷ lệ thời gian của điểm cầu không đưa vào các con số: bảo trì, hoặc chưa rõ (máy giám sát vừa khởi động, "
            "mất mạng hoặc đã tắt). Càng lớn, các con số càng kém tin cậy.",
            "Which part of the sites' time is in none of the figures: maintenance, or the agent couldn't tell (just "
            "started, its own line lost, stopped). The larger, the less the figures say.",
        ),
        unit="percentunit",
        width=5,
        height=5,
        nothing=NONE_YET,
    )
    asked = [
        now(part(ENDPOINTS, "", state, ".+"), pen(text), ref)
        for state, text, ref in (
            ("unknown", Text("chưa rõ", "unknown"), "A"),
            ("maintenance", Text("bảo trì", "maintenance"), "B"),
        )
    ]
    return numbers(pen, frame, *asked).thresholds(LEFT).decimals(2)


def _districts(pen: Pen) -> Any:
    frame = Frame(
        Text("Từng huyện, kém nhất trước", "Each district, worst first"),
        Text(
            f"{HOW.vi} Bấm vào tên để xem các điểm cầu của huyện ở cuối trang.",
            f"{HOW.en} Click a name to see the district's sites at the foot of the page.",
        ),
        unit="dthms",
        width=15,
        height=13,
        nothing=NONE_YET,
    )
    way = pen.way("availability", district="${__data.fields.district}")
    return columns(
        listing(
            pen,
            frame,
            rows(f"sort({district_named(part(ENDPOINTS, 'district', AVAILABLE), pen(PROVINCE))})"),
            rows(part(ENDPOINTS, "district", GOOD), "B"),
            rows(seconds(ENDPOINTS, "district", "down"), "C"),
            rows(seconds(ENDPOINTS, "district", "unreachable"), "D"),
            rows(part(ENDPOINTS, "district", LEFT_OUT, ".+"), "E"),
        ),
        pen,
        Column("name", Text("Huyện", "District"), way=way),
        *figures(),
        Column("district", Text("Mã", "Id"), hidden=True),
    )


def _days(pen: Pen) -> Any:
    frame = Frame(
        Text("Từng ngày, toàn tỉnh", "Day by day, the whole province"),
        Text(
            "Mỗi chấm là một ngày, đặt ở đầu ngày. Nét đứt: 99 % và 99,9 %.",
            "A point for each day, at its beginning. Dashed: 99 % and 99.9 %.",
        ),
        unit="percentunit",
        width=9,
        height=13,
        nothing=NONE_YET,
    )
    asked = (
        query(part(ENDPOINTS, "", AVAILABLE, window=DAY), pen(Text("sẵn sàng", "available"))),
        query(part(ENDPOINTS, "", GOOD, window=DAY), pen(Text("chất lượng", "good")), "B"),
    )
    panel = course(pen, frame, *(one.interval("1d") for one in asked)).max(1).decimals(2).thresholds(AVAILABILITY)
    dashed = property_("custom.thresholdsStyle", {"mode": "dashed"})
    panel.override_by_field_type("number", [dashed, property_("custom.showPoints", "always")])
    for ref, colour in (("A", GREEN), ("B", BLUE)):
        panel.override_by_query(ref, [property_("color", {"mode": "fixed", "fixedColor": colour})])
    return panel


def _worst_sites(pen: Pen) -> Any:
    frame = Frame(
        Text("20 điểm cầu mất kết nối lâu nhất", "Twenty sites down the longest"),
        Text(
            "Thời gian mất kết nối do chính nó (tuyến trên vẫn tốt) trong khoảng thời gian đang xem. Cam: quá 43 phút "
            "(99,9 % một tháng); đỏ: quá 7 giờ 12 phút (99 %).",
            "Time down by itself, what it hangs on being well, within the time shown. Orange: above 43 min (99.9 % of "
            "a month); red: above 7 h 12 min (99 %).",
        ),
        unit="dthms",
        height=14,
        nothing=Text("Không điểm cầu nào mất kết nối", "No site was down"),
    )
    asked = now(f"sort_desc({longest(ENDPOINTS_DOWN, 'endpoint, name', 20)})", "{{name}}")
    return bars(pen, frame, asked).thresholds(LOST_S).min(0)


def _worst_lines(pen: Pen) -> Any:
    frame = Frame(
        Text("20 đường truyền mất kết nối lâu nhất", "Twenty lines down the longest"),
        Text(
            "Kể cả lúc có đường khác thay, trong khoảng thời gian đang xem. Bấm vào tên để mở. Cam: quá 43 phút "
            "(99,9 % một tháng); đỏ: quá 7 giờ 12 phút (99 %).",
            "Another line standing in or not, within the time shown. Click to open. Orange: above 43 min (99.9 % of a "
            "month); red: above 7 h 12 min (99 %).",
        ),
        unit="dthms",
        height=14,
        nothing=Text("Không đường truyền nào mất kết nối", "No line broke"),
    )
    way = pen.way("link", link="${__data.fields.link}")
    return columns(
        listing(pen, frame, rows(f"sort_desc({longest(LINKS_DOWN, 'link, name, role', 20)})")),
        pen,
        Column("name", Text("Đường truyền", "Link"), way=way),
        Column("role", Text("Vai trò", "Role"), width=130, looks=ROLES),
        Column("Value", Text("Mất kết nối", "Down"), width=140, limits=LOST_S),
        Column("link", Text("Mã", "Id"), hidden=True),
    )


BOARD = Board(
    name="availability",
    title=Text("Điểm cầu · Độ sẵn sàng", "Sites · Availability"),
    about=Text(
        "Độ sẵn sàng và chất lượng theo tháng: toàn tỉnh, từng huyện, từng điểm cầu, từng đường truyền.",
        "Availability and quality by the month: the province, each district, each site, each line.",
    ),
    parts=parts,
    variables=(
        variables.district,
        lambda pen: (
            variables.hidden(pen, "site", 'diemcau_site_info{district="$district"}', "site")
            .multi(True)
            .include_all(True)
        ),
    ),
    since="now-1M/M",
    until="now-1M/M",
    refresh="",
)
