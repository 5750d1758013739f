"""Máy giám sát: whether the agent itself is well, keeps its pace and is heard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from boards import variables
from boards.agent_outputs import HERE, outputs
from boards.agent_process import OURS, process
from boards.board import Board, Part
from boards.colours import GREEN, NEUTRAL, ORANGE, RED, YES_NO, limits, mapping
from boards.columns import Column, columns
from boards.panels import Frame, course, listing, now, numbers, query, rows
from boards.pen import Pen
from texts import Text

SEEN = f"and on (job, instance) last_over_time({OURS}[1d])"  # those that were there within a day
LAG_S = limits(GREEN, (0.2, ORANGE), (1, RED))
RESULTS = {
    "ok": Text("trả lời", "answered"),
    "timeout": Text("không trả lời", "timed out"),
    "auth": Text("sai xác thực SNMP", "authentication refused"),
    "refused": Text("bị từ chối", "refused"),
    "error": Text("lỗi", "failed"),
}


def parts(pen: Pen) -> Sequence[Part]:
    """Lay out the dashboard."""
    return (
        Part(Text("Hiện tại", "Now"), (_up(pen), _history(pen), _reload(pen), _auth(pen), _build(pen))),
        Part(Text("Các lần đo", "Polls"), (_polls(pen), _failures(pen), _targets(pen))),
        Part(Text("Đúng giờ", "Punctuality"), (_lag(pen), _durations(pen), _verdicts(pen))),
        Part(Text("Tiến trình", "Process"), process(pen)),
        Part(Text("Tin nhận và gửi", "Messages in and out"), outputs(pen)),
    )


def yes_no(pen: Pen, frame: Frame, expression: str) -> Any:
    """Draw a figure that is 1 where all is well, in words."""
    panel = numbers(pen, frame, now(expression, "{{instance}}"))
    return panel.mappings([mapping(YES_NO, pen)]).thresholds(limits(RED, (1, GREEN)))


def _up(pen: Pen) -> Any:
    frame = Frame(
        Text("Prometheus đọc được", "Scraped"),
        Text(
            "Máy giám sát có trả lời lần đọc gần nhất hay không. Máy tắt quá một ngày thì không còn hiện ở đây.",
            "Whether the agent answered the last scrape. One that is away for more than a day is gone from here.",
        ),
        width=5,
        height=4,
        nothing=Text("Không thấy máy giám sát nào", "No agent is seen"),
    )
    return yes_no(pen, frame, f"up {SEEN}")


def _history(pen: Pen) -> Any:
    frame = Frame(
        Text("Lịch sử ghi được", "History written"),
        Text(
            "“Không”: đĩa của máy giám sát đầy hoặc hỏng; sự cố và thời gian ở mỗi trạng thái chưa lưu được.",
            "“No”: the agent's disk is full or broken; outages and times in states are not saved for now.",
        ),
        width=4,
        height=4,
    )
    return yes_no(pen, frame, f"diemcau_history_written{{{HERE}}}")


def _reload(pen: Pen) -> Any:
    frame = Frame(
        Text("Cấu hình mới nhất dùng được", "Newest configuration accepted"),
        Text(
            "“Không”: lần nạp lại gần nhất có lỗi, máy giám sát vẫn chạy cấu hình cũ. Xem lỗi: diemcau config check.",
            "“No”: the last reload had faults and the agent goes on with the old one. See them: diemcau config check.",
        ),
        width=5,
        height=4,
    )
    return yes_no(pen, frame, f"diemcau_config_last_reload_successful{{{HERE}}}")


def _auth(pen: Pen) -> Any:
    frame = Frame(
        Text("Sai xác thực SNMP", "SNMP authentication failures"),
        Text(
            "Số lần thiết bị từ chối tài khoản SNMP trong khoảng thời gian đang xem.",
            "How often a device refused the SNMP credentials within the time shown.",
        ),
        unit="short",
        width=4,
        height=4,
    )
    failures = f'sum by (instance) (increase(diemcau_polls_total{{{HERE}, result="auth"}}[$__range]))'
    return numbers(pen, frame, now(failures, "{{instance}}")).thresholds(limits(GREEN, (0.5, ORANGE))).decimals(0)


def _build(pen: Pen) -> Any:
    frame = Frame(
        Text("Phiên bản, thời gian chạy", "Version, uptime"),
        Text(
            "Chạy từ lúc nào và cấu hình đang dùng được đọc lúc nào.",
            "Since when it runs, and when the configuration in force was read.",
        ),
        width=6,
        height=4,
    )
    begun = f"process_start_time_seconds * on (job, instance) group_left (agent, version) {OURS} * 1000"
    read = f"diemcau_config_last_reload_success_timestamp_seconds{{{HERE}}} * 1000"
    return columns(
        listing(pen, frame, rows(begun), rows(read, "B")),
        pen,
        Column("agent", Text("Máy giám sát", "Agent")),
        Column("version", Text("Phiên bản", "Version"), width=80),
        Column("Value #A", Text("Chạy từ", "Runs since"), unit="dateTimeAsLocal"),
        Column("Value #B", Text("Đọc cấu hình", "Configuration read"), unit="dateTimeAsLocal"),
    )


def _polls(pen: Pen) -> Any:
    frame = Frame(
        Text("Số lần đo mỗi giây", "Polls a second"),
        Text("Theo cách đo.", "By collector."),
        unit="ops",
        width=9,
    )
    asked = f"sum by (instance, collector) (rate(diemcau_polls_total{{{HERE}}}[$__rate_interval]))"
    return course(pen, frame, query(asked, "{{collector}} · {{instance}}")).min(0)


def _failures(pen: Pen) -> Any:
    frame = Frame(
        Text("Lần đo không thành công, theo kết quả", "Polls without an answer, by result"),
        Text(
            "Tỷ lệ trên tất cả các lần đo. Một đường truyền đứt làm tăng “không trả lời”; “lỗi” tăng thì xem nhật ký "
            "máy giám sát.",
            "As a share of all polls. A broken line raises “timed out”; where “failed” rises, see the agent's log.",
        ),
        unit="percentunit",
        width=9,
    )
    every = f"(sum by (collector) (rate(diemcau_polls_total{{{HERE}}}[$__rate_interval])) > 0)"
    queries = [
        query(
            f'sum by (collector) (rate(diemcau_polls_total{{{HERE}, result="{result}"}}[$__rate_interval])) / {every}',
            f"{{{{collector}}}} · {pen(text)}",
            f"R{number}",
        )
        for number, (result, text) in enumerate(RESULTS.items())
        if result != "ok"
    ]
    return course(pen, frame, *queries).min(0)


def _targets(pen: Pen) -> Any:
    frame = Frame(
        Text("Đối tượng theo dõi", "Targets"),
        Text("Mỗi cách đo đang theo dõi bao nhiêu đối tượng.", "How many targets each collector watches."),
        unit="short",
        width=6,
    )
    asked = now(f"diemcau_targets{{{HERE}}}", "{{collector}} · {{instance}}")
    return numbers(pen, frame, asked).thresholds(NEUTRAL)


def _lag(pen: Pen) -> Any:
    frame = Frame(
        Text("Đo trễ so với lịch", "Lag behind the schedule"),
        Text(
            "99 % lần đo bắt đầu trễ không quá mức này. Trên 200 ms: máy giám sát thiếu CPU; trên 1 s: số liệu sai "
            "lệch.",
            "99 % of polls begin no later than this. Above 200 ms the agent lacks CPU; above 1 s figures are off.",
        ),
        unit="s",
        width=8,
    )
    asked = _quantile("diemcau_schedule_lag_seconds", "instance", 0.99)
    return course(pen, frame, query(asked, "{{instance}}")).min(0).thresholds(LAG_S)


def _durations(pen: Pen) -> Any:
    frame = Frame(
        Text("Thời gian mỗi lần đo", "Time a poll takes"),
        Text(
            "Một nửa số lần đo nhanh hơn p50, 99 % nhanh hơn p99. Ước lượng theo khoảng của biểu đồ tần suất.",
            "Half of the polls are faster than p50, 99 % faster than p99. Estimated within the histogram's buckets.",
        ),
        unit="s",
        width=8,
    )
    name, by = "diemcau_poll_duration_seconds", "collector"
    return course(
        pen,
        frame,
        query(_quantile(name, by, 0.5), "{{collector}} p50"),
        query(_quantile(name, by, 0.99), "{{collector}} p99", "B"),
    ).min(0)


def _verdicts(pen: Pen) -> Any:
    frame = Frame(
        Text("Thời gian xác định nguyên nhân sự cố", "Time to settle who is down"),
        Text(
            "99 % lần xác định nơi nào mất kết nối, do đâu, xong trong thời gian này. Chỉ có số liệu khi có thay đổi.",
            "99 % of the verdicts on who is down and why are settled within this. Told only where something changes.",
        ),
        unit="s",
        width=8,
        nothing=Text("Không có gì thay đổi", "Nothing changed"),
    )
    asked = _quantile("diemcau_verdict_duration_seconds", "instance", 0.99)
    return course(pen, frame, query(asked, "{{instance}}")).min(0)


def _quantile(histogram: str, by: str, quantile: float) -> str:
    """Return a quantile of a histogram's course; nothing where nothing was counted."""
    summed = f"sum by ({by}, le) (rate({histogram}_bucket{{{HERE}}}[$__rate_interval]))"
    return f"histogram_quantile({quantile}, {summed}) >= 0"  # NaN is dropped


BOARD = Board(
    name="agent",
    title=Text("Điểm cầu · Máy giám sát", "Sites · Agent"),
    about=Text(
        "Tình trạng của chính máy giám sát: có chạy, đo đúng giờ, ghi được lịch sử, được đọc và gửi tin đi.",
        "The agent's own health: it runs, polls on time, keeps its history, is scraped and sends its messages.",
    ),
    parts=parts,
    variables=(variables.agent,),
)
