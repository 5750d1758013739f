"""`diemcau maintenance`: add, list and end the windows of a running agent.

Each command returns its exit status: 0; 2 where it was asked wrongly; 3 without an agent.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from io import TextIOWrapper
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent._status_client import DEFAULT_URL, Client, NoAgent, Refused
from agent.times import duration, moment, quoted

PATH = "/api/v1/maintenance"
WRONG, NO_AGENT = 2, 3
_ID = re.compile(r"[a-z0-9]{1,20}", re.ASCII)
PIPE_WIDTH = 1000  # a pipe has no edge: a row is one line, however many targets
EXAMPLES = """\
examples:
  diemcau maintenance add wan-thanh-son --for 2h --why "new fibre"
  diemcau maintenance add thanh-son --from 22:00 --to 02:00 --why "power works"     a site: all that hangs on it
  diemcau maintenance add vc-thanh-son --to 2026-11-28T22:00 --why "new codec"      from now on
  diemcau maintenance list
  diemcau maintenance end m1

Times are of this machine's clock where they carry no offset, as in 2026-11-28T22:00+07:00.
"""


def add_maintenance_commands(commands: Any) -> None:
    """Add `maintenance` and its own commands to an argparse sub-parser group; their handler is `args.run(args)`."""
    maintenance = commands.add_parser(
        "maintenance",
        help="windows in which planned work raises no alert",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = maintenance.add_subparsers(required=True, metavar="ACTION")
    _add_add(actions)
    listing = actions.add_parser("list", help="what is planned and what goes on now")
    listing.add_argument("--json", action="store_true", help="for programs")
    end = actions.add_parser("end", help="end a window now, or take back one that has not begun")
    end.add_argument("id", metavar="ID", help="as `list` shows it")
    for parser, command in ((listing, list_windows), (end, end_window)):
        _finish(parser, command)


def _add_add(actions: Any) -> None:
    add = actions.add_parser("add", help="plan a window")
    add.add_argument("targets", metavar="TARGET", nargs="+", help="id of a site, endpoint, device or link")
    add.add_argument("--from", dest="start", metavar="T", help="when it begins: 22:00 or 2026-11-28T22:00 (now)")
    length = add.add_mutually_exclusive_group(required=True)
    length.add_argument("--for", dest="length", metavar="D", help="how long it lasts: 30m, 2h, 1d")
    length.add_argument("--to", dest="end", metavar="T", help="when it ends, as --from")
    add.add_argument("--why", metavar="TEXT", required=True, help="what is done, for colleagues")
    _finish(add, add_window)


def _finish(parser: argparse.ArgumentParser, command: Callable[[argparse.Namespace, Client], None]) -> None:
    parser.add_argument("--url", default=DEFAULT_URL, help=f"the agent (default {DEFAULT_URL})")
    parser.set_defaults(run=lambda args: _run(args, command))


def _run(args: argparse.Namespace, command: Callable[[argparse.Namespace, Client], None]) -> int:
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without Vietnamese letters shows the rest
    try:
        client = Client(args.url)
        try:
            command(args, client)
        except (KeyError, TypeError, AttributeError) as error:
            raise NoAgent(client.not_ours()) from error
    except (Refused, WrongWordsError) as error:
        return _complain(error, WRONG)
    except NoAgent as error:
        return _complain(error, NO_AGENT)
    return 0


def _complain(error: Exception, code: int) -> int:
    Console(stderr=True, soft_wrap=True, highlight=False).print(Text(f"diemcau: {error}"))
    return code


class WrongWordsError(Exception):
    """A time or an id that can't be taken; the text says what would be right."""


def add_window(args: argparse.Namespace, client: Client) -> None:
    """Add a window and say what it became. Raises WrongWordsError, Refused, NoAgent."""
    body = {"targets": args.targets, "why": args.why} | _times(args.start, args.end, args.length, datetime.now(UTC))
    window = client.post(PATH, body)
    _say(f"{window['id']}: {', '.join(window['targets'])}, {_span(window)}")


def _times(start: str | None, end: str | None, length: str | None, now: datetime) -> dict[str, str]:
    """Return the times as the API takes them; only what is local here must be made exact here."""
    try:
        begin = now if start is None else moment(start, None, now)
        times = {} if start is None else {"from": begin.isoformat()}
        if end is not None:
            return times | {"to": moment(end, None, begin).isoformat()}
        assert length is not None  # argparse asks for one of the two
        duration(length)
        return times | {"for": length}
    except ValueError as error:
        raise WrongWordsError(str(error)) from error


def list_windows(args: argparse.Namespace, client: Client) -> None:
    """Print the windows that are not over. Raises Refused, NoAgent."""
    windows = client.get(PATH)["maintenance"]
    if args.json:
        _say(json.dumps({"maintenance": windows}, ensure_ascii=False, indent=2))
    elif not windows:
        _say("No maintenance is planned.")
    else:
        console = Console(highlight=False)
        if not console.is_terminal:
            console = Console(highlight=False, width=PIPE_WIDTH, no_color=True)
        console.print(_table(windows), soft_wrap=False)


def _table(windows: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, show_edge=False)
    for heading in ("ID", "", "FROM", "TO", "TARGETS", "WHY", "BY"):
        table.add_column(heading, overflow="fold", no_wrap=heading in ("ID", "", "FROM", "TO", "BY"))
    for window in windows:
        state = Text("now", style="blue") if window["active"] else Text("planned")
        spanned = (_local(window["from"]), _local(window["to"]))
        cells = (*spanned, ", ".join(window["targets"]), window["why"], window["by"])
        table.add_row(Text(window["id"]), state, *map(Text, cells))
    return table


def end_window(args: argparse.Namespace, client: Client) -> None:
    """End a window and say so. Raises WrongWordsError, Refused, NoAgent."""
    if not _ID.fullmatch(args.id):
        raise WrongWordsError(f"{quoted(args.id)} is no window's id; write one as m1, which `maintenance list` shows")
    window = client.delete(f"{PATH}/{args.id}")
    begun = window["from"] < window["to"]
    _say(f"{window['id']} ended; it was {_span(window)}" if begun else f"{window['id']} taken back before it began")


def _span(window: dict[str, Any]) -> str:
    return f"from {_local(window['from'])} to {_local(window['to'])}"


def _local(written: str) -> str:
    """Return a moment on this machine's clock, as --from and --to take it."""
    return f"{_moment(written).astimezone():%Y-%m-%d %H:%M}"


def _moment(written: str) -> datetime:
    try:
        return datetime.fromisoformat(written)
    except ValueError as error:
        raise TypeError(f"no time: {written!r}") from error


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
