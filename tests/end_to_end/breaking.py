"""Breaks a province on purpose and holds what the agent says of it against the lab's log."""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.config import load
from agent.history import Outage
from agent.inventory import Inventory
from agent.model import Kind, LinkRole, State
from lab import Lab
from lab.demo_files import sample, write_configuration
from lab.province import AGENT_ADDRESS
from tests.end_to_end.conftest import RunningAgent, change, running_agent
from tests.end_to_end.truth import behind, cuts

CONFIRMED_WITHIN_S = 12.0  # on a busy machine; how soon it usually is, is measured
ENDED_WITHIN_S = 5.0
QUIET_S = 1.5
EVER = datetime(2000, 1, 1, tzinfo=UTC)


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Province:
    """A lab, the agent that watches it, and how long cuts took to be confirmed (`confirm_s`) and ended (`end_s`)."""

    lab: Lab
    agent: RunningAgent
    inventory: Inventory
    confirm_s: list[float] = field(default_factory=list)
    end_s: list[float] = field(default_factory=list)

    def lines(self, role: LinkRole = LinkRole.PRIMARY) -> list[str]:
        return [link.id for link in self.inventory.links.values() if link.role is role]

    def open(self) -> dict[str, str]:
        """The open outages' targets by their ids."""
        return {id_: one["target"] for id_, one in self.agent.open_outages().items()}

    def shown(self) -> dict[str, tuple[str, float]]:
        """Kind and count of affected endpoints of each `diemcau_outage`, by its id."""
        series = self.agent.series("diemcau_outage", "diemcau_outage_affected_endpoints")
        affected = {one.labels["id"]: one.value for one in series if one.name != "diemcau_outage"}
        return {
            one.labels["id"]: (one.labels["kind"], affected[one.labels["id"]])
            for one in series
            if one.name == "diemcau_outage"
        }

    def codecs(self, lines: Sequence[str], rng: random.Random, count: int) -> list[str]:
        """Choose codecs that none of these lines leads to, and that were left alone so far."""
        touched = {one.id for one in self.lab.log()}.union(*map(self.behind, lines))
        return rng.sample(sorted(self.inventory.endpoints.keys() - touched), count)

    def cut(self, *targets: str) -> None:
        for target in targets:
            self.lab.set(target, up=False)

    def mend(self, *targets: str) -> None:
        for target in targets:
            self.lab.set(target, up=True)

    def behind(self, target: str) -> set[str]:
        """The endpoints that are lost when something goes off as well."""
        return behind(self.inventory, target, [cut.target for cut in cuts(self.lab.log()) if cut.ended is None])

    def last(self, target: str, *, up: bool) -> datetime:
        """When the lab last switched something on, or off."""
        return [one.at for one in self.lab.truth(target).log if one.changes.get("up") is up][-1]

    def until_open(self, wanted: set[str], before: Mapping[str, str], within_s: float = CONFIRMED_WITHIN_S) -> None:
        """Wait until exactly these are outages beside those of before."""
        seen: list[Any] = []

        def reached() -> bool:
            opened = sorted(target for id_, target in self.open().items() if id_ not in before)
            if not seen or seen[-1] != opened:
                seen.append(opened)
            return opened == sorted(wanted)

        began = now()
        try:
            self.agent.until(reached, within_s, "")
        except pytest.fail.Exception:
            said = f"in {within_s} s the outages were never exactly {sorted(wanted)} but {seen}, since {began:%T.%f}"
            pytest.fail(f"{said}\n{self.story()}")

    def story(self) -> str:
        """What the lab did and what the agent made of it, in order."""
        lines = [f"{one.at:%T.%f} lab: {one.id} {one.changes}" for one in self.lab.log() if "up" in one.changes]
        for one in self.agent.archive.outages(EVER, now()):
            lines.append(f"{one.started:%T.%f} {one.id} started, up to {one.most_affected} cut off, {one.suspects}")
            lines.append(f"{one.confirmed:%T.%f} {one.id} confirmed: {one.target} {one.cause}")
            if one.ended:
                lines.append(f"{one.ended:%T.%f} {one.id} ended {one.note}")
        return "\n".join(sorted(lines)[-60:])

    def until_well(self, within_s: float = 15.0) -> None:
        """Wait until every endpoint is up, or degraded by what was lost."""
        self.agent.until(lambda: set(self.agent.states().values()) <= {"up", "degraded"}, within_s, "all endpoints up")

    def outages_since(self, began: datetime, before: Collection[str] = ()) -> list[Outage]:
        """The journal's outages since a moment, but for those of before."""
        return [one for one in self.agent.archive.outages(began, now()) if one.id not in before]

    def spent_in(self, state: State, began: datetime, ended: datetime | None = None) -> set[str]:
        """The endpoints that the journal has in a state at any time since a moment."""
        time.sleep(1.2)  # what changes is in the journal within a second
        spans = self.agent.archive.spans(began, ended or now())
        return {span.target for span in spans if span.kind is Kind.ENDPOINT and span.state is state}

    def break_and_mend(self, targets: Sequence[str], *, over_s: float = 0.0, rng: random.Random | None = None) -> None:
        """Cut all of these, at random moments; each must be one outage, told in full, and over once it is mended."""
        rng, before, began = rng or random.Random(0), self.open(), now()
        affected = {target: self.behind(target) for target in targets}
        for target in targets:
            time.sleep(rng.uniform(0.0, 2 * over_s / len(targets)))
            self.cut(target)
        try:
            self.until_open(set(targets), before)
            self._until_told(affected)
            time.sleep(QUIET_S)
            assert sorted(target for id_, target in self.open().items() if id_ not in before) == sorted(targets)
            self._check_states(affected)
        finally:
            self.mend(*targets)
        self.until_open(set(), before, ENDED_WITHIN_S)
        time.sleep(QUIET_S)
        self.until_well()
        assert self.open() == before, self.story()
        self._check_journal(affected, self.outages_since(began, before), self.spent_in(State.DOWN, began))

    def _until_told(self, affected: Mapping[str, set[str]]) -> None:
        """Wait until the metrics name each cause and count those behind it."""
        wanted = {target: float(len(cut_off)) for target, cut_off in affected.items()}

        def told() -> bool:
            shown = self.shown()
            return {target: shown[target][1] for target in wanted if target in shown} == wanted

        self.agent.until(told, 5, f"diemcau_outage_affected_endpoints {wanted}")

    def _check_states(self, affected: Mapping[str, set[str]]) -> None:
        sites = self.agent.client.get("/api/v1/sites").json()["sites"]
        ends = {end["id"]: end for site in sites for end in (site["endpoint"], *site["other_endpoints"]) if end}
        for target, cut_off in affected.items():
            for endpoint in cut_off - {target}:
                assert (ends[endpoint]["state"], ends[endpoint]["root"]) == ("unreachable", target), endpoint
            if target in ends:
                assert ends[target]["state"] == "down"

    def _check_journal(self, affected: Mapping[str, set[str]], outages: Sequence[Outage], down: set[str]) -> None:
        """Each target has one outage, of the right length; nobody but a codec cut itself was ever held down."""
        assert sorted(one.target for one in outages) == sorted(affected), self.story()
        for one in outages:
            cut, mended = self.last(one.target, up=False), self.last(one.target, up=True)
            assert one.ended is not None
            self.confirm_s.append((one.confirmed - cut).total_seconds())
            self.end_s.append((one.ended - mended).total_seconds())
            assert abs((one.started - cut).total_seconds()) < 2, one
            assert one.most_affected == len(affected[one.target]), one
        assert down <= affected.keys()


