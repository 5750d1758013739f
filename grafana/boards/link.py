"""Đường truyền: one line: is it up, what it carries of what it could, how clean it is, what stands in for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from boards import variables
from boards.board import Board, Mark, Part
from boards.colours import ANY_IS_BAD, AVAILABILITY, GREEN, GREY, NEUTRAL, ORANGE, RED, STATES, USE, limits, mapping
from boards.columns import Column, columns
from boards.lines import ROLES
from boards.link_figures import CAPACITY, ONE, STATE, available, breaks, days_left, percentile, repair_s
from boards.link_use import RECEIVED, SENT, UNSEEN, cleanliness, use, utilization
from boards.panels import Frame, bars, listing, now, numbers, property_, query, rows, states_course
from boards.pen import Pen
from boards.promql import named
from texts import Text

INFO = f"diemcau_link_info{{{ONE}}}"
DAYS_LEFT = limits(RED, (30, ORANGE), (180, GREEN))


def parts(pen: Pen) -> Sequence[Part]:
    """Lay out the dashboard."""
    return (
        Part(
            Text("Tình trạng", "Condition"),
            (_state(pen), _available(pen), _breaks(pen), _repair(pen), _capacity(pen), _days_left(pen), _course(pen)),
        ),
        Part(Text("Sử dụng", "Use"), (use(pen), _percentiles(pen), utilization(pen))),
        Part(Text("Chất lượng của cổng", "The interface's quality"), cleanliness(pen)),
        Part(Text("Dự phòng và so sánh", "Spares and comparison"), (_others(pen), _fullest(pen))),
    )


def _state(pen: Pen) -> Any:
    frame = Frame(
        Text("Trạng thái", "State"),
        Text(
            "Đường truyền mất kết nối khi cổng của nó tắt hoặc mất tín hiệu, hoặc khi mọi thứ phía sau không trả lời "
            "mà không có đường khác dẫn tới.",
            "A line is down when its interface is, or when all beyond it is silent and no other line leads there.",
        ),
        width=4,
        height=4,
    )
    return numbers(pen, frame, now(STATE)).mappings([mapping(STATES, pen)]).thresholds(limits(GREY))


def _available(pen: Pen) -> Any:
    frame = Frame(
        Text("Độ sẵn sàng 30 ngày", "Availability over 30 days"),
        Text(
            "Thời gian hoạt động trên thời gian hoạt động và mất kết nối; thời gian bảo trì và chưa rõ không tính. "
            "Mục tiêu: 99,9 %; kém: dưới 99 %.",
            "Time up of time up and down; maintenance and what is not known are left out. Target: 99.9 %; poor: below "
            "99 %.",
        ),
        unit="percentunit",
        width=4,
        height=4,
        nothing=Text("Chưa đủ 30 ngày số liệu", "Not yet 30 days of figures"),
    )
    return numbers(pen, frame, now(available("30d"))).thresholds(AVAILABILITY).decimals(3)


def _breaks(pen: Pen) -> Any:
    frame = Frame(
        Text("Số lần mất kết nối", "Outages"),
        Text("Trong khoảng thời gian đang xem, xét từng phút.", "Within the time shown, looked at every minute."),
        width=4,
        height=4,
    )
    return numbers(pen, frame, now(breaks())).thresholds(ANY_IS_BAD).decimals(0)


def _repair(pen: Pen) -> Any:
    frame = Frame(
        Text("Thời gian khôi phục trung bình", "Mean time to repair"),
        Text(
            "Tổng thời gian mất kết nối chia cho số lần, trong khoảng thời gian đang xem.",
            "Time down by number of outages, within the time shown.",
        ),
        unit="dthms",
        width=4,
        height=4,
        nothing=Text("Không mất kết nối lần nào", "It did not break"),
    )
    return numbers(pen, frame, now(repair_s())).thresholds(limits(GREEN, (3600, ORANGE), (4 * 3600, RED)))


def _capacity(pen: Pen) -> Any:
    frame = Frame(
        Text("Dung lượng", "Capacity"),
        Text("Đã thuê; không khai thì là tốc độ của cổng.", "What was bought; the interface's speed where not said."),
        unit="bps",
        width=4,
        height=4,
        nothing=UNSEEN,
    )
    return numbers(pen, frame, now(CAPACITY)).thresholds(NEUTRAL)


def _days_left(pen: Pen) -> Any:
    frame = Frame(
        Text("Còn bao nhiêu ngày thì đầy 90 %", "Days until 90 % full"),
        Text(
            "Đường thẳng qua bách phân vị 95 của từng tuần trong năm tuần gần nhất, kéo dài đến 90 % dung lượng, mỗi "
            "chiều một số. Chỉ là xu hướng: không biết trước việc gì sắp thêm. Để trống khi không tăng, khi các tuần "
            "lên xuống nhiều hơn mức tăng, hoặc chưa đủ ba tuần số liệu.",
            "A straight line through the 95th percentile of each of the last five weeks, drawn on to 90 % of the "
            "capacity, a figure each way. A trend only: it knows nothing of what will be added. Nothing is shown where "
            "use doesn't grow, where weeks scatter more than they grow, or before there are three weeks of figures.",
        ),
        unit="none",
        width=4,
        height=4,
        nothing=Text("Không tăng rõ rệt", "No clear growth"),
    )
    asked = now(days_left("receive"), pen(RECEIVED)), now(days_left("transmit"), pen(SENT), "B")
    return numbers(pen, frame, *asked).thresholds(DAYS_LEFT).decimals(0)


def _course(pen: Pen) -> Any:
    frame = Frame(
        Text("Trạng thái theo thời gian", "State over time"),
        Text("Khoảng trống là lúc máy giám sát không chạy.", "A gap is time without an agent."),
        width=24,
        height=4,
    )
    return states_course(pen, frame, STATES, query(STATE, pen(Text("trạng thái", "state"))))


def _percentiles(pen: Pen) -> Any:
    frame = Frame(
        Text("Bách phân vị 95", "95th percentile"),
        Text(
            "95 % các trung bình 5 phút trong khoảng thời gian đang xem không vượt quá mức này: mức dùng để chọn gói "
            "cước. Màu theo tỷ lệ trên dung lượng.",
            "95 % of the 5-minute means within the time shown are no higher: what a line is bought by. Coloured by the "
            "share of the capacity.",
        ),
        unit="bps",
        width=8,
        height=10,
        nothing=UNSEEN,
    )
    both = (("receive", RECEIVED, "A", "C"), ("transmit", SENT, "B", "D"))
    rates = [now(percentile(way), pen(text), ref) for way, text, ref, _ in both]
    part = Text("so với dung lượng", "of capacity")
    shares = [now(f"{percentile(way)} / {CAPACITY}", f"{pen(text)}, {pen(part)}", ref) for way, text, _, ref in both]
    panel = numbers(pen, frame, *rates, *shares).thresholds(NEUTRAL)
    for *_, ref in both:
        panel.override_by_query(ref, [property_("unit", "percentunit"), property_("thresholds", USE.build())])
    return panel


def _others(pen: Pen) -> Any:
    frame = Frame(
        Text("Đường khác đến cùng nơi", "Other lines to the same place"),
        Text(
            "Đường dự phòng (hoặc đường chính, nếu đang xem đường dự phòng) và trạng thái. Bấm vào mã để mở.",
            "The spare (or the primary, where this is the spare) and its state. Click to open it.",
        ),
        nothing=Text("Không có đường khác: đứt là mất liên lạc", "There is no other line: if it breaks, all is lost"),
    )
    beside = 'b="$far", link!="$link"'
    state = named(f"diemcau_link_state{{{beside}}}", "link", beside)
    busiest = f"max by (link) (diemcau_link_utilization_ratio{{{beside}}})"
    return columns(
        listing(
            pen,
            frame,
            rows(f"max by (link, name, role) ({state})"),
            rows(f"max by (link) (diemcau_link_capacity_bits_per_second{{{beside}}})", "B"),
            rows(busiest, "C"),
        ),
        pen,
        Column("link", Text("Mã", "Id"), width=150, way=pen.way("link", link="${__data.fields.link}")),
        Column("name", Text("Đường truyền", "Link")),
        Column("role", Text("Vai trò", "Role"), width=130, looks=ROLES),
        Column("Value #A", Text("Trạng thái", "State"), width=150, looks=STATES),
        Column("Value #B", Text("Dung lượng", "Capacity"), unit="bps", width=100),
        Column("Value #C", Text("Sử dụng", "Use"), unit="percentunit", width=90, limits=USE),
    )


def _fullest(pen: Pen) -> Any:
    frame = Frame(
        Text("10 đường truyền đầy nhất", "Ten fullest lines"),
        Text(
            "Chiều bận hơn, trung bình 5 phút, so với dung lượng. Cao: từ 70 %; gần đầy: từ 90 %.",
            "The busier way, mean of 5 minutes, of the capacity. High: from 70 %; nearly full: from 90 %.",
        ),
        unit="percentunit",
        nothing=Text("Chưa có số liệu lưu lượng", "No figures of traffic yet"),
    )
    asked = now("sort_desc(diemcau:link_utilization_ratio:worst)", "{{name}} · {{link}}")
    return bars(pen, frame, asked).thresholds(USE).min(0).max(1)


BOARD = Board(
    name="link",
    title=Text("Điểm cầu · Đường truyền", "Sites · Link"),
    about=Text(
        "Một đường truyền: tình trạng, lưu lượng so với dung lượng, chất lượng cổng, đường dự phòng.",
        "One line: its condition, its traffic against its capacity, its interface's quality, its spares.",
    ),
    parts=parts,
    variables=(
        variables.link,
        lambda pen: variables.hidden(pen, "far", INFO, "b"),
        lambda pen: variables.hidden(pen, "device", INFO, "device"),
        lambda pen: variables.hidden(pen, "interface", INFO, "interface"),
    ),
    marks=(
        Mark(
            Text("Sự cố của đường truyền này", "Outages of this line"),
            'diemcau_outage_info{kind="link", id="$link"}',
            "{{name}}: {{since}}. {{sites}}",
        ),
    ),
)
