"""Alerts of outages, one for each cause, and of an agent that is away.

An outage is silent while it flaps, as that has its own alert. All look at `diemcau:outage:held`: the open outages with
the words about them, and the last known ones while their agent is away, so that its restart ends and begins nothing.
Its value is the most endpoints an outage has affected, so that what is told neither ends nor changes its route while
sites come back by another way. Its label `first` is the target that was taken for the cause when the outage began, by
the outage's own id: what is explained better since is the same outage.
"""

from __future__ import annotations

from alerting.alert import Alert, Group, Recording
from texts import Text

AGENT_UP = Recording(
    "diemcau:agent:up",  # 1, and 0 where the page of a known agent that is still to be scraped is not there
    """\
max by (job, instance, agent) (diemcau_build_info)
or on (job, instance) (
  (
    0 * diemcau:agent:up
    or on (job, instance)
    max by (job, instance, agent) (0 * last_over_time(diemcau_build_info[1d]))
  )
  and on (job, instance) up
)""",
)
HELD = Recording(
    "diemcau:outage:held",  # endpoints affected at most
    """\
label_replace(
  diemcau_outage_most_affected_endpoints
  * on (job, instance, kind, id) group_left (name, since, sites, call)
    diemcau_outage_info
  * on (job, instance, kind, id) group_left (district)
    group by (job, instance, kind, id, district) (diemcau_outage)
  * on (job, instance, kind, id) group_left (flapping)
    count_values by (job, instance, kind, id) ("flapping", diemcau_outage_flapping),
  "first", "$1", "outage", "[^-]+-(.*)"
)
or
  diemcau:outage:held and on (job, instance) diemcau:agent:up == 0""",
)

_KIND = Text(
    "{kind=endpoint:Điểm cầu|device:Thiết bị|link:Đường truyền|agent:Máy giám sát}",
    "{kind=endpoint:Site|device:Device|link:Line|agent:Agent}",
)
_BEHIND = Text(
    "[Phía sau: {sites}. ][Gọi {call}. ]",
    "[Behind it: {sites}. ][Call {call}. ]",
)


def _steady(matchers: str, condition: str) -> str:
    return f'max without (flapping) (diemcau:outage:held{{{matchers}, flapping="0"}}) {condition}'


def _advice(vi: str, en: str) -> Text:
    return Text(_BEHIND.vi + vi, _BEHIND.en + en)


OUTAGES: tuple[Alert, ...] = (
    Alert(
        "DiemcauAgentDown",
        "diemcau:agent:up == 0\nor\nabsent(diemcau:agent:up)",
        "critical",
        Text(
            "Mất giám sát: máy giám sát [{agent} ][({instance}) ]không trả lời Prometheus.",
            "Nothing is watched: the agent [{agent} ][({instance}) ]does not answer Prometheus.",
        ),
        Text(
            "Trạng thái các điểm cầu không được cập nhật; cảnh báo khác của máy giám sát này tạm dừng. "
            "Trên máy đó: systemctl status diemcau; journalctl -u diemcau -n 50.",
            "The sites' states are not renewed; this agent's other alerts are held back. "
            "On its host: systemctl status diemcau; journalctl -u diemcau -n 50.",
        ),
        for_s=60,
    ),
    Alert(
        "DiemcauAgentBlind",
        _steady('kind="agent"', ">= 0"),
        "critical",
        Text(
            "Máy giám sát {name} mất kết nối mạng từ {since}: chưa rõ trạng thái mọi điểm cầu.",
            "The agent {name} lost its own line at {since}: the state of every site is unknown.",
        ),
        Text(
            "Các máy mốc (sentinels) trước mạng lõi cũng không trả lời. Kiểm tra card mạng, dây, cổng switch và "
            "gateway của máy giám sát; chưa gọi các huyện.",
            "The sentinels before the core are silent too. Check the network card, cable, switch port and gateway of "
            "the agent's host; do not call the districts yet.",
        ),
    ),
    Alert(
        "DiemcauLinkOutage",
        _steady('kind="link"', "> 0"),
        "critical",
        Text(
            "Đường truyền {name} mất kết nối từ {since}, {value} điểm cầu bị ảnh hưởng.[ Gọi {call}.]",
            "Line {name} is down since {since}, {value} sites affected.[ Call {call}.]",
        ),
        _advice(
            "Kiểm tra nguồn điện và cổng ở hai đầu, rồi báo đơn vị quản lý đường truyền. Trang /outages nêu nguyên "
            "nhân.",
            "Check power and port at both ends, then report to whoever runs the line. The page /outages has the cause.",
        ),
    ),
    Alert(
        "DiemcauDeviceOutage",
        _steady('kind="device"', ">= 0"),
        "critical",
        Text(
            "Thiết bị {name} mất kết nối từ {since}, {value} điểm cầu bị ảnh hưởng.[ Gọi {call}.]",
            "Device {name} is down since {since}, {value} sites affected.[ Call {call}.]",
        ),
        _advice(
            "Hỏi người tại chỗ: thiết bị còn điện không, đèn cổng có sáng không; rồi khởi động lại hoặc thay.",
            "Ask on site: has it power, are its ports lit; then restart or replace it.",
        ),
    ),
    Alert(
        "DiemcauEndpointOutage",
        _steady('kind="endpoint"', ">= 0"),
        "critical",
        Text(
            "Điểm cầu {name} mất kết nối từ {since}; đường truyền đến đó vẫn tốt.[ Gọi {call}.]",
            "Site {name} is down since {since}; its line is fine.[ Call {call}.]",
        ),
        Text(
            "Thiết bị hội nghị không trả lời dù đường truyền vẫn thông. [Gọi {call}. ]Hỏi: thiết bị đã bật chưa, dây "
            "mạng đã cắm chưa, địa chỉ IP có bị đổi không.",
            "The codec does not answer though the way there is fine. [Call {call}. ]Ask: is it switched on, is the "
            "cable in, is its address unchanged?",
        ),
    ),
    Alert(
        "DiemcauFlapping",
        'max without (flapping) (diemcau:outage:held{flapping="1"})',
        "critical",
        Text(
            f"{_KIND.vi} {{name}} chập chờn từ {{since}}: liên tục mất rồi lại có kết nối.[ Gọi {{call}}.]",
            f"{_KIND.en} {{name}} is flapping since {{since}}: it comes and goes.[ Call {{call}}.]",
        ),
        _advice(
            "Chỉ báo một lần cho đến khi ổn định. Kiểm tra đầu nối, mức quang, nguồn điện; nếu có đường dự phòng, "
            "chuyển hẳn sang đó.",
            "Told once until it is calm. Check connectors, optical level, power; where there is a backup line, move to "
            "it for good.",
        ),
    ),
    Alert(
        "DiemcauRedundancyLost",
        _steady('kind="link"', "== 0"),
        "warning",
        Text(
            "Đường truyền {name} mất kết nối từ {since}; các điểm cầu vẫn chạy qua đường còn lại.",
            "Line {name} is down since {since}; its sites run over the other line.",
        ),
        _advice(
            "Không còn dự phòng: thêm một sự cố nữa là mất kết nối. Báo đơn vị quản lý đường truyền trong ngày.",
            "There is no backup now: one more failure cuts them off. Report it to whoever runs the line today.",
        ),
        for_s=60,
    ),
)

GROUP = Group("diemcau-outages", 10, (AGENT_UP, HELD, *OUTAGES))
