"""Alerts of what works, but not well: endpoints, lines, meetings."""

from __future__ import annotations

from typing import Literal

from alerting.alert import Alert, Group
from alerting.expressions import indented, named, newest
from texts import Text

_ENDPOINT, _LINK = "on (job, instance, endpoint)", "on (job, instance, link)"
# 0 in maintenance and, for some seconds, after the agent's start: hence three minutes
_ANSWERS = f"and {_ENDPOINT} max_over_time(diemcau_endpoint_up[3m]) == 1"
_LEAST_PACKETS = 10  # a second: fewer say nothing of a share of 0.1 %
_BAD_PACKETS = 0.001
_REGISTRY = "{protocol=h323:H.323|sip:SIP}"
_PART_VI = "{component=microphone:micrô|network:card mạng|display:màn hình|hardware:phần cứng|overall:trạng thái chung}"


def _mostly_degraded(kind: Literal["endpoint", "link"], period: str, least_s: int) -> str:
    """Judge a period as a whole: calmer than `for`, which a single good moment or the agent's restart would set back.

    Who is cut off, down or in maintenance by now (3, 4, 5) is left out.
    """
    spent = f'diemcau_{kind}_state_seconds_total{{state="degraded"}}'
    return (
        f"{newest(spent)}\n- last_over_time({spent}[3m] offset {period})\n> {least_s}\n"
        f"unless on (job, instance, {kind}) {newest(f'diemcau_{kind}_state')} >= 3"
    )


def _busy() -> str:
    use = f"max by (job, instance, link, a, b, role) ({newest('diemcau_link_utilization_ratio')})"
    return f"100 * {use}\nand {_LINK} (\n  {indented(_mostly_degraded('link', '20m', 900))}\n)"


def _bad_share(direction: str) -> str:
    """Return errors and discards for each packet; a column that a device does not have counts as none."""
    errors, discards, packets = (
        f"rate(diemcau_interface_{direction}_{column}_total[5m])" for column in ("errors", "discards", "packets")
    )
    bad = f"  ({errors} or 0 * {packets})\n  + ({discards} or 0 * {packets})"
    return f"(\n{bad}\n)\n/ ({packets} > {_LEAST_PACKETS})\n> {_BAD_PACKETS}"


def _errors() -> str:
    """Join the name of the line that an interface sees, where it sees one."""
    interface = "(job, instance, device, interface)"
    lines = f"topk by {interface} (1, {newest('diemcau_link_info')})"
    others = f"group by {interface} ({newest('diemcau_interface_receive_packets_total')})"
    bad = f"{_bad_share('receive')}\nor\n{_bad_share('transmit')}"
    planned = f"{newest('diemcau_link_info')} and {_LINK} {newest('diemcau_link_state')} == 5"
    return (
        f"1000\n* (\n  (\n    {indented(bad, 4)}\n  )\n  unless on {interface} (\n    {planned}\n  )\n)\n"
        f"* on {interface} group_left (name) (\n  {lines}\n  or on {interface}\n  {others}\n)"
    )


def _failed() -> str:
    """Tell of the parts; of a roll-up only where no part of that endpoint says why."""
    parts, hardware, overall, below = (
        newest(f"diemcau_endpoint_component_ok{{{matcher}}}") + " == 0"
        for matcher in (
            'component!~"hardware|overall"',
            'component="hardware"',
            'component="overall"',
            'component!="overall"',
        )
    )
    rolled = "".join(
        f"\n  or {roll_up}\n    unless {_ENDPOINT} {why}" for roll_up, why in ((hardware, parts), (overall, below))
    )
    return f"(\n  {parts}{rolled}\n)\n{_ANSWERS}"


def _meeting() -> str:
    """Tell it half an hour before; for two hours after, as its start alone doesn't mend what wasn't ready."""
    start = newest("diemcau_meeting_start_timestamp_seconds")
    return f"""\
{newest('diemcau_meeting_sites{verdict="not_ready"}')} > 0
and on (job, instance, meeting) {start} - time() <= 1800
and on (job, instance, meeting) {start} - time() > -7200"""


