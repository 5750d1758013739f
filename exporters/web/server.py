"""Serves the app in the agent's own loop, and stops when told to, whatever clients do."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socket import socket

import uvicorn
from starlette.types import ASGIApp

from agent.settings import Listen, WebSecurity
from exporters.web.listening import CannotListen, bind

__all__ = ["CannotListen", "serve"]

STOP_WITHIN_S = 0.7  # answers under way get this long; then their connections are cut
KEEP_ALIVE_S = 65  # longer than a scraper's usual interval, so it need not connect each time
CONNECTIONS = 1000
TLS_VERSIONS = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}


async def serve(app: ASGIApp, listen: Listen, security: WebSecurity, *, started: asyncio.Event) -> None:
    """Serve `app` until cancelled; `started` is set once requests are answered. Raises CannotListen."""
    context = tls_context(security)
    sockets = await asyncio.to_thread(bind, listen)
    server = _Server(_settings(app, context), started)
    serving = asyncio.create_task(server.serve(sockets=sockets), name="http server")
    try:
        await asyncio.shield(serving)
    finally:
        server.end()
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_WITHIN_S):
                await serving
        await server.cut()
        for sock in sockets:
            sock.close()


def tls_context(security: WebSecurity) -> ssl.SSLContext | None:
    """Return the TLS context `security` asks for, None for plain HTTP. Raises CannotListen."""
    if security.cert_file is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = TLS_VERSIONS[security.min_version]
    try:
        context.load_cert_chain(security.cert_file, security.key_file, password=_no_password)
        if security.client_ca_file is not None:
            context.load_verify_locations(security.client_ca_file)
            context.verify_mode = ssl.CERT_REQUIRED if security.require_client_cert else ssl.CERT_OPTIONAL
    except (OSError, ValueError) as error:
        raise CannotListen(
            f"cannot serve TLS with {security.cert_file} and {security.key_file}: {error}; "
            f"give a PEM certificate chain and its unencrypted key that this user may read"
        ) from error
    return context


def _no_password() -> str:
    """Refuse to ask at the terminal for a key's password."""
    raise ValueError("the key is encrypted")


def _settings(app: ASGIApp, context: ssl.SSLContext | None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        loop="none",
        http="h11",
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level="critical",  # failures are logged by exporters.web.guard, in the agent's own form
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        limit_concurrency=CONNECTIONS,
        ssl_context_factory=None if context is None else lambda _config, _default: context,
    )


class _Server(uvicorn.Server):
    """uvicorn as a guest in another's loop: signals are the agent's, and so is the deadline for stopping."""

    def __init__(self, config: uvicorn.Config, started: asyncio.Event) -> None:
        super().__init__(config)
        self._told = started
        self._ending = asyncio.Event()

    async def main_loop(self) -> None:
        """Renew what answers share, the date, each second; uvicorn's own loop wakes the machine ten times as often."""
        while not self._ending.is_set():
            await self.on_tick(0)
            with suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await self._ending.wait()

    def end(self) -> None:
        """Begin to stop."""
        self.should_exit = True
        self._ending.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the process's signal handlers alone."""
        yield

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets=sockets)
        self._told.set()

    async def cut(self) -> None:
        """End every answer still under way and every connection still open."""
        tasks = list(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.gather(*tasks, return_exceptions=True)
