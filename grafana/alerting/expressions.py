"""Expressions that several alerts need.

An agent that restarts is away for a few scrapes; nothing may be taken back and told again for that. So gauges are read
as the newest of three minutes (`newest`): a live agent's series never pause, so otherwise it makes no difference, and
an agent that stays away has an alert of its own before, which holds back the others. Open outages come and go at any
time, so three minutes of them would tell of one that is over: those are held by a recording rule
(`alerting.outages.HELD`).
"""

from __future__ import annotations

from typing import Literal

KEEP = "[3m]"


def newest(selector: str) -> str:
    """Return the newest value, of three minutes at most."""
    return f"last_over_time({selector}{KEEP})"


def named(kind: Literal["endpoint", "link"], expression: str) -> str:
    """Add the label `name`. What else is told of an endpoint (model, firmware) may change and is left aside."""
    info = f"topk by (job, instance, {kind}) (1, {newest(f'diemcau_{kind}_info')})"
    return f"(\n  {indented(expression)}\n)\n* on (job, instance, {kind}) group_left (name)\n  {info}"


def indented(expression: str, by: int = 2) -> str:
    """Move all lines but the first to the right."""
    return expression.replace("\n", "\n" + " " * by)
