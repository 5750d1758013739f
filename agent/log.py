"""How the agent logs: lines for people, or JSON for machines; called once, by the command line."""

from __future__ import annotations

import logging
import sys

import structlog

from agent.model import Change, Kind, State
from agent.state import Board


def configure(log_format: str) -> None:
    """Log to standard error as "text" or "json"."""
    as_json = log_format == "json"
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=28)
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def log_changes(board: Board) -> None:
    """Log a line when a target starts to fail and one when it recovers, none in between."""
    log = structlog.get_logger()

    def changed(change: Change) -> None:
        old, new = change.old.state, change.new.state
        if old is new or (old is State.UNKNOWN and new.answers):
            return
        words = {str(change.kind): change.target, "was": str(old)}
        if new is State.UP:
            log.info("up again", **words)
        elif change.kind is Kind.LINK or new is not State.UNKNOWN:
            log.warning(str(new), cause=str(change.new.cause), **words, **_detail(change))

    board.listeners.append(changed)


def _detail(change: Change) -> dict[str, str]:
    return {"detail": change.new.detail} if change.new.detail else {}
