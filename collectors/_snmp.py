"""The only file that knows the SNMP client (gufo-snmp): one session per device, one request in flight, retries ours.

SNMPv2c is RFC 3416; SNMPv3's user-based security is RFC 3414.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Awaitable, Callable, Iterable
from typing import Self, TypeVar

from gufo.snmp import (
    Aes128Key,
    Aes192Key,
    Aes256Key,
    DesKey,
    Md5Key,
    Sha1Key,
    Sha224Key,
    Sha256Key,
    Sha384Key,
    Sha512Key,
    SnmpAuthError,
    SnmpError,
    SnmpVersion,
    User,
)
from gufo.snmp.aio import SnmpSession

from agent.model import Outcome, PollFailed, SnmpCredentials, SnmpSettings

Value = None | str | bytes | int | float
T = TypeVar("T")

AUTH_KEYS = {
    "MD5": Md5Key,
    "SHA-1": Sha1Key,
    "SHA-224": Sha224Key,
    "SHA-256": Sha256Key,
    "SHA-384": Sha384Key,
    "SHA-512": Sha512Key,
}
PRIV_KEYS = {"DES": DesKey, "AES-128": Aes128Key, "AES-192": Aes192Key, "AES-256": Aes256Key}
VERSIONS = {"1": SnmpVersion.v1, "2c": SnmpVersion.v2c, "3": SnmpVersion.v3}
REPETITIONS = 10  # weak devices time out on more


class SnmpClient:
    """Asks one device. Every method raises `PollFailed` with the outcome and a sentence; a context manager."""

    def __init__(self, address: str, settings: SnmpSettings) -> None:
        self._address = address
        self._settings = settings
        self._session: SnmpSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._session = None  # the client closes its socket with its last reference

    async def get(self, oids: list[str]) -> dict[str, Value]:
        """GET `oids` in one PDU; what the device does not have is left out of the answer."""
        return await self._ask(lambda session: session.get_many(oids))

    async def walk(self, oid: str) -> dict[str, Value]:
        """Return the column below `oid`, keyed by what follows it (an index as text)."""

        async def column(session: SnmpSession) -> dict[str, Value]:
            return {name[len(oid) + 1 :]: value async for name, value in session.fetch(oid)}

        return await self._ask(column)

    async def _ask(self, request: Callable[[SnmpSession], Awaitable[T]]) -> T:
        """Send a request until it is answered or the tries are used up; a refused key is tried once with a new start.

        A restarted or replaced device refuses what it was asked before: its engine, boots and time are learnt again
        and the request repeated within this call (RFC 3414, 2.3).
        """
        fresh = self._session is None
        tries = 1 + self._settings.retries
        while True:
            try:
                return await request(await self._opened())
            except SnmpAuthError:
                self._session = None
                if fresh:
                    raise PollFailed(Outcome.AUTH, self._refused_key()) from None
                fresh = True
            except TimeoutError:
                tries -= 1
                if not tries:
                    raise PollFailed(Outcome.TIMEOUT, self._silent()) from None
            except ConnectionRefusedError:
                raise PollFailed(Outcome.REFUSED, f"nothing listens on UDP port {self._settings.port}") from None
            except (SnmpError, OSError, ValueError) as error:
                self._session = None
                raise PollFailed(Outcome.ERROR, str(error) or type(error).__name__) from error

    async def _opened(self) -> SnmpSession:
        if self._session is None:
            session = _session(self._address, self._settings)
            await session.refresh()
            self._session = session
        return self._session

    def _silent(self) -> str:
        asked = 1 + self._settings.retries
        hint = "" if self._settings.credentials.version == "3" else "; a wrong community is silence too"
        return f"no answer to {asked} requests of {self._settings.timeout_s:g} s each{hint}"

    def _refused_key(self) -> str:
        credentials = self._settings.credentials
        return (
            f"authentication failed: the device refuses user {credentials.user!r} of credentials {credentials.name!r}"
        )


def chunks(oids: Iterable[list[str]], most: int) -> list[list[str]]:
    """Pack groups of OIDs that belong together into requests of at most `most` OIDs, a larger group alone."""
    packed: list[list[str]] = []
    for group in oids:
        if packed and len(packed[-1]) + len(group) <= most:
            packed[-1].extend(group)
        else:
            packed.append(list(group))
    return packed


def _session(address: str, settings: SnmpSettings) -> SnmpSession:
    credentials = settings.credentials
    session = SnmpSession(
        address,
        settings.port,
        community=credentials.community.reveal() if credentials.community else "",
        user=_user(credentials),
        version=VERSIONS[credentials.version],
        timeout=settings.timeout_s,
        max_repetitions=REPETITIONS,
    )
    _connect(session, address, settings.port)
    return session


def _connect(session: SnmpSession, address: str, port: int) -> None:
    """Bind the client's socket to the device, so that its ICMP errors reach us and nobody else's answers do."""
    with contextlib.suppress(OSError), socket.socket(fileno=socket.dup(session._fd)) as twin:  # noqa: SLF001 - not offered otherwise
        twin.connect((address, port))


def _user(credentials: SnmpCredentials) -> User | None:
    if credentials.user is None:
        return None
    auth, priv = credentials.auth_key, credentials.priv_key
    return User(
        credentials.user,
        auth_key=AUTH_KEYS[credentials.auth](auth.reveal().encode()) if credentials.auth and auth else None,
        priv_key=PRIV_KEYS[credentials.priv](priv.reveal().encode()) if credentials.priv and priv else None,
    )
