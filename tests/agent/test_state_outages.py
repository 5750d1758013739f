"""From echoes to outages through the whole board: who is down, who is cut off, and what the listeners hear of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from agent.history import Outage
from agent.inventory import Inventory
from agent.model import Cause, Device, Endpoint, Kind, Link, LinkRole, State
from agent.readings import Echo, Outcome
from agent.state import Board
from tests.agent.test_state import ENDPOINT, INVENTORY, LINK, ROUTER, SENTINEL, SNMP, Scene

FAR = Device("r-thanh-son", "thanh-son", "router", "10.25.238.1", SNMP)
SECOND = replace(ENDPOINT, id="vc-phong-2", address="10.25.238.11", name="Phòng họp 2")
CENTRE = Endpoint("vc-phu-tho", "phu-tho", "Tỉnh Phú Thọ", "10.25.0.10")
BACKUP = Link("bak-thanh-son", "dự phòng", "phu-tho", "thanh-son", LinkRole.BACKUP, "r-core", "Gi0/2", 1e8)
WHOLE = replace(
    INVENTORY,
    endpoints={one.id: one for one in (CENTRE, ENDPOINT, SECOND)},
    devices={ROUTER.id: ROUTER, FAR.id: FAR},
)
START = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
DISTRICT = (FAR.id, ENDPOINT.id, SECOND.id)
ALL = (SENTINEL.id, ROUTER.id, CENTRE.id, *DISTRICT)


class Province(Scene):
    """A core, a district behind one line with its router and two rooms, and a sentinel; all have answered."""

    def __init__(self, *, sentinels: bool = True) -> None:
        super().__init__()
        self.outages: list[Outage] = []
        self.begin_again(WHOLE, sentinels=sentinels)
        self.live(5)
        self.poll()
        self.live(1)

    def begin_again(self, inventory: Inventory, *, sentinels: bool = True) -> None:
        """Have an agent that has just started."""
        self.board = Board(inventory, self.clock, lambda: START + timedelta(seconds=self.clock.now_s), name="phutho")
        self.board.follow(inventory, sentinels=[SENTINEL] if sentinels else [])
        self.board.listeners.append(self.changes.append)
        self.board.outage_listeners.append(self.outages.append)

    def live(self, seconds: int, *silent: str) -> None:
        """Let so many seconds pass; all but some answer."""
        for _ in range(seconds):
            self.clock.now_s += 1
            for record in (*self.board.sentinels.values(), *self.board.probed):
                dead = record.target.id in silent
                outcome = Outcome.TIMEOUT if dead else Outcome.OK
                self.board.record_echo(record, Echo(self.clock.now_s - 0.1, None if dead else 0.01, outcome))
            self.board.settle()

    @property
    def open(self) -> dict[str, tuple[Cause, int]]:
        return {outage.target: (outage.cause, outage.affected) for outage in self.board.outages.values()}


@pytest.fixture
def scene() -> Province:
    return Province()


def test_one_codec_alone_is_down_and_its_own_outage(scene: Province) -> None:
    scene.live(8, ENDPOINT.id)
    assert scene.state() is State.DOWN
    assert scene.open == {ENDPOINT.id: (Cause.SILENT, 1)}
    scene.live(5)
    assert scene.state() is State.UP
    assert scene.open == {}
    assert scene.outages[-1].ended is not None
    assert (scene.outages[-1].affected, scene.outages[-1].most_affected) == (0, 1)


def test_a_cut_line_is_one_outage_and_nobody_behind_it_is_down(scene: Province) -> None:
    scene.live(8, *DISTRICT)
    assert [scene.state(id_) for id_ in DISTRICT] == [State.UNREACHABLE] * 3
    assert scene.state(LINK.id) is State.DOWN
    (outage,) = scene.board.outages.values()
    assert (outage.target, outage.kind, outage.affected, outage.district) == (LINK.id, Kind.LINK, 2, "thanh-son")
    assert outage.suspects == (FAR.id,)
    standing = scene.board.endpoints[ENDPOINT.id].standing
    assert (standing.cause, standing.root) == (Cause.CUT_OFF, LINK.id)
    scene.live(5)
    assert [scene.state(id_) for id_ in (*DISTRICT, LINK.id)] == [State.UP] * 4
    assert len({one.id for one in scene.outages}) == 1
    assert all(State.DOWN not in (one.old.state, one.new.state) for one in scene.changes if one.target in DISTRICT)


def test_its_port_tells_how_a_line_is_cut(scene: Province) -> None:
    scene.live(3, *DISTRICT)
    scene.poll(up=False, after_s=1)
    scene.live(5, *DISTRICT)
    assert scene.open == {LINK.id: (Cause.INTERFACE_DOWN, 2)}
    assert scene.state() is State.UNREACHABLE


def test_after_a_start_a_line_is_out_since_the_silence_behind_it_and_not_since_its_port_was_asked(scene) -> None:
    scene.begin_again(INVENTORY)  # a line that ends at a codec: nothing else there needs to be asked first
    first_s = scene.clock.now_s + 1 - 0.1
    scene.live(3, ENDPOINT.id)
    scene.poll(up=False, after_s=0.5)
    scene.live(1, ENDPOINT.id)
    (outage,) = scene.board.outages.values()
    assert (outage.target, outage.cause) == (LINK.id, Cause.INTERFACE_DOWN)
    assert scene.board.endpoints[ENDPOINT.id].seen is not State.DOWN
    assert outage.started == START + timedelta(seconds=first_s)


def test_a_core_that_is_silent_while_a_sentinel_answers_is_the_cause(scene: Province) -> None:
    scene.live(8, ROUTER.id, CENTRE.id, *DISTRICT)
    assert scene.open == {ROUTER.id: (Cause.SILENT, 3)}
    assert scene.state(ROUTER.id) is State.DOWN
    assert scene.state(CENTRE.id) is scene.state(LINK.id) is State.UNREACHABLE


def test_a_codec_behind_a_cut_line_is_asked_anew_when_the_line_is_back(scene: Province) -> None:
    scene.live(8, *DISTRICT)
    scene.live(20, ENDPOINT.id)
    assert scene.state() is State.DOWN
    assert scene.open == {ENDPOINT.id: (Cause.SILENT, 1)}
    assert [one.target for one in scene.outages if one.ended] == [LINK.id]


@pytest.mark.parametrize("sentinels", [True, False])
def test_silence_of_all_is_the_agents_own_and_no_storm(sentinels: bool) -> None:  # noqa: FBT001 - the parameter is the test
    scene = Province(sentinels=sentinels)
    scene.live(8, *ALL)
    assert scene.open == {"phutho": (Cause.BLIND, 0)}
    assert scene.outages[0].kind is Kind.AGENT
    for id_ in (ENDPOINT.id, ROUTER.id, LINK.id):
        assert scene.state(id_) is State.UNKNOWN
    blind = [one for one in scene.changes if one.new.cause is Cause.BLIND]
    assert {one.at for one in blind} == {blind[0].at}
    before = len(scene.changes)
    scene.live(10)
    assert scene.open == {}
    assert scene.state() is State.UP
    assert {one.new.state for one in scene.changes[before:]} == {State.UP, State.UNKNOWN}
    assert {one.target for one in scene.outages} == {"phutho"}


def test_what_was_out_before_the_agent_was_blind_stays_out_through_it(scene: Province) -> None:
    scene.live(8, *DISTRICT)
    scene.live(8, *ALL)
    assert scene.open.keys() == {LINK.id, "phutho"}
    scene.live(10, *DISTRICT)
    assert scene.open == {LINK.id: (Cause.BEYOND_SILENT, 2)}
    assert [one.target for one in scene.outages if one.ended] == ["phutho"]
    assert scene.state() is State.UNREACHABLE


def test_a_pause_is_unknown_and_ends_nothing(scene: Province) -> None:
    scene.live(8, *DISTRICT)
    slept_at = scene.clock.now_s
    scene.clock.now_s += 60
    scene.board.pause(slept_at)
    standing = scene.board.endpoints[CENTRE.id].standing
    assert (standing.state, standing.cause) == (State.UNKNOWN, Cause.PAUSED)
    assert scene.changes[-1].at <= scene.board.stamp(slept_at) + timedelta(seconds=1)
    assert scene.open.keys() == {LINK.id}
    scene.live(8, *DISTRICT)
    assert scene.state(CENTRE.id) is State.UP
    assert scene.state() is State.UNREACHABLE
    assert len({one.id for one in scene.outages}) == 1


def test_within_maintenance_nothing_is_an_outage_and_after_it_what_is_still_out_is(scene: Province) -> None:
    planned = frozenset({LINK.id, *DISTRICT})
    scene.board.plan(planned)
    assert scene.state() is scene.state(LINK.id) is State.MAINTENANCE
    scene.live(8, *DISTRICT)
    assert scene.open == {}
    scene.board.plan(frozenset())
    scene.live(8, *DISTRICT)
    assert scene.open == {LINK.id: (Cause.BEYOND_SILENT, 2)}
    scene.board.plan(planned)
    scene.live(2, *DISTRICT)
    assert scene.open == {}
    assert scene.outages[-1].note == "maintenance began"
    assert scene.state() is State.MAINTENANCE


def test_a_line_that_comes_and_goes_is_one_outage_that_flaps(scene: Province) -> None:
    for _ in range(5):
        scene.live(8, *DISTRICT)
        scene.live(12)
    assert len({one.id for one in scene.outages}) == 2, "the first time, then the one that flaps"
    (outage,) = scene.board.outages.values()
    assert outage.flapping
    for _ in range(700):
        scene.live(1)
        scene.board.sweep()
    assert scene.open == {}


def test_an_outage_an_earlier_run_left_open_goes_on(scene: Province) -> None:
    scene.live(8, *DISTRICT)
    (left,) = scene.board.outages.values()
    again = Province()
    again.board.restore([left, replace(left, id="self", kind=Kind.AGENT, target="phutho", cause=Cause.BLIND)])
    assert [(one.target, one.ended is not None) for one in again.outages] == [("phutho", True)]
    assert list(again.board.outages.values()) == [left], "it is open for whoever reads the board, too"
    again.live(8)
    assert (again.outages[-1].id, again.outages[-1].started) == (left.id, left.started)
    assert again.outages[-1].ended is not None
    assert again.open == {}


def test_what_leaves_the_inventory_takes_its_outage_along(scene: Province) -> None:
    scene.live(8, SECOND.id)
    without = {id_: one for id_, one in WHOLE.endpoints.items() if id_ != SECOND.id}
    scene.board.follow(replace(WHOLE, endpoints=without), sentinels=[SENTINEL])
    scene.live(2)
    assert scene.open == {}
    assert scene.outages[-1].note == "no longer in the inventory"


def test_with_its_backup_in_use_a_cut_line_is_an_outage_that_spares_all() -> None:
    scene = Province()
    both = replace(WHOLE, links={LINK.id: LINK, BACKUP.id: BACKUP})
    scene.board.follow(both, sentinels=[SENTINEL])
    scene.live(3)
    scene.poll(up=False, after_s=1)
    scene.live(3)
    assert scene.open == {LINK.id: (Cause.INTERFACE_DOWN, 0)}
    assert scene.state() is State.UP


def test_a_confirmed_silence_counts_at_once(scene: Province) -> None:
    record = scene.board.endpoints[ENDPOINT.id]
    scene.live(1, ENDPOINT.id)
    assert scene.state() is State.UP
    scene.board.confirm_silence(record, scene.clock.now_s - 0.1)
    scene.live(1, ENDPOINT.id)
    assert scene.state() is State.DOWN
    scene.board.record_proof(record, scene.clock.now_s)
    scene.live(4)
    assert scene.state() is State.UP


def test_no_change_goes_back_before_what_others_were_told(scene: Province) -> None:
    told_us = scene.board.told_us + 10**9
    scene.board.count(told_us, {(Kind.ENDPOINT, ENDPOINT.id): (State.UP, told_us, dict.fromkeys(State, 0))})
    scene.live(8, *ALL)
    dark = next(one for one in scene.changes if one.new.cause is Cause.BLIND)
    assert dark.at >= scene.board.told
    scene.board.count(0, {})
    assert scene.board.told_us == told_us
