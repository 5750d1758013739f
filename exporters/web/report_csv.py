"""A report as CSV for spreadsheets: a table of targets and groups, an empty row, a table of outages.

Shares are written as the reader's language writes them, times as whole seconds, moments as local ones: so a
spreadsheet set to that language reads all three as figures. The separator goes with it, see SEPARATORS.
"""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta

from agent.settings import Language
from exporters.web.report import STATES, OutageRow, Reading, Row

# Excel splits a file that is just opened by the list separator of Windows, and by the semicolon where that is the
# decimal sign too: so with a Vietnamese setting a comma would leave all in the first column. A first line `sep=,` is no
# way out: Excel then overlooks the byte order mark and spoils every đ and ờ, and all other programs take that line for
# data. Nor are UTF-16 and tabs, which no script expects. An Excel set to English wants a report in English.
SEPARATORS = {Language.VI: ";", Language.EN: ","}
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(reading: Reading) -> str:
    """Return the report as CSV, RFC 4180 but for the separator.

    Write it with a byte order mark, which tells spreadsheets that it is UTF-8.
    """
    text = io.StringIO()
    writer = csv.writer(text, delimiter=SEPARATORS[reading.wording.language])
    writer.writerow(_target_heads(reading))
    rows = [*reading.summary(), *reading.endpoints(), *reading.ways()]
    writer.writerows(_target_cells(row, reading) for row in rows)
    writer.writerow([])
    writer.writerow(_outage_heads(reading))
    writer.writerows(_outage_cells(row, reading) for row in reading.outages())
    return text.getvalue()


def _target_heads(reading: Reading) -> list[str]:
    text = reading.wording.text
    names = ("what", "id", "name", "level", "place", "availability", "quality")
    in_seconds = [*map(reading.wording.state, STATES), text("report.charged")]
    seconds = [text("report.seconds", what=what) for what in in_seconds]
    rest = ("outage_count", "from", "to")
    return [*(text(f"report.{name}") for name in names), *seconds, *(text(f"report.{name}") for name in rest)]


def _target_cells(row: Row, reading: Reading) -> list[object]:
    report = reading.report
    return [
        *map(_plain, (row.kind, row.id, row.name, row.level, row.place)),
        _share(row.tally.availability, reading),
        _share(row.tally.quality, reading),
        *(_seconds(row.tally.spent[state]) for state in STATES),
        _seconds(row.charged),
        "" if row.outages is None else row.outages,
        _local(report.start, reading),
        _local(report.end, reading),
    ]


def _outage_heads(reading: Reading) -> list[str]:
    text = reading.wording.text
    first = ("what", "id", "name", "place", "started", "confirmed", "ended")
    rest = ("cut_off", "who", "cause", "flapping", "note", "detail")
    lasting = text("report.seconds", what=text("report.lasting"))
    return [*(text(f"report.{name}") for name in first), lasting, *(text(f"report.{name}") for name in rest)]


def _outage_cells(row: OutageRow, reading: Reading) -> list[object]:
    return [
        *map(_plain, (row.kind, row.id, row.name, row.place)),
        _local(row.started, reading),
        _local(row.confirmed, reading),
        _local(row.ended, reading),
        _seconds(row.time),
        row.cut_off,
        " ".join(row.who),
        row.cause,
        "x" if row.flapping else "",
        _plain(row.note),
        _plain(row.detail),
    ]


def _plain(text: str) -> str:
    """Keep a spreadsheet from taking a name for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _share(ratio: float | None, reading: Reading) -> str:
    """Write a share as a spreadsheet takes it for a figure: without the space, and nothing where it is not known."""
    return "" if ratio is None else reading.wording.share(ratio).replace("\u00a0", "")


def _seconds(time: timedelta | None) -> object:
    return "" if time is None else round(time.total_seconds())


def _local(moment: datetime | None, reading: Reading) -> str:
    return moment.astimezone(reading.wording.timezone).strftime("%Y-%m-%d %H:%M:%S") if moment else ""
