"""A real process that writes the journal is killed again and again: its history stays true.

As a program this file is that process: it tells what it told the journal, a line each.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.archive import Archive
from agent.journal import Journal, utc_now
from agent.model import Kind, State
from tests.agent.journal_telling import MONTHS_S, Key, Teller, an_outage, assert_gapless, seconds

KILLS = 25
SAFE_S = 0.3  # an outage is safe so long after it was told
LOST_S = 5.0  # of time in states, at each kill
TARGETS = [(Kind.ENDPOINT, f"vc-{number}") for number in range(6)] + [(Kind.LINK, "wan-1"), (Kind.DEVICE, "r-1")]


async def tell(path: Path, seed: int) -> None:
    chance = random.Random(seed)
    journal = Journal(path, MONTHS_S)
    teller = Teller(journal, await journal.open(), utc_now)
    teller.follow(TARGETS)
    say(what="start", at=utc_now().isoformat())
    running = asyncio.create_task(journal.run())
    count = 0
    while not running.done():
        await asyncio.sleep(chance.choice([0, 0.001, 0.01, 0.05]))
        if chance.random() < 0.8:
            key, state = chance.choice(TARGETS), chance.choice(list(State))
            teller.turn(key, state)
            say(what="turn", key=key, state=state, at=utc_now().isoformat())
        else:
            count += 1
            outage = an_outage(f"{seed}-{chance.randrange(count)}", utc_now())
            ended = chance.choice([None, outage.confirmed])
            journal.outage(replace(outage, affected=count, ended=ended))
            say(what="outage", id=outage.id, affected=count, told_s=time.monotonic())


def say(**words: object) -> None:
    os.write(1, json.dumps(words).encode() + b"\n")


def live(path: Path, seed: int, lasts_s: float) -> tuple[list[dict], float]:
    """One life; what it told, and when (monotonic) it was killed."""
    process = subprocess.Popen([sys.executable, __file__, str(path), str(seed)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    lines = [process.stdout.readline()]  # it has begun
    # One thread reads on, lest a full pipe stops the process.
    killer = subprocess.Popen(["sh", "-c", f"sleep {lasts_s}; kill -KILL {process.pid}"])
    with process.stdout:
        lines += process.stdout.readlines()
    killed_s = time.monotonic()
    killer.wait()
    assert process.wait() == -signal.SIGKILL
    return [json.loads(line) for line in lines if line.endswith(b"\n")], killed_s


def truth(lives: list[list[dict]], until: datetime) -> dict[Key, dict[State, float]]:
    """Seconds per state by what was told; unknown from a kill to the next start's first change."""
    sums: dict[Key, dict[State, float]] = {key: defaultdict(float) for key in TARGETS}
    since = dict.fromkeys(TARGETS, datetime.fromisoformat(lives[0][0]["at"]))
    held = dict.fromkeys(TARGETS, State.UNKNOWN)

    def turn(key: Key, state: State, at: datetime) -> None:
        sums[key][held[key]] += (at - since[key]).total_seconds()
        since[key], held[key] = at, state

    for told in lives:
        stamps = [datetime.fromisoformat(line["at"]) for line in told if "at" in line]
        for line in told:
            if line["what"] == "turn":
                turn((Kind(line["key"][0]), line["key"][1]), State(line["state"]), datetime.fromisoformat(line["at"]))
        for key in TARGETS:
            turn(key, State.UNKNOWN, stamps[-1])
    for key in TARGETS:
        turn(key, State.UNKNOWN, until)
    return sums


def check_outages(archive: Archive, told: list[dict], killed_s: float) -> int:
    found = {outage.id: outage.affected for outage in archive.outages(datetime.min.replace(tzinfo=UTC), utc_now())}
    safe = {
        line["id"]: line["affected"] for line in told if line["what"] == "outage" and line["told_s"] < killed_s - SAFE_S
    }
    assert {id_: found.get(id_, 0) for id_ in safe if found.get(id_, 0) < safe[id_]} == {}
    return len(safe)


def test_nothing_that_counts_is_lost_by_kills_at_any_moment(tmp_path):
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")  # noqa: T201 - to run it again
    chance, path = random.Random(seed), tmp_path / "diemcau.sqlite3"
    archive, lives, outages = Archive(path), [], 0
    for number in range(KILLS):
        told, killed_s = live(path, seed + number, chance.choice([0.02, 0.4, 1.5]) * (0.5 + chance.random()))
        lives.append(told)
        outages += check_outages(archive, told, killed_s)
    end = utc_now()
    spans = archive.spans(end - timedelta(days=1), end)
    assert_gapless(spans)
    found, true = seconds(spans, end), truth(lives, end)
    worst_s = max(abs(found[key].get(state, 0) - true[key].get(state, 0)) for key in TARGETS for state in State)
    print(f"{KILLS} kills, {outages} outages safe, {len(spans)} spans, worst {worst_s:.2f} s apart")  # noqa: T201 - the measure
    assert worst_s <= LOST_S * KILLS
    for key in TARGETS:
        assert abs(sum(found[key].values()) - sum(true[key].values())) < 1
    assert outages > KILLS


if __name__ == "__main__":
    asyncio.run(tell(Path(sys.argv[1]), int(sys.argv[2])))
