"""How other programs speak to a running lab: JSON, a request and an answer a line, over a Unix socket."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab.errors import LabError
from lab.forwarder import Forwarder
from lab.wan import Wan

_CHUNK = 65536
_LONGEST = 1_000_000
_TIMEOUT_S = 10.0


def ask(path: Path, **request: Any) -> Any:
    """Ask a running lab and return its answer.

    Raises LabError: the lab's own sentence on what is wrong, or that it has stopped.
    """
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(_TIMEOUT_S)
            connection.connect(str(path))
            connection.sendall(json.dumps(request).encode() + b"\n")
            with connection.makefile("rb") as lines:
                answer = json.loads(lines.readline())
    except (OSError, ValueError) as error:
        raise LabError(f"the lab does not answer at {path}: it has stopped ({error})") from error
    if "error" in answer:
        raise LabError(answer["error"])
    return answer["answer"]


class Control:
    """The lab's end of the socket, served by the packet loop between packets."""

    def __init__(self, path: Path, wan: Wan, loop: Forwarder, about: dict[str, Any]) -> None:
        self._loop = loop
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        self._server.bind(str(path))
        path.chmod(0o600)
        self._server.listen(64)
        loop.watch(self._server.fileno(), self._accept)
        self._requests: dict[str, Callable[..., Any]] = {
            "about": lambda: {**about, "seed": wan.seed},
            "set": wan.set,
            "reboot": wan.reboot,
            "call": wan.call,
            "truth": wan.truth,
            "show": wan.show,
            "log": lambda: wan.log,
        }

    def _accept(self) -> None:
        connection, _ = self._server.accept()
        connection.setblocking(False)
        received = bytearray()
        self._loop.watch(connection.fileno(), lambda: self._read(connection, received))

    def _read(self, connection: socket.socket, received: bytearray) -> None:
        try:
            chunk = connection.recv(_CHUNK)
        except OSError:
            chunk = b""
        received += chunk
        if not chunk or len(received) > _LONGEST:
            self._hang_up(connection)
            return
        while b"\n" in received:
            line, _, rest = bytes(received).partition(b"\n")
            received[:] = rest
            self._reply(connection, line)

    def _reply(self, connection: socket.socket, line: bytes) -> None:
        answer = json.dumps(self._answer(line), ensure_ascii=False).encode() + b"\n"
        connection.settimeout(1.0)  # whoever asks reads at once; the packets wait for nobody longer
        try:
            connection.sendall(answer)
            connection.setblocking(False)
        except OSError:
            self._hang_up(connection)

    def _hang_up(self, connection: socket.socket) -> None:
        if connection.fileno() >= 0:
            self._loop.forget(connection.fileno())
            connection.close()

    def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            request = json.loads(line)
            action = self._requests[request.pop("do")]
            return {"answer": action(**request)}
        except LabError as error:
            return {"error": str(error)}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return {"error": f"the lab does not understand this request: {error!r}"}
