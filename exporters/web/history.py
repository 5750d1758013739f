"""Reads what the journal remembers, off the agent's loop, and lays what is true now over it."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from agent.archive import Unreadable
from agent.history import Outage
from agent.period import Period, read_period
from agent.report import Report, availability
from exporters.view import AgentView
from exporters.web.history_shapes import outage_shape, report_shape
from exporters.web.i18n import now
from exporters.web.problems import Problem
from exporters.web.shapes import utc

PERIOD = ("from", "to")
AT_ONCE = 2  # readers of the archive: a month's is much work, and threads serve others too


class Remembered(NamedTuple):
    """Outages, oldest first, and why older ones are missing (empty where they are not)."""

    outages: list[Outage]
    trouble: str


class History:
    """One agent's past."""

    def __init__(self, agent: AgentView) -> None:
        self._agent = agent
        self._turns = asyncio.Semaphore(AT_ONCE)

    def lasting(self, period: Period) -> Remembered:
        """Return the open outages that began before a period's end, as they are on the board."""
        open_ones = (outage for outage in self._agent.board.outages.values() if outage.started < period.end)
        return Remembered(sorted(open_ones, key=lambda outage: outage.started), "")

    async def outages(self, period: Period) -> Remembered:
        """Return the outages that touch a period; the open ones are the board's, whatever the archive can tell."""
        kept: list[Outage] = []
        trouble = ""
        try:
            async with self._turns:
                kept = await asyncio.to_thread(self._agent.archive.outages, period.start, period.end)
        except Unreadable as error:
            trouble = str(error)
        found = {outage.id: outage for outage in [*kept, *self.lasting(period).outages]}
        return Remembered(sorted(found.values(), key=lambda outage: outage.started), trouble)

    async def report(self, period: Period) -> Report:
        """Return the availability of a period. Raises Problem where the archive can't be read."""
        inventory, archive = self._agent.board.inventory, self._agent.archive
        outages, trouble = await self.outages(period)
        if trouble:
            raise Problem(503, trouble)

        def work() -> Report:
            spans = archive.spans(period.start, period.end)
            return availability(spans, outages, inventory, period.start, period.end)

        try:
            async with self._turns:
                return await asyncio.to_thread(work)
        except Unreadable as error:
            raise Problem(503, str(error)) from error


def history_routes(agent: AgentView) -> list[Route]:
    """Return the routes below /api/v1 that tell of the past."""
    history = History(agent)

    async def outages(request: Request) -> JSONResponse:
        _refuse_others(request, *PERIOD, "open")
        period, lasting = asked_period(request, agent), _asked_flag(request, "open")
        found = history.lasting(period) if lasting else await history.outages(period)
        moment, inventory = now(), agent.board.inventory
        answer = {"at": utc(moment), "outages": [outage_shape(one, inventory, moment) for one in found.outages]}
        return JSONResponse(answer | _history_note(found.trouble, agent.history_trouble))

    async def report(request: Request) -> JSONResponse:
        _refuse_others(request, *PERIOD)
        made, inventory, moment = await history.report(asked_period(request, agent)), agent.board.inventory, now()
        return await asyncio.to_thread(
            lambda: JSONResponse({"at": utc(moment), **report_shape(made, inventory, moment)})
        )

    return [Route("/outages", outages), Route("/availability", report)]


def _history_note(reading: str, writing: str) -> dict[str, str]:
    """Say what is wrong with the history, where something is."""
    said = {"not available": reading, "not written": writing}
    note = "; ".join(f"{what}: {trouble}" for what, trouble in said.items() if trouble)
    return {"history": note} if note else {}


def asked_period(request: Request, agent: AgentView) -> Period:
    """Return the period the query names; the last day where it names none. Raises Problem."""
    # A plus sign that nobody escaped has become a space.
    start, end = (_with_plus(request.query_params.get(name, "")) for name in PERIOD)
    try:
        return read_period(start, end, agent.config.agent.timezone, now())
    except ValueError as error:
        raise Problem(400, str(error)) from error


def _with_plus(text: str) -> str:
    return text.replace(" ", "+") if "T" in text else text


def _asked_flag(request: Request, name: str) -> bool:
    value = request.query_params.get(name, "false")
    if value not in ("true", "false"):
        raise Problem(400, f"{name} can't be {value!r}; it can be true, false")
    return value == "true"


def _refuse_others(request: Request, *known: str) -> None:
    for name in request.query_params:
        if name not in known:
            raise Problem(400, f"there is no parameter {name!r}; there are {', '.join(known)}")