QUALITY: tuple[Alert, ...] = (
    Alert(
        "DiemcauMeetingNotReady",
        _meeting(),
        "critical",
        Text(
            "Cuộc họp {meeting}: {value} điểm cầu chưa sẵn sàng.",
            "Meeting {meeting}: {value} sites are not ready.",
        ),
        Text(
            "Sắp họp hoặc đang họp. Trang /meetings/{meeting} nêu từng điểm cầu và lý do; sửa xong thì kiểm tra "
            "lại: diemcau check {meeting}.",
            "It begins within 30 minutes or has begun. The page /meetings/{meeting} names each site and why; when "
            "mended, check again: diemcau check {meeting}.",
        ),
    ),
    Alert(
        "DiemcauEndpointDegraded",
        named("endpoint", f"(\n  {indented(_mostly_degraded('endpoint', '1h', 2700))}\n)\n/ 60"),
        "warning",
        Text(
            "Điểm cầu {name} suy giảm chất lượng {value} phút trong giờ qua.",
            "Site {name} was degraded for {value} minutes of the last hour.",
        ),
        Text(
            "Mất gói, độ trễ hoặc biến động trễ vượt ngưỡng. Xem bảng Huyện: nhiều điểm cầu cùng bị thì do đường "
            "truyền của huyện; chỉ một thì do đường truy nhập của điểm cầu đó.",
            "Loss, delay or jitter beyond the thresholds. See the dashboard District: several sites of one district "
            "point to its line, a single one to its own access line.",
        ),
    ),
    Alert(
        "DiemcauLinkBusy",
        named("link", _busy()),
        "warning",
        Text(
            "Đường truyền {name} gần đầy: dùng {value} % dung lượng.",
            "Line {name} is nearly full: {value} % of its capacity is used.",
        ),
        Text(
            "Đã quá 15 phút; cuộc họp qua đường này có thể vỡ hình. Tìm lưu lượng khác đang chạy, hạn chế hoặc dời "
            "giờ; nếu thường xuyên thì đề nghị nâng dung lượng.",
            "For over 15 minutes; meetings over it may break up. Find what else runs there, limit or move it; where "
            "this is usual, ask for more capacity.",
        ),
    ),
    Alert(
        "DiemcauLinkErrors",
        _errors(),
        "warning",
        Text(
            "Cổng {interface} của {device}[ (đường truyền {name})] lỗi hoặc bỏ {value} trên 1.000 gói.",
            "Interface {interface} of {device}[ (line {name})] has errors on or drops {value} of 1 000 packets.",
        ),
        Text(
            "Đã quá 15 phút. Gói lỗi: đầu nối, cáp, mức quang, duplex. Gói bị bỏ: hàng đợi đầy, QoS. Bảng Đường truyền "
            "cho biết chiều nào.",
            "For over 15 minutes. Errors: connector, cable, optical level, duplex. Discards: full queues, QoS. The "
            "dashboard Link shows which way.",
        ),
        for_s=900,
    ),
    Alert(
        "DiemcauEndpointNotRegistered",
        named("endpoint", f"{newest('diemcau_endpoint_registered')} == 0\n{_ANSWERS}"),
        "warning",
        Text(
            f"Điểm cầu {{name}} chưa đăng ký được {_REGISTRY}.",
            f"Site {{name}} is not registered by {_REGISTRY}.",
        ),
        Text(
            "Thiết bị hội nghị trả lời nhưng không gọi được bằng tên hoặc số. Kiểm tra địa chỉ gatekeeper (H.323) hoặc "
            "máy chủ SIP, tài khoản, mật khẩu trên thiết bị; nhiều điểm cầu cùng bị thì xem chính máy chủ đó.",
            "The codec answers, but can't be called by name or number. Check the gatekeeper's or SIP registrar's "
            "address, user and password on the codec; where many are, look at the server itself.",
        ),
        for_s=300,
    ),
    Alert(
        "DiemcauComponentFailed",
        named("endpoint", _failed()),
        "warning",
        Text(
            f"Điểm cầu {{name}} báo hỏng: {_PART_VI}.",
            "Site {name} reports a failure: {component}.",
        ),
        Text(
            "Kiểm tra dây và nguồn của bộ phận đó, rồi khởi động lại thiết bị hội nghị; vẫn báo hỏng thì thay.",
            "Check the part's cable and power, then restart the codec; replace the part if it still fails.",
        ),
        for_s=300,
    ),
)

GROUP = Group("diemcau-quality", 60, QUALITY)
