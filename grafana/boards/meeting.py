"""Cuộc họp: whether the sites of each meeting are ready for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from boards import variables
from boards.board import Board, Part
from boards.colours import GREEN, NEUTRAL, ORANGE, RED, VERDICTS, limits
from boards.columns import Column, columns
from boards.panels import Frame, bars, course, listing, now, numbers, property_, query, rows
from boards.pen import Pen
from texts import Text

OWN = 'meeting=~"$meeting"'
START = f"max by (meeting) (diemcau_meeting_start_timestamp_seconds{{{OWN}}})"
UNCHECKED = Text("Chưa có cuộc họp nào được kiểm tra", "No meeting has been checked")
READY = limits(RED, (0.9, ORANGE), (1, GREEN))


def sites(verdict: str = "") -> str:
    """Return how many sites of each meeting have a verdict, 0 where none has; of all verdicts without one."""
    every = f"sum by (meeting) (diemcau_meeting_sites{{{OWN}}})"
    own = f'sum by (meeting) (diemcau_meeting_sites{{{OWN}, verdict="{verdict}"}})'
    return f"({own} or {every} * 0)" if verdict else every


SHARE = f"{sites('ready')} / ({sites()} > 0)"


def parts(pen: Pen) -> Sequence[Part]:
    """Lay out the dashboard."""
    return (
        Part(Text("Các cuộc họp", "Meetings"), (_meetings(pen),)),
        Part(Text("Sẵn sàng", "Readiness"), (_share(pen), _verdicts(pen), _until(pen))),
        Part(Text("Theo thời gian", "Over time"), (_share_course(pen), _verdicts_course(pen))),
    )


def _meetings(pen: Pen) -> Any:
    frame = Frame(
        Text("Mức sẵn sàng từng cuộc họp", "Readiness of each meeting"),
        Text(
            "Số điểm cầu theo kết luận của lần kiểm tra trước họp gần nhất, cuộc họp sớm nhất ở trên.",
            "Sites by the verdict of the last pre-meeting check, the earliest meeting first.",
        ),
        width=24,
        height=8,
        nothing=UNCHECKED,
    )
    counted = dict(zip("BCD", VERDICTS.items(), strict=True))
    asked = [
        rows(f"sort({START} * 1000)", "A"),
        *(rows(sites(verdict), ref) for ref, (verdict, _) in counted.items()),
        rows(SHARE, "E"),
    ]
    bad = {"ready": None, "at_risk": limits("transparent", (1, ORANGE)), "not_ready": limits("transparent", (1, RED))}
    return columns(
        listing(pen, frame, *asked),
        pen,
        Column("meeting", Text("Cuộc họp", "Meeting")),
        Column("Value #A", Text("Bắt đầu", "Starts"), unit="dateTimeAsLocal", width=200),
        Column("Value #E", Text("Tỷ lệ sẵn sàng", "Share ready"), unit="percentunit", width=160, limits=READY),
        *(
            Column(f"Value #{ref}", look.text, width=150, limits=bad[verdict])
            for ref, (verdict, look) in counted.items()
        ),
    )


def _share(pen: Pen) -> Any:
    frame = Frame(
        Text("Tỷ lệ điểm cầu sẵn sàng", "Share of sites ready"),
        Text(
            "Trong các điểm cầu dự họp, ở lần kiểm tra gần nhất. Đạt: mọi điểm cầu; kém: dưới 90 %.",
            "Of the sites that take part, at the last check. Good: all of them; poor: below 90 %.",
        ),
        unit="percentunit",
        width=8,
        nothing=UNCHECKED,
    )
    return bars(pen, frame, now(f"sort({SHARE})", "{{meeting}}")).thresholds(READY).min(0).max(1)


def _verdicts(pen: Pen) -> Any:
    frame = Frame(
        Text("Điểm cầu theo kết luận", "Sites by verdict"),
        Text(
            "Tổng của các cuộc họp đã chọn; một điểm cầu dự nhiều cuộc họp được tính nhiều lần.",
            "Of all meetings chosen; a site that takes part in several counts in each.",
        ),
        width=8,
        nothing=UNCHECKED,
    )
    queries = [now(f"sum({sites(verdict)})", pen(look.text), verdict) for verdict, look in VERDICTS.items()]
    return _coloured(numbers(pen, frame, *queries).thresholds(NEUTRAL))


def _until(pen: Pen) -> Any:
    frame = Frame(
        Text("Còn bao lâu tới giờ họp", "Time until the start"),
        Text("Chỉ các cuộc họp chưa bắt đầu. Gấp: dưới 30 phút.", "Of meetings yet to start. Soon: below 30 minutes."),
        unit="dthms",
        width=8,
        nothing=Text("Không có cuộc họp nào sắp tới", "No meeting is coming up"),
    )
    asked = now(f"sort({START} - time() > 0)", "{{meeting}}")
    return numbers(pen, frame, asked).thresholds(limits(ORANGE, (1800, GREEN)))


def _share_course(pen: Pen) -> Any:
    frame = Frame(
        Text("Tỷ lệ sẵn sàng qua các lần kiểm tra", "Share ready over the checks"),
        Text("Mỗi bậc là một lần kiểm tra trước họp.", "Each step is a pre-meeting check."),
        unit="percentunit",
        height=9,
        nothing=UNCHECKED,
    )
    return course(pen, frame, query(SHARE, "{{meeting}}")).min(0).max(1)


def _verdicts_course(pen: Pen) -> Any:
    frame = Frame(
        Text("Điểm cầu theo kết luận, theo thời gian", "Sites by verdict over time"),
        Text("Tổng của các cuộc họp đã chọn.", "Of all meetings chosen."),
        height=9,
        nothing=UNCHECKED,
    )
    queries = [query(f"sum({sites(verdict)})", pen(look.text), verdict) for verdict, look in VERDICTS.items()]
    return _coloured(course(pen, frame, *queries).min(0).decimals(0))


def _coloured(panel: Any) -> Any:
    for verdict, look in VERDICTS.items():
        panel.override_by_query(verdict, [property_("color", {"mode": "fixed", "fixedColor": look.colour})])
    return panel


BOARD = Board(
    name="meeting",
    title=Text("Điểm cầu · Cuộc họp", "Sites · Meetings"),
    about=Text(
        "Các điểm cầu đã sẵn sàng cho cuộc họp chưa, theo các lần kiểm tra trước họp.",
        "Whether sites are ready for their meetings, as pre-meeting checks found.",
    ),
    parts=parts,
    variables=(variables.meeting,),
    since="now-24h",
)
