"""What `diemcau snmp` does: say what a device is and what would be polled; record what it answers.

Each command returns its exit status: 0; 1 where the device did not answer; 2 for a bad configuration or name.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from agent._snmp_report import as_json, as_text, survey
from agent.cli_config import find_config
from agent.config import ConfigError, load
from agent.model import Device, Endpoint, Secret, SnmpSettings
from agent.profile import AUTO
from agent.readings import Identity, PollFailed
from agent.settings import Config
from collectors._snmp import SnmpClient
from collectors.identify import identify
from collectors.masking import mask
from collectors.recorder import Limits, Recorder, subtrees
from collectors.recording import Recording, write

FAILED, WRONG = 1, 2
USUAL = Limits()
EXAMPLES = """\
examples:
  diemcau snmp identify 10.25.238.1                        a device of the inventory, as it is polled
  diemcau snmp identify r-thanh-son                        the same, by its id
  diemcau snmp identify 10.25.9.9 --credentials core       any other, with credentials of the configuration
  diemcau snmp record 10.25.9.9 --credentials core -o new-router.snmp
"""


class WrongWordsError(Exception):
    """What was asked cannot be done; the text says what would be right."""


def add_snmp_commands(commands: Any) -> None:
    """Add `snmp` and its own commands to an argparse sub-parser group; their handler is `args.run(args)`."""
    snmp = commands.add_parser(
        "snmp",
        help="look at one device by SNMP: what it is, what it answers",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = snmp.add_subparsers(required=True, metavar="ACTION")
    describe = actions.add_parser("identify", help="what it says it is, the profile that fits, what would be polled")
    _add_target(describe)
    describe.add_argument("--json", action="store_true", help="for programs")
    describe.set_defaults(run=lambda args: _run(args, identify_device))
    record = actions.add_parser("record", help="write what it answers to a file, secrets and serial numbers masked")
    _add_target(record)
    record.add_argument("-o", "--output", metavar="FILE", type=Path, required=True)
    record.add_argument("--mask-addresses", action="store_true", help="mask IP addresses as well")
    record.add_argument(
        "--most", metavar="N", type=int, default=USUAL.objects, help="objects of a subtree (%(default)s)"
    )
    record.add_argument("--time", metavar="S", type=float, default=USUAL.time_s, help="seconds in all (%(default)g)")
    record.set_defaults(run=lambda args: _run(args, record_device))


def _add_target(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("address", metavar="ADDRESS", help="an IP address, or an id of the inventory")
    parser.add_argument("--credentials", metavar="NAME", help="which of the configuration's; default: the device's own")
    parser.add_argument("-c", "--config", metavar="FILE", type=Path, help="as of `diemcau run`")
    parser.add_argument("--port", metavar="N", type=int, help="UDP port (161)")


def _run(args: argparse.Namespace, command: Callable[..., Coroutine[Any, Any, int]]) -> int:
    try:
        config = load(find_config(args.config, os.environ), os.environ)
        return asyncio.run(command(args, config, find_target(config, args)))
    except (ConfigError, WrongWordsError) as error:
        sys.stderr.write(f"{error}\n")
        return WRONG
    except PollFailed as failure:
        sys.stderr.write(f"{args.address}: {failure.reason}\n")
        return FAILED


def find_target(config: Config, args: argparse.Namespace) -> Device:
    """Return whom to ask and how: the inventory's device or codec, else the address with the credentials named.

    Raises WrongWordsError.
    """
    inventory = config.inventory
    known: list[Device | Endpoint] = [*inventory.devices.values(), *inventory.endpoints.values()]
    found = next((one for one in known if args.address in (one.id, one.address)), None)
    if found is None and not _is_address(args.address):
        raise WrongWordsError(f"{args.address!r} is neither an IP address nor an id of the inventory")
    settings = _settings(config, args.credentials, found)
    return Device(
        id=found.id if found else args.address,
        site=found.site if found else "",
        role="",
        address=found.address if found else args.address,
        snmp=SnmpSettings(settings.credentials, settings.interval_s, settings.timeout_s, settings.retries, args.port)
        if args.port
        else settings,
        profile=found.profile if found else AUTO,
        interfaces=found.interfaces if isinstance(found, Device) else (),
    )


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _settings(config: Config, name: str | None, found: Device | Endpoint | None) -> SnmpSettings:
    """Return the target's own settings, with other credentials where some are named."""
    own = found.snmp if found else None
    if name is None and own is not None:
        return own
    known = config.credentials
    if name is None and len(known) == 1:
        name = next(iter(known))
    if name not in known:
        what = f"there are no credentials {name!r}" if name else "it is not in the inventory: say --credentials"
        raise WrongWordsError(f"{what}; the configuration has {', '.join(known) or 'none'}")
    usual = own or next((device.snmp for device in config.inventory.devices.values()), None)
    if usual is None:
        return SnmpSettings(known[name])
    return SnmpSettings(known[name], usual.interval_s, usual.timeout_s, usual.retries, usual.port)


async def identify_device(args: argparse.Namespace, config: Config, target: Device) -> int:
    """Print what a device is and what would be polled of it. Raises PollFailed."""
    found = await survey(target, config.profiles)
    sys.stdout.write(as_json(found) if args.json else as_text(found))
    return 0


async def record_device(args: argparse.Namespace, config: Config, target: Device) -> int:
    """Walk a device and write its recording. Raises PollFailed, WrongWordsError."""
    if not args.output.parent.is_dir():
        raise WrongWordsError(f"{args.output.parent} is no folder; write the file into one that is there")
    async with SnmpClient(target.address, target.snmp) as client:
        identity = await identify(client, config.profiles, target.profile)
    roots = subtrees(identity.object_id, config.profiles.get(identity.profile))
    limits = Limits(args.most, args.time)
    async with Recorder(target.address, target.snmp, _progress, limits) as recorder:
        objects = await recorder.walk(roots)
    recording = Recording(objects, _head(identity))
    try:
        write(args.output, mask(recording, secrets_of(config), addresses=args.mask_addresses))
    except OSError as error:
        raise WrongWordsError(f"{args.output}: cannot be written ({error.strerror}); name another file") from error
    sys.stdout.write(f"{args.output}: {len(objects)} objects; look through it before you give it away\n")
    return 0


def _progress(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def secrets_of(config: Config) -> list[str]:
    """Return every secret of the configuration's credentials."""
    fields = [
        getattr(one, name) for one in config.credentials.values() for name in ("community", "auth_key", "priv_key")
    ]
    users = [one.user for one in config.credentials.values() if one.user]
    return [secret.reveal() for secret in fields if isinstance(secret, Secret)] + users


def _head(identity: Identity) -> tuple[str, ...]:
    description = " ".join(identity.description.split())
    made = f"Recorded by `diemcau snmp record` on {datetime.now(UTC):%Y-%m-%d}"
    return (description, f"{made}; secrets, serial numbers and hardware addresses are masked.")
