"""Điểm cầu: how one site is and was, how good the way to it is, what its codec says, which lines lead to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from boards import codec, echoes, found, lines
from boards.board import Board, Mark, Part
from boards.by_state import NAMES, coloured, each
from boards.colours import AVAILABILITY, GREY, NEUTRAL, ON_OFF, STATES, YES_NO, limits, mapping
from boards.open_outages import around, open_outages, outage_mark
from boards.panels import Frame, bars, now, numbers, query, states_course
from boards.pen import Pen
from boards.promql import AVAILABLE, GOOD, share, spent
from texts import Text

OWN = 'endpoint="$endpoint"'
STATE = f"diemcau_endpoint_state{{{OWN}}}"


def parts(pen: Pen) -> Sequence[Part]:
    """Lay out the dashboard."""
    now_ = (_state(pen), _since(pen), _available(pen), _good(pen), _in_call(pen), _registered(pen))
    quality = (echoes.round_trips(pen), echoes.median(pen), echoes.loss(pen), echoes.jitter(pen), echoes.score(pen))
    call = (codec.in_call(pen), codec.rates(pen), codec.call_loss(pen), codec.call_latency(pen), codec.call_jitter(pen))
    return (
        Part(Text("Hiện tại", "Now"), now_),
        Part(Text("Sự cố của điểm cầu và của huyện", "Outages of the site and its district"), (_outages(pen),)),
        Part(Text("Chất lượng", "Quality"), quality),
        Part(Text("Đường truyền", "Lines"), (_lines(pen),)),
        Part(Text("Cuộc gọi", "Calls"), call),
        Part(Text("Thiết bị hội nghị", "Codec"), (codec.registrations(pen), codec.parts(pen), codec.what_it_is(pen))),
        Part(Text("Trạng thái", "States"), (_states(pen), _times(pen))),
    )


def _state(pen: Pen) -> Any:
    frame = Frame(
        Text("Trạng thái", "State"),
        Text(
            "“Bị ảnh hưởng” là mất liên lạc vì tuyến trên gặp sự cố, bản thân điểm cầu không hỏng.",
            "“Unreachable” is cut off by something upstream; the site itself is not broken.",
        ),
        width=5,
        height=4,
    )
    asked = now(f"max by (endpoint) ({STATE})")
    return numbers(pen, frame, asked).mappings([mapping(STATES, pen)]).thresholds(limits(GREY))


def _since(pen: Pen) -> Any:
    frame = Frame(
        Text("Từ lúc", "Since"),
        Text(
            "Lần đổi trạng thái gần nhất trong khoảng thời gian đang xem.",
            "The last change of its state within the time shown.",
        ),
        unit="dateTimeAsLocal",
        width=5,
        height=4,
        nothing=Text("Không đổi trong thời gian đang xem", "No change in the time shown"),
    )
    changed = f"timestamp({STATE} != {STATE} offset $__interval)"
    asked = now(f"max(max_over_time({changed}[$__range:$__interval])) * 1000")
    return numbers(pen, frame, asked).thresholds(NEUTRAL)


def _available(pen: Pen) -> Any:
    frame = Frame(
        Text("Độ sẵn sàng 30 ngày", "Availability, 30 days"),
        Text(
            "Thời gian liên lạc được, kể cả suy giảm chất lượng. Không tính: bị ảnh hưởng do tuyến trên, bảo trì, "
            "chưa rõ.",
            "Time connected, degraded included. Left out: cut off by something upstream, maintenance, unknown.",
        ),
        unit="percentunit",
        width=4,
        height=4,
    )
    return _share(pen, frame, AVAILABLE)


def _good(pen: Pen) -> Any:
    frame = Frame(
        Text("Chất lượng 30 ngày", "Quality, 30 days"),
        Text(
            "Thời gian hoạt động tốt, không suy giảm chất lượng, trên cùng tổng như độ sẵn sàng.",
            "Time up and not degraded, of the same total as availability.",
        ),
        unit="percentunit",
        width=4,
        height=4,
    )
    return _share(pen, frame, GOOD)


def _share(pen: Pen, frame: Frame, good: str) -> Any:
    asked = now(share("endpoint", OWN, good, "endpoint", "30d"))
    return numbers(pen, frame, asked).thresholds(AVAILABILITY).decimals(2)


def _in_call(pen: Pen) -> Any:
    frame = Frame(
        Text("Trong cuộc gọi", "In a call"),
        codec.AS_TOLD,
        width=3,
        height=4,
        nothing=Text("chưa rõ", "unknown"),
    )
    asked = now(f"max by (endpoint) (diemcau_endpoint_in_call{{{OWN}}})")
    return numbers(pen, frame, asked).mappings([mapping(ON_OFF, pen)]).thresholds(limits(GREY))


def _registered(pen: Pen) -> Any:
    frame = Frame(
        Text("Đã đăng ký", "Registered"),
        Text(
            "“Không” nếu chưa đăng ký H.323 hoặc SIP, theo chính thiết bị.",
            "“No” where the codec says that H.323 or SIP is not registered.",
        ),
        width=3,
        height=4,
        nothing=Text("chưa rõ", "unknown"),
    )
    asked = now(f"min by (endpoint) (diemcau_endpoint_registered{{{OWN}}})")
    return numbers(pen, frame, asked).mappings([mapping(YES_NO, pen)]).thresholds(limits(GREY))


def _outages(pen: Pen) -> Any:
    frame = Frame(
        Text("Sự cố đang xảy ra", "Open outages"),
        Text(
            "Của điểm cầu này, của nơi khác trong huyện và của tuyến trên. Bấm vào tên để mở.",
            "Of this site, of all else in its district, and upstream. Click a name to open it.",
        ),
        width=24,
        height=5,
        nothing=Text("Hiện không có sự cố nào", "No outage is open"),
    )
    return open_outages(pen, frame, around("$home"))


def _lines(pen: Pen) -> Any:
    frame = Frame(
        Text("Đường truyền tới điểm cầu", "Lines on the way"),
        Text(
            "Đường truy nhập của điểm cầu và các đường của huyện lên tỉnh. Mức sử dụng là phần dung lượng thuê đang "
            "dùng, ở lần đo gần nhất. Cao: từ 70 %; gần đầy: từ 90 %. Bấm vào tên để mở chi tiết.",
            "The site's access line, and the lines from its district upwards. Use is the share of the bought capacity "
            "at the last poll. High: from 70 %; nearly full: from 90 %. Click a name for the details.",
        ),
        width=24,
        height=6,
        nothing=Text("Không có đường truyền nào được theo dõi", "No line that is watched leads here"),
    )
    return lines.table(pen, frame, lines.on_the_way)


def _states(pen: Pen) -> Any:
    frame = Frame(
        Text("Trạng thái theo thời gian", "State over time"),
        Text("Màu theo trạng thái.", "Coloured by state."),
        height=7,
    )
    return states_course(pen, frame, STATES, query(f"max by (endpoint) ({STATE})", pen(Text("trạng thái", "state"))))


def _times(pen: Pen) -> Any:
    frame = Frame(
        Text("Thời gian ở mỗi trạng thái", "Time in each state"),
        Text("Trong khoảng thời gian đang xem.", "Within the time shown."),
        unit="dthms",
        height=7,
    )
    return coloured(bars(pen, frame, *each(pen, _time_in)).min(0))


def _time_in(number: int) -> str:
    within = f'{OWN}, state="{NAMES[number]}"'
    return f"sum by (endpoint) ({spent('endpoint', within)})"


BOARD = Board(
    name="endpoint",
    title=Text("Điểm cầu · Từng điểm cầu", "Sites · One site"),
    about=Text(
        "Một điểm cầu: trạng thái, chất lượng đường truyền, cuộc gọi, thiết bị, độ sẵn sàng.",
        "One site: state, quality of the way to it, calls, codec, availability.",
    ),
    parts=parts,
    variables=(found.districts, found.endpoint, found.site, found.home),
    marks=(
        Mark(Text("Điểm cầu có sự cố", "Site not well"), f"({STATE} >= 2) < 5", "{{endpoint}}"),
        outage_mark(Text("Sự cố trong huyện", "Outages in the district"), around("$home", other_than="$endpoint")),
    ),
)
