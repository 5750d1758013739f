"""The sockets echoes go through: unprivileged where the kernel lets us, raw otherwise; kernel receive time stamps."""

from __future__ import annotations

import errno
import secrets
import socket
import struct
from collections.abc import Iterator
from typing import NamedTuple

from collectors._icmp_filter import attach_filter
from collectors._icmp_packet import WIRE_4, WIRE_6, Wire

# Linux's numbers, which the socket module lacks (asm-generic/socket.h, linux/in.h, linux/in6.h).
_SO_TIMESTAMPNS = 35
_IP_RECVERR = 11
_IPV6_RECVERR = 25
_MSG_ERRQUEUE = 0x2000

_TIMESPEC = struct.Struct("@ll")
_EXTENDED_ERROR = struct.Struct("@IBBBxII")  # errno, origin, type, code, pad, info, data (linux/errqueue.h)
_FROM_NETWORK = (2, 3)  # SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6
_RECEIVE_BUFFER = 8 << 20  # a tick's answers of 10 000 targets many times over
_LARGEST = 65535
_ANCILLARY = 256

NO_RIGHT = (
    "no right to send ICMP echoes; either let the agent's group do it without privilege "
    "(sysctl -w net.ipv4.ping_group_range='0 2147483647') or give the agent CAP_NET_RAW "
    "(AmbientCapabilities=CAP_NET_RAW in systemd, setcap cap_net_raw+ep on its python)"
)


class NoIcmpRight(OSError):
    """The system allows neither unprivileged nor raw ICMP sockets; the text names both cures."""

    def __str__(self) -> str:
        return NO_RIGHT


# A datagram: its bytes, where its ICMP header starts, who sent it, the kernel's wall-clock stamp of its arrival (s).
Received = tuple[bytes, int, str, float]


class Quoted(NamedTuple):
    """From the error queue: our request as quoted, whom it was for, who refused it, and the ICMP type and code."""

    data: bytes
    target: str
    offender: str
    type: int
    code: int


class IcmpSocket:
    """One socket for all targets of an address family. A context manager; `fileno` to watch it."""

    def __init__(self, family: socket.AddressFamily, source: str | None = None) -> None:
        self.family = family
        self.wire: Wire = WIRE_4 if family == socket.AF_INET else WIRE_6
        protocol = socket.IPPROTO_ICMP if family == socket.AF_INET else socket.IPPROTO_ICMPV6
        self._socket, self.raw = _open(family, protocol)
        try:
            self._prepare(source)
        except BaseException:
            self._socket.close()
            raise

    def _prepare(self, source: str | None) -> None:
        self._dscp = 0
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        any_address = "0.0.0.0" if self.family == socket.AF_INET else "::"  # noqa: S104 - only to get a number
        self._socket.bind((source or any_address, 0))
        if self.raw:
            self.ident = secrets.randbelow(0xFFFF) + 1
            attach_filter(self._socket, self.family, self.ident)
        else:
            self.ident = self._socket.getsockname()[1]
            level, option = (
                (socket.IPPROTO_IP, _IP_RECVERR)
                if self.family == socket.AF_INET
                else (socket.IPPROTO_IPV6, _IPV6_RECVERR)
            )
            self._socket.setsockopt(level, option, 1)

    @property
    def checksums(self) -> bool:
        """True where the kernel leaves the checksum to us."""
        return self.raw and self.family == socket.AF_INET

    def send(self, packet: bytes, address: str, dscp: int) -> None:
        """Send one request. Raises OSError where this machine can't."""
        if dscp != self._dscp:
            self._mark(dscp)
        try:
            self._socket.sendto(packet, (address, 0))
        except OSError as error:
            # With an error queue the kernel reports an earlier echo's fate on the next call; it does so once.
            if self.raw or error.errno not in (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ECONNREFUSED, errno.EPROTO):
                raise
            self._socket.sendto(packet, (address, 0))

    def _mark(self, dscp: int) -> None:
        if self.family == socket.AF_INET:
            self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, dscp << 2)
        else:
            self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, dscp << 2)
        self._dscp = dscp

    def received(self) -> Iterator[Received]:
        """Yield what has arrived, until there is no more."""
        receive, stamp = self._socket.recvmsg, _TIMESPEC.unpack_from
        strip = self.raw and self.family == socket.AF_INET
        while True:
            try:
                data, ancillary, _, source = receive(_LARGEST, _ANCILLARY)
            except BlockingIOError:
                return
            except OSError:
                continue  # the error queue's news, told once; `refused` reads it
            seconds, nanoseconds = stamp(ancillary[0][2])
            yield data, (data[0] & 0xF) * 4 if strip else 0, source[0], seconds + nanoseconds * 1e-9

    def refused(self) -> Iterator[Quoted]:
        """Yield what the error queue holds; unprivileged sockets learn of ICMP errors this way."""
        while not self.raw:
            try:
                data, ancillary, _, target = self._socket.recvmsg(_LARGEST, _ANCILLARY, _MSG_ERRQUEUE)
            except OSError:
                return
            for level, _, value in ancillary:
                if level not in (socket.IPPROTO_IP, socket.IPPROTO_IPV6) or len(value) < _EXTENDED_ERROR.size:
                    continue
                _, origin, type_, code, _, _ = _EXTENDED_ERROR.unpack_from(value)
                if origin in _FROM_NETWORK:
                    yield Quoted(data, target[0], _offender(value[_EXTENDED_ERROR.size :]), type_, code)

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()


def _open(family: socket.AddressFamily, protocol: int) -> tuple[socket.socket, bool]:
    for kind, raw in ((socket.SOCK_DGRAM, False), (socket.SOCK_RAW, True)):
        try:
            return socket.socket(family, kind, protocol), raw
        except PermissionError:
            continue
    raise NoIcmpRight


def _offender(address: bytes) -> str:
    family = int.from_bytes(address[:2], "little" if struct.pack("=H", 1) == b"\1\0" else "big")
    if family == socket.AF_INET:
        return socket.inet_ntop(socket.AF_INET, address[4:8])
    return socket.inet_ntop(socket.AF_INET6, address[8:24]) if family == socket.AF_INET6 else ""
