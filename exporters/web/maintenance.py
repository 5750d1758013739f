"""`/api/v1/maintenance`: the windows that are not over; people add and end their own."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, tzinfo
from difflib import get_close_matches
from typing import Any, NamedTuple, NoReturn, TypedDict
from unicodedata import category, normalize

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from agent.history import Maintenance
from agent.inventory import Inventory
from agent.times import duration, moment, quoted
from exporters.view import AgentView
from exporters.web.i18n import now
from exporters.web.problems import Problem
from exporters.web.shapes import utc

KEYS = ("targets", "from", "to", "for", "why")
LONGEST_BODY = 1 << 16  # bytes: three thousand ids; a site stands for all that hangs on it
LONGEST_WHY = 200  # characters, as of names in the configuration
EXAMPLE = '{"targets": ["wan-thanh-son"], "for": "2h", "why": "new fibre"}'

MaintenanceShape = TypedDict(
    "MaintenanceShape",
    {"id": str, "targets": list[str], "from": str, "to": str, "why": str, "active": bool, "by": str},
)


class Asked(NamedTuple):
    """A window somebody wants; times in UTC."""

    targets: tuple[str, ...]
    start: datetime
    end: datetime
    why: str


def maintenance_shape(window: Maintenance, at: datetime) -> MaintenanceShape:
    """Shape a window; `by` is `people` or `configuration`, `active` is true while it covers."""
    return {
        "id": window.id,
        "targets": [*window.targets],
        "from": utc(window.start),
        "to": utc(window.end),
        "why": window.why,
        "active": window.start <= at < window.end,
        "by": "people" if window.by_people else "configuration",
    }


def parse(body: bytes, zone: tzinfo, at: datetime) -> Asked:
    """Read what a POST asks for; local times are in `zone`, those left out begin `at`.

    Raises ValueError with what would be right.
    """
    document = _document(body)
    if unknown := [key for key in document if key not in KEYS]:
        raise ValueError(f"there is no key {quoted(unknown[0])}; there are {', '.join(KEYS)}")
    targets = _targets(document.get("targets"))
    why = _line("why", document.get("why"))
    start = moment(_text("from", document["from"]), zone, at) if "from" in document else at
    if ("to" in document) == ("for" in document):
        raise ValueError('write either "to", a time, or "for", a duration')
    if "to" in document:
        return Asked(targets, start, moment(_text("to", document["to"]), zone, start), why)
    return Asked(targets, start, start + duration(_text("for", document["for"])), why)


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body.decode(), object_pairs_hook=_unique, parse_constant=_no_number)
    except RecursionError:
        document = None
    except ValueError as error:  # not UTF-8, not JSON, a key twice, an integer of thousands of digits
        raise ValueError(f"the body can't be read as JSON ({error}); write {EXAMPLE}") from error
    if not isinstance(document, dict):
        raise ValueError(f"the body must be a JSON object; write {EXAMPLE}")  # noqa: TRY004  # the value is wrong
    return document


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        raise ValueError("a key stands twice")
    return document


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _targets(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(target, str) for target in value):
        raise ValueError('"targets" must be a list of ids of sites, endpoints, devices or links')
    return tuple(value)


def _text(key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f'"{key}" must be text; as a whole: {EXAMPLE}')  # noqa: TRY004  # the value is wrong
    return value


def _line(key: str, value: Any) -> str:
    line = normalize("NFC", value.strip()) if isinstance(value, str) else ""
    if not 0 < len(line) <= LONGEST_WHY or any(category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in line):
        raise ValueError(f'"{key}" must be one line of text, of at most {LONGEST_WHY} characters')
    return line


def maintenance_routes(agent: AgentView) -> list[Route]:
    """Return the routes, to be mounted at /api/v1."""

    async def windows(request: Request) -> JSONResponse:
        if request.method == "POST":
            return JSONResponse(maintenance_shape(await _add(agent, request), now()), 201)
        at = now()
        return JSONResponse({"at": utc(at), "maintenance": [maintenance_shape(one, at) for one in agent.windows]})

    async def end(request: Request) -> JSONResponse:
        _refuse_other_sites(request)
        id_ = request.path_params["id"]
        try:
            window = agent.end_maintenance(id_)
        except PermissionError as error:
            text = f"{id_} stands in the configuration; take it out of `maintenance:` there and reload"
            raise Problem(409, text) from error
        if window is None:
            raise Problem(404, f"there is no window {quoted(id_)}, or it is over already")
        return JSONResponse(maintenance_shape(window, now()))

    return [
        Route("/maintenance", windows, methods=["GET", "POST"]),
        Route("/maintenance/{id}", end, methods=["DELETE"]),
    ]


async def _add(agent: AgentView, request: Request) -> Maintenance:
    _refuse_other_sites(request)
    # A form on another site's page can send anything but this type without the browser asking us first.
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Problem(415, "send JSON, with Content-Type: application/json")
    body = await _body(request)
    try:
        asked = parse(body, agent.config.agent.timezone, now())
        return agent.add_maintenance(asked.targets, asked.start, asked.end, asked.why)
    except KeyError as error:
        # Looking for what was meant among thousands of ids takes longer than an echo: not in the loop.
        raise Problem(400, await asyncio.to_thread(_unknown, error.args[0], agent.board.inventory)) from error
    except ValueError as error:
        raise Problem(400, str(error)) from error


def _refuse_other_sites(request: Request) -> None:
    if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        raise Problem(403, "another site's page may not change maintenance")


async def _body(request: Request) -> bytes:
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > LONGEST_BODY:
                raise Problem(413, f"write at most {LONGEST_BODY >> 10} KiB; a site stands for all that hangs on it")
    except ClientDisconnect as error:
        raise Problem(400, "the request broke off") from error
    return bytes(body)


def _unknown(target: str, inventory: Inventory) -> str:
    close = get_close_matches(target[:100], [*inventory.sites, *inventory.targets], n=1)
    cure = f"did you mean {close[0]}?" if close else "give the id of a site, endpoint, device or link"
    return f"there is no {quoted(target)} in the inventory; {cure}"
