"""The pages people open in a browser, rendered on this side and readable without JavaScript."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from agent.period import Period
from agent.settings import Language
from exporters.negotiate import accepts_gzip
from exporters.view import AgentView
from exporters.web.board import GLYPHS, board_page
from exporters.web.history import History
from exporters.web.i18n import Wording, now
from exporters.web.notices import notices
from exporters.web.outages import outages_page, recent
from exporters.web.problems import Problem
from exporters.web.rendering import template_of
from exporters.web.shapes import Snapshot

REFRESH_S = 10
GZIP_LEVEL = 4  # 1 ms for the board; higher saves little


def page_routes(agent: AgentView) -> list[Route]:
    """Return the pages' routes."""

    async def board(request: Request) -> HTMLResponse:
        wording = wording_for(request, agent)
        seen, moment = Snapshot.of(agent.board), now()
        above = notices(seen.inventory, agent.windows, agent.history_trouble, wording, moment)

        def page() -> Mapping[str, object]:
            return {"page": board_page(seen, wording, moment), "notices": above, "refresh_s": REFRESH_S}

        return await asyncio.to_thread(lambda: render(request, wording, agent, "board.html", page()))

    history = History(agent)

    async def outages(request: Request) -> HTMLResponse:
        wording, moment = wording_for(request, agent), now()
        past, trouble = await history.outages(Period(*recent(moment)))
        seen = Snapshot.of(agent.board)
        above = notices(seen.inventory, agent.windows, agent.history_trouble, wording, moment)

        def page() -> Mapping[str, object]:
            shown = outages_page(seen, past, trouble, wording, moment)
            return {"page": shown, "notices": above, "refresh_s": REFRESH_S}

        return await asyncio.to_thread(lambda: render(request, wording, agent, "outages.html", page()))

    return [Route("/", board), Route("/outages", outages)]


def wording_for(request: Request, agent: AgentView) -> Wording:
    """Return the words for this reader: `?lang=`, else the agent's language. Raises Problem."""
    settings = agent.config.agent
    asked = request.query_params.get("lang", settings.language)
    if asked not in tuple(Language):
        raise Problem(400, f"lang can't be {asked!r}; it can be {', '.join(Language)}")
    return Wording(Language(asked), settings.timezone)


def render(
    request: Request, wording: Wording, agent: AgentView, template: str, values: Mapping[str, object]
) -> HTMLResponse:
    """Fill a template; packed where the reader takes that."""
    text = template_of(wording.language, template).render(
        values,
        wording=wording,
        here=request.url.path,
        agent_name=agent.config.agent.name,
        languages=tuple(Language),
        glyphs=GLYPHS,
    )
    headers = {"vary": "accept-encoding"}
    body = text.encode("utf-8", "replace")  # one name that is no text must not cost the page
    if accepts_gzip(", ".join(request.headers.getlist("accept-encoding"))):
        body = gzip.compress(body, GZIP_LEVEL)
        headers["content-encoding"] = "gzip"
    return HTMLResponse(body, headers=headers | {"content-language": wording.language})
