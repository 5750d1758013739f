"""The only file that knows pysnmp: an SNMP engine (RFC 3411) that is fed one datagram at a time and keeps no socket.

In SNMPv3 the sender of a trap is authoritative: its engine ID is its own and unknown beforehand, so a user's keys are
made for the engine that a message names, message by message. Of an inform we are authoritative (RFC 3414, 1.5.1).
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from typing import Any, NamedTuple

from pysnmp.carrier.asyncio.dgram.udp import SNMP_UDP_DOMAIN  # type: ignore[import-untyped]  # pysnmp has no types
from pysnmp.carrier.base import AbstractTransportDispatcher  # type: ignore[import-untyped]  # as above
from pysnmp.entity import config  # type: ignore[import-untyped]  # as above
from pysnmp.entity.engine import SnmpEngine  # type: ignore[import-untyped]  # as above
from pysnmp.entity.rfc3413.ntfrcv import NotificationReceiver  # type: ignore[import-untyped]  # as above
from pysnmp.proto.mpmod import rfc2576 as community_messages  # type: ignore[import-untyped]  # as above
from pysnmp.proto.mpmod.rfc3412 import SnmpV3MessageProcessingModel  # type: ignore[import-untyped]  # as above
from pysnmp.proto.rfc1902 import OctetString  # type: ignore[import-untyped]  # as above
from pysnmp.proto.secmod import rfc2576 as community_security  # type: ignore[import-untyped]  # as above
from pysnmp.proto.secmod.rfc3414 import SnmpUSMSecurityModel  # type: ignore[import-untyped]  # as above

from agent.model import SnmpCredentials
from collectors._traps_header import Header
from collectors._traps_kinds import Drop

AUTH = {
    None: config.USM_AUTH_NONE,
    "MD5": config.USM_AUTH_HMAC96_MD5,
    "SHA-1": config.USM_AUTH_HMAC96_SHA,
    "SHA-224": config.USM_AUTH_HMAC128_SHA224,
    "SHA-256": config.USM_AUTH_HMAC192_SHA256,
    "SHA-384": config.USM_AUTH_HMAC256_SHA384,
    "SHA-512": config.USM_AUTH_HMAC384_SHA512,
}
PRIV = {
    None: [config.USM_PRIV_NONE],
    "DES": [config.USM_PRIV_CBC56_DES],
    "AES-128": [config.USM_PRIV_CFB128_AES],  # RFC 3826; the longer keys have no RFC: Blumenthal's draft, Cisco's way
    "AES-192": [config.USM_PRIV_CFB192_AES_BLUMENTHAL, config.USM_PRIV_CFB192_AES],
    "AES-256": [config.USM_PRIV_CFB256_AES_BLUMENTHAL, config.USM_PRIV_CFB256_AES],
}
OURS = bytes.fromhex("80004fb805")  # pysnmp's enterprise number, then "octets follow" (SnmpEngineID, RFC 3411)
TRAP_OID = "1.3.6.1.6.3.1.1.4.1.0"
INTERFACES = "1.3.6.1.2.1.2.2.1."  # ifEntry: columns, then ifIndex
_KEYS_COME_LATER = {"authKeyType": config.USM_KEY_TYPE_LOCALIZED, "privKeyType": config.USM_KEY_TYPE_LOCALIZED}
WILDCARD = bytes(SnmpUSMSecurityModel.wildcard_security_engine_id)
PRELIMINARY = ("unknownEngineID", "notInTimeWindow")  # told to who sends us informs, and no fault of his
REFUSED = ("unknownSecurityName", "authenticationFailure", "unsupportedSecurityLevel", "decryptionError")
NOWHERE = ("0.0.0.0", 0)  # noqa: S104  # a name for "whoever sent it": pysnmp answers into our hands


class Notification(NamedTuple):
    """A notification that proved right: its snmpTrapOID and the ifIndex it speaks of."""

    oid: str
    interface: int | None


class Decoded(NamedTuple):
    """What came of a datagram: None where it was one of SNMPv3's preliminaries. `replies` go to its sender."""

    result: Notification | Drop | None
    replies: tuple[bytes, ...] = ()


