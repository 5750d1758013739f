"""What a client accepts, by its `Accept` and `Accept-Encoding` headers (RFC 9110, 12.5)."""

from __future__ import annotations

from collections.abc import Iterator

OPENMETRICS = "application/openmetrics-text"
TEXT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS_TYPE = f"{OPENMETRICS}; version=1.0.0; charset=utf-8"


def prefers_openmetrics(accept: str) -> bool:
    """Say whether the client names OpenMetrics 1.0 and likes it no less than plain text."""
    openmetrics = text = 0.0
    for name, parameters, quality in _choices(accept):
        if name == OPENMETRICS and parameters.get("version", "1.0.0") == "1.0.0":
            openmetrics = max(openmetrics, quality)
        elif name in ("text/plain", "text/*", "*/*"):
            text = max(text, quality)
    return openmetrics > 0 and openmetrics >= text


def accepts_gzip(accept_encoding: str) -> bool:
    """Say whether the client takes gzip."""
    qualities = {name: quality for name, _, quality in _choices(accept_encoding)}
    return qualities.get("gzip", qualities.get("*", 0.0)) > 0


def _choices(header: str) -> Iterator[tuple[str, dict[str, str], float]]:
    """Yield each choice's name, parameters and quality, 0…1; what can't be read has quality 0."""
    for choice in header.split(","):
        name, *fields = (part.strip().lower() for part in choice.split(";"))
        pairs = (field.partition("=") for field in fields)
        parameters = {key.strip(): value.strip().strip('"') for key, _, value in pairs}
        yield name, parameters, _quality(parameters.pop("q", "1"))


def _quality(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return value if 0 <= value <= 1 else 0.0
