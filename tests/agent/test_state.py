from __future__ import annotations

from dataclasses import replace

import pytest

from agent.inventory import Inventory
from agent.model import (
    Cause,
    Change,
    Device,
    Endpoint,
    Level,
    Link,
    LinkRole,
    Secret,
    Sentinel,
    Site,
    SnmpCredentials,
    SnmpSettings,
    State,
)
from agent.readings import DeviceReading, Echo, InterfaceReading, Outcome, PollFailed, Traffic
from agent.state import Board

SNMP = SnmpSettings(SnmpCredentials("province", "2c", Secret("public")))
SITES = {
    "phu-tho": Site("phu-tho", "Phú Thọ", Level.PROVINCE),
    "thanh-son": Site("thanh-son", "Huyện Thanh Sơn", Level.DISTRICT, "phu-tho"),
}
ENDPOINT = Endpoint("vc-thanh-son", "thanh-son", "Huyện Thanh Sơn", "10.25.238.10")
ROUTER = Device("r-core", "phu-tho", "router", "10.25.0.1", SNMP, interfaces=("Gi0/1",))
SENTINEL = Sentinel("sentinel 10.25.255.254", "10.25.255.254")
LINK = Link("wan-thanh-son", "Phú Thọ - Thanh Sơn", "phu-tho", "thanh-son", LinkRole.PRIMARY, "r-core", "Gi0/1", 1e8)
INVENTORY = Inventory(SITES, {ENDPOINT.id: ENDPOINT}, {ROUTER.id: ROUTER}, {LINK.id: LINK})


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


