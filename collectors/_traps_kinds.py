"""Notifications by name: what `diemcau_traps_total{kind}` counts, and why a datagram is dropped."""

from __future__ import annotations

from enum import StrEnum

OTHER = "other"

_STANDARD = {
    1: "coldStart",
    2: "warmStart",
    3: "linkDown",
    4: "linkUp",
    5: "authenticationFailure",
}  # SNMPv2-MIB and IF-MIB (RFC 3418, RFC 2863)
_POLY = {
    70: "poly_gatekeeper_registration_failed",
    71: "poly_gatekeeper_registered",
    72: "poly_sip_registration_failed",
    73: "poly_sip_registered",
    76: "poly_camera_down",
    77: "poly_camera_ok",
    78: "poly_call_connected",
    79: "poly_call_disconnected",
    80: "poly_call_failed",
    81: "poly_jitter_excessive",
    82: "poly_jitter_ok",
    83: "poly_latency_excessive",
    84: "poly_latency_ok",
    85: "poly_packet_loss_excessive",
    86: "poly_packet_loss_ok",
}  # POLYCOM-ENDPOINT-MIB

KINDS = {
    **{f"1.3.6.1.6.3.1.1.5.{number}": kind for number, kind in _STANDARD.items()},
    **{f"1.3.6.1.4.1.13885.101.0.{number}": kind for number, kind in _POLY.items()},
}


class Drop(StrEnum):
    """Why a datagram is no notification to act on."""

    UNKNOWN_SENDER = "unknown_sender"
    WRONG_COMMUNITY = "wrong_community"
    WRONG_USER = "wrong_user"
    MALFORMED = "malformed"
    LIMITED = "limited"


COUNTED = (*KINDS.values(), OTHER, *Drop)
