"""What the agent says of the sample province, against what the lab knows."""

from __future__ import annotations

import asyncio
import statistics
import time

from agent.model import IcmpSettings
from collectors import Pinger
from lab import Lab
from tests.end_to_end.conftest import RunningAgent

COMMUNE = "acc-thanh-son-son-hung"
CODEC = "vc-thanh-son-son-hung"
WAY = ("agent-uplink", "r-core", "wan-thanh-son", "r-thanh-son", COMMUNE, CODEC)


def round_trip_s(lab: Lab) -> float:
    """The lab's own time to CODEC and back."""
    return 2 * sum(float(lab.truth(hop).settings["delay_s"]) for hop in WAY)


def binomial_band(chance: float, trials: int, confidence: float = 0.99) -> tuple[int, int]:
    """The smallest central band of a binomial that holds `confidence`."""
    mass, total, tail = (1 - chance) ** trials, 0.0, (1 - confidence) / 2
    low = high = None
    for hits in range(trials + 1):
        total += mass
        low = hits if low is None and total > tail else low
        high = hits if high is None and total >= 1 - tail else high
        mass *= (trials - hits) / (hits + 1) * chance / (1 - chance)
    return low, high


def test_all_243_are_up_and_every_link_is_known(lab: Lab, agent: RunningAgent) -> None:
    assert len(lab.inventory.endpoints) == 243
    ups = agent.metric("diemcau_endpoint_up")
    assert (len(ups), set(ups.values())) == (243, {1.0})
    agent.until(lambda: sum(agent.metric("diemcau_link_up").values()) == 251, 20, "all links known")
    assert set(agent.metric("diemcau_device_up").values()) == {1.0}
    assert agent.metric("diemcau_icmp_duplicates_total", endpoint=CODEC) == {CODEC: 0.0}


def test_loss_lies_in_the_binomial_band(lab: Lab, agent: RunningAgent) -> None:
    one_way = 0.05
    lab.set(COMMUNE, loss=one_way)
    try:
        before = agent.value("diemcau_icmp_sent_total", endpoint=CODEC)
        agent.until(lambda: agent.value("diemcau_icmp_sent_total", endpoint=CODEC) >= before + 61, 75, "a window")
        ratio = agent.value("diemcau_icmp_loss_ratio", endpoint=CODEC)
    finally:
        lab.set(COMMUNE, loss=0.0)
    low, high = binomial_band(1 - (1 - one_way) ** 2, 60)
    assert low / 60 <= ratio <= high / 60
    others = agent.metric("diemcau_icmp_loss_ratio")
    del others[CODEC]
    assert set(others.values()) == {0.0}


async def test_delay_is_measured_within_a_millisecond(lab: Lab) -> None:
    lab.set(COMMUNE, delay_s=0.0)
    lab.set(COMMUNE, delay_s=0.04 - round_trip_s(lab) / 2)
    truth_s = round_trip_s(lab)
    address = lab.inventory.endpoints[CODEC].address
    try:
        with lab.inside():
            pinger = Pinger().__enter__()
        turning = asyncio.create_task(pinger.run())
        echoes = []
        for _ in range(
            10
        ):  # few at once: the lab takes packets one by one, and those behind would wait for those before
            echoes += await asyncio.gather(*(pinger.echo(address, IcmpSettings(timeout_s=2)) for _ in range(10)))
        turning.cancel()
        pinger.__exit__(None, None, None)
    finally:
        lab.set(COMMUNE, delay_s=0.0)
    assert abs(truth_s - 0.08) < 1e-9
    assert abs(statistics.median(echo.rtt_s for echo in echoes) - truth_s) < 0.001


def test_the_agents_own_figure_of_a_delay(lab: Lab, agent: RunningAgent) -> None:
    def total() -> tuple[float, float]:
        mine = {one.name: one.value for one in agent.page() if one.labels.get("endpoint") == CODEC}
        return mine["diemcau_icmp_rtt_seconds_sum"], mine["diemcau_icmp_rtt_seconds_count"]

    lab.set(COMMUNE, delay_s=0.04)
    try:
        time.sleep(1.2)  # until no echo sent before is under way
        sum_s, count = total()
        agent.until(lambda: total()[1] >= count + 20, 30, "twenty echoes")
        after_s, after = total()
        truth_s = round_trip_s(lab)
    finally:
        lab.set(COMMUNE, delay_s=0.0)
    assert abs((after_s - sum_s) / (after - count) - truth_s) < 0.001


def test_a_cut_codec_is_down_in_time_and_nobody_else_moves(lab: Lab, agent: RunningAgent) -> None:
    agent.until(lambda: set(agent.states().values()) == {"up"}, 90, "all up again")
    before = {site["id"]: site["endpoint"]["since"] for site in agent.client.get("/api/v1/sites").json()["sites"]}
    lab.set(CODEC, up=False)
    try:
        took_s = agent.until(lambda: agent.states()[CODEC] == "down", 10, "down")
        assert took_s <= 6.2, "down_after + 1 intervals, and the time one look takes"
        assert sorted(set(agent.states().values())) == ["down", "up"]
        assert agent.metric("diemcau_endpoint_up", endpoint=CODEC) == {CODEC: 0.0}
    finally:
        lab.set(CODEC, up=True)
    agent.until(lambda: agent.states()[CODEC] == "up", 10, "up again")
    after = {site["id"]: site["endpoint"]["since"] for site in agent.client.get("/api/v1/sites").json()["sites"]}
    moved = {site for site in after if after[site] != before[site]}
    assert moved == {lab.inventory.endpoints[CODEC].site}


def test_a_cut_line_is_down_by_its_interface(lab: Lab, agent: RunningAgent) -> None:
    lab.set("bak-thanh-son", up=False)
    try:
        agent.until(lambda: agent.value("diemcau_link_up", link="bak-thanh-son") == 0, 15, "link down")
        assert agent.value("diemcau_link_state", link="bak-thanh-son") == 4
    finally:
        lab.set("bak-thanh-son", up=True)
    agent.until(lambda: agent.value("diemcau_link_up", link="bak-thanh-son") == 1, 15, "link up")


def test_a_links_rate_is_the_labs_traffic(lab: Lab, agent: RunningAgent) -> None:
    lab.set("wan-thanh-son", traffic_out_bps=60e6, traffic_in_bps=20e6)
    time.sleep(25)  # two whole polls of ten seconds within it
    sent = agent.value("diemcau_link_transmit_bits_per_second", link="wan-thanh-son")
    received = agent.value("diemcau_link_receive_bits_per_second", link="wan-thanh-son")
    assert abs(sent / 60e6 - 1) < 0.02
    assert abs(received / 20e6 - 1) < 0.02
    utilization = agent.value("diemcau_link_utilization_ratio", link="wan-thanh-son", direction="transmit")
    assert abs(utilization - sent / 200e6) < 1e-3
