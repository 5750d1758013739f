"""The outermost layer: headers that every answer carries, and what becomes of a fault of our own."""

from __future__ import annotations

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exporters.web.problems import problem

HEADERS = {
    "content-security-policy": "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}

_log = structlog.get_logger(__name__)


class Guard:
    """Sets the security headers; logs a fault once while it lasts and never shows it to the client."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._failing: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def send_guarded(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, send_guarded)
        except Exception as error:
            self._note(scope["path"], error)
            if begun:
                raise  # the server cuts the connection: the client must not take half for the whole
            await problem(500, "the agent failed at this; its log says why")(scope, receive, send_guarded)
        else:
            self._note(scope["path"], None)

    def _note(self, path: str, error: Exception | None) -> None:
        if error is None and path in self._failing:
            self._failing.discard(path)
            _log.info("request answered again", path=path)
        elif error is not None and path not in self._failing:
            self._failing.add(path)
            _log.error("request failed", path=path, exc_info=error)