class User(NamedTuple):
    """An SNMPv3 user with keys that are not yet any engine's own (RFC 3414, A.2)."""

    name: bytes
    auth: Any
    auth_key: Any
    priv: Any
    priv_key: Any
    level: int


class TrapEngine:
    """Decodes notifications, proves who sent them, and writes the answers that informs are due. Not thread-safe."""

    def __init__(self, agent: str, credentials: Iterable[SnmpCredentials]) -> None:
        self.engine_id = OURS + sha256(agent.encode()).digest()[:16]
        self._outbox = Outbox()
        self._engine = _engine(self.engine_id, self._outbox)
        self._users: list[User] = []
        self._entered: dict[tuple[bytes, bytes], tuple[User, bytes]] = {}  # by row and user's name
        for number, one in enumerate(credentials):
            if one.community is not None:
                config.add_v1_system(self._engine, f"c{number}", OctetString(one.community.reveal().encode()))
            self._users += _users(one)
        Receiver(self._engine, self._take)
        self._engine.observer.register_observer(
            self._fail, "rfc3412.prepareDataElements:sm-failure", "rfc2576.prepareDataElements:sm-failure"
        )

    def decode(self, datagram: bytes, header: Header) -> Decoded:
        """Decode a datagram whose header was read. Never raises for what is in it."""
        if header.version != "3" or not header.engine_id:
            return self._feed(datagram)
        decoded = Decoded(Drop.WRONG_USER)
        for user in self._candidates(header):
            self._enter(user, header.engine_id)
            decoded = self._feed(datagram)
            if decoded.result is not Drop.WRONG_USER:
                break
        return decoded

    def _candidates(self, header: Header) -> list[User]:
        """Return who it may be.

        pysnmp lets a sender that is authoritative leave out the proofs its user has keys for; we do not.
        """
        ours = header.engine_id == self.engine_id
        return [one for one in self._users if one.name == header.user and (ours or header.level >= one.level)]

    def _enter(self, user: User, engine_id: bytes) -> None:
        """Enter a user with the keys it has at an engine, in the place of the one before.

        pysnmp takes the row of the wildcard engine where it has none for a message's own. One row for all engines needs
        no forgetting, and new keys cost it a hundredth of a new row.
        """
        row = engine_id if engine_id == self.engine_id else WILDCARD
        before, keyed_for = self._entered.get((row, user.name), (None, None))
        if before is not user:
            config.add_v3_user(
                self._engine, user.name, user.auth, None, user.priv, None, OctetString(row), **_KEYS_COME_LATER
            )
        if (before, keyed_for) != (user, engine_id):
            self._set_keys(user, row, OctetString(engine_id))
        self._entered[row, user.name] = user, engine_id

    def _set_keys(self, user: User, row: bytes, engine_id: Any) -> None:
        """Make a user's keys an engine's own (RFC 3414, 2.6), and write them into a row."""
        auth, priv = config.AUTH_SERVICES[user.auth], config.PRIV_SERVICES[user.priv]
        keys = (
            auth.localize_key(user.auth_key, engine_id) if user.auth_key else None,
            priv.localize_key(user.auth, user.priv_key, engine_id) if user.priv_key else None,
        )
        (table,) = self._engine.get_mib_builder().import_symbols("PYSNMP-USM-MIB", "pysnmpUsmKeyEntry")
        index = table.getInstIdFromIndices(OctetString(row), user.name)
        for column, key in enumerate(keys, 1):  # pysnmpUsmKeyAuthLocalized, pysnmpUsmKeyPrivLocalized
            if key is not None:
                node = table.getNode((*table.name, column, *index))
                node.syntax = node.syntax.clone(key)

    def _feed(self, datagram: bytes) -> Decoded:
        self._result: Notification | Drop | None = Drop.MALFORMED
        self._outbox.messages.clear()
        _empty_caches(self._engine)
        try:
            self._engine.message_dispatcher.receive_message(self._engine, SNMP_UDP_DOMAIN, NOWHERE, datagram)
        except Exception:  # noqa: BLE001  # pysnmp raises many kinds for mangled messages; each costs that message alone
            return Decoded(Drop.MALFORMED)
        return Decoded(self._result, tuple(self._outbox.messages))

    def _take(self, *arguments: Any) -> None:
        """Hear from pysnmp of a notification: its variables are the fifth of the arguments."""
        variables = [(str(name), value) for name, value in arguments[4]]
        oid = next((str(value) for name, value in variables if name == TRAP_OID), None)
        index = next((name.rpartition(".")[2] for name, _ in variables if name.startswith(INTERFACES)), None)
        if oid is not None:
            self._result = Notification(oid, int(index) if index else None)

    def _fail(self, _engine: Any, _point: str, variables: dict[str, Any], _context: Any) -> None:
        """Hear from pysnmp why it refuses a message."""
        indication = variables["statusInformation"]["errorIndication"]
        if indication in PRELIMINARY:
            self._result = None
        elif indication in REFUSED:
            self._result = Drop.WRONG_USER


