"""Killed at any moment, the agent's history still says what the lab's own log says."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

from agent.archive import Archive
from agent.history import Outage
from agent.inventory import Inventory
from agent.model import Kind, LinkRole, State
from agent.report import availability
from tests.end_to_end.breaking import now
from tests.end_to_end.conftest import SOAK, RunningAgent
from tests.end_to_end.lives import Breaker, Lives, Scraper, lives
from tests.end_to_end.truth import Cut, Period, Truth, cuts

SEED = random.SystemRandom().randrange(2**32)
KILLS = 50 if SOAK else 6
LIFE_S = (8.0, 13.0)  # between ready and killed: long enough to confirm what was cut, wherever in it
SLACK = timedelta(seconds=5)
LITTLE = timedelta(seconds=1)


def pairs(real: list[Cut], told: list[Outage]) -> list[tuple[Cut, Outage]]:
    """Match outages to cuts one to one, target by target in order."""
    real = sorted(real, key=lambda one: (one.target, one.began))
    told = sorted(told, key=lambda one: (one.target, one.started))
    assert [one.target for one in told] == [one.target for one in real], _difference(real, told)
    return list(zip(real, told, strict=True))


def _difference(real: list[Cut], told: list[Outage]) -> str:
    lines = [f"{cut.began:%T.%f} cut {cut.target} until {cut.ended}" for cut in real]
    lines += [f"{one.started:%T.%f} outage {one.id} of {one.target} until {one.ended} {one.note}" for one in told]
    return "\n".join(sorted(lines))


def test_the_history_survives_kills_at_random_moments(tmp_path: Path) -> None:
    print(f"seed {SEED}, {KILLS} kills")  # noqa: T201 - to have the same again
    rng = random.Random(SEED)
    with lives(tmp_path) as (agents, lab):
        agents.start().until(lambda: set(agents.agent.states().values()) == {"up"}, 20, "all up")
        breaker, scraper = Breaker(lab, random.Random(SEED + 1)), Scraper(agents)
        with scraper:
            with breaker:
                for _ in range(KILLS):
                    time.sleep(rng.uniform(*LIFE_S))
                    agents.end()
                    agents.start()
            breaker.calm()
            agent = agents.agent
            agent.until(lambda: agent.open_outages() == {}, 20, "all outages over")
            time.sleep(3)
        agents.end(signal.SIGTERM)
        archive, log = Archive(tmp_path / "state" / "diemcau.sqlite3"), lab.log()
    assert scraper.backwards == []
    _check_sums(scraper)
    _check_availability(agents, Truth(lab.inventory, log), archive, lab.inventory)
    _check_outages(agents, cuts(log), archive.outages(agents.started[0], now()))


def _check_outages(agents: Lives, real: list[Cut], told: list[Outage]) -> None:
    late_s = []
    for cut, outage in pairs(real, told):
        for true, said in ((cut.began, outage.started), (cut.ended, outage.ended)):
            assert true is not None
            assert said is not None, outage
            late = said - true
            allowed = SLACK + agents.without(true, max(said, true))
            assert -LITTLE <= late <= allowed, f"{late} of {allowed}: {cut} {outage}"
            late_s.append((late - agents.without(true, max(said, true))).total_seconds())
    print(f"{len(told)} outages, as many as cuts; starts and ends at most {max(late_s):.2f} s off")  # noqa: T201 - the figure is the point


def _check_availability(agents: Lives, truth: Truth, archive: Archive, inventory: Inventory) -> None:
    """Hold the report against the truth, in all and life by life: from one start to the next."""
    ends = [*agents.started[1:], agents.alive[-1][1]]
    worst = [
        _off(truth, archive, inventory, (started, end), [alive])
        for started, end, alive in zip(agents.started, ends, agents.alive, strict=True)
    ]
    whole = _off(truth, archive, inventory, (agents.started[0], ends[-1]), agents.alive)
    said = f"times in states are off by at most {max(worst):.2f} s a life and {whole:.2f} s over {len(worst)} lives"
    print(said)  # noqa: T201 - the figure is the point
    assert whole <= SLACK.total_seconds() * len(worst)
    assert max(worst) <= 2 * SLACK.total_seconds(), worst


def _off(truth: Truth, archive: Archive, inventory: Inventory, period: Period, alive: list[Period]) -> float:
    """Return the largest error of any endpoint's time up, down or unreachable, in seconds."""
    start, end = period
    report = availability(archive.spans(start, end), archive.outages(start, end), inventory, start, end)
    real, errors = truth.times(alive), []
    for endpoint, tally in report.endpoints.items():
        spent = tally.spent
        good = spent[State.UP] + spent[State.DEGRADED]
        errors.append(abs(good - real[endpoint][State.UP]))
        errors += [abs(spent[state] - real[endpoint][state]) for state in (State.DOWN, State.UNREACHABLE)]
    return max(errors).total_seconds()


