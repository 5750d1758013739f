"""Colours and words of states and limits. The colours are Okabe and Ito's, told apart by the colour-blind too."""

from __future__ import annotations

from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models import dashboard

from boards.pen import Pen
from texts import Text

GREEN, ORANGE, PURPLE, RED, BLUE, SKY, GREY = (
    "#009E73",
    "#E69F00",
    "#CC79A7",
    "#D55E00",
    "#0072B2",
    "#56B4E9",
    "#8C8C8C",
)


@dataclass(frozen=True, slots=True)
class Look:
    """How a value is shown: its words and colour."""

    text: Text
    colour: str


STATES = {
    0: Look(Text("chưa rõ", "unknown"), GREY),
    1: Look(Text("hoạt động tốt", "up"), GREEN),
    2: Look(Text("suy giảm chất lượng", "degraded"), ORANGE),
    3: Look(Text("bị ảnh hưởng do tuyến trên", "unreachable"), PURPLE),
    4: Look(Text("mất kết nối", "down"), RED),
    5: Look(Text("bảo trì", "maintenance"), BLUE),
}  # by the number in metrics

KINDS = {
    "endpoint": Look(Text("điểm cầu", "site"), GREY),
    "device": Look(Text("thiết bị", "device"), GREY),
    "link": Look(Text("đường truyền", "link"), GREY),
    "agent": Look(Text("máy giám sát", "the agent itself"), GREY),
}

CAUSES = {
    "silent": Look(Text("không trả lời", "silent"), GREY),
    "interface_down": Look(Text("cổng tắt hoặc đứt cáp", "interface down"), GREY),
    "beyond_silent": Look(Text("phía sau không trả lời", "nothing beyond answers"), GREY),
    "blind": Look(Text("máy giám sát mất mạng", "the agent lost its own line"), GREY),
}

VERDICTS = {
    "ready": Look(Text("sẵn sàng", "ready"), GREEN),
    "at_risk": Look(Text("có nguy cơ", "at risk"), ORANGE),
    "not_ready": Look(Text("chưa sẵn sàng", "not ready"), RED),
}

YES_NO = {0: Look(Text("không", "no"), RED), 1: Look(Text("có", "yes"), GREEN)}
ON_OFF = {0: Look(Text("không", "no"), GREY), 1: Look(Text("có", "yes"), SKY)}


ABSENT = "\N{EN DASH}"  # what a table says where a row has no value


def mapping(looks: dict[int, Look] | dict[str, Look], pen: Pen) -> dashboard.ValueMap:
    """Make Grafana's mapping of values to words and colours."""
    return dashboard.ValueMap(
        {
            str(value): dashboard.ValueMappingResult(text=pen(look.text), color=look.colour, index=index)
            for index, (value, look) in enumerate(looks.items())
        }
    )


def absent(colour: str | None = None) -> dashboard.SpecialValueMap:
    """Make Grafana's mapping of no value to a dash: it has no limit's colour."""
    result = dashboard.ValueMappingResult(text=ABSENT, color=colour)
    match = dashboard.SpecialValueMatch.NULL_AND_NAN
    return dashboard.SpecialValueMap(dashboard.DashboardSpecialValueMapOptions(match=match, result=result))


def limits(base: str, *steps: tuple[float, str]) -> build.ThresholdsConfig:
    """Colour a value by limits: `base` below the first, then each step's from its value on."""
    thresholds = [dashboard.Threshold(value=None, color=base)]
    thresholds += [dashboard.Threshold(value=value, color=colour) for value, colour in steps]
    return build.ThresholdsConfig().mode(dashboard.ThresholdsMode.ABSOLUTE).steps(thresholds)


# "Good enough for a video meeting": below the first good, from the second on poor. ITU-T G.114, usual planning limits.
LOSS = limits(GREEN, (0.001, ORANGE), (0.01, RED))
RTT_S = limits(GREEN, (0.15, ORANGE), (0.3, RED))
JITTER_S = limits(GREEN, (0.01, ORANGE), (0.03, RED))
MOS = limits(RED, (3.6, ORANGE), (4.0, GREEN))
USE = limits(GREEN, (0.7, ORANGE), (0.9, RED))
AVAILABILITY = limits(RED, (0.99, ORANGE), (0.999, GREEN))
LOST_SHARE = limits(GREEN, (0.000001, ORANGE), (0.5, RED))
ANY_IS_BAD = limits(GREEN, (1, RED))
NEUTRAL = limits(SKY)
