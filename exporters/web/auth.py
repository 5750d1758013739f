"""Basic authentication (RFC 7617) against bcrypt hashes, as the Prometheus exporters' web configuration has it."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from base64 import b64decode
from binascii import Error as NotBase64
from collections import OrderedDict

import bcrypt
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from exporters.view import AgentView
from exporters.web.problems import problem

CHALLENGE = {"www-authenticate": 'Basic realm="diemcau", charset="UTF-8"'}
KNOWN = 100  # verified credentials remembered
BCRYPT_TAKES = 72  # bytes; bcrypt itself looks at no more

# Checked for users that don't exist, so that they take as long as a wrong password. Nobody knows its password.
_NOBODY = bcrypt.hashpw(secrets.token_bytes(32).hex().encode(), bcrypt.gensalt(10)).decode()


class BasicAuth:
    """Lets through who is among the configuration's users; everyone where it has none.

    The users are read from the agent's configuration at each request, so a reload changes them. A password that
    was right is remembered as a keyed hash: bcrypt's 50 ms are paid once, not at every scrape.
    """

    def __init__(self, app: ASGIApp, agent: AgentView) -> None:
        self._app = app
        self._agent = agent
        self._key = secrets.token_bytes(32)
        self._known: OrderedDict[bytes, None] = OrderedDict()
        self._one_at_a_time = asyncio.Lock()  # guessing passwords costs one core, not all

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        users = self._agent.config.agent.web.users
        if not users or scope["type"] != "http" or await self._allows(Headers(scope=scope).get("authorization", "")):
            await self._app(scope, receive, send)
            return
        await problem(401, "a user name and password are needed", CHALLENGE)(scope, receive, send)

    async def _allows(self, authorization: str) -> bool:
        credentials = parse_basic(authorization)
        if credentials is None:
            return False
        user, password = credentials
        secret = self._agent.config.agent.web.users.get(user)
        hashed = _NOBODY if secret is None else secret.reveal()
        mark = self._mark(user, password, hashed)
        if mark in self._known:
            self._known.move_to_end(mark)
            return True
        async with self._one_at_a_time:
            right = await asyncio.to_thread(_matches, password, hashed)
        if not right or secret is None:
            return False
        self._known[mark] = None
        if len(self._known) > KNOWN:
            self._known.popitem(last=False)
        return True

    def _mark(self, user: str, password: bytes, hashed: str) -> bytes:
        """Return what verified credentials are remembered by; a changed hash makes another."""
        parts = (user.encode(), password, hashed.encode())
        return hashlib.blake2b(b"".join(len(p).to_bytes(4) + p for p in parts), key=self._key).digest()


def parse_basic(authorization: str) -> tuple[str, bytes] | None:
    """Return user and password of an `Authorization: Basic` header, None where it is anything else."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = b64decode(encoded.strip(), validate=True).partition(b":")
        return (user.decode(), password) if colon else None
    except (NotBase64, ValueError):
        return None


def _matches(password: bytes, hashed: str) -> bool:
    try:
        return bcrypt.checkpw(password[:BCRYPT_TAKES], hashed.encode())
    except ValueError:  # a hash that is none, a password with a NUL
        return False
