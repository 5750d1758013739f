"""Mangled answers to the SNMP poller: none may crash it, none may make it grow.

python -m tests.bench.fuzz_answers [COUNT [SEED]]
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from agent.model import SnmpSettings
from agent.readings import Outcome, PollFailed
from collectors._snmp import SnmpClient
from lab.snmp.agent import Agent, Engine
from lab.snmp.ber import octets
from lab.snmp.mib import Mib
from tests.servers import COMMUNITY

WARM_UP = 20_000  # answers until the allocators and the client's own tables have their size
OIDS = [f"1.3.6.1.2.1.1.{number}.0" for number in range(1, 8)]


def mutated(answer: bytes, chance: random.Random) -> bytes:
    """Flip, drop, double or insert bytes, or cut the end."""
    data = bytearray(answer)
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        at = chance.randrange(len(data)) if data else 0
        match chance.randrange(6):
            case 0 if data:
                data[at] ^= 1 << chance.randrange(8)
            case 1 if data:
                data[at] = chance.choice((0, 1, 0x7F, 0x80, 0x81, 0x82, 0x84, 0xFF))
            case 2:
                del data[at : at + chance.randrange(1, 9)]
            case 3:
                data[at:at] = data[at : at + chance.randrange(1, 40)]
            case 4:
                data[at:at] = chance.randbytes(chance.randrange(1, 9))
            case _:
                del data[len(data) - chance.randrange(1, 20) :]
    return bytes(data[:65_000])


class Babbler(asyncio.DatagramProtocol):
    """Answers each request with a mangled answer, then with the right one."""

    def __init__(self, agent: Agent, chance: random.Random) -> None:
        self.agent = agent
        self.chance = chance

    def connection_made(self, transport: Any) -> None:
        """Keep the way back."""
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer twice."""
        answer = self.agent.answer(data)
        assert answer is not None
        self.transport.sendto(mutated(answer, self.chance), addr)
        self.transport.sendto(answer, addr)


def resident_kb() -> int:
    """Return this process's resident set."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


async def fuzz(count: int, seed: int) -> Counter[Outcome]:
    """Ask `count` times; return how the requests ended."""
    values = {tuple(map(int, oid.split("."))): octets("a value of some length") for oid in OIDS}
    agent = Agent(Mib(values), Engine(b"\x80\0\0\0\1", lambda: (1, 1)), frozenset({b"public"}))
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Babbler(agent, random.Random(seed)), ("127.0.0.1", 0)
    )
    port = transport.get_extra_info("sockname")[1]
    ends: Counter[Outcome] = Counter()
    try:
        async with SnmpClient("127.0.0.1", SnmpSettings(COMMUNITY, timeout_s=0.2, retries=0, port=port)) as client:
            for _ in range(count):
                try:
                    await client.get(OIDS)
                except PollFailed as failure:
                    ends[failure.outcome] += 1
                else:
                    ends[Outcome.OK] += 1
                client.most = len(OIDS)
    finally:
        transport.close()
    return ends


def main() -> None:
    """Warm up, then fuzz and compare memory."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(2**32)  # argv
    sys.stdout.write(f"seed {seed}\n")
    asyncio.run(fuzz(max(count // 10, WARM_UP), seed))
    before_kb, began_s = resident_kb(), time.monotonic()
    ends = asyncio.run(fuzz(count, seed + 1))
    grown_kb = resident_kb() - before_kb
    told = ", ".join(f"{ends[outcome]} {outcome}" for outcome in Outcome)
    sys.stdout.write(f"{count} mangled answers in {time.monotonic() - began_s:.0f} s: {told}; grown by {grown_kb} kB\n")
    sys.exit(grown_kb > 4096)  # kB


if __name__ == "__main__":
    main()
