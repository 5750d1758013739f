"""The SNMP client, gufo-snmp, as we use it: its algorithms by our names, its sessions with our way of waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

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
    SnmpVersion,
    User,
)
from gufo.snmp.aio import SnmpSession as GufoSession

from agent.model import SnmpCredentials, SnmpSettings

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


class SnmpSession(GufoSession):
    """The client's session with a way of waiting of its own.

    The client's own (`asyncio.wait_for`) loses a cancellation that comes in the same turn as an answer, on Python 3.11,
    and a task that can't be ended; and it adds and removes a reader each time, which costs as much as the answer.
    """

    _waiting: asyncio.Future[None] | None = None
    _watched = False

    async def _recv(self, receiver: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        timer = loop.call_later(self._timeout, self._late)
        try:
            while True:
                self._waiting = loop.create_future()
                if not self._watched:
                    loop.add_reader(self._fd, self._ready)
                    self._watched = True
                await self._waiting
                try:
                    return receiver()
                except BlockingIOError:  # an answer to an earlier request
                    continue
                except TimeoutError as error:  # so the client passes an ICMP error on
                    raise TimeoutError(str(error)) from error
        finally:
            timer.cancel()

    def _ready(self) -> None:
        if self._waiting is None or self._waiting.done():
            self.unwatch()  # nobody asked; it is read, and passed over, by the next request
        else:
            self._waiting.set_result(None)

    def _late(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(TimeoutError())

    def unwatch(self) -> None:
        """Leave the socket alone; due before the session is let go, which closes it."""
        if self._watched:
            asyncio.get_running_loop().remove_reader(self._fd)
            self._watched = False


def open_session(address: str, settings: SnmpSettings) -> SnmpSession:
    """Return a session with a device, its socket open; an SNMPv3 one has still to discover the engine (`refresh`)."""
    credentials = settings.credentials
    return SnmpSession(
        address,
        settings.port,
        community=credentials.community.reveal() if credentials.community else "",
        user=_user(credentials),
        version=VERSIONS[credentials.version],
        timeout=settings.timeout_s,
    )


def _user(credentials: SnmpCredentials) -> User | None:
    if credentials.user is None:
        return None
    auth, priv = credentials.auth_key, credentials.priv_key
    return User(
        credentials.user,
        auth_key=AUTH_KEYS[credentials.auth](auth.reveal().encode()) if credentials.auth and auth else None,
        priv_key=PRIV_KEYS[credentials.priv](priv.reveal().encode()) if credentials.priv and priv else None,
    )
