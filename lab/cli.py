"""`diemcau lab`: look at a running lab and change it, from another shell."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from typing import Any

from lab.codecs import CODEC_SETTINGS, PARTS, REGISTERED, STATUSES
from lab.control import ask
from lab.errors import LabError
from lab.hops import SETTINGS, Setting
from lab.rundir import Place, living
from lab.wan import did_you_mean

_EXAMPLES = """\
examples:
  diemcau lab show                                   what there is, and what is not as it was built
  diemcau lab set wan-thanh-son down                 cut a line; `up` mends it
  diemcau lab set wan-thanh-son loss=5% delay=80ms jitter=5ms rate=10Mbit/s
  diemcau lab set wan-thanh-son traffic=60Mbit/s     simulated traffic both ways
  diemcau lab set vc-thanh-son camera=failed registered=no
  diemcau lab call vc-thanh-son vc-tan-son           put these codecs in a call; without ids it ends
  diemcau lab reboot r-thanh-son --off 20s
"""
_CHANGES = (
    "up, down, or loss= delay= jitter= rate= traffic=; a codec's camera= microphone= network= h323= sip= registered="
)
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "min": 60.0}
_BITS = {"bit/s": 1.0, "kbit/s": 1e3, "mbit/s": 1e6, "gbit/s": 1e9}
_NUMBER = re.compile(r"\s*([0-9]*\.?[0-9]+)\s*(\S*)\s*")


def add_lab_commands(subparsers: Any) -> None:
    """Add `lab` and its own commands to an argparse sub-parser group; their handler is `args.run(args)`."""
    lab = subparsers.add_parser(
        "lab",
        help="look at the running simulated province and change it",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    lab.add_argument("--lab", metavar="NAME", help="which lab, where several run")
    actions = lab.add_subparsers(dest="action", required=True, metavar="ACTION")
    show = actions.add_parser("show", help="list everything, or one id in full")
    show.add_argument("id", nargs="?", metavar="ID")
    change = actions.add_parser("set", help="change a line, router or codec")
    change.add_argument("id", metavar="ID")
    change.add_argument("changes", nargs="+", metavar="CHANGE", help=_CHANGES)
    reboot = actions.add_parser("reboot", help="switch a router or codec off and on again")
    reboot.add_argument("id", metavar="ID")
    reboot.add_argument("--off", default="10s", metavar="TIME", help="how long it is off (10s)")
    reboot.add_argument("--renumber", action="store_true", help="its interfaces come back under other indices")
    call = actions.add_parser("call", help="put exactly these codecs in a call")
    call.add_argument("ids", nargs="*", metavar="ID", help="none ends the call")
    lab.set_defaults(run=run_lab_command)


def lab_command(args: list[str]) -> int:
    """Run `diemcau lab` with these words; return the exit code."""
    parser = argparse.ArgumentParser(prog="diemcau")
    add_lab_commands(parser.add_subparsers(required=True))
    return run_lab_command(parser.parse_args(["lab", *args]))


def run_lab_command(args: argparse.Namespace) -> int:
    """Run a parsed `diemcau lab` command: 0 done, 2 wrong words, 3 no lab to speak to."""
    try:
        place = _place(args.lab)
    except LabError as error:
        sys.stderr.write(f"diemcau lab: {error}\n")
        return 3
    try:
        sys.stdout.write(_ACTIONS[args.action](place, args))
    except LabError as error:
        sys.stderr.write(f"diemcau lab: {error}\n")
        return 2
    return 0


def _place(name: str | None) -> Place:
    places = {place.name: place for place in living()}
    if name is not None and name in places:
        return places[name]
    if not places:
        raise LabError("no lab is running; `diemcau demo` starts one")
    if name is not None:
        raise LabError(f"no lab is called {name!r}; running: {', '.join(places)}")
    if len(places) > 1:
        raise LabError(f"several labs are running, say which with --lab: {', '.join(places)}")
    return next(iter(places.values()))


def _set(place: Place, args: argparse.Namespace) -> str:
    changes: dict[str, Setting] = {}
    for word in args.changes:
        changes |= parse_change(word)
    ask(place.socket, do="set", hop_id=args.id, changes=changes)
    return f"{args.id}: {_settings(changes)}\n"


def _reboot(place: Place, args: argparse.Namespace) -> str:
    off_s = _amount("off", args.off, _SECONDS)
    ask(place.socket, do="reboot", hop_id=args.id, off_s=off_s, renumber=args.renumber)
    return f"{args.id}: off, and on again in {off_s:g} s\n"


def _call(place: Place, args: argparse.Namespace) -> str:
    ask(place.socket, do="call", endpoint_ids=args.ids)
    return f"in a call: {', '.join(args.ids) or 'nobody'}\n"


def _show(place: Place, args: argparse.Namespace) -> str:
    if args.id is None:
        hops = ask(place.socket, do="show")
        return "".join(f"{hop['id']:32} {hop['kind']:9} {_settings(hop['settings'])}\n" for hop in hops)
    told = ask(place.socket, do="truth", hop_id=args.id)
    lines = [f"{told['id']} ({told['kind']}): {_settings(told['settings'])}"]
    for way in ("out", "in"):
        counts = ", ".join(f"{name.replace('_', ' ')} {number}" for name, number in told[way].items())
        lines.append(f"  {way:3} {counts}")
    lines += [f"  {entry['at']} {_settings(entry['changes'])}" for entry in told["log"]]
    return "\n".join(lines) + "\n"


_ACTIONS: dict[str, Callable[[Place, argparse.Namespace], str]] = {
    "set": _set,
    "reboot": _reboot,
    "call": _call,
    "show": _show,
}


def _settings(settings: dict[str, Setting]) -> str:
    """Return settings as they are typed, leaving out what does nothing."""
    words = ["up" if settings["up"] else "down"] if "up" in settings else []
    for name, value in settings.items():
        usual = not value or (name in PARTS and value == "ok")
        if name != "up" and (not usual or len(settings) < len(SETTINGS)):
            words.append(f"{_WORDS[name]}={_written(name, value)}")
    return " ".join(words)


_WORDS = {name: name.removesuffix("_bps").removesuffix("_s").replace("_", "-") for name in SETTINGS}
_WORDS |= {name: name for name in CODEC_SETTINGS}
_NAMES = {word: name for name, word in _WORDS.items() if name != "up"}
_YES_NO = {"yes": True, "no": False}


def _written(name: str, value: Setting) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if name.endswith("_bps"):
        return f"{value / 1e6:g}Mbit/s"
    return f"{value * 1000:.4g}ms" if name.endswith("_s") else f"{value:.2%}"


def parse_change(word: str) -> dict[str, Setting]:
    """Return the settings a word such as `down`, `loss=5%` or `rate=10Mbit/s` stands for.

    Raises LabError: what is wrong with it, and what would be right.
    """
    if word in ("up", "down"):
        return {"up": word == "up"}
    key, equals, text = word.partition("=")
    if not equals or key not in (*_NAMES, "traffic"):
        hint = did_you_mean(key, (*_NAMES, "traffic", "up", "down"))
        raise LabError(f"{word!r} is no change{hint or '; there are up, down, ' + ', '.join(f'{n}=…' for n in _NAMES)}")
    if key == "traffic":
        bps = _amount(key, text, _BITS)
        return {"traffic_out_bps": bps, "traffic_in_bps": bps}
    name = _NAMES[key]
    if name in CODEC_SETTINGS:
        return {name: _word(name, text)}
    if name == "rate_bps" and text == "none":
        return {name: None}
    return {name: _ratio(text) if name == "loss" else _amount(key, text, _BITS if name.endswith("_bps") else _SECONDS)}


def _word(name: str, text: str) -> Setting:
    known: dict[str, Setting] = dict(_YES_NO) if name == REGISTERED else {status: status for status in STATUSES}
    if text not in known:
        raise LabError(f"{name}={text}: {' or '.join(known)} would be right")
    return known[text]


def _ratio(text: str) -> float:
    found = _NUMBER.fullmatch(text)
    if not found or found[2] not in ("", "%"):
        raise LabError(f"loss={text}: a share such as 5% or 0.05 would be right")
    return float(found[1]) / (100 if found[2] else 1)


def _amount(key: str, text: str, units: dict[str, float]) -> float:
    found = _NUMBER.fullmatch(text)
    unit = found[2].lower() if found else ""
    if not found or (unit not in units and float(found[1]) != 0):
        example = "10Mbit/s" if units is _BITS else "80ms"
        raise LabError(
            f"{key}={text}: a number with its unit, such as {example}, would be right (units: {', '.join(units)})"
        )
    return float(found[1]) * units.get(unit, 1.0)
