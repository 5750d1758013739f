"""How the agent logs: lines for people, or JSON for machines; called once, by the command line."""

from __future__ import annotations

import logging
import sys

import structlog

from agent.history import Outage
from agent.model import Change, State
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
    """Log a line when an outage begins and when it ends, and when a target gets worse and well again; none in between.

    What an outage cuts off is told by its count, not one by one.
    """
    log = structlog.get_logger()

    def changed(change: Change) -> None:
        old, new = change.old.state, change.new.state
        if new is State.DEGRADED and old is State.UP:
            log.warning("degraded", cause=str(change.new.cause), **{str(change.kind): change.target})
        elif new is State.UP and old is State.DEGRADED:
            log.info("up again", was=str(old), **{str(change.kind): change.target})

    told: dict[str, Outage] = {}

    def outage(new: Outage) -> None:
        words = {str(new.kind): new.target, "cause": str(new.cause)}
        old = told.get(new.id)
        if new.ended is not None:
            told.pop(new.id, None)
            lasted_s = round((new.ended - new.started).total_seconds(), 1)
            log.info("outage over", **words, lasted_s=lasted_s, **_if_any(note=new.note))
        elif old is None or (old.target, old.flapping) != (new.target, new.flapping):
            told[new.id] = new
            word = "flapping" if new.flapping else "outage" if old is None else "outage: the cause is another"
            log.warning(word, **words, endpoints_cut_off=new.affected, **_if_any(detail=new.detail))

    board.listeners.append(changed)
    board.outage_listeners.append(outage)


def _if_any(**words: str) -> dict[str, str]:
    return {name: word for name, word in words.items() if word}
