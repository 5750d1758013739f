"""Toàn tỉnh: what is lost now and why, where it is, and what is worst."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from grafana_foundation_sdk.builders import common as build_common, geomap
from grafana_foundation_sdk.models import common, dashboard

from boards.board import Board, Part
from boards.by_state import coloured, each, leading
from boards.colours import (
    ANY_IS_BAD,
    GREY,
    LOSS,
    LOST_SHARE,
    NEUTRAL,
    RTT_S,
    VERDICTS,
)
from boards.columns import Column, columns
from boards.open_outages import open_outages
from boards.panels import (
    Frame,
    bars,
    by_limits,
    course,
    dressed,
    listing,
    now,
    numbers,
    property_,
    query,
    rows,
    states_course,
)
from boards.pen import Pen
from texts import Text

PROVINCE = Text("Cấp tỉnh", "Province")
LOST = "3|4"  # unreachable, down
OPEN_SITE = Text("Mở điểm cầu", "Open the site")
PLACE = (
    ("district", Text("Mã", "Id"), "string"),
    ("lat", Text("Vĩ độ", "Latitude"), "degree"),
    ("lon", Text("Kinh độ", "Longitude"), "degree"),
    ("name", Text("Huyện", "District"), "string"),
    ("Value", Text("Tỷ lệ mất liên lạc", "Share without a connection"), "percentunit"),
)  # what a dot of the map says: columns, their names and units


def parts(pen: Pen) -> Sequence[Part]:
    """Lay out the dashboard."""
    return (
        Part(Text("Hiện tại", "Now"), (_states(pen), _lost(pen), _open(pen), _links(pen))),
        Part(Text("Sự cố đang xảy ra", "Open outages"), (_outages(pen),)),
        Part(Text("Theo huyện", "By district"), (_districts(pen), _map(pen))),
        Part(Text("Kém nhất", "Worst"), (_loss(pen), _rtt(pen))),
        Part(Text("Sắp họp", "Coming up"), (_meeting(pen), _lost_course(pen))),
    )


def _states(pen: Pen) -> Any:
    frame = Frame(
        Text("Điểm cầu theo trạng thái", "Sites by state"),
        Text(
            "Số điểm cầu ở mỗi trạng thái. “Bị ảnh hưởng” là mất liên lạc vì tuyến trên gặp sự cố, "
            "bản thân điểm cầu không hỏng.",
            "How many sites are in each state. “Unreachable” cannot be reached because something upstream is broken; "
            "the site itself is not.",
        ),
        width=13,
        height=4,
    )
    counted = each(pen, _in_state)
    return coloured(numbers(pen, frame, *counted).thresholds(NEUTRAL))


def _in_state(number: int) -> str:
    return f'sum(diemcau:endpoints:count{{state="{number}"}}) or vector(0)'


def _lost(pen: Pen) -> Any:
    frame = Frame(
        Text("Điểm cầu mất liên lạc", "Sites without a connection"),
        Text("Mất kết nối hoặc bị ảnh hưởng do tuyến trên.", "Down, or cut off by something upstream."),
        width=4,
        height=4,
    )
    lost = f'sum(diemcau:endpoints:count{{state=~"{LOST}"}}) or vector(0)'
    return numbers(pen, frame, now(lost)).thresholds(ANY_IS_BAD)


def _open(pen: Pen) -> Any:
    frame = Frame(
        Text("Sự cố đang xảy ra", "Open outages"),
        Text("Mỗi nguyên nhân gốc là một sự cố.", "One for each root cause."),
        width=3,
        height=4,
    )
    return numbers(pen, frame, now("count(diemcau_outage) or vector(0)")).thresholds(ANY_IS_BAD)


def _links(pen: Pen) -> Any:
    frame = Frame(
        Text("Đường truyền mất kết nối", "Links down"),
        Text(
            "Kể cả đường dự phòng và đường đã có đường khác thay thế.",
            "Backup lines too, and those another line stands in for.",
        ),
        width=4,
        height=4,
    )
    return numbers(pen, frame, now('sum(diemcau:links:count{state="4"}) or vector(0)')).thresholds(ANY_IS_BAD)


def _outages(pen: Pen) -> Any:
    frame = Frame(
        Text("Sự cố theo nguyên nhân gốc", "Outages by root cause"),
        Text(
            "Mỗi dòng: một nguyên nhân và số điểm cầu bị ảnh hưởng. Bấm vào tên để mở chi tiết.",
            "A row for each cause and how many sites it takes away. Click a name for the details.",
        ),
        width=24,
        height=7,
        nothing=Text("Hiện không có sự cố nào", "No outage is open"),
    )
    return open_outages(pen, frame, "diemcau_outage")


def _districts(pen: Pen) -> Any:
    frame = Frame(
        Text("Tỷ lệ điểm cầu mất liên lạc, từng huyện", "Share of sites without a connection, by district"),
        Text("0 % là cả huyện liên lạc được. Bấm để mở huyện.", "0 % is a whole district connected. Click to open it."),
        unit="percentunit",
        width=14,
        height=12,
    )
    named = f'label_replace(diemcau:district_lost:ratio, "name", "{pen(PROVINCE)}", "name", "")'
    asked = query(named, "{{name}}")
    panel = leading(
        states_course(pen, frame, {}, asked).mappings([]).thresholds(LOST_SHARE),
        pen,
        Text("Mở huyện", "Open the district"),
        pen.way("district", district="${__field.labels.district}"),
    )
    return panel.override_by_name(pen(PROVINCE), [property_("links", [])])  # its rooms are of no district


def _map(pen: Pen) -> Any:
    frame = Frame(
        Text("Bản đồ", "Map"),
        Text(
            "Mỗi chấm là một huyện; màu theo tỷ lệ điểm cầu mất liên lạc.",
            "A dot for each district, coloured by the share of its sites without a connection.",
        ),
        unit="percentunit",
        width=10,
        height=12,
    )
    places = 'group by (district, lat, lon) (diemcau_site_info{level="district", lat!=""})'
    asked = rows(f"diemcau:district_lost:ratio * on (district) group_left (lat, lon) {places}")
    degrees = [{"targetField": name, "destinationType": "number"} for name in ("lat", "lon")]
    style = {
        "size": {"fixed": 9, "min": 5, "max": 15},
        "color": {"field": "Value", "fixed": GREY},
        "opacity": 0.9,
        "symbol": {"mode": "fixed", "fixed": "img/icons/marker/circle.svg"},
        "text": {"mode": "field", "field": "name", "fixed": ""},
        "textConfig": {"fontSize": 11, "offsetX": 0, "offsetY": 14, "textAlign": "center", "textBaseline": "middle"},
    }
    at = build_common.FrameGeometrySource().mode(common.FrameGeometrySourceMode.COORDS).latitude("lat").longitude("lon")
    dots = build_common.MapLayerOptions().type("markers").name(pen(Text("Huyện", "Districts"))).location(at)
    dots.config({"style": style, "showLegend": True}).tooltip(True)
    panel = by_limits(dressed(geomap.Panel(), pen, frame, asked))
    for key, called, unit in PLACE:
        panel.override_by_name(key, [property_("displayName", pen(called)), property_("unit", unit)])
    return (
        panel.thresholds(LOST_SHARE)
        .with_transformation(
            dashboard.DataTransformerConfig(id_val="convertFieldType", options={"conversions": degrees})
        )
        .view(geomap.MapViewConfig().id("fit").all_layers(True).padding(15).lat(21).lon(105).zoom(8))
        .basemap(build_common.MapLayerOptions().type("default").name("Basemap"))
        .layers([dots])
    )


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
    return _worst(pen, frame, "diemcau:loss_ratio:worst > 0").thresholds(LOSS)


def _rtt(pen: Pen) -> Any:
    frame = Frame(
        Text("10 điểm cầu có độ trễ cao nhất", "Ten slowest sites"),
        Text(
            "Độ trễ khứ hồi trung bình trong 5 phút. Tốt: đến 150 ms; kém: trên 300 ms (ITU-T G.114).",
            "Mean round trip over 5 minutes. Good: to 150 ms; poor: above 300 ms (ITU-T G.114).",
        ),
        unit="s",
        height=9,
    )
    return _worst(pen, frame, "diemcau:rtt_seconds:worst >= 0").thresholds(RTT_S)  # NaN where nothing answers


def _worst(pen: Pen, frame: Frame, recorded: str) -> Any:
    way = pen.way("endpoint", endpoint="${__field.labels.endpoint}")
    return leading(bars(pen, frame, now(f"sort_desc({recorded})", "{{name}}")).min(0), pen, OPEN_SITE, way)


def _meeting(pen: Pen) -> Any:
    frame = Frame(
        Text("Cuộc họp sắp tới", "Coming meetings"),
        Text("Theo lần kiểm tra trước họp gần nhất.", "As of the last pre-meeting check of each."),
        height=7,
        nothing=Text("Chưa có cuộc họp nào được kiểm tra", "No meeting has been checked"),
    )
    soon = "on (meeting) (max by (meeting) (diemcau_meeting_start_timestamp_seconds) > time())"
    verdicts = [
        rows(f'sum by (meeting) (diemcau_meeting_sites{{verdict="{verdict}"}}) and {soon}', ref)
        for verdict, ref in zip(VERDICTS, "BCD", strict=True)
    ]
    starts = rows("(max by (meeting) (diemcau_meeting_start_timestamp_seconds) > time()) * 1000")
    counted = zip(VERDICTS.values(), "BCD", strict=True)
    return columns(
        listing(pen, frame, starts, *verdicts),
        pen,
        Column("meeting", Text("Cuộc họp", "Meeting"), way=pen.way("meeting", meeting="${__data.fields.meeting}")),
        Column("Value #A", Text("Bắt đầu", "Starts"), unit="dateTimeAsLocal", width=170),
        *(Column(f"Value #{ref}", look.text, width=110) for look, ref in counted),
    )


def _lost_course(pen: Pen) -> Any:
    frame = Frame(
        Text("Điểm cầu theo trạng thái, theo thời gian", "Sites by state over time"),
        Text(
            "Số điểm cầu suy giảm chất lượng, bị ảnh hưởng do tuyến trên và mất kết nối.",
            "How many sites are degraded, unreachable and down.",
        ),
        height=7,
    )
    shown = (2, 3, 4)
    return coloured(course(pen, frame, *each(pen, _in_state, shown, query)).min(0).decimals(0), shown)


BOARD = Board(
    name="province",
    title=Text("Điểm cầu · Toàn tỉnh", "Sites · Province"),
    about=Text(
        "Tình trạng các điểm cầu truyền hình hội nghị toàn tỉnh: sự cố, huyện, nơi kém nhất.",
        "The province's videoconference sites: outages, districts, what is worst.",
    ),
    parts=parts,
)
