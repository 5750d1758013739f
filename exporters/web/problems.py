"""Errors as `application/problem+json` (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse


class Problem(HTTPException):
    """A request that can't be served; `detail` says why and what would be right."""


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return the response for `status`; `detail` is for the caller's eyes."""
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status}
    if detail and detail != title:
        body["detail"] = detail
    return JSONResponse(body, status, dict(headers or {}), media_type="application/problem+json")


async def from_exception(request: Request, error: Exception) -> JSONResponse:
    """Turn Starlette's own HTTPException (404, 405 …) and ours into a problem."""
    assert isinstance(error, HTTPException)
    detail = error.detail
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        detail = f"{request.method} is not for this address; see Allow"
    if error.status_code == HTTPStatus.NOT_FOUND and not isinstance(error, Problem):
        detail = "nothing lives at this address"
    return problem(error.status_code, detail, error.headers)