def _check_sums(scraper: Scraper) -> None:
    (first_s, first), (last_s, last) = scraper.sums[0], scraper.sums[-1]
    assert len(last) == len(first)
    grown_s = {target: last[target] - first[target] for target in last}
    worst = max(grown_s, key=lambda target: abs(grown_s[target] - (last_s - first_s)))
    course = [f"{at_s - first_s:.1f}: {sums[worst]:.3f}" for at_s, sums in scraper.sums]
    off_s = grown_s[worst] - (last_s - first_s)
    print(f"{len(scraper.sums)} scrapes; states' sums grew as time did, but for {off_s:.2f} s")  # noqa: T201 - the figure is the point
    assert abs(off_s) < 5, f"{worst}: {course}"


def test_lines_mended_just_after_a_restart_are_still_one_outage_each(tmp_path: Path) -> None:
    """The new agent has never heard what is cut off: it must not be held down when the line is just back."""
    with lives(tmp_path) as (agents, lab):
        agent = agents.start()
        agent.until(lambda: set(agent.states().values()) == {"up"}, 20, "all up")
        lines = [link.id for link in lab.inventory.links.values() if link.role is LinkRole.PRIMARY]
        for line in lines:
            lab.set(line, up=False)
        agent.until(lambda: len(agent.open_outages()) == len(lines), 15, "an outage each")
        time.sleep(0.5)  # an outage is written within 0.2 s
        before = agent.open_outages()
        agents.end()
        agent = agents.start()
        for line in lines:  # from three seconds on to seven
            time.sleep(3 if line == lines[0] else 4 / len(lines))
            lab.set(line, up=True)
        agent.until(lambda: set(agent.states().values()) <= {"up", "degraded"}, 20, "all up")
        agent.until(lambda: agent.open_outages() == {}, 10, "all over")
        time.sleep(1)
        told, log = agent.archive.outages(agents.started[0], now()), lab.log()
    assert {one.id for one in told} == set(before), _difference(cuts(log), told)


def test_told_to_stop_nothing_is_lost(tmp_path: Path) -> None:
    with lives(tmp_path) as (agents, lab):
        agent = agents.start()
        lab.set("vc-phu-tho", up=False)
        agent.until(lambda: len(agent.open_outages()) == 1, 20, "an outage")
        agent.until(lambda: list(agent.states().values()).count("up") == 242, 20, "the others are up")
        before, counted = agent.open_outages(), _up_times(agent)
        time.sleep(4)
        agents.end(signal.SIGTERM)
        stopped = agents.alive[-1][1]
        time.sleep(3)
        agent = agents.start()
        assert list(agent.open_outages()) == list(before), "the same outage goes on"
        after = _up_times(agent)
        agent.until(lambda: list(agent.states().values()).count("up") == 242, 20, "up again")
        assert list(agent.open_outages()) == list(before)
        lab.set("vc-phu-tho", up=True)
        agent.until(lambda: agent.open_outages() == {}, 10, "over")
        lost = min(after[id_] - counted[id_] for id_ in counted if id_ != "vc-phu-tho")
        assert lost >= 3, "the four seconds before it stopped count"
        spans = agent.archive.spans(stopped - LITTLE, agents.started[-1])
    for span in spans:
        if span.kind is Kind.ENDPOINT and span.state is not State.UNKNOWN:
            assert abs((span.end or now()) - stopped) <= LITTLE, span
    assert {span.target for span in spans if span.state is State.UP and span.kind is Kind.ENDPOINT} == set(
        lab.inventory.endpoints
    ) - {"vc-phu-tho"}


def _up_times(agent: RunningAgent) -> dict[str, float]:
    series = agent.series("diemcau_endpoint_state_seconds_total")
    return {one.labels["endpoint"]: one.value for one in series if one.labels["state"] == State.UP}


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A disk of two megabytes."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "diemcau-test", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def fill(file: Path) -> None:
    with file.open("wb", buffering=0) as output, suppress(OSError):
        while True:
            output.write(bytes(4096))


def test_a_full_disk_stops_nothing_but_the_writing(tmp_path: Path) -> None:
    with small_disk(tmp_path / "state") as disk, lives(tmp_path) as (agents, lab):
        agent = agents.start()
        agent.until(lambda: set(agent.states().values()) == {"up"}, 20, "all up")
        assert agent.value("diemcau_history_written") == 1
        fill(disk / "filler")
        lab.set("wan-thanh-son", up=False)
        agent.until(lambda: len(agent.open_outages()) == 1, 15, "an outage nevertheless")
        agent.until(lambda: agent.value("diemcau_history_written") == 0, 15, "the trouble is told")
        assert "is full; free some space on it" in agent.log.read_text()
        sent = agent.series("diemcau_icmp_sent_total")
        lab.set("wan-thanh-son", up=True)
        agent.until(lambda: agent.open_outages() == {}, 15, "over")
        lab.set("vc-phu-tho", up=False)
        agent.until(lambda: len(agent.open_outages()) == 1, 15, "another")
        assert sum(one.value for one in agent.series("diemcau_icmp_sent_total")) > sum(one.value for one in sent) + 243
        (disk / "filler").unlink()
        agent.until(lambda: agent.value("diemcau_history_written") == 1, 15, "it is written again")
        kept = agent.archive.outages(agents.started[0], now())
        agents.end(signal.SIGKILL)
    assert [(one.target, one.ended is None) for one in kept] == [("wan-thanh-son", False), ("vc-phu-tho", True)]
