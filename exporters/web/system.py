"""What Prometheus programs serve: /metrics, /-/healthy, /-/ready, /-/reload."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from exporters.prometheus import MetricsPage
from exporters.view import AgentView
from exporters.web.problems import Problem


def system_routes(agent: AgentView) -> list[Route]:
    """Return the routes."""
    page = MetricsPage(agent)

    async def metrics(request: Request) -> Response:
        headers, body = page.answer(_all(request, "accept"), _all(request, "accept-encoding"))
        return StreamingResponse(body, headers=headers)

    async def healthy(_request: Request) -> Response:
        return _text("diemcau is healthy.")

    async def ready(_request: Request) -> Response:
        return _text("diemcau is ready.") if agent.ready else _text("diemcau is starting.", 503)

    async def reload(request: Request) -> Response:
        if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            raise Problem(403, "another site's page may not reload the agent")
        faults = await agent.reload()
        return _text("\n".join(faults), 500) if faults else _text("configuration reloaded")

    return [
        Route("/metrics", metrics),
        Route("/-/healthy", healthy),
        Route("/-/ready", ready),
        Route("/-/reload", reload, methods=["POST", "PUT"]),
    ]


def _all(request: Request, header: str) -> str:
    """Join a header sent in several lines (RFC 9110, 5.3)."""
    return ", ".join(request.headers.getlist(header))


def _text(text: str, status: int = 200) -> PlainTextResponse:
    return PlainTextResponse(f"{text}\n", status)
