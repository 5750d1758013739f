"""What a codec says of itself: its calls, its registrations, its parts, what it is."""

from __future__ import annotations

from typing import Any

from boards.by_state import ruled
from boards.colours import GREY, JITTER_S, LOSS, ON_OFF, RTT_S, YES_NO, Look
from boards.columns import Column, columns
from boards.panels import Frame, course, listing, property_, query, rows, states_course
from boards.pen import Pen
from texts import Text

OWN = 'endpoint="$endpoint"'

PROTOCOLS = {"h323": Look(Text("H.323", "H.323"), GREY), "sip": Look(Text("SIP", "SIP"), GREY)}
COMPONENTS = {
    "overall": Look(Text("trạng thái chung", "overall"), GREY),
    "hardware": Look(Text("phần cứng", "hardware"), GREY),
    "camera": Look(Text("camera", "camera"), GREY),
    "microphone": Look(Text("micrô", "microphone"), GREY),
    "network": Look(Text("card mạng", "network card"), GREY),
    "display": Look(Text("màn hình", "display"), GREY),
}
DIRECTIONS = {"receive": Text("nhận", "receiving"), "transmit": Text("phát", "sending")}

NO_CALL = Text("Không có cuộc gọi nào trong thời gian này", "No call in this time")
AS_TOLD = Text("Theo chính thiết bị, chỉ khi đang trong cuộc gọi.", "As the codec says, only while in a call.")


def rates(pen: Pen) -> Any:
    """Draw what the calls carry."""
    frame = Frame(Text("Tốc độ cuộc gọi", "Call rate"), AS_TOLD, unit="bps", width=6, nothing=NO_CALL)
    queries = [
        query(f"max by (endpoint) (diemcau_call_{way}_bits_per_second{{{OWN}}})", pen(text), ref)
        for (way, text), ref in zip(DIRECTIONS.items(), "AB", strict=True)
    ]
    return course(pen, frame, *queries).min(0)


def call_loss(pen: Pen) -> Any:
    """Draw the calls' loss."""
    title = Text("Mất gói trong cuộc gọi", "Loss within the call")
    frame = Frame(title, AS_TOLD, unit="percentunit", width=6, nothing=NO_CALL)
    return ruled(_both_ways(pen, frame, "diemcau_call_loss_ratio"), LOSS)


def call_latency(pen: Pen) -> Any:
    """Draw the calls' latency."""
    frame = Frame(Text("Độ trễ trong cuộc gọi", "Latency within the call"), AS_TOLD, unit="s", width=6, nothing=NO_CALL)
    return ruled(_both_ways(pen, frame, "diemcau_call_latency_seconds"), RTT_S)


def call_jitter(pen: Pen) -> Any:
    """Draw the calls' jitter."""
    title = Text("Biến động trễ trong cuộc gọi", "Jitter within the call")
    frame = Frame(title, AS_TOLD, unit="s", width=6, nothing=NO_CALL)
    return ruled(_both_ways(pen, frame, "diemcau_call_jitter_seconds"), JITTER_S)


def _both_ways(pen: Pen, frame: Frame, metric: str) -> Any:
    queries = [
        query(f'max by (endpoint) ({metric}{{{OWN}, direction="{way}"}})', pen(text), ref)
        for (way, text), ref in zip(DIRECTIONS.items(), "AB", strict=True)
    ]
    return course(pen, frame, *queries).min(0)


def in_call(pen: Pen) -> Any:
    """Draw when it was in a call."""
    frame = Frame(
        Text("Các cuộc gọi", "Calls over time"),
        AS_TOLD,
        width=24,
        height=3,
        nothing=Text("Thiết bị không cho biết", "The codec does not say"),
    )
    asked = query(f"max by (endpoint) (diemcau_endpoint_in_call{{{OWN}}})", pen(Text("cuộc gọi", "call")))
    return states_course(pen, frame, ON_OFF, asked)


def registrations(pen: Pen) -> Any:
    """Draw where it was registered, and whether its call signalling answered."""
    frame = Frame(
        Text("Đăng ký và báo hiệu", "Registration and signalling"),
        Text(
            "Đăng ký: theo chính thiết bị, với gatekeeper (H.323) hoặc máy chủ SIP. Báo hiệu: cổng gọi của thiết bị có "
            "trả lời máy giám sát không.",
            "Registration: as the codec says, at the gatekeeper (H.323) or SIP server. Signalling: whether its port "
            "for calls answers the agent.",
        ),
        nothing=Text("Thiết bị không cho biết", "The codec does not say"),
    )
    asked = (
        ("diemcau_endpoint_registered", Text("đăng ký", "registered")),
        ("diemcau_endpoint_signalling_up", Text("báo hiệu", "signalling")),
    )
    queries = [
        query(f'max by (protocol) ({metric}{{{OWN}, protocol="{id_}"}})', f"{pen(text)} {pen(look.text)}", f"{id_}{at}")
        for at, (metric, text) in enumerate(asked)
        for id_, look in PROTOCOLS.items()
    ]
    return states_course(pen, frame, YES_NO, *queries)


def parts(pen: Pen) -> Any:
    """Draw how its parts were."""
    frame = Frame(
        Text("Bộ phận hoạt động tốt", "Parts in order"),
        Text("Theo chính thiết bị.", "As the codec says."),
        nothing=Text("Thiết bị không cho biết", "The codec does not say"),
    )
    asked = query(f"min by (component) (diemcau_endpoint_component_ok{{{OWN}}})", "{{component}}")
    panel = states_course(pen, frame, YES_NO, asked)
    for id_, look in COMPONENTS.items():
        panel.override_by_name(id_, [property_("displayName", pen(look.text))])
    return panel


def what_it_is(pen: Pen) -> Any:
    """Draw its address, make and firmware."""
    frame = Frame(
        Text("Thiết bị", "The codec"),
        Text("Theo danh mục và theo chính thiết bị.", "From the inventory, and as the codec says."),
        width=24,
        height=4,
    )
    names = 'group by (district, name) (diemcau_site_info{level="district", site="$home"})'
    names = f'label_replace({names}, "home", "$1", "name", "(.*)")'
    told = f"diemcau_endpoint_info{{{OWN}}}"
    asked = f"{told} * on (district) group_left (home) {names} or {told} unless on (district) {names}"
    return columns(
        listing(pen, frame, rows(asked)),
        pen,
        Column("name", Text("Điểm cầu", "Site")),
        Column("home", Text("Huyện", "District"), width=180, way=pen.way("district", district="$home")),
        Column("endpoint", Text("Mã", "Id"), width=220),
        Column("address", Text("Địa chỉ", "Address"), width=150),
        Column("profile", Text("Mẫu thiết bị", "Profile"), width=150),
        Column("model", Text("Kiểu máy", "Model"), width=220),
        Column("firmware", Text("Phần mềm", "Firmware")),
    )
