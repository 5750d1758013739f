"""Puts the agent's HTTP face together."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from exporters.view import AgentView
from exporters.web.api import api_routes
from exporters.web.auth import BasicAuth
from exporters.web.guard import Guard
from exporters.web.pages import page_routes
from exporters.web.problems import from_exception
from exporters.web.system import system_routes

STATIC = Path(__file__).parent / "static"
BODY_AT_MOST = 1 << 20  # bytes of a request; none needs nearly as many


def create_app(agent: AgentView) -> Starlette:
    """Return the app that serves `agent`: metrics, health, API and pages."""
    return Starlette(
        routes=[
            *page_routes(agent),
            *system_routes(agent),
            Mount("/api/v1", routes=api_routes(agent)),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=[Middleware(Guard), Middleware(BasicAuth, agent=agent)],
        exception_handlers={HTTPException: from_exception},
        max_body_size=BODY_AT_MOST,
    )