def figures(times_s: Sequence[float]) -> str:
    """The median, the 99th percentile and the longest of some times, in words."""
    ordered = sorted(times_s) or [float("nan")]
    p99 = ordered[min(int(0.99 * len(ordered)), len(ordered) - 1)]
    return f"{len(ordered)}: median {statistics.median(ordered):.2f} s, p99 {p99:.2f} s, longest {ordered[-1]:.2f} s"


def without_backups(inventory: Inventory) -> Inventory:
    links = {id_: link for id_, link in inventory.links.items() if link.role is not LinkRole.BACKUP}
    return replace(inventory, links=links)


def _drop_backups(data: dict[str, Any]) -> None:
    data["links"] = [link for link in data["links"] if link["role"] != LinkRole.BACKUP]


@contextmanager
def province_lab(*, traps: bool = True, backups: bool = True, seed: int = 20261124) -> Iterator[Lab]:
    """The sample province on real packets; SNMP traps go to the agent where `traps`."""
    config = load(sample(), os.environ)
    inventory = config.inventory if backups else without_backups(config.inventory)
    to = (AGENT_ADDRESS, 162) if traps else None
    with Lab(inventory, sentinels=config.agent.sentinels, seed=seed, traps=to) as lab:
        yield lab


def configure(folder: Path, lab: Lab, *, traps: bool = True, backups: bool = True) -> Path:
    """Write the configuration of an agent that asks by SNMP every ten seconds."""
    config = write_configuration(folder, sample(), lab)
    change(config, lambda main: main["defaults"]["snmp"].update(interval="10s"))
    if traps:
        change(config, lambda main: main.update(traps={"listen": "0.0.0.0:162", "credentials": ["province"]}))
    if not backups:
        change(config.parent / "inventory.yaml", _drop_backups)
    return config


@contextmanager
def province(folder: Path, *, traps: bool = True, backups: bool = True) -> Iterator[Province]:
    """The sample province, watched and all well."""
    with province_lab(traps=traps, backups=backups) as lab:
        config = configure(folder, lab, traps=traps, backups=backups)
        with running_agent(config, lab.exec_prefix, folder / "agent.log") as agent:
            made = Province(lab, agent, lab.inventory)
            made.until_well()
            agent.until(lambda: {one.value for one in agent.series("diemcau_link_up")} == {1.0}, 25, "all lines up")
            yield made
