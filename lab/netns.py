"""Network namespaces and TUN devices: the lab's own small internet, apart from the machine's."""

from __future__ import annotations

import ctypes
import fcntl
import os
import shutil
import struct
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lab.errors import LabError

TUN_DEVICE = "/dev/net/tun"
_NAMES = Path("/run/netns")
_CLONE_NEWNET = 0x40000000
_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
_QUEUE_PACKETS = 10_000
_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def ip_command() -> str | None:
    """Return where iproute2's `ip` is, None where it is not installed."""
    return shutil.which("ip", path=_PATH)


def _ip(*args: str, batch: Iterable[str] = ()) -> None:
    command = ip_command() or "ip"
    lines = "\n".join(batch)
    done = subprocess.run([command, *args], input=lines, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabError(f"`ip {' '.join(args)}` failed: {done.stderr.strip()}")


def add(name: str) -> None:
    """Make a named namespace without IPv6, whose own chatter would count as traffic."""
    _ip("netns", "add", name)
    with entered(name):
        for key in ("all", "default"):
            with suppress(FileNotFoundError):
                Path(f"/proc/sys/net/ipv6/conf/{key}/disable_ipv6").write_text("1")
        # ICMP errors are answers too: the lab's own losses are the only ones wanted.
        Path("/proc/sys/net/ipv4/icmp_ratelimit").write_text("0")


def remove(name: str) -> None:
    """Remove a named namespace; none of that name is fine."""
    if (_NAMES / name).exists():
        _ip("netns", "del", name)


def configure(name: str, commands: Iterable[str]) -> None:
    """Run `ip` commands inside a namespace."""
    _ip("-n", name, "-batch", "-", batch=commands)


def here(commands: Iterable[str]) -> None:
    """Run `ip` commands in the namespace this thread is in."""
    _ip("-batch", "-", batch=commands)


def _switch(descriptor: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, _CLONE_NEWNET):
        number = ctypes.get_errno()
        raise OSError(number, f"the network namespace cannot be entered: {os.strerror(number)}")


def enter(name: str) -> None:
    """Move the calling thread into a namespace for good."""
    descriptor = os.open(_NAMES / name, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _switch(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def entered(name: str) -> Iterator[None]:
    """Have the calling thread inside a namespace: sockets made there stay there, threads started there too."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        enter(name)
        yield
    finally:
        _switch(home)
        os.close(home)


def open_tun(namespace: str, name: str) -> int:
    """Make a TUN device in a namespace; return its descriptor, which gives and takes one IP packet at a time.

    The device vanishes when the descriptor is closed.
    """
    with entered(namespace):
        descriptor = os.open(TUN_DEVICE, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        request = struct.pack("16sH22x", name.encode(), _IFF_TUN | _IFF_NO_PI)
        try:
            fcntl.ioctl(descriptor, _TUNSETIFF, request)
        except OSError as error:
            os.close(descriptor)
            raise LabError(f"no TUN device can be made: {error.strerror}") from error
    configure(namespace, [f"link set {name} txqueuelen {_QUEUE_PACKETS} up", "link set lo up"])
    return descriptor
