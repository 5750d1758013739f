"""The `diemcau` command: words to functions, outcomes to exit codes."""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import sys
from pathlib import Path

from agent import __version__, log
from agent.app import Agent
from agent.cli_config import config_check, find_config, inventory_export, inventory_import
from agent.cli_maintenance import add_maintenance_commands
from agent.cli_report import add_report_commands
from agent.cli_snmp import add_snmp_commands
from agent.cli_status import status
from agent.config import ConfigError, parse_listen
from agent.settings import Listen
from agent.source import ConfigSource
from collectors import NoIcmpRight, NoTrapPort
from exporters.web.server import CannotListen
from lab.cli import add_lab_commands
from lab.demo import demo

DEFAULT_URL = "http://127.0.0.1:9843"
STARTED_NOT = 1
BAD_CONFIGURATION = 2

EXAMPLES = """\
examples:
  diemcau config check                        is the configuration good?
  diemcau run                                 watch; pages and metrics on http://127.0.0.1:9843
  diemcau status --down                       what is not up now, worst first
  diemcau snmp identify 10.25.238.1           what a device says it is and what would be polled
  diemcau inventory import sites.csv -o config/inventory
  diemcau maintenance add wan-thanh-son --for 2h --why "Thay cáp quang"
  diemcau report availability --from 2026-11-01 --to 2026-11-30 --html report.html
  diemcau demo                                a simulated province of 243 sites to look around in
"""


def main() -> None:
    """Run the command line and exit with its code."""
    arguments = _parser().parse_args()
    try:
        code = arguments.run(arguments)
    except BrokenPipeError:  # the reader, say `head`, has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="diemcau",
        description="Watches a province's videoconference sites and lines; exports availability and bandwidth.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"diemcau {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_run(commands)
    _add_config(commands)
    _add_status(commands)
    add_maintenance_commands(commands)
    add_report_commands(commands)
    _add_inventory(commands)
    add_snmp_commands(commands)
    add_lab_commands(commands)
    _add_demo(commands)
    return parser


Commands = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it


def _add_run(commands: Commands[argparse.ArgumentParser]) -> None:
    run = commands.add_parser("run", help="the agent: watch and serve until stopped")
    _add_config_option(run)
    run.add_argument("--listen", metavar="ADDR:PORT", type=_listen, help="where to serve, over agent.listen")
    run.add_argument("--shard", metavar="I/N", type=_shard, help="watch the I-th of N parts of the inventory")
    run.add_argument("--log-format", choices=("text", "json"), default="text")
    run.set_defaults(run=_run)


def _add_config(commands: Commands[argparse.ArgumentParser]) -> None:
    config = commands.add_parser("config", help="look at the configuration")
    actions = config.add_subparsers(required=True, metavar="ACTION")
    check = actions.add_parser("check", help="read all of it and name every fault; start nothing")
    _add_config_option(check)
    check.set_defaults(run=lambda arguments: config_check(_config_path(arguments)))


def _add_status(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("status", help="the running agent's view, worst first")
    parser.add_argument("--url", default=DEFAULT_URL, help=f"the agent (default {DEFAULT_URL})")
    parser.add_argument("--down", action="store_true", help="only what is not up")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.set_defaults(run=lambda arguments: status(arguments.url, down_only=arguments.down, as_json=arguments.json))


def _add_inventory(commands: Commands[argparse.ArgumentParser]) -> None:
    inventory = commands.add_parser("inventory", help="a spreadsheet's rows to inventory files and back")
    actions = inventory.add_subparsers(required=True, metavar="ACTION")
    import_ = actions.add_parser("import", help="write inventory files from a CSV file of sites")
    import_.add_argument("csv", metavar="SITES.csv", type=Path)
    import_.add_argument("-o", "--output", metavar="DIR", type=Path, required=True)
    import_.set_defaults(run=lambda arguments: inventory_import(arguments.csv, arguments.output))
    export = actions.add_parser("export", help="write the configured sites as CSV")
    _add_config_option(export)
    export.add_argument("-o", "--output", metavar="FILE", type=Path, help="default: standard output")
    export.set_defaults(run=lambda arguments: inventory_export(_config_path(arguments), arguments.output))


def _add_demo(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("demo", help="a simulated province of 243 sites and the agent watching it")
    parser.add_argument("--minutes", metavar="N", type=float, help="end by itself after N minutes")
    parser.add_argument("--quiet", action="store_true", help="a healthy province: no story of faults")
    parser.add_argument("--listen", metavar="ADDR:PORT", type=_listen, default=Listen(), help="where to serve")
    parser.set_defaults(run=lambda arguments: demo(arguments.minutes, quiet=arguments.quiet, listen=arguments.listen))


def _add_config_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-c",
        "--config",
        metavar="FILE",
        type=Path,
        help="default: $DIEMCAU_CONFIG, else ./config/diemcau.yaml, else /etc/diemcau/diemcau.yaml",
    )


def _config_path(arguments: argparse.Namespace) -> Path:
    return find_config(arguments.config, os.environ)


def _run(arguments: argparse.Namespace) -> int:
    log.configure(arguments.log_format)
    source = ConfigSource(_config_path(arguments), arguments.listen, arguments.shard)
    try:
        config = source.read()
    except ConfigError as error:
        print(error, file=sys.stderr)
        return BAD_CONFIGURATION
    _raise_file_limit()
    code = 0
    try:
        asyncio.run(Agent(source, config).run())
    except* (NoIcmpRight, CannotListen, NoTrapPort) as reasons:
        for reason in reasons.exceptions:
            print(f"diemcau: {reason}", file=sys.stderr)
        code = STARTED_NOT
    return code


def _raise_file_limit() -> None:
    """Take all the file descriptors the system would give: each SNMP target has a socket of its own."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _listen(text: str) -> Listen:
    try:
        return parse_listen(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error).format(value=text)) from None


def _shard(text: str) -> tuple[int, int]:
    """Read I/N, 1 ≤ I ≤ N."""
    number, _, of = text.partition("/")
    if not (number.isdigit() and of.isdigit() and 1 <= int(number) <= int(of)):
        raise argparse.ArgumentTypeError(f"{text!r} is no shard; write 1/3 for the first of three")
    return int(number), int(of)
