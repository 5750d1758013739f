"""A report in a terminal: the summary, what was worst, what it was charged to, and the newest outages."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent.model import State
from exporters.web.report import Reading, Row, clock_time, costliest, worst

MOST_ROWS = 10
MOST_OUTAGES = 20
TIMES = (State.DOWN, State.UNREACHABLE, State.MAINTENANCE, State.UNKNOWN)


def print_report(reading: Reading, console: Console) -> None:
    """Print the report, a few lines of each part."""
    text, stamp, report = reading.wording.text, reading.wording.stamp, reading.report
    title = text("report.period", start=stamp(report.start), end=stamp(report.end))
    console.print(Text(f"{text('report.title')}. {title}"), soft_wrap=True)
    console.print(_tallies(reading, reading.summary()))
    ranked = worst(reading.endpoints())
    if ranked:
        _head(console, text("report.worst"), ranked, MOST_ROWS)
        console.print(_tallies(reading, ranked[:MOST_ROWS]))
    elif report.province.availability is not None:
        console.print(Text("\n" + text("report.all_well")), soft_wrap=True)
    costly = costliest(reading.ways())
    if costly:
        _head(console, text("report.worst_ways"), costly, MOST_ROWS)
        console.print(_tallies(reading, costly[:MOST_ROWS], charged=True))
    _print_outages(reading, console)


def _head(console: Console, heading: str, rows: list[Row], most: int) -> None:
    shown = f"{most}/{len(rows)}" if len(rows) > most else str(len(rows))
    console.print(Text(f"\n{heading} ({shown})"), soft_wrap=True)


def _tallies(reading: Reading, rows: Iterable[Row], *, charged: bool = False) -> Table:
    wording = reading.wording
    table = _table([wording.text("report.name"), wording.text("report.place")])
    figures = [wording.text("report.availability"), wording.text("report.quality"), *map(wording.state, TIMES)]
    for heading in [*figures, *([wording.text("report.charged")] if charged else [])]:
        table.add_column(heading, justify="right", overflow="fold")
    for row in rows:
        shares = wording.share(row.tally.availability), wording.share(row.tally.quality)
        times = [row.tally.spent[state] for state in TIMES] + ([row.charged] if charged else [])
        table.add_row(*map(Text, (row.name, row.place, *shares, *map(clock_time, times))))
    return table


def _print_outages(reading: Reading, console: Console) -> None:
    wording = reading.wording
    rows = reading.outages()
    if not rows:
        console.print(Text(f"\n{wording.text('report.no_outages')}"), soft_wrap=True)
        return
    shown = f"{MOST_OUTAGES}/{len(rows)}" if len(rows) > MOST_OUTAGES else str(len(rows))
    console.print(Text(f"\n{wording.text('report.outages')} ({shown})"), soft_wrap=True)
    columns = ("started", "lasting", "what", "name", "place", "cut_off", "cause")
    table = _table([wording.text(f"report.{name}") for name in columns])
    for row in rows[-MOST_OUTAGES:]:
        lasting = clock_time(row.time) + ("" if row.ended else "…")
        cause = f"{row.cause} {wording.text('report.flapping')}" if row.flapping else row.cause
        cells = (wording.stamp(row.started), lasting, row.kind, row.name, row.place, str(row.cut_off), cause)
        table.add_row(*map(Text, cells))
    console.print(table)


def _table(headings: Iterable[str]) -> Table:
    table = Table(box=None, pad_edge=False, show_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table
