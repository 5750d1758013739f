"""Lines by the sites at their ends: which they are, and the table of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from boards.colours import GREY, STATES, USE, Look
from boards.columns import Column, columns
from boards.panels import Frame, listing, rows
from boards.pen import Pen
from texts import Text

ROLES = {
    "primary": Look(Text("đường chính", "main line"), GREY),
    "backup": Look(Text("đường dự phòng", "backup line"), GREY),
    "access": Look(Text("đường truy nhập", "access line"), GREY),
}

UP = "$site|$home"  # the sites from which the endpoint's way up leads: its own and its district's
BELOW = 'diemcau_site_info{parent=~"$site|$home", parent!=""}'


def at(ends: str, metric: str, matchers: str = "") -> str:
    """Return the series of the lines that end at one of the sites (a regular expression)."""
    more = f", {matchers}" if matchers else ""
    return f'({metric}{{b=~"{ends}"{more}}} or {metric}{{a=~"{ends}"{more}}})'


def in_district(metric: str, matchers: str = "") -> str:
    """Return the series of the lines that end in the district of the variable `sites`."""
    return at("$sites", metric, matchers)


def on_the_way(metric: str, matchers: str = "") -> str:
    """Return the series of the lines between the endpoint and what is above its district.

    They end at its own site or at its district's seat, and their other end is not below these: so neither the lines of
    the district's other communes, nor those a seat hands on.
    """
    more = f", {matchers}" if matchers else ""
    return (
        f'(({metric}{{b=~"{UP}"{more}}} unless on (a) {_below("a")})'
        f' or ({metric}{{a=~"{UP}"{more}}} unless on (b) {_below("b")}))'
    )


def _below(end: str) -> str:
    return f'group by ({end}) (label_replace({BELOW}, "{end}", "$1", "site", "(.*)"))'


def table(pen: Pen, frame: Frame, chosen: Callable[..., str]) -> Any:
    """Draw the lines that `chosen` picks of a metric, the worst state first."""
    named = f"{chosen('diemcau_link_state')} * on (job, instance, link) group_left (name) {chosen('diemcau_link_info')}"
    use = [chosen("diemcau_link_utilization_ratio", f'direction="{way}"') for way in ("receive", "transmit")]
    asked = [
        rows(f"sort_desc(max by (link, name, role) ({named}))", "A"),
        *(rows(f"max by (link) ({one})", ref) for one, ref in zip(use, "BC", strict=True)),
        rows(f"max by (link) ({chosen('diemcau_link_capacity_bits_per_second')})", "D"),
    ]
    way = pen.way("link", link="${__data.fields.link}")
    return columns(
        listing(pen, frame, *asked),
        pen,
        Column("name", Text("Đường truyền", "Line"), way=way),
        Column("role", Text("Vai trò", "Role"), width=160, looks=ROLES),
        Column("Value #A", Text("Trạng thái", "State"), width=210, looks=STATES),
        Column("Value #B", Text("Sử dụng chiều nhận", "Use, receiving"), unit="percentunit", width=150, limits=USE),
        Column("Value #C", Text("Sử dụng chiều phát", "Use, sending"), unit="percentunit", width=150, limits=USE),
        Column("Value #D", Text("Dung lượng", "Capacity"), unit="bps", width=140),
        Column("link", Text("Mã", "Id"), hidden=True),
    )
