"""Records what a device answers: its subtrees walked once, with the types it sent, by the client that keeps them.

The polling client gives every number as one type; a recording that is to be replayed needs to know a Counter32 from
a Gauge32, so this reads with pysnmp, which is slow and does not matter here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Self

from pysnmp.hlapi.v3arch import asyncio as api  # type: ignore[import-untyped]  # pysnmp has no types

from agent.model import SnmpCredentials, SnmpSettings
from agent.profile import Profile
from collectors.recording import Kind, Oid, Recorded, arcs, dotted

_KINDS = {
    0x02: Kind.INTEGER,
    0x04: Kind.STRING,
    0x06: Kind.OID,
    0x40: Kind.IP,
    0x41: Kind.COUNTER32,
    0x42: Kind.GAUGE32,
    0x43: Kind.TIMETICKS,
    0x44: Kind.OPAQUE,
    0x46: Kind.COUNTER64,
}
_AUTH = {
    "MD5": api.usmHMACMD5AuthProtocol,
    "SHA-1": api.usmHMACSHAAuthProtocol,
    "SHA-224": api.usmHMAC128SHA224AuthProtocol,
    "SHA-256": api.usmHMAC192SHA256AuthProtocol,
    "SHA-384": api.usmHMAC256SHA384AuthProtocol,
    "SHA-512": api.usmHMAC384SHA512AuthProtocol,
}
_PRIV = {
    "DES": api.usmDESPrivProtocol,
    "AES-128": api.usmAesCfb128Protocol,
    "AES-192": api.usmAesBlumenthalCfb192Protocol,
    "AES-256": api.usmAesBlumenthalCfb256Protocol,
}
# The system group, interfaces, ifMIB, entities; of hosts no running programs, whose parameters are nobody's business.
ROOTS = tuple(
    arcs(f"1.3.6.1.{rest}")
    for rest in ("2.1.1", "2.1.2", "2.1.25.1", "2.1.25.2", "2.1.25.3", "2.1.31", "2.1.47", "6.3.10.2.1")
)
_ENTERPRISES = arcs("1.3.6.1.4.1")
_REPETITIONS = 10


@dataclass(frozen=True, slots=True)
class Limits:
    """When to stop: objects of one subtree, and seconds in all."""

    objects: int = 5000
    time_s: float = 300.0


def subtrees(object_id: str, profile: Profile | None) -> list[Oid]:
    """Return what to walk of a device: what all have, its maker's own, and what its profile asks beside."""
    roots = list(ROOTS)
    product = arcs(object_id) if object_id.count(".") else ()
    if product[: len(_ENTERPRISES)] == _ENTERPRISES and len(product) > len(_ENTERPRISES):
        roots.append(product[: len(_ENTERPRISES) + 1])
    for oid in _asked(profile) if profile else ():
        if not any(oid[: len(root)] == root for root in roots):
            roots.append(oid)
    return sorted(roots)


def _asked(profile: Profile) -> Iterator[Oid]:
    for group in profile.groups:
        columns = [column for table in group.tables for column in table.columns]
        yield from (arcs(one.oid.removesuffix(".0")) for one in (*group.scalars, *columns))
        yield from (arcs(table.key) for table in group.tables)
        yield from (arcs(oid) for table in group.tables for _, oid in table.labels if oid)


class Recorder:
    """Walks one device. An async context manager; `say` hears a line per subtree, for the person who waits."""

    def __init__(self, address: str, settings: SnmpSettings, say: Callable[[str], None], limits: Limits) -> None:
        self._address, self._settings, self._say, self._limits = address, settings, say, limits
        self._version_1 = settings.credentials.version == "1"
        self._user = _user(settings.credentials)
        self._repetitions = 1 if self._version_1 else _REPETITIONS

    async def __aenter__(self) -> Self:
        patience = {"timeout": self._settings.timeout_s, "retries": self._settings.retries}
        self._engine = api.SnmpEngine()
        kind = api.Udp6TransportTarget if ":" in self._address else api.UdpTransportTarget
        self._target = await kind.create((self._address, self._settings.port), **patience)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._engine.close_dispatcher()

    async def walk(self, roots: Iterable[Oid]) -> dict[Oid, Recorded]:
        """Return all objects below the roots, as far as the limits and the device's patience allow."""
        ends_s = time.monotonic() + self._limits.time_s
        objects: dict[Oid, Recorded] = {}
        for root in roots:
            found, why = await self._subtree(root, ends_s)
            objects |= found
            self._say(f"{dotted(root)}: {len(found)} objects{why}")
        return objects

    async def _subtree(self, root: Oid, ends_s: float) -> tuple[dict[Oid, Recorded], str]:
        """Walk one subtree; say why it was left before its end."""
        found: dict[Oid, Recorded] = {}
        last = root
        while True:
            if time.monotonic() >= ends_s:
                return found, f"; stopped after {self._limits.time_s:g} s"
            fault, rows = await self._after(last)
            if fault == "tooBig" and self._repetitions > 1:
                self._repetitions = 1
                continue
            if fault:
                return found, "" if fault == "noSuchName" else f"; stopped: {fault}"
            for oid, recorded in rows:
                if oid[: len(root)] != root or recorded is None:
                    return found, ""
                if oid <= last:
                    return found, "; stopped: it goes in circles"
                found[oid], last = recorded, oid
                if len(found) >= self._limits.objects:
                    return found, f"; stopped at {self._limits.objects} objects"
            if not rows:
                return found, ""

    async def _after(self, oid: Oid) -> tuple[str, list[tuple[Oid, Recorded | None]]]:
        """Ask for the objects after one; return the fault, if any, in the protocol's or the client's word."""
        name = api.ObjectType(api.ObjectIdentity(oid))
        who = (self._engine, self._user, self._target, api.ContextData())
        if self._version_1:
            answer = await api.next_cmd(*who, name, lookupMib=False)
        else:
            answer = await api.bulk_cmd(*who, 0, self._repetitions, name, lookupMib=False)
        indication, status, _, pairs = answer
        if indication:
            return str(indication), []
        if status:
            return status.prettyPrint(), []
        return "", [(tuple(name), _recorded(value)) for name, value in pairs]


def _recorded(value: Any) -> Recorded | None:
    """Return a value with its type; None for "no such object" and "end of the MIB"."""
    tag = value.tagSet[-1]
    kind = _KINDS.get(tag.tagClass | tag.tagId)
    match kind:
        case None:
            return None
        case Kind.STRING | Kind.IP | Kind.OPAQUE:
            return Recorded(kind, bytes(value))
        case Kind.OID:
            return Recorded(kind, tuple(value))
        case _:
            return Recorded(kind, int(value))


def _user(credentials: SnmpCredentials) -> Any:
    if credentials.version != "3":
        community = credentials.community.reveal() if credentials.community else ""
        return api.CommunityData(community, mpModel=0 if credentials.version == "1" else 1)
    auth, priv = credentials.auth_key, credentials.priv_key
    return api.UsmUserData(
        credentials.user,
        auth.reveal() if auth else None,
        priv.reveal() if priv else None,
        authProtocol=_AUTH[credentials.auth] if credentials.auth else api.usmNoAuthProtocol,
        privProtocol=_PRIV[credentials.priv] if credentials.priv else api.usmNoPrivProtocol,
    )
