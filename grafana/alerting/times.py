"""Time spent in states, recorded every five minutes so that months of it may be added up."""

from __future__ import annotations

from alerting.alert import Group, Recording

EVERY_S = 300


def _spent(kind: str, selector: str = "") -> str:
    """Return the seconds that the last five minutes added to each counter.

    Both ends reach back over an agent's restart: what one evaluation can't see, the next one counts.
    """
    newest = f"last_over_time(diemcau_{kind}_state_seconds_total{selector}[15m]"
    return f"{newest})\n  - {newest} offset 5m)"


def _by(kind: str, labels: str) -> Recording:
    return Recording(
        f"diemcau:{kind}_state_seconds:increase5m", f"sum by ({labels}) (clamp_min(\n  {_spent(kind)}, 0))"
    )


def _down(kind: str, labels: str) -> Recording:
    """Keep those alone that were down: few, so a month of all of them may be read."""
    selector = '{state="down"}'
    names = f"topk by (job, instance, {kind}) (1, last_over_time(diemcau_{kind}_info[15m]))"
    lost = f"({_spent(kind, selector)} > 0)"
    expr = f"sum by ({labels}) (\n  {lost}\n  * on (job, instance, {kind}) group_left (name) {names})"
    return Recording(f"diemcau:{kind}_down_seconds:increase5m", expr)


GROUP = Group(
    "diemcau-times",
    EVERY_S,
    (
        _by("endpoint", "district, state"),
        _by("link", "role, state"),
        _down("endpoint", "endpoint, district, name"),
        _down("link", "link, role, name"),
    ),
)
