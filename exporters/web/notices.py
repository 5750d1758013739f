"""What the pages say above the rest: what is in maintenance now, and that the history is not being written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from agent.history import Maintenance
from agent.inventory import Inventory
from exporters.web.i18n import Wording
from exporters.web.names import Names

MOST_NAMED = 3  # targets of one window; the others are counted


@dataclass(frozen=True, slots=True)
class Notices:
    """`maintenance` has a line for each window in force; `trouble` is why history is not written, empty where it is."""

    maintenance: list[str]
    trouble: str


def notices(
    inventory: Inventory, windows: Iterable[Maintenance], trouble: str, wording: Wording, moment: datetime
) -> Notices:
    """Say them as of `moment`; the window that ends first comes first."""
    names = Names(inventory, wording)
    active = sorted((one for one in windows if one.start <= moment < one.end), key=lambda one: one.end)
    return Notices([_line(window, names, wording, moment) for window in active], trouble)


def _line(window: Maintenance, names: Names, wording: Wording, moment: datetime) -> str:
    what = ", ".join(map(names.covered, window.targets[:MOST_NAMED]))
    if (more := len(window.targets) - MOST_NAMED) > 0:
        what += " " + wording.count("notice.more", more)
    line = wording.text("notice.maintenance", what=what, end=wording.since(window.end, moment))
    return line + " " + wording.text("notice.why", why=window.why) if window.why else line
