"""How good the way to one endpoint is: round trips in the manner of SmokePing, loss, jitter, the score they make."""

from __future__ import annotations

from typing import Any

from boards.by_state import ruled
from boards.colours import JITTER_S, LOSS, MOS, RTT_S
from boards.panels import Frame, buckets, course, distribution, query
from boards.pen import Pen
from texts import Text

OWN = 'endpoint="$endpoint"'
RATES = f"rate(diemcau_icmp_rtt_seconds_bucket{{{OWN}}}[$__rate_interval])"
SILENT = Text("Không gói đo nào được trả lời", "No echo was answered")


def round_trips(pen: Pen) -> Any:
    """Draw the smoke."""
    frame = Frame(
        Text("Phân bố độ trễ khứ hồi", "Distribution of round trips"),
        Text(
            "Ô càng đậm, càng nhiều gói có độ trễ đó; dải rộng là đường truyền không ổn định, khoảng trống là mất "
            "liên lạc.",
            "The darker, the more echoes took that long; a wide band is an unsteady line, a gap a lost connection.",
        ),
        unit="s",
        width=24,
        height=9,
        nothing=SILENT,
    )
    return distribution(pen, frame, buckets(f"sum by (le) ({RATES})"))


def median(pen: Pen) -> Any:
    """Draw the middle of the smoke, and its upper edge."""
    frame = Frame(
        Text("Độ trễ khứ hồi: trung vị và bách phân vị 95", "Round trips: median and 95th percentile"),
        Text(
            "Một nửa số gói nhanh hơn trung vị; cứ 20 gói có một gói chậm hơn bách phân vị 95. "
            "Tốt: đến 150 ms; kém: trên 300 ms (ITU-T G.114).",
            "Half of the echoes are quicker than the median, one in 20 is slower than the 95th percentile. "
            "Good: to 150 ms; poor: above 300 ms (ITU-T G.114).",
        ),
        unit="s",
        nothing=SILENT,
    )
    levels = ((0.5, Text("trung vị", "median")), (0.95, Text("bách phân vị 95", "95th percentile")))
    queries = [
        query(f"histogram_quantile({level}, sum by (le) ({RATES}))", pen(text), ref)
        for (level, text), ref in zip(levels, "AB", strict=True)
    ]
    return ruled(course(pen, frame, *queries), RTT_S).min(0)


def loss(pen: Pen) -> Any:
    """Draw the loss."""
    frame = Frame(
        Text("Mất gói", "Loss"),
        Text(
            "Tỷ lệ gói không được trả lời trong 60 giây, mức xấu nhất của mỗi khoảng. Tốt: đến 0,1 %; kém: trên 1 %.",
            "Share of echoes not answered over 60 s, the worst of each interval. Good: to 0.1 %; poor: above 1 %.",
        ),
        unit="percentunit",
    )
    worst = f"max by (endpoint) (max_over_time(diemcau_icmp_loss_ratio{{{OWN}}}[$__rate_interval]))"
    return ruled(course(pen, frame, query(worst, pen(Text("mất gói", "loss")))), LOSS).min(0)


def jitter(pen: Pen) -> Any:
    """Draw the jitter."""
    frame = Frame(
        Text("Biến động trễ (jitter)", "Jitter"),
        Text(
            "Tính trên độ trễ khứ hồi, làm trơn theo RFC 3550. Tốt: đến 10 ms; kém: trên 30 ms.",
            "Smoothed as in RFC 3550, of round trips. Good: to 10 ms; poor: above 30 ms.",
        ),
        unit="s",
        nothing=SILENT,
    )
    asked = query(f"max by (endpoint) (diemcau_icmp_jitter_seconds{{{OWN}}})", pen(Text("biến động trễ", "jitter")))
    return ruled(course(pen, frame, asked), JITTER_S).min(0)


def score(pen: Pen) -> Any:
    """Draw the voice score."""
    frame = Frame(
        Text("Điểm chất lượng thoại ước tính (MOS)", "Estimated voice score (MOS)"),
        Text(
            "Từ 1 (rất kém) đến 4,5 (rất tốt), ước tính từ độ trễ và mất gói theo ITU-T G.107, giả định G.711. "
            "Tốt: từ 4,0; kém: dưới 3,6.",
            "From 1 (bad) to 4.5 (excellent), estimated from delay and loss by ITU-T G.107, G.711 assumed. "
            "Good: from 4.0; poor: below 3.6.",
        ),
    )
    asked = query(f"min by (endpoint) (diemcau_quality_mos{{{OWN}}})", "MOS")
    return ruled(course(pen, frame, asked), MOS).min(1).max(4.5).decimals(2)
