"""Asks a running agent's API, for commands."""

from __future__ import annotations

import json
import ssl
from base64 import b64encode
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit, urlunsplit
from urllib.request import ProxyHandler, Request, build_opener

DEFAULT_URL = "http://127.0.0.1:9843"
TIMEOUT_S = 5.0
_GOOD = f"a good one: {DEFAULT_URL}"


class NoAgent(Exception):
    """No agent answers; the text says what was tried and what would be right."""


class Refused(Exception):
    """The agent will not do what was asked; the text is its own sentence, why and what would be right."""


class Client:
    """Speaks to the API at `url`, which may carry `user:password@`; those never show in a message.

    Each call raises NoAgent, or Refused where the agent answers that it was asked wrongly.
    """

    def __init__(self, url: str) -> None:
        self._authorization, self.url = _without_credentials(url)
        # The agent is on this machine or this network: a proxy meant for the internet is no way to it.
        self._opener = build_opener(ProxyHandler({}))

    def get(self, path: str) -> Any:
        """Return the JSON at `path` below the URL."""
        return self._ask("GET", path)

    def post(self, path: str, body: Any) -> Any:
        """Send `body` as JSON; return the answer's JSON."""
        return self._ask("POST", path, json.dumps(body).encode())

    def delete(self, path: str) -> Any:
        """Delete what is at `path`; return the answer's JSON."""
        return self._ask("DELETE", path)

    def _ask(self, method: str, path: str, body: bytes | None = None) -> Any:
        headers = {"Accept": "application/json"} | ({} if body is None else {"Content-Type": "application/json"})
        request = Request(self.url + path, body, headers, method=method)  # noqa: S310 - http or https by now
        if self._authorization:
            request.add_unredirected_header("Authorization", self._authorization)
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                return json.load(answer)
        except HTTPError as error:
            raise self._failure(method, error) from error
        except ValueError as error:
            raise NoAgent(self.not_ours()) from error
        except (OSError, HTTPException) as error:
            raise NoAgent(f"no agent answers at {self.url}: {self._say(error)}") from error

    def _failure(self, method: str, error: HTTPError) -> NoAgent | Refused:
        """Tell what was asked wrongly of an agent from what is none, or lets this user ask nothing."""
        ours = error.code not in (401, 403) and (method, error.code) != ("GET", 404)
        if ours and 400 <= error.code < 500 and (detail := _detail(error)):  # noqa: PLR2004  # a client's error
            return Refused(detail)
        return NoAgent(f"{self.url} answered {error.code} {error.reason}: {self._cure(error.code)}")

    def not_ours(self) -> str:
        """Say that something else listens there."""
        return f"what answers at {self.url} is no diemcau agent; give the agent's address with --url"

    @staticmethod
    def _cure(status: int) -> str:
        if status in (401, 403):
            return "give a user of the agent's web configuration: --url http://USER:PASSWORD@HOST:PORT"
        return "that is no diemcau agent, or one in trouble: give its address with --url, or see its log"

    @staticmethod
    def _say(error: Exception) -> str:
        reason = error.reason if isinstance(error, URLError) else error
        if isinstance(reason, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted ({reason.verify_message}); name its authority in SSL_CERT_FILE"
        if isinstance(reason, TimeoutError):
            return f"nothing came within {TIMEOUT_S:g} s; is the agent well, and the address right (--url)?"
        text = reason.strerror if isinstance(reason, OSError) and reason.strerror else str(reason)
        return f"{text}; start one with `diemcau run`, or give the right address with --url"


def _detail(error: HTTPError) -> str:
    """Return the `detail` of an answer that is a problem (RFC 9457); "" of any other."""
    if error.headers.get_content_type() != "application/problem+json":
        return ""
    try:
        detail = json.load(error)["detail"]
    except (OSError, HTTPException, ValueError, KeyError, TypeError):
        return ""
    return detail if isinstance(detail, str) else ""


def _without_credentials(url: str) -> tuple[str, str]:
    """Split a URL into the Authorization header its credentials make ("" without any) and the bare URL."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise NoAgent(f"--url can't be read ({_GOOD})") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise NoAgent(f"--url must begin with http:// or https:// ({_GOOD})")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    bare = urlunsplit((parts.scheme, host if port is None else f"{host}:{port}", parts.path.rstrip("/"), "", ""))
    if parts.username is None:
        return "", bare
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return f"Basic {b64encode(pair.encode()).decode()}", bare
