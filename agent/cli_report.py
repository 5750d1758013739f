"""`diemcau report availability`: a period's availability from the journal: a table, a spreadsheet, a page to print.

It reads the journal's file itself: no agent needs to run, and one that does is not disturbed.
"""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, datetime, tzinfo
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from rich.console import Console

from agent._report_table import print_report
from agent.archive import Archive, Unreadable
from agent.cli_config import find_config
from agent.config import ConfigError, load
from agent.period import Period, last_month, read_period
from agent.report import Report, availability
from agent.settings import AgentSettings, Config, Language
from exporters.web.i18n import Wording
from exporters.web.report import Reading, as_html
from exporters.web.report_csv import as_csv

NO_HISTORY, WRONG = 1, 2
BYTE_ORDER_MARK = "\ufeff"  # tells spreadsheets that a CSV file is UTF-8
PIPE_WIDTH = 1000  # a pipe has no edge: a row is one line, however long its names
EXAMPLES = """\
examples:
  diemcau report availability                                    last month, as a table
  diemcau report availability --from 2026-10-01 --to 2026-10-31 --html october.html --csv october.csv
  diemcau report availability --from 2026-11-24T07:30 --to 2026-11-24T11:30 --lang en

A date stands for the whole day in the time zone of agent.timezone, --to included; a time without an offset is local
there too. Without --to the period ends now; without both it is the last full month.

exit status: 0; 1 no history of that period; 2 a bad date or configuration, or a file that can't be written
"""


class NoHistory(Exception):
    """Nothing is known of the period; the text says where it was looked for."""


class WrongWordsError(Exception):
    """What was asked cannot be done; the text says what would be right."""


def add_report_commands(commands: Any) -> None:
    """Add `report` and its own commands to an argparse sub-parser group; their handler is `args.run(args)`."""
    report = commands.add_parser("report", help="what a period was like")
    actions = report.add_subparsers(required=True, metavar="ACTION")
    parser = actions.add_parser(
        "availability",
        help="per site, district, level and link, with the outages and their causes",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--from", dest="start", metavar="D", default="", help="first day, or a time")
    parser.add_argument("--to", dest="end", metavar="D", default="", help="last day, itself included, or a time")
    parser.add_argument("--csv", metavar="FILE", type=Path, help="write a spreadsheet's CSV; - for standard output")
    parser.add_argument("--html", metavar="FILE", type=Path, help="write a page to print; - for standard output")
    parser.add_argument(
        "--lang",
        choices=tuple(map(str, Language)),
        help="default: agent.language; CSV is for a spreadsheet set to it: columns split by ; in vi, by , in en",
    )
    parser.add_argument("-c", "--config", metavar="FILE", type=Path, help="as of `diemcau run`")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    try:
        config = load(find_config(args.config, os.environ), os.environ)
        _report(args, config)
    except NoHistory as error:
        return _fail(error, NO_HISTORY)
    except (ConfigError, WrongWordsError) as error:
        return _fail(error, WRONG)
    return 0


def _fail(error: Exception, code: int) -> int:
    sys.stderr.write(f"{error}\n")
    return code


def _report(args: argparse.Namespace, config: Config) -> None:
    now = datetime.now(UTC)
    settings = config.agent
    report = _read(config, asked_period(args.start, args.end, settings, now))
    wording = Wording(Language(args.lang or settings.language), settings.timezone)
    reading = Reading(report, config.inventory, wording)
    if args.csv:
        _write(args.csv, BYTE_ORDER_MARK + as_csv(reading))
    if args.html:
        _write(args.html, as_html(reading, settings.name, now))
    if not args.csv and not args.html:
        _print(reading)


def asked_period(start: str, end: str, settings: AgentSettings, now: datetime) -> Period:
    """Return the period asked for; the last full month where nothing is said. Raises WrongWordsError."""
    if not start and not end:
        return last_month(settings.timezone, now)
    if not start:
        raise WrongWordsError("--to alone says no period; say --from as well")
    try:
        return read_period(start, end, settings.timezone, now)
    except ValueError as error:
        raise WrongWordsError(f"--from/--to: {error}") from error


def _read(config: Config, period: Period) -> Report:
    """Read the journal. Raises NoHistory."""
    archive = Archive(config.agent.journal)
    try:
        outages = archive.outages(period.start, period.end)
        spans = archive.spans(period.start, period.end)
        first = archive.first_seen()
    except Unreadable as error:
        raise NoHistory(str(error)) from error
    report = availability(spans, outages, config.inventory, period.start, period.end)
    if not report.known:
        zone = config.agent.timezone
        asked = " to ".join(_local(moment, zone) for moment in (period.start, period.end))
        begins = f"it begins at {_local(first, zone)}" if first else "no agent has kept any there"
        raise NoHistory(f"{config.agent.journal} has no history from {asked}: {begins}")
    return report


def _local(moment: datetime, zone: tzinfo) -> str:
    return moment.astimezone(zone).isoformat(" ", "minutes")


def _write(path: Path, text: str) -> None:
    """Write a file, or to standard output. Raises WrongWordsError."""
    data = text.encode("utf-8", "replace")
    if str(path) == "-":
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        return
    try:
        path.write_bytes(data)
    except OSError as error:
        raise WrongWordsError(f"{path}: cannot be written ({error.strerror}); name another file") from error


def _print(reading: Reading) -> None:
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without Vietnamese letters shows the rest
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=PIPE_WIDTH, no_color=True)
    print_report(reading, console)
