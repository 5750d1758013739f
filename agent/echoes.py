"""The echoes of all targets: sent in rounds, made sure of where one is overdue, settled at each turn."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import Protocol

import structlog

from agent.confirm import Confirmer, Send
from agent.model import State
from agent.readings import Echo
from agent.records import AnyProbed
from agent.schedule import Pinger as Sender, Rounds, Seat
from agent.state import Board

log = structlog.get_logger()


class Pinger(Sender, Protocol):
    """What echoes are sent through."""

    def forgive(self) -> None:
        """Forget what is under way: this machine was not there to wait for it."""


class EchoWatch:
    """Keeps every target on the board asked. `poke` asks a device by SNMP, at once."""

    def __init__(
        self, pinger: Pinger, board: Board, poke: Callable[[str], None], clock: Callable[[], float] = monotonic
    ) -> None:
        self._pinger = pinger
        self._board = board
        self._poke = board.ask = poke
        self._counts = board.polls["icmp"]
        self._by_id: dict[str, AnyProbed] = {}
        self.by_address: dict[str, AnyProbed] = {}
        self._clock = clock
        self._send: Send = pinger.send
        self._confirmer = Confirmer(self._send, board.record_proof, board.confirm_silence, self._ask_around)
        self._silent_sentinels: set[str] = set()
        self.rounds = Rounds(pinger, board.lag_s, self, clock)

    def follow(self) -> None:
        """Ask exactly the targets and sentinels on the board."""
        records = (*self._board.sentinels.values(), *self._board.probed)
        self.by_address = {record.target.address: record for record in records}
        self._by_id = {record.target.id: record for record in self.by_address.values()}
        self.rounds.follow(self._seat(record) for record in self.by_address.values())

    def _seat(self, record: AnyProbed) -> Seat:
        target = record.target
        return Seat(target.id, target.address, target.icmp, partial(self._echoed, record))

    def _echoed(self, record: AnyProbed, echo: Echo) -> None:
        took_s = self._clock() - echo.sent_s if echo.rtt_s is None else echo.rtt_s
        self._counts.add(echo.outcome, took_s)
        self._board.record_echo(record, echo)

    def count_duplicate(self, address: str) -> None:
        """Count one more answer to an echo already answered."""
        if record := self.by_address.get(address):
            record.window.add_duplicate()

    def overdue(self, target_id: str, sent_s: float) -> None:
        """Make sure of a target whose echo is overdue, and of what stands on the way there."""
        record = self._by_id.get(target_id)
        if record is not None:
            way = (self._by_id[node] for node in self._board.topology.way(target_id) if node in self._by_id)
            self._confirmer.suspect(record, sent_s, (*way, *self._board.sentinels.values()))

    def _ask_around(self, record: AnyProbed) -> None:
        """Ask by SNMP what is silent, and the devices that see its lines."""
        for target in (record.target.id, *self._board.topology.witnesses(record.target.id)):
            self._poke(target)

    def turned(self, now_s: float) -> None:
        """Do what belongs to each turn."""
        self._confirmer.turn(now_s)
        self._board.settle()
        silent = {one.target.id for one in self._board.sentinels.values() if one.seen is State.DOWN}
        if silent != self._silent_sentinels:
            self._tell_of_sentinels(silent)

    def _tell_of_sentinels(self, silent: set[str]) -> None:
        before, self._silent_sentinels = self._silent_sentinels, silent
        for sentinel in sorted(silent - before):
            log.warning("a sentinel is silent", target=sentinel)
        for sentinel in sorted(before - silent):
            log.info("a sentinel answers again", target=sentinel)

    def paused(self, since_s: float) -> None:
        """Take it that this process did not run since the last turn."""
        gap_s = round(self._clock() - since_s, 1)
        log.warning("the agent did not run for a while; that time counts as unknown", seconds=gap_s)
        self._pinger.forgive()
        self._board.pause(since_s)
