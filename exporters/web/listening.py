"""The sockets the agent serves on, bound before anything else starts, so that a taken port is found at once."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path
from typing import Any

from agent.settings import Listen

_CHOOSE = "choose another with --listen ADDR:PORT or agent.listen"


class CannotListen(Exception):
    """The agent cannot serve where it was told to; the text says what would be right."""


def bind(listen: Listen) -> list[socket.socket]:
    """Return sockets bound where `listen` says: one per address of its host, or the inherited one.

    Raises CannotListen. Blocks while a host name is looked up.
    """
    if listen.fd is not None:
        return [_inherited(listen.fd)]
    where = f"{listen.host or 'every address'} port {listen.port}"
    try:
        found = socket.getaddrinfo(listen.host or None, listen.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        raise CannotListen(
            f"cannot listen on {where}: no such address ({error.strerror}); give one of this machine's, "
            f"such as 127.0.0.1 or [::1], with --listen or agent.listen"
        ) from error
    try:
        return _bound_to({(socket.AddressFamily(family), address) for family, *_, address in found})
    except OSError as error:
        raise CannotListen(f"cannot listen on {where}: {_cure(error, listen.port)}") from error


def _bound_to(addresses: set[tuple[socket.AddressFamily, Any]]) -> list[socket.socket]:
    """Bind each address. One this machine lacks (IPv6 switched off) is left out where another serves."""
    sockets: list[socket.socket] = []
    lacking: OSError | None = None
    for family, address in addresses:
        try:
            sockets.append(_bound(family, address, alone=len(addresses) == 1))
        except OSError as error:
            if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                for sock in sockets:
                    sock.close()
                raise
            lacking = error
    if lacking is not None and not sockets:
        raise lacking
    return sockets


def _bound(family: socket.AddressFamily, address: Any, *, alone: bool) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:  # [::] alone takes IPv4 too; beside 0.0.0.0 it must not
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(not alone))
        sock.bind(address)
        sock.listen()  # only this finds another that bound the same address with SO_REUSEADDR
        sock.setblocking(False)
    except OSError:
        sock.close()
        raise
    return sock


def _inherited(fd: int) -> socket.socket:
    try:
        sock = socket.socket(fileno=os.dup(fd))
    except OSError as error:
        raise CannotListen(
            f"cannot listen on fd:{fd}: {error.strerror or error}; the program that starts the agent must hand it a "
            f"listening socket there (systemd: a .socket unit, which passes fd 3)"
        ) from error
    if sock.type != socket.SOCK_STREAM or sock.family not in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX):
        sock.close()
        raise CannotListen(f"cannot listen on fd:{fd}: that is no stream socket; hand over a TCP or Unix one")
    sock.setblocking(False)
    return sock


def _cure(error: OSError, port: int) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            holder = holder_of(port)
            stop = f"{holder} listens there; stop it" if holder else f"see who listens with `ss -ltnp 'sport = {port}'`"
            return f"the address is already in use: {stop}, or {_CHOOSE}"
        case errno.EACCES | errno.EPERM:
            return f"permission denied: ports below 1024 need root or CAP_NET_BIND_SERVICE; {_CHOOSE}"
        case errno.EADDRNOTAVAIL | errno.EAFNOSUPPORT:
            return "this machine has no such address; `ip address` lists its own; choose one with --listen"
        case _:
            return f"{error.strerror or error}; {_CHOOSE}"


def holder_of(port: int) -> str:
    """Name the process that listens on TCP `port`, as "prometheus (process 812)"; empty where it can't be seen."""
    sockets = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    for entry in Path("/proc").glob("[0-9]*/fd/*") if sockets else ():
        try:
            if str(entry.readlink()) in sockets:
                process = entry.parents[1]
                return f"{(process / 'comm').read_text().strip()} (process {process.name})"
        except OSError:  # gone since, or not ours to look at
            continue
    return ""


def _listening_inodes(port: int) -> list[str]:
    """Read the inodes of listening sockets from /proc/net/tcp*: column 1 address:port in hex, 3 state, 9 inode."""
    rows: list[list[str]] = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows += [line.split() for line in Path(table).read_text().splitlines()[1:]]
        except OSError:
            continue
    return [row[9] for row in rows if row[1].endswith(f":{port:04X}") and row[3] == "0A"]
