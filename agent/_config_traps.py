"""The section `traps:`: where traps are received, in whose names, and how many of each sender are looked at."""

from __future__ import annotations

import re
from typing import Any

from agent._config_agent import parse_listen
from agent._config_document import Document
from agent._config_faults import suggest
from agent._config_schema import Count, Section, Text
from agent._config_units import address
from agent.model import SnmpCredentials, TrapSettings

_PER_S = re.compile(r"([0-9]{1,4}(?:\.[0-9]{1,3})?)/(s|m)", re.ASCII)
_SECONDS = {"s": 1, "m": 60}
LEAST_PER_S, MOST_PER_S = 1 / 60, 1000
_ANYWHERE = {"0.0.0.0", "::"}  # noqa: S104  # the user's choice


class TrapsSection(Section):
    """`traps:`."""

    listen: Text = "0.0.0.0:162"
    credentials: list[Text] | None = None
    rate: Text = "10/s"
    burst: Count = 20


def build_traps(
    document: Document, data: Any, credentials: dict[str, SnmpCredentials], names: set[str] | None
) -> TrapSettings | None:
    """Return what `traps:` says; None where there is none. Without `credentials` all of them may send."""
    row = document.read(TrapsSection, data, ("traps",)) if data is not None else None
    if row is None:
        return None
    section = row.value
    chosen = credentials.keys() if section.credentials is None else section.credentials
    for at, name in enumerate(section.credentials or ()):
        if names is not None and name not in names:
            row.fault("credentials", f"{{value}} names no known credentials; {suggest(name, names, 'credentials')}", at)
    if section.credentials == []:
        row.fault("credentials", "is empty; write who may send, or leave the line out for all credentials")
    host, port = "0.0.0.0", 0  # noqa: S104  # stands in while faults are collected
    rate_per_s = float(MOST_PER_S)
    try:
        host, port = _place(section.listen)
    except ValueError as error:
        row.fault("listen", str(error))
    try:
        rate_per_s = _per_s(section.rate)
    except ValueError as error:
        row.fault("rate", str(error))
    known = tuple(credentials[name] for name in chosen if name in credentials)
    return TrapSettings(known, host, port, rate_per_s, section.burst)


def _place(written: str) -> tuple[str, int]:
    try:
        listen = parse_listen(written)
        if listen.fd is None and listen.port:
            return listen.host if listen.host in _ANYWHERE else address(listen.host), listen.port
    except ValueError:
        pass
    raise ValueError("{value} is no place for traps to come to; write 0.0.0.0:162, [::]:162 (both families) or :1162")


def _per_s(written: str) -> float:
    match = _PER_S.fullmatch(written)
    if not match or not LEAST_PER_S <= (per_s := float(match[1]) / _SECONDS[match[2]]) <= MOST_PER_S:
        raise ValueError("{value} is no rate of traps; write 10/s, from 1/m to 1000/s")
    return per_s
