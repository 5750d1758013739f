"""What a simulated codec knows beside its cable: its parts, its registrations, the call it is in."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from agent.model import Endpoint, Protocol
from lab.counts import IN, OUT
from lab.errors import LabError
from lab.hops import Hop
from lab.topology import Steps

STATUSES = ("ok", "failed", "disabled")


@dataclass(frozen=True, slots=True)
class Call:
    """A call as one codec sees it, from what is set on its way: rates in bit/s, losses 0…1, times one way."""

    rate_bps: float
    received_bps: float
    sent_bps: float
    lost_received_ratio: float
    lost_sent_ratio: float
    latency_s: float
    jitter_s: float


@dataclass(frozen=True, slots=True)
class Codec:
    """Statuses (`ok`, `failed`, `disabled`) of its parts and of its registrations, and its call if it is in one."""

    camera: str = "ok"
    microphone: str = "ok"
    network: str = "ok"
    h323: str = "ok"
    sip: str = "ok"
    call: Call | None = None


PARTS = ("camera", "microphone", "network", "h323", "sip")
REGISTERED = "registered"  # both protocols at once, true or false
CODEC_SETTINGS = (*PARTS, REGISTERED)


def fresh(endpoint: Endpoint) -> Codec:
    """Return a codec in order; a protocol it does not speak is disabled."""
    spoken = endpoint.signalling or tuple(Protocol)
    h323, sip = ("ok" if protocol in spoken else "disabled" for protocol in (Protocol.H323, Protocol.SIP))
    return Codec(h323=h323, sip=sip)


def changed(codec: Codec, name: str, value: object) -> Codec:
    """Return a codec with a part's other status.

    Raises LabError: what would be right.
    """
    if name == REGISTERED:
        if not isinstance(value, bool):
            raise LabError(f"registered is true or false, not {value!r}")
        protocols: dict[str, Any] = {
            one: "ok" if value else "failed" for one in ("h323", "sip") if getattr(codec, one) != "disabled"
        }
        return replace(codec, **protocols)
    if value not in STATUSES:
        raise LabError(f"{name} is {', '.join(STATUSES[:-1])} or {STATUSES[-1]}, not {value!r}")
    part: dict[str, Any] = {name: value}
    return replace(codec, **part)


def call_over(steps: Steps, rate_bps: float) -> Call | None:
    """Return a call over a way from the core to a codec; None where the way is broken."""
    hops = [hop for hop, _ in steps]
    if not all(hop.settings.up for hop in hops):
        return None
    towards = math.prod(_passing(hop, way) for hop, way in steps)
    back = math.prod(_passing(hop, OUT if way == IN else IN) for hop, way in steps)
    settings = [hop.settings for hop in hops]
    return Call(
        rate_bps=rate_bps,
        received_bps=rate_bps * towards,
        sent_bps=rate_bps,
        lost_received_ratio=1 - towards,
        lost_sent_ratio=1 - back,
        latency_s=sum(one.delay_s + one.jitter_s / 2 for one in settings),
        # RFC 3550's estimate settles at the mean difference of two transits: a third of an even spread.
        jitter_s=math.hypot(*(one.jitter_s / 3 for one in settings)),
    )


def _passing(hop: Hop, way: int) -> float:
    """Return the share of packets that come over a hop: those not lost, as far as its rate suffices."""
    settings = hop.settings
    wanted_bps = (settings.traffic_out_bps if way == OUT else settings.traffic_in_bps) + hop.call_bps[way]
    fits = min(1.0, settings.rate_bps / wanted_bps) if settings.rate_bps and wanted_bps else 1.0
    return (1 - settings.loss) * fits
