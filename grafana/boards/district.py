"""Huyện: which of its sites are lost and why, its lines, and how good its sites' connections are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from boards import codec, found, lines, variables
from boards.board import Board, Part
from boards.by_state import coloured, each, leading
from boards.colours import ANY_IS_BAD, LOSS, NEUTRAL, RTT_S, STATES
from boards.columns import Column, columns
from boards.open_outages import around, open_outages, outage_mark
from boards.panels import Frame, bars, buckets, distribution, listing, now, numbers, query, rows, states_history
from boards.pen import Pen
from boards.promql import named
from texts import Text

OWN = 'district="$district"'
OUTAGES = around("$district")
OPEN_SITE = Text("Mở điểm cầu", "Open the site")


def parts(pen: Pen) -> Sequence[Part]:
    """Lay out the dashboard."""
    return (
        Part(Text("Hiện tại", "Now"), (_states(pen), _open(pen), _lines_down(pen), _unregistered(pen))),
        Part(Text("Sự cố đang xảy ra", "Open outages"), (_outages(pen),)),
        Part(Text("Điểm cầu", "Sites"), (_history(pen),)),
        Part(Text("Đường truyền", "Lines"), (_lines(pen),)),
        Part(Text("Chất lượng", "Quality"), (_round_trips(pen), _loss(pen), _slow(pen))),
        Part(Text("Thiết bị hội nghị", "Codecs"), (_without_registration(pen), _failed(pen))),
    )


def _site(pen: Pen) -> str:
    return pen.way("endpoint", endpoint="${__field.labels.endpoint}")


def _states(pen: Pen) -> Any:
    frame = Frame(
        Text("Điểm cầu theo trạng thái", "Sites by state"),
        Text(
            "Số điểm cầu của huyện ở mỗi trạng thái. “Bị ảnh hưởng” là mất liên lạc vì tuyến trên gặp sự cố.",
            "How many of the district's sites are in each state. “Unreachable” is cut off by something upstream.",
        ),
        width=13,
        height=4,
    )
    queries = each(pen, lambda number: f"count(diemcau_endpoint_state{{{OWN}}} == {number}) or vector(0)")
    return coloured(numbers(pen, frame, *queries).thresholds(NEUTRAL))


def _open(pen: Pen) -> Any:
    frame = Frame(
        Text("Sự cố đang xảy ra", "Open outages"),
        Text(
            "Mỗi nguyên nhân gốc, trong huyện hoặc ở tuyến trên, là một sự cố.",
            "One for each root cause in the district, or upstream of it.",
        ),
        width=3,
        height=4,
    )
    return numbers(pen, frame, now(f"count({OUTAGES}) or vector(0)")).thresholds(ANY_IS_BAD)


def _lines_down(pen: Pen) -> Any:
    frame = Frame(
        Text("Đường truyền mất kết nối", "Lines down"),
        Text(
            "Các đường truyền có một đầu trong huyện, kể cả đường dự phòng.",
            "Of those with an end in the district, backup lines too.",
        ),
        width=4,
        height=4,
    )
    down = f"{lines.in_district('diemcau_link_state')} == 4"
    return numbers(pen, frame, now(f"count(count by (link) ({down})) or vector(0)")).thresholds(ANY_IS_BAD)


def _unregistered(pen: Pen) -> Any:
    frame = Frame(
        Text("Chưa đăng ký", "Not registered"),
        Text(
            "Số thiết bị hội nghị chưa đăng ký H.323 hoặc SIP, theo chính thiết bị.",
            "How many codecs say that they are not registered by H.323 or SIP.",
        ),
        width=4,
        height=4,
    )
    counted = f"count(count by (endpoint) (diemcau_endpoint_registered{{{OWN}}} == 0)) or vector(0)"
    return numbers(pen, frame, now(counted)).thresholds(ANY_IS_BAD)


def _outages(pen: Pen) -> Any:
    frame = Frame(
        Text("Sự cố theo nguyên nhân gốc", "Outages by root cause"),
        Text(
            "Mỗi dòng: một nguyên nhân trong huyện hoặc ở tuyến trên, số điểm cầu bị ảnh hưởng. Bấm vào tên để mở.",
            "A row for each cause in the district or upstream, and the sites it takes away. Click a name to open it.",
        ),
        width=24,
        height=5,
        nothing=Text("Huyện hiện không có sự cố nào", "No outage is open in the district"),
    )
    return open_outages(pen, frame, OUTAGES)


def _history(pen: Pen) -> Any:
    frame = Frame(
        Text("Trạng thái từng điểm cầu", "State of each site"),
        Text(
            "Mỗi ô là trạng thái xấu nhất trong khoảng đó; bảo trì đứng trước các trạng thái khác. Bấm để mở điểm cầu.",
            "A cell shows the worst state within its time; maintenance stands before the others. Click to open a site.",
        ),
        width=24,
        height=18,
    )
    worst = named(f"max_over_time(diemcau_endpoint_state{{{OWN}}}[$__rate_interval])", "endpoint", OWN)
    panel = states_history(pen, frame, STATES, query(worst, "{{name}}")).max_data_points(150)
    return leading(panel, pen, OPEN_SITE, _site(pen))


def _lines(pen: Pen) -> Any:
    frame = Frame(
        Text("Đường truyền của huyện", "The district's lines"),
        Text(
            "Các đường có một đầu trong huyện: lên tỉnh, dự phòng và xuống xã. Mức sử dụng là phần dung lượng thuê "
            "đang dùng, ở lần đo gần nhất. Cao: từ 70 %; gần đầy: từ 90 %. Bấm vào tên để mở chi tiết.",
            "Those with an end in the district: to the province, backup, to communes. Use is the share of the bought "
            "capacity at the last poll. High: from 70 %; nearly full: from 90 %. Click a name for the details.",
        ),
        width=24,
        height=11,
        nothing=Text("Chưa khai báo đường truyền nào của huyện", "No line of the district is in the inventory"),
    )
    return lines.table(pen, frame, lines.in_district)


def _round_trips(pen: Pen) -> Any:
    frame = Frame(
        Text("Phân bố độ trễ khứ hồi", "Distribution of round trips"),
        Text(
            "Mọi điểm cầu của huyện: ô càng đậm, càng nhiều gói có độ trễ đó. Tốt: đến 150 ms; kém: trên 300 ms.",
            "All sites of the district: the darker, the more echoes took it. Good: to 150 ms; poor: above 300 ms.",
        ),
        unit="s",
        width=24,
        height=9,
    )
    asked = buckets(f"sum by (le) (rate(diemcau_icmp_rtt_seconds_bucket{{{OWN}}}[$__rate_interval]))")
    return distribution(pen, frame, asked)


def _loss(pen: Pen) -> Any:
    frame = Frame(
        Text("10 điểm cầu mất gói nhiều nhất", "Ten sites with most loss"),
        Text(
            "Trong các điểm cầu đang liên lạc được; trong 60 giây gần nhất. Tốt: đến 0,1 %; kém: trên 1 %.",
            "Of those connected, over the last 60 s. Good: to 0.1 %; poor: above 1 %.",
        ),
        unit="percentunit",
        height=9,
        nothing=Text("Không điểm cầu nào mất gói", "No site loses packets"),
    )
    connected = f"diemcau_icmp_loss_ratio{{{OWN}}} > 0 and diemcau_endpoint_up{{{OWN}}} == 1"
    asked = now(f"sort_desc({named(f'topk(10, {connected})', 'endpoint', OWN)})", "{{name}}")
    return leading(bars(pen, frame, asked).thresholds(LOSS).min(0), pen, OPEN_SITE, _site(pen))


def _slow(pen: Pen) -> Any:
    frame = Frame(
        Text("10 điểm cầu có độ trễ cao nhất", "Ten slowest sites"),
        Text(
            "Độ trễ khứ hồi trung bình gần đây. Tốt: đến 150 ms; kém: trên 300 ms (ITU-T G.114).",
            "Recent mean round trip. Good: to 150 ms; poor: above 300 ms (ITU-T G.114).",
        ),
        unit="s",
        height=9,
    )
    taken, answers = (f"rate(diemcau_icmp_rtt_seconds_{one}{{{OWN}}}[$__rate_interval])" for one in ("sum", "count"))
    mean = f"topk(10, {taken} / ({answers} > 0))"
    asked = now(f"sort_desc({named(mean, 'endpoint', OWN)})", "{{name}}")
    return leading(bars(pen, frame, asked).thresholds(RTT_S).min(0), pen, OPEN_SITE, _site(pen))


def _without_registration(pen: Pen) -> Any:
    frame = Frame(
        Text("Thiết bị chưa đăng ký", "Codecs not registered"),
        Text(
            "Theo chính thiết bị: chưa đăng ký với gatekeeper (H.323) hoặc máy chủ SIP, nên không nhận được cuộc gọi.",
            "As they say: without registration at the gatekeeper (H.323) or SIP server no call reaches them.",
        ),
        nothing=Text("Không thiết bị nào báo chưa đăng ký", "No codec lost its registration"),
    )
    return _told(
        pen,
        frame,
        "diemcau_endpoint_registered",
        Column("protocol", Text("Giao thức", "Protocol"), looks=codec.PROTOCOLS),
    )


def _failed(pen: Pen) -> Any:
    frame = Frame(
        Text("Bộ phận hỏng", "Failed parts"),
        Text("Camera, micrô, card mạng: theo chính thiết bị.", "Camera, microphone, network card: as codecs say."),
        nothing=Text("Không thiết bị nào báo hỏng", "No codec tells of a failure"),
    )
    return _told(
        pen,
        frame,
        "diemcau_endpoint_component_ok",
        Column("component", Text("Bộ phận", "Part"), looks=codec.COMPONENTS),
    )


def _told(pen: Pen, frame: Frame, metric: str, what: Column) -> Any:
    """Draw the codecs whose `metric` is 0, with the label that says of what."""
    asked = named(f"{metric}{{{OWN}}} == 0", "endpoint", OWN)
    way = pen.way("endpoint", endpoint="${__data.fields.endpoint}")
    return columns(
        listing(pen, frame, rows(asked)),
        pen,
        Column("name", Text("Điểm cầu", "Site"), way=way),
        what,
        Column("endpoint", Text("Mã", "Id"), hidden=True),
    )


BOARD = Board(
    name="district",
    title=Text("Điểm cầu · Huyện", "Sites · District"),
    about=Text(
        "Một huyện: sự cố, trạng thái từng điểm cầu, đường truyền, chất lượng.",
        "One district: outages, the state of each site, lines, quality.",
    ),
    parts=parts,
    variables=(variables.district, found.sites),
    marks=(outage_mark(Text("Sự cố trong huyện", "Outages in the district"), OUTAGES),),
)
