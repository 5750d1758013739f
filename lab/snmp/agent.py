"""One device's SNMP agent: datagram in, datagram out (RFC 1157, 3416, and 3412 with 3414 for v3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from lab.snmp.ber import INTEGER, OCTETS, SEQUENCE, Reader, Value, counter32, integer, tlv
from lab.snmp.mib import Mib
from lab.snmp.pdu import REPORT, bind, pdu, respond, respond_v1
from lab.snmp.usm import User

V1, V2C, V3, _USM = 0, 1, 3, 3
_AUTH, _PRIV, _REPORTABLE = 1, 2, 4
MAX_SIZE, _LEAST_SIZE = 65000, 484
_TIME_WINDOW_S = 150
_USM_STATS = (1, 3, 6, 1, 6, 3, 15, 1, 1)
# usmStats' objects, by their last arc (RFC 3414, section 5).
_LEVEL, _WINDOW, _USER, _ENGINE, _DIGEST, _DECRYPTION = 1, 2, 3, 4, 5, 6


@dataclass(frozen=True, slots=True)
class Engine:
    """A device's SNMP engine: its id, and its boots and time in seconds as they stand now."""

    id: bytes
    now: Callable[[], tuple[int, int]]


@dataclass(frozen=True, slots=True)
class _Security:
    """What a v3 message says of its sender. `code_at` is where its authentication code begins."""

    engine_id: bytes
    boots: int
    time_s: int
    user: bytes
    code: bytes
    code_at: int
    salt: bytes


@dataclass(frozen=True, slots=True)
class _Header:
    id: int
    max_size: int
    flags: int


@dataclass(slots=True)
class Agent:
    """Answers for one device. `communities` are v1's and v2c's, `users` v3's by name, `versions` those on the wire."""

    mib: Mib
    engine: Engine
    communities: frozenset[bytes] = frozenset()
    users: Mapping[bytes, User] = field(default_factory=dict)
    versions: frozenset[int] = frozenset({V1, V2C, V3})
    refused: Counter[int] = field(default_factory=Counter)

    def answer(self, data: bytes) -> bytes | None:
        """Return the answer to a datagram; None where a real agent would keep silent."""
        try:
            message = Reader(data).enter()
            version = message.integer()
            if version not in self.versions:
                return None
            return self._answer_v3(message, data) if version == V3 else self._answer_community(message, version)
        except ValueError:
            return None

    def _answer_community(self, message: Reader, version: int) -> bytes | None:
        community = message.content(OCTETS)
        if community not in self.communities:
            return None
        reply = (respond if version == V2C else respond_v1)(self.mib, message, MAX_SIZE)
        return reply and tlv(SEQUENCE, _number(version) + tlv(OCTETS, community) + reply)

    def _answer_v3(self, message: Reader, data: bytes) -> bytes | None:
        header = _header(message.enter())
        security = _security(message.enter(OCTETS).enter())
        fault = self._fault(header.flags, security, data)
        if fault:
            return self._report(header, security, fault)
        user = self.users[security.user]
        if header.flags & _PRIV:
            if len(security.salt) != 8:  # noqa: PLR2004  RFC 3826: the salt is 8 bytes
                return self._report(header, security, _DECRYPTION)
            clear = user.decrypt(security.boots, security.time_s, security.salt, message.content(OCTETS))
            try:
                return self._respond(header, user, Reader(clear).enter())
            except ValueError:
                return self._report(header, security, _DECRYPTION)
        return self._respond(header, user, message.enter())

    def _fault(self, flags: int, security: _Security, data: bytes) -> int:
        """Return which usmStats object counts this message, 0 where it is in order (RFC 3414, 3.2)."""
        if security.engine_id != self.engine.id:
            return _ENGINE
        user = self.users.get(security.user)
        if user is None:
            return _USER
        if user.level != flags & (_AUTH | _PRIV):
            return _LEVEL
        if not flags & _AUTH:
            return 0
        blank = data[: security.code_at] + bytes(len(security.code)) + data[security.code_at + len(security.code) :]
        if user.code(blank) != security.code:
            return _DIGEST
        boots, time_s = self.engine.now()
        late = security.boots != boots or abs(security.time_s - time_s) > _TIME_WINDOW_S
        return _WINDOW if late else 0

    def _respond(self, header: _Header, user: User, scoped: Reader) -> bytes | None:
        context_engine, context = scoped.content(OCTETS), scoped.content(OCTETS)
        reply = respond(self.mib, scoped, min(max(header.max_size, _LEAST_SIZE), MAX_SIZE) - 160)
        if reply is None:
            return None
        body = tlv(SEQUENCE, tlv(OCTETS, context_engine) + tlv(OCTETS, context) + reply)
        return self._message(header.id, header.flags & (_AUTH | _PRIV), user, body)

    def _report(self, header: _Header, security: _Security, fault: int) -> bytes | None:
        """Return the report a fault calls for; one of lateness is signed, so that it can be trusted."""
        self.refused[fault] += 1
        if not header.flags & _REPORTABLE:
            return None
        pairs = bind((*_USM_STATS, fault, 0), *counter32(self.refused[fault]))
        body = tlv(SEQUENCE, tlv(OCTETS, self.engine.id) + tlv(OCTETS, b"") + pdu(REPORT, 0, 0, 0, pairs))
        user = self.users[security.user] if fault == _WINDOW else None
        return self._message(header.id, _AUTH if user else 0, user, body)

    def _message(self, message_id: int, flags: int, user: User | None, body: bytes) -> bytes:
        boots, time_s = self.engine.now()
        salt = b""
        if user and flags & _PRIV:
            encrypted, salt = user.encrypt(boots, time_s, body)
            body = tlv(OCTETS, encrypted)
        name = b"" if user is None else next(name for name, known in self.users.items() if known is user)
        code = bytes(user.hash.sent) if user and user.hash and flags & _AUTH else b""
        head = tlv(SEQUENCE, _number(message_id) + _number(MAX_SIZE) + tlv(OCTETS, bytes((flags,))) + _number(_USM))

        def whole(code: bytes) -> bytes:
            engine = tlv(OCTETS, self.engine.id) + _number(boots) + _number(time_s)
            security = tlv(SEQUENCE, engine + tlv(OCTETS, name) + tlv(OCTETS, code) + tlv(OCTETS, salt))
            return tlv(SEQUENCE, _number(V3) + head + tlv(OCTETS, security) + body)

        return whole(user.code(whole(code))) if user and code else whole(b"")


def _number(number: int) -> bytes:
    return tlv(INTEGER, Value(*integer(number)).content)


def _header(header: Reader) -> _Header:
    message_id, max_size, flags, model = header.integer(), header.integer(), header.content(OCTETS), header.integer()
    if model != _USM or len(flags) != 1:
        raise ValueError("a message of another security model")
    return _Header(message_id, max_size, flags[0])


def _security(fields: Reader) -> _Security:
    engine_id, boots, time_s = fields.content(OCTETS), fields.integer(), fields.integer()
    user, code = fields.content(OCTETS), fields.content(OCTETS)
    return _Security(engine_id, boots, time_s, user, code, fields.at - len(code), fields.content(OCTETS))
