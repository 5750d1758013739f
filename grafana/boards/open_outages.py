"""The table of open outages, of a part of the network."""

from __future__ import annotations

from typing import Any

from boards.board import Mark
from boards.colours import ANY_IS_BAD, CAUSES, KINDS
from boards.columns import Column, columns
from boards.panels import Frame, listing, rows
from boards.pen import Pen
from boards.promql import OUTAGE
from texts import Text


def around(district: str, other_than: str = "") -> str:
    """Return a district's outages, and those of lines, devices and the agent that stand above every district.

    `other_than` is an id left out.
    """
    return (
        f'(diemcau_outage{{district="{district}", id!="{other_than}"}}'
        f' or diemcau_outage{{district="", kind!="endpoint", id!="{other_than}"}})'
    )


def open_outages(pen: Pen, frame: Frame, outages: str) -> Any:
    """Draw outages, series of `diemcau_outage`, a row for each root cause."""
    told = f"""\
diemcau_outage_affected_endpoints
  * on ({OUTAGE}) group_left (name, since, sites, call) diemcau_outage_info
  * on ({OUTAGE}) group_left (root_cause, district) {outages}"""
    ids = {"link": "${__data.fields.id}", "endpoint": "${__data.fields.id}", "district": "${__data.fields.district}"}
    way = pen.way("${__data.fields.board}", **ids)
    return columns(
        listing(pen, frame, rows(_with_board(told))),
        pen,
        Column("name", Text("Sự cố ở", "What is out"), width=300, way=way),
        Column("kind", Text("Loại", "Kind"), width=120, looks=KINDS),
        Column("root_cause", Text("Nguyên nhân", "Cause"), width=210, looks=CAUSES),
        Column("since", Text("Từ lúc", "Since"), width=160),
        Column("Value", Text("Điểm cầu bị ảnh hưởng", "Sites affected"), width=170, limits=ANY_IS_BAD),
        Column("sites", Text("Phía sau", "What hangs on it")),
        Column("call", Text("Gọi ai", "Call"), width=220),
        Column("id", Text("Mã", "Id"), hidden=True),
        Column("district", Text("Huyện", "District"), hidden=True),
        Column("board", Text("Bảng", "Board"), hidden=True),
    )


def _with_board(outages: str) -> str:
    """Add the label `board`: the dashboard that shows what is out. A device's is its district's, or the province's."""
    shown = f'label_join({outages}, "place", ":", "kind", "district")'
    for board, place in (("$1", "(endpoint|link|agent):.*"), ("district", "device:.+"), ("province", "device:")):
        shown = f'label_replace({shown}, "board", "{board}", "place", "{place}")'
    return shown


def outage_mark(title: Text, outages: str) -> Mark:
    """Mark the times of outages, series of `diemcau_outage`."""
    told = f"diemcau_outage_info * on ({OUTAGE}) group_left (root_cause) {outages}"
    return Mark(title, told, "{{name}} · {{since}} · {{sites}}")
