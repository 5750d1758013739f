"""A trap receiver on loopback and the real commands that send to it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from agent.model import Secret, SnmpCredentials, TrapSettings
from agent.readings import TrapHeard
from collectors.traps import TrapReceiver

COMMUNITY = SnmpCredentials("province", "2c", Secret("hoinghi"))
LINK_DOWN = "1.3.6.1.6.3.1.1.5.3"
IF_INDEX = ("1.3.6.1.2.1.2.2.1.1.12", "i", "12")
PRIV_WORDS = {"DES": "DES", "AES-128": "AES", "AES-192": "AES-192", "AES-256": "AES-256"}
DEADLINE_S = 10.0


def user(
    auth: str | None = "SHA-256", priv: str | None = "AES-128", name: str = "monitor", key: str = "one"
) -> SnmpCredentials:
    return SnmpCredentials(
        f"{name}-{key}",
        "3",
        user=name,
        auth=auth,
        auth_key=Secret(f"auth-{key}-pass") if auth else None,
        priv=priv,
        priv_key=Secret(f"priv-{key}-pass") if priv else None,
    )


def words(credentials: SnmpCredentials) -> list[str]:
    """The credentials as net-snmp's commands take them."""
    if credentials.community is not None:
        return ["-v", credentials.version, "-c", credentials.community.reveal()]
    level = "authPriv" if credentials.priv else "authNoPriv" if credentials.auth else "noAuthNoPriv"
    said = ["-v", "3", "-u", credentials.user, "-l", level]
    if credentials.auth:
        said += ["-a", credentials.auth.replace("SHA-1", "SHA"), "-A", credentials.auth_key.reveal()]
    if credentials.priv:
        said += ["-x", PRIV_WORDS[credentials.priv], "-X", credentials.priv_key.reveal()]
    return said


@dataclass
class Receiving:
    """A running receiver and what came of it."""

    receiver: TrapReceiver
    counts: Counter[str]
    heard: list[TrapHeard]

    async def until(self, kind: str, count: int = 1) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while self.counts[kind] < count:  # noqa: ASYNC110  # drops are counted, not told
                await asyncio.sleep(0.005)

    @property
    def counted(self) -> dict[str, int]:
        return {kind: count for kind, count in self.counts.items() if count}


@asynccontextmanager
async def receiving(
    *credentials: SnmpCredentials, senders: tuple[str, ...] = ("127.0.0.1",), host: str = "127.0.0.1", **settings: float
) -> AsyncIterator[Receiving]:
    counts: Counter[str] = Counter()
    heard: list[TrapHeard] = []
    wanted = TrapSettings(credentials or (COMMUNITY,), host=host, port=0, **settings)
    with TrapReceiver(wanted, "phutho", heard.append, counts) as receiver:
        receiver.follow(wanted, senders)
        task = asyncio.create_task(receiver.run(), name="traps")
        try:
            yield Receiving(receiver, counts, heard)
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def send(  # noqa: PLR0913  # the command's own options
    command: str,
    port: int,
    credentials: SnmpCredentials,
    *notification: str,
    source: str = "127.0.0.1",
    host: str = "127.0.0.1",
    engine: str = "",
) -> int:
    """Run snmptrap or snmpinform; return its exit code. `engine` is the sender's own, with traps of version 3."""
    options = [*words(credentials), "-t", "1", "-r", "1"]
    options += [f"--clientaddr={source}", f"{host}:{port}"] if ":" not in host else [f"udp6:[{host}]:{port}"]
    if engine:
        options[:0] = ["-e", engine]
    process = await asyncio.create_subprocess_exec(command, *options, *notification)
    return await process.wait()


def v2_words(oid: str = LINK_DOWN, *variables: str) -> tuple[str, ...]:
    return ("", oid, *variables)
