"""What the agent's process takes from its host, and what its metrics page costs Prometheus."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from boards.colours import GREEN, ORANGE, RED, limits
from boards.panels import Frame, course, query
from boards.pen import Pen
from texts import Text

OURS = 'diemcau_build_info{instance=~"$instance"}'
ITS = f"and on (job, instance) {OURS}"  # of what all programs have, that of agents only


def process(pen: Pen) -> Sequence[Any]:
    """Draw it."""
    return _processor(pen), _memory(pen), _scrape(pen), _size(pen)


def _processor(pen: Pen) -> Any:
    frame = Frame(
        Text("CPU", "CPU"),
        Text("Tỷ lệ của một nhân. Gần 100 % là quá tải.", "As a share of one core. Near 100 % it can't keep up."),
        unit="percentunit",
        width=6,
    )
    asked = query(f"rate(process_cpu_seconds_total[$__rate_interval]) {ITS}", "{{instance}}")
    return course(pen, frame, asked).min(0).thresholds(limits(GREEN, (0.7, ORANGE), (0.9, RED)))


def _memory(pen: Pen) -> Any:
    frame = Frame(
        Text("Bộ nhớ", "Memory"),
        Text("Bộ nhớ thực dùng; chỉ tăng không giảm là rò rỉ.", "Resident memory; one that only grows is a leak."),
        unit="bytes",
        width=6,
    )
    return course(pen, frame, query(f"process_resident_memory_bytes {ITS}", "{{instance}}")).min(0)


def _scrape(pen: Pen) -> Any:
    frame = Frame(
        Text("Thời gian Prometheus đọc", "Scrape duration"),
        Text("Phải ngắn hơn nhiều so với chu kỳ đọc.", "It has to be far below the scrape interval."),
        unit="s",
        width=6,
    )
    return course(pen, frame, query(f"scrape_duration_seconds {ITS}", "{{instance}}")).min(0)


def _size(pen: Pen) -> Any:
    frame = Frame(
        Text("Số chuỗi số liệu mỗi lần đọc", "Series in a scrape"),
        Text("Tăng theo số điểm cầu và thiết bị.", "It grows with sites and devices."),
        unit="short",
        width=6,
    )
    return course(pen, frame, query(f"scrape_samples_scraped {ITS}", "{{instance}}")).min(0)