class Receiver(NotificationReceiver):  # type: ignore[misc]  # pysnmp has no types
    """pysnmp's receiver of notifications; a PDU that breaks it is one that was never taken."""

    def process_pdu(self, *arguments: Any) -> None:
        """Take a PDU; pysnmp would otherwise never forget one that broke it."""
        with suppress(Exception):  # the result stays "malformed"
            super().process_pdu(*arguments)


class Outbox(AbstractTransportDispatcher):  # type: ignore[misc]  # pysnmp has no types
    """Stands where pysnmp's sockets would and keeps what it wants to send."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[bytes] = []

    def send_message(self, outgoingMessage: bytes, *_: Any) -> None:  # noqa: N803  # pysnmp's name
        """Keep a message."""
        self.messages.append(outgoingMessage)


def _engine(engine_id: bytes, outbox: Outbox) -> Any:
    """Make an engine with our ID; its boots are the minutes since 1970, so that they rise with each start (RFC 3414).

    pysnmp would keep them in a file in the system's temporary folder.
    """
    engine = SnmpEngine()
    own_id, boots = engine.get_mib_builder().import_symbols("__SNMP-FRAMEWORK-MIB", "snmpEngineID", "snmpEngineBoots")
    engine.snmpEngineID = own_id.syntax = own_id.syntax.clone(engine_id)
    boots.syntax = boots.syntax.clone(int(time.time() // 60))
    engine.register_transport_dispatcher(outbox)
    return engine


def _empty_caches(engine: Any) -> None:
    """Give pysnmp new caches: it remembers for ever what it refuses, and no two datagrams of ours belong together."""
    processing = (
        community_messages.SnmpV1MessageProcessingModel(),
        community_messages.SnmpV2cMessageProcessingModel(),
        SnmpV3MessageProcessingModel(),
    )
    security = (
        community_security.SnmpV1SecurityModel(),
        community_security.SnmpV2cSecurityModel(),
        SnmpUSMSecurityModel(),
    )
    engine.message_processing_subsystems = {model.MESSAGE_PROCESSING_MODEL_ID: model for model in processing}
    engine.security_models = {model.SECURITY_MODEL_ID: model for model in security}


def _users(one: SnmpCredentials) -> list[User]:
    """Return the users that credentials may stand for: one for each way their key may be stretched."""
    if one.user is None:
        return []
    auth = AUTH[one.auth]
    auth_key = config.AUTH_SERVICES[auth].hash_passphrase(one.auth_key.reveal().encode()) if one.auth_key else None
    level = 3 if one.priv else 1 if one.auth else 0
    users = []
    for priv in PRIV[one.priv]:
        phrase = one.priv_key.reveal().encode() if one.priv_key else None
        priv_key = config.PRIV_SERVICES[priv].hash_passphrase(auth, phrase) if phrase else None
        users.append(User(one.user.encode(), auth, auth_key, priv, priv_key, level))
    return users