class Scene:
    """A board with a clock the test moves, and what its listeners heard."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.board = Board(INVENTORY, self.clock)
        self.board.follow(INVENTORY, sentinels=[SENTINEL])
        self.changes: list[Change] = []
        self.board.listeners.append(self.changes.append)

    def echoes(self, answers: str, *, of: str = ENDPOINT.id, alone: bool = False) -> None:
        """Play one echo a second: `!` answered, `.` silent, `x` refused, `-` not sent. All others answer theirs."""
        record = self.board.endpoints.get(of) or self.board.devices[of]
        others = [*self.board.sentinels.values(), *([] if alone else self.board.probed)]
        ends = {"!": (0.01, Outcome.OK), ".": (None, Outcome.TIMEOUT), "x": (None, Outcome.REFUSED)}
        for answer in answers:
            self.clock.now_s += 1
            rtt_s, outcome = ends.get(answer, (None, Outcome.ERROR))
            cause = {"x": "host unreachable, says 10.25.0.1", "-": "Network is unreachable"}.get(answer, "")
            self.board.record_echo(record, Echo(self.clock.now_s - (rtt_s or 0.95), rtt_s, outcome, cause))
            for other in others:
                if other is not record:
                    self.board.record_echo(other, Echo(self.clock.now_s - 0.01, 0.01, Outcome.OK))
            self.board.settle()

    def poll(self, received: int = 0, *, up: bool = True, uptime_s: float | None = None, after_s: float = 30) -> None:
        self.clock.now_s += after_s
        counters = Traffic(received, 0, 0, 0)
        interface = InterfaceReading("Gi0/1", self.clock.now_s, up, 1e9, counters, counters)
        uptime_s = self.clock.now_s if uptime_s is None else uptime_s
        self.board.record_reading("r-core", DeviceReading(self.clock.now_s, uptime_s, {"Gi0/1": interface}), 0.01)

    def state(self, of: str = ENDPOINT.id) -> State:
        records = {**self.board.endpoints, **self.board.devices, **self.board.links}
        return records[of].standing.state


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_it_begins_unknown_and_is_up_with_the_first_answer(scene: Scene) -> None:
    assert scene.state() is State.UNKNOWN
    scene.echoes("!")
    assert scene.state() is State.UP


def test_down_after_five_silences_and_up_after_three_answers(scene: Scene) -> None:
    scene.echoes("!" * 10 + "....")
    assert scene.state() is State.UP  # it may be nothing
    scene.echoes(".")
    assert scene.state() is State.DOWN
    scene.echoes("!!")
    assert scene.state() is State.DOWN
    scene.echoes("!")
    assert scene.state() is State.UP


def test_each_change_is_heard_once_with_its_cause(scene: Scene) -> None:
    scene.echoes("!" * 70 + "xxxxx" + "x" * 20)
    changes = [change for change in scene.changes if change.target == ENDPOINT.id]
    assert [(change.new.state, change.new.cause) for change in changes] == [
        (State.UP, Cause.NONE),
        (State.DOWN, Cause.SILENT),
    ]
    assert changes[-1].new.detail == "host unreachable, says 10.25.0.1"


def test_what_was_not_heard_of_for_long_is_unknown(scene: Scene) -> None:
    scene.echoes("!!!")
    scene.clock.now_s += 3
    scene.board.sweep()
    assert scene.state() is State.UP
    scene.clock.now_s += 2
    scene.board.sweep()
    assert scene.state() is State.UNKNOWN
    assert scene.changes[-1].new.cause is Cause.STALE


def test_what_cannot_be_asked_is_unknown_and_not_down(scene: Scene) -> None:
    scene.echoes("!!!" + "-" * 10)
    scene.board.sweep()
    assert scene.state() is State.UNKNOWN
    assert (scene.changes[-1].new.cause, scene.changes[-1].new.detail) == (Cause.NOT_SENT, "Network is unreachable")


def test_a_router_that_answers_snmp_alone_is_up(scene: Scene) -> None:
    scene.echoes("." * 20, of="r-core")
    assert scene.state("r-core") is State.DOWN
    scene.poll(after_s=1)
    assert scene.state("r-core") is State.UP
    scene.echoes("." * 50, of="r-core")
    assert scene.state("r-core") is State.UP
    scene.echoes("." * 30, of="r-core")
    assert scene.state("r-core") is State.DOWN, "its last answer is too old"


def test_an_answer_from_before_the_silence_proves_nothing(scene: Scene) -> None:
    scene.echoes("!!!", of="r-core")
    scene.poll(after_s=0)
    scene.echoes("......", of="r-core")
    assert scene.state("r-core") is State.DOWN


def test_a_refused_key_is_an_answer(scene: Scene) -> None:
    scene.echoes("." * 5, of="r-core")
    scene.board.record_failure("r-core", PollFailed(Outcome.AUTH, "authentication failed"), 0.01)
    assert scene.state("r-core") is State.UP
    assert scene.board.devices["r-core"].reason == "authentication failed"


def test_a_link_follows_its_interface_and_its_rate(scene: Scene) -> None:
    scene.poll(0)
    link = scene.board.links[LINK.id]
    assert (link.standing.state, link.receive_bps, link.capacity_bps) == (State.UP, None, 1e8)
    scene.poll(30 * 11_250_000)
    assert (link.receive_bps, link.standing.state) == (90e6, State.UP)
    scene.poll(30 * 11_250_000 + 30 * 12_000_000)
    assert (link.receive_bps, link.standing.cause) == (96e6, Cause.BUSY)
    scene.poll(2**40, up=False)
    scene.echoes("!!!!!!", of="r-core", alone=True)
    assert link.standing.cause is Cause.INTERFACE_DOWN


def test_a_restart_is_counted_and_gives_no_rate(scene: Scene) -> None:
    scene.poll(1000, uptime_s=5000)
    scene.poll(10**12, uptime_s=20)
    assert scene.board.devices["r-core"].restarts == 1
    assert scene.board.links[LINK.id].receive_bps is None


def test_a_link_whose_router_no_longer_answers_is_unknown(scene: Scene) -> None:
    scene.poll(0)
    scene.clock.now_s += 90
    scene.board.sweep()
    assert scene.state(LINK.id) is State.UP
    scene.clock.now_s += 10
    scene.board.sweep()
    assert scene.state(LINK.id) is State.UNKNOWN
    assert scene.board.links[LINK.id].receive_bps is None


def test_a_new_inventory_keeps_what_stays(scene: Scene) -> None:
    scene.echoes("!" * 10)
    other = replace(ENDPOINT, id="vc-new", address="10.25.238.11")
    renamed = replace(ENDPOINT, name="Thanh Sơn")
    scene.board.follow(replace(INVENTORY, endpoints={renamed.id: renamed, other.id: other}))
    record = scene.board.endpoints[ENDPOINT.id]
    assert (record.window.sent, record.standing.state, record.target.name) == (10, State.UP, "Thanh Sơn")
    assert scene.state("vc-new") is State.UNKNOWN
    scene.board.follow(replace(INVENTORY, endpoints={other.id: other}))
    assert list(scene.board.endpoints) == ["vc-new"]


def test_another_address_is_another_machine(scene: Scene) -> None:
    scene.echoes("!" * 10)
    moved = replace(ENDPOINT, address="10.25.238.99")
    scene.board.follow(replace(INVENTORY, endpoints={moved.id: moved}))
    assert scene.board.endpoints[ENDPOINT.id].window.sent == 0
