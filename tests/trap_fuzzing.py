"""Mutated notifications into the trap port's filter and decoder: what comes out, how long it takes, what stays."""

from __future__ import annotations

import gc
import random
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from agent.model import TrapSettings
from collectors._traps_engine import TrapEngine
from collectors._traps_filter import TrapFilter
from collectors._traps_header import Header, read_header
from tests.trap_receiving import COMMUNITY, IF_INDEX, LINK_DOWN, user, words

SENDER = "127.0.0.1"
OPEN = user(None, None, name="open")  # without proofs, what is mutated goes deepest
CREDENTIALS = (COMMUNITY, OPEN, user(), user("MD5", "DES", name="old"))
INTERESTING = bytes([0x00, 0x01, 0x02, 0x04, 0x05, 0x06, 0x30, 0x7F, 0x80, 0x81, 0x82, 0x84, 0xA0, 0xA6, 0xA7, 0xFF])
TRAPS = [(one, "snmptrap", ("-e", "0x8000000001020304")) for one in CREDENTIALS[1:]]
INFORMS = [(one, "snmpinform", ()) for one in CREDENTIALS]


@dataclass
class Fuzzed:
    """What a run saw. Times in seconds, memory in bytes."""

    results: Counter[str] = field(default_factory=Counter)
    slowest_s: float = 0.0
    slowest: bytes = b""
    rows: int = 0  # of SNMPv3 users in the engine
    rss: list[int] = field(default_factory=list)
    objects: list[int] = field(default_factory=list)


def valid_messages(engine: TrapEngine) -> list[bytes]:
    """What net-snmp's commands send for each version and kind; informs with all that precedes them."""
    v1 = ["snmptrap", "-v", "1", "-c", "hoinghi"]
    commands = [
        ([*v1], ["1.3.6.1.4.1.13885.101", "10.0.0.1", "6", "70", "", *IF_INDEX]),
        ([*v1], ["1.3.6.1.4.1.9", "10.0.0.1", "2", "0", "", *IF_INDEX]),
    ]
    notification = ["", LINK_DOWN, *IF_INDEX, "1.3.6.1.2.1.1.5.0", "s", "codec"]
    for one, command, options in [(COMMUNITY, "snmptrap", ()), *TRAPS, *INFORMS]:
        commands.append(([command, *options, *words(one)], notification))
    with answering(engine) as (port, seen):
        for command, notification in commands:
            subprocess.run([*command, "-t", "5", f"{SENDER}:{port}", *notification], check=True)
    return seen


@contextmanager
def answering(engine: TrapEngine) -> Iterator[tuple[int, list[bytes]]]:
    """Answer with the engine's replies at a port, and note what came."""
    seen: list[bytes] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((SENDER, 0))

        def answer() -> None:
            while datagram := sock.recv(1500, socket.MSG_PEEK):
                source = sock.recvfrom(1500)[1]
                seen.append(datagram)
                for reply in engine.decode(datagram, read_header(datagram)).replies:
                    sock.sendto(reply, source)

        thread = threading.Thread(target=answer)
        thread.start()
        yield sock.getsockname()[1], seen
        sock.sendto(b"", sock.getsockname())
        thread.join()


def mutated(rng: random.Random, messages: list[bytes]) -> bytes:
    """One message with one to four changes."""
    data = bytearray(rng.choice(messages))
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        at = rng.randrange(len(data)) if data else 0
        match rng.choice((0, 0, 0, 1, 1, 1, 2, 3, 4, 5, 6)):
            case 0:
                data[at : at + 1] = rng.randbytes(1)
            case 1:
                data[at : at + 1] = bytes([rng.choice(INTERESTING)])
            case 2:
                del data[at : at + rng.randrange(1, 9)]
            case 3:
                data[at:at] = rng.randbytes(rng.randrange(1, 9))
            case 4:
                del data[at:]
            case 5:
                other = rng.choice(messages)
                data[at:] = other[rng.randrange(len(other)) :]
            case 6:
                data[at:at] = data[at : at + rng.randrange(1, 40)] * rng.randrange(1, 30)
    return bytes(data)


def fuzz(seed: int, count: int) -> Fuzzed:
    """Feed `count` mutated messages; raises what the product raises."""
    engine = TrapEngine("phutho", CREDENTIALS)
    gate = TrapFilter(TrapSettings(CREDENTIALS, rate_per_s=1e9, burst=1000), [SENDER])
    messages = valid_messages(engine)
    rng = random.Random(seed)
    fuzzed = Fuzzed()
    for number in range(count):
        if number % max(count // 10, 1) == 0:
            fuzzed.objects.append(objects())
            fuzzed.rss.append(rss())
        datagram = mutated(rng, messages)
        began_s = time.perf_counter()
        judged = gate.judge(datagram, SENDER, time.monotonic())
        if isinstance(judged, Header):
            result = engine.decode(datagram, judged).result
            fuzzed.results[str(result) if isinstance(result, str) else type(result).__name__] += 1
        else:
            fuzzed.results[f"not decoded: {judged}"] += 1
        if (took_s := time.perf_counter() - began_s) > fuzzed.slowest_s:
            fuzzed.slowest_s, fuzzed.slowest = took_s, datagram
    fuzzed.rows = len(engine._entered)
    fuzzed.objects.append(objects())
    fuzzed.rss.append(rss())
    return fuzzed


def objects() -> int:
    """How many objects the collector keeps, garbage left out."""
    gc.collect()
    return len(gc.get_objects())


def rss() -> int:
    """This process's resident memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096
