"""Asks one device by SNMP: one session, one request in flight, retries and request sizes ours.

SNMPv2c is RFC 3416; SNMPv3's user-based security is RFC 3414.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Self, TypeVar

from gufo.snmp import SnmpAuthError, SnmpError

from agent.model import SnmpSettings
from agent.readings import Outcome, PollFailed
from collectors._snmp_session import SnmpSession, Value, open_session

T = TypeVar("T")

OIDS_A_REQUEST = 48  # their answers stay within one Ethernet frame
REPETITIONS = 10  # weak devices time out on more
FEW = 4  # OIDs that every device can take at once
LONGEST_WALK = 10_000  # rows; no device of a site has as many interfaces, one that tells more goes in circles
ABSENT_S = 600.0  # how long an object that a device refused is not asked for again


class SnmpClient:
    """Asks one device. Every method raises `PollFailed` with the outcome and a sentence; a context manager.

    What the device can take at once is learnt from what it refuses, and remembered: `most` OIDs a request.
    """

    def __init__(self, address: str, settings: SnmpSettings) -> None:
        self._address = address
        self._settings = settings
        self._session: SnmpSession | None = None
        self._discovered = False  # whether an SNMPv3 device has told who it is
        self._answered = False  # whether the newest request was
        self._absent_until_s: dict[str, float] = {}
        self.forget()

    def forget(self) -> None:
        """Take the device for one that can take all again; answers lost on the way can look like too large requests."""
        self._repetitions = REPETITIONS
        self.most = OIDS_A_REQUEST

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._drop()

    def _drop(self) -> None:
        if self._session is not None:
            self._session.unwatch()
        self._session = None  # the client closes its socket with its last reference

    async def get(self, oids: list[str]) -> dict[str, Value]:
        """GET `oids`; what the device does not have, or refuses, is left out of the answer and loses nothing else."""
        now_s = time.monotonic()
        wanted = [oid for oid in oids if self._absent_until_s.get(oid, 0) <= now_s] if self._absent_until_s else oids
        if 0 < len(wanted) <= self.most:
            return await self._get_some(wanted)
        answers: dict[str, Value] = {}
        for request in chunks([wanted], self.most):
            answers |= await self._get_some(request)
        return answers

    async def _get_some(self, oids: list[str]) -> dict[str, Value]:
        """GET in one request, or in halves where that is more than the device takes."""
        alive = self._answered
        try:
            answers = await self._ask(lambda session: session.get_many(oids))
        except PollFailed as failure:
            if failure.outcome is not Outcome.TIMEOUT or not alive or len(oids) <= FEW:
                raise
            await self._ask(lambda session: session.get_many(oids[:1]))  # is it there at all?
            self.most = len(oids) // 2
            return await self.get(oids)
        return answers or await self._get_halves(oids)

    async def _get_halves(self, oids: list[str]) -> dict[str, Value]:
        """Ask again in halves: the client gives nothing for an error status (tooBig, genErr, SNMPv1's noSuchName)."""
        if len(oids) == 1:
            self._absent_until_s[oids[0]] = time.monotonic() + ABSENT_S
            return {}
        half = len(oids) // 2
        first, second = await self._get_some(oids[:half]), await self._get_some(oids[half:])
        if len(first) + len(second) == len(oids):  # nothing was missing, so it was too much at once
            self.most = min(self.most, half)
        return first | second

    async def walk(self, oid: str) -> dict[str, Value]:
        """Return the column below `oid`, keyed by what follows it (an index as text)."""
        alive = self._answered
        try:
            return await self._ask(lambda session: self._column(session, oid))
        except PollFailed as failure:
            if failure.outcome is not Outcome.TIMEOUT or not alive or self._repetitions == 1:
                raise
            self._repetitions = 1
            return await self._ask(lambda session: self._column(session, oid))

    async def _column(self, session: SnmpSession, oid: str) -> dict[str, Value]:
        column: dict[str, Value] = {}
        rows = (
            session.getbulk(oid, self._repetitions)
            if self._settings.credentials.version != "1"
            else session.getnext(oid)
        )
        async for name, value in rows:
            index = name[len(oid) + 1 :]
            if index in column or len(column) == LONGEST_WALK:
                raise PollFailed(Outcome.ERROR, f"its table at {oid} has no end")
            column[index] = value
        return column

    async def _ask(self, request: Callable[[SnmpSession], Awaitable[T]]) -> T:
        """Send a request until it is answered or the tries are used up.

        A restarted or replaced SNMPv3 device refuses, or does not answer, what is asked in its old engine's name: its
        engine, boots and time are learnt again and the request is repeated within this call (RFC 3414, 2.3).
        """
        tries = 1 + self._settings.retries
        while True:
            learnt_before = self._is_v3 and self._session is not None
            try:
                return await self._attempt(request)
            except PollFailed as failure:
                self._drop()
                if learnt_before and failure.outcome in (Outcome.AUTH, Outcome.TIMEOUT):
                    continue
                tries -= 1
                if failure.outcome is not Outcome.TIMEOUT:
                    raise
                if not tries:
                    raise (self._mute() if self._discovered else failure) from None

    async def _attempt(self, request: Callable[[SnmpSession], Awaitable[T]]) -> T:
        """Send a request once, and say in our words how it failed."""
        self._answered = False
        try:
            answer = await request(await self._opened())
        except SnmpAuthError:
            raise PollFailed(Outcome.AUTH, self._refused_key()) from None
        except TimeoutError as error:
            if "refused" in str(error):
                raise PollFailed(Outcome.REFUSED, f"nothing listens on UDP port {self._settings.port}") from None
            raise PollFailed(Outcome.TIMEOUT, self._silent()) from None
        except (SnmpError, ValueError, RuntimeError) as error:
            raise PollFailed(Outcome.ERROR, f"the answer makes no sense: {error}") from error
        except OSError as error:
            raise PollFailed(Outcome.ERROR, f"cannot ask: {error.strerror or error}") from error
        except BaseException as error:
            if type(error).__name__ != "PanicException":  # the client's, no Exception: some mangled answers cause it
                raise
            raise PollFailed(Outcome.ERROR, "the answer makes no sense") from error
        self._answered = True
        return answer

    async def _opened(self) -> SnmpSession:
        if self._session is None:
            session = open_session(self._address, self._settings)
            try:
                await session.refresh()
            except BaseException:
                session.unwatch()
                raise
            finally:
                self._discovered = self._is_v3 and bool(session.get_engine_id())
            self._session = session
        return self._session

    @property
    def _is_v3(self) -> bool:
        return self._settings.credentials.version == "3"

    def _silent(self) -> str:
        asked = 1 + self._settings.retries
        hint = "" if self._is_v3 else "; a wrong community is silence too"
        return f"no answer to {asked} requests of {self._settings.timeout_s:g} s each{hint}"

    def _mute(self) -> PollFailed:
        """Say that a device told who it is and then took nothing in its user's name."""
        return PollFailed(Outcome.AUTH, f"{self._refused_key()}, or cannot read it (is the privacy key right?)")

    def _refused_key(self) -> str:
        user, name = self._settings.credentials.user, self._settings.credentials.name
        return f"authentication failed: the device refuses user {user!r} of credentials {name!r}"


def chunks(groups: Iterable[list[str]], most: int) -> list[list[str]]:
    """Pack groups of OIDs that belong together into requests of at most `most` OIDs; a larger group is cut."""
    packed: list[list[str]] = []
    for group in groups:
        pieces = [group[at : at + most] for at in range(0, len(group), most)]
        for piece in pieces:
            if packed and len(packed[-1]) + len(piece) <= most:
                packed[-1].extend(piece)
            else:
                packed.append(piece)
    return packed
