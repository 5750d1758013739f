"""The poller against devices as they are: recordings, one a quirk, replayed by the lab's agents."""

from __future__ import annotations

import pytest

from agent.readings import Outcome
from collectors import recording
from collectors.recording import Kind
from lab.snmp import quirks
from lab.snmp.agent import V1
from tests.collectors.quirky import RECORDINGS, failure, watched

IF_NAME = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 1)
IF_SPEED = (1, 3, 6, 1, 2, 1, 2, 2, 1, 5)
HC_IN = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 6)
SYS_UPTIME = (1, 3, 6, 1, 2, 1, 1, 3, 0)
MEGA = 1e6
NAMES = [path.stem for path in sorted(RECORDINGS.glob("*.snmp"))]


@pytest.mark.parametrize("name", NAMES)
def test_a_recording_is_what_it_is_written_as(name):
    text = (RECORDINGS / f"{name}.snmp").read_text()
    read = recording.parse(text)
    assert recording.format_recording(read) == text
    assert read.objects[SYS_UPTIME].kind is Kind.TIMETICKS


async def test_32_bits_that_wrap_are_counted_over_the_wrap():
    async with watched("counter32-only", "Fa0/0", rates_bps={1: (8 * MEGA, 2 * MEGA)}) as watch:
        first = await watch.poll()
        assert (first.receive_bps, first.transmit_bps) == (None, None)
        for _ in range(4):
            line = await watch.poll(30)
            assert (line.receive_bps, line.transmit_bps) == pytest.approx((8 * MEGA, 2 * MEGA))
        assert watch.reading.interfaces["Fa0/0"].width == 32


async def test_32_bits_that_may_have_wrapped_twice_give_no_rate():
    async with watched("counter32-only", "Fa0/0", rates_bps={1: (90 * MEGA, 2 * MEGA)}) as watch:
        await watch.poll()
        line = await watch.poll(400)  # 100 Mbit/s goes round in 344 s
        assert (line.receive_bps, line.transmit_bps) == (None, None)


async def test_32_bits_set_back_by_a_reboot_are_no_wrap():
    async with watched("counter32-only", "Fa0/0", rates_bps={1: (8 * MEGA, 2 * MEGA)}) as watch:
        await watch.poll()
        watch.replay.reboot()
        line = await watch.poll(30)
        assert (line.receive_bps, line.transmit_bps) == (None, None)
        assert watch.restarts == 1
        assert (await watch.poll(30)).receive_bps == pytest.approx(8 * MEGA)


async def test_32_bits_set_back_without_a_word_cost_at_most_what_the_line_can_carry():
    async with watched("counter32-only", "Fa0/0", rates_bps={1: (8 * MEGA, 2 * MEGA)}) as watch:
        await watch.poll()
        watch.replay.reset_counters(told=False)
        line = await watch.poll(30)
        for rate_bps in (line.receive_bps, line.transmit_bps):
            assert rate_bps is None or rate_bps <= 100 * MEGA * 1.1
        assert (await watch.poll(30)).receive_bps == pytest.approx(8 * MEGA)


async def test_counters_reset_with_uptime_give_no_rate_once():
    async with watched("counters-reset-with-uptime", "Gi0/0/0", rates_bps={1: (100 * MEGA, 20 * MEGA)}) as watch:
        await watch.poll()
        assert (await watch.poll(30)).receive_bps == pytest.approx(100 * MEGA)
        watch.replay.reboot()
        line = await watch.poll(30)
        assert (line.receive_bps, line.transmit_bps, watch.restarts) == (None, None, 1)
        line = await watch.poll(30)
        assert (line.receive_bps, line.transmit_bps) == pytest.approx((100 * MEGA, 20 * MEGA))


async def test_uptime_that_wraps_after_497_days_is_no_restart():
    async with watched("counters-reset-with-uptime", "Gi0/0/0", rates_bps={1: (100 * MEGA, 20 * MEGA)}) as watch:
        watch.replay.put(SYS_UPTIME, Kind.TIMETICKS, 2**32 - 1000)
        await watch.poll()
        line = await watch.poll(30)
        assert watch.reading.uptime_s == pytest.approx(20)
        assert (line.receive_bps, watch.restarts) == (pytest.approx(100 * MEGA), 0)


@pytest.mark.parametrize("told", [True, False])
async def test_counters_reset_while_uptime_runs_on_give_no_rate_once(told):
    rates = {3: (50 * MEGA, 10 * MEGA)}
    async with watched("counters-reset-without-uptime", "GigabitEthernet0/0/0", rates_bps=rates) as watch:
        await watch.poll()
        assert (await watch.poll(30)).receive_bps == pytest.approx(50 * MEGA)
        watch.replay.reset_counters(told=told)
        line = await watch.poll(30)
        assert (line.receive_bps, line.transmit_bps, watch.restarts) == (None, None, 0)
        assert (await watch.poll(30)).receive_bps == pytest.approx(50 * MEGA)


async def test_counters_that_were_set_and_passed_their_old_value_are_known_by_the_discontinuity():
    rates = {3: (50 * MEGA, 10 * MEGA)}
    async with watched("counters-reset-without-uptime", "GigabitEthernet0/0/0", rates_bps=rates) as watch:
        await watch.poll()
        watch.replay.reset_counters()
        watch.replay.put((*HC_IN, 3), Kind.COUNTER64, 900_000_000_000)
        assert (await watch.poll(30)).receive_bps is None


async def test_an_interface_is_found_again_in_the_poll_after_its_renumbering():
    async with watched("renumbered", "fe-0/0/0", "fe-0/0/7", rates_bps={507: (40 * MEGA, 9 * MEGA)}) as watch:
        assert (await watch.poll()).interface.up
        watch.replay.reboot(indices={507: 513, 513: 507, 645: 1024})
        line = await watch.poll(30)
        assert line.interface.up
        assert (line.receive_bps, watch.reading.missing) == (None, ())
        assert not watch.reading.interfaces["fe-0/0/7"].up
        assert (await watch.poll(30)).receive_bps == pytest.approx(40 * MEGA)


async def test_an_interface_renumbered_without_a_reboot_is_never_mixed_up_with_another():
    async with watched("renumbered", "fe-0/0/0", rates_bps={507: (40 * MEGA, 9 * MEGA)}) as watch:
        await watch.poll()
        await watch.poll(30)
        watch.replay.renumber({507: 513, 513: 507})
        line = await watch.poll(30)
        assert line.receive_bps is None or line.receive_bps == pytest.approx(40 * MEGA)
        assert (await watch.poll(30)).receive_bps == pytest.approx(40 * MEGA)


async def test_interfaces_taken_out_and_put_in_are_missed_and_found():
    async with watched("renumbered", "fe-0/0/0", "fe-0/0/9") as watch:
        await watch.poll()
        assert watch.reading.missing == ("fe-0/0/9",)
        watch.replay.put((*IF_NAME, 645), Kind.STRING, b"fe-0/0/9")
        watch.replay.remove(513)  # moves ifTableLastChange
        await watch.poll(30)
        assert watch.reading.missing == ()
        watch.replay.remove(507)
        assert (await watch.poll(30)).interface is None
        assert (list(watch.reading.interfaces), watch.reading.missing) == (["fe-0/0/9"], ("fe-0/0/0",))


async def test_the_speed_is_ifhighspeed_s_where_ifspeed_is_at_its_top_or_missing():
    async with watched("high-speed-only", "Te1/0/1", "Te1/0/2", rates_bps={1: (6_000 * MEGA, 1_000 * MEGA)}) as watch:
        await watch.poll()
        line = await watch.poll(30)
        assert line.receive_bps == pytest.approx(6_000 * MEGA)
        assert line.capacity_bps == 10_000 * MEGA
        assert watch.reading.interfaces["Te1/0/2"].speed_bps == 10_000 * MEGA


async def test_a_device_with_wide_counters_alone_and_a_speed_of_nought():
    async with watched("hc-only-idle-ports", "ether1", "bridge1", rates_bps={1: (300 * MEGA, 60 * MEGA)}) as watch:
        await watch.poll()
        line = await watch.poll(30)
        assert (line.receive_bps, line.capacity_bps) == (pytest.approx(300 * MEGA), 1_000 * MEGA)
        assert watch.reading.interfaces["bridge1"].speed_bps is None


async def test_one_varbind_a_message_is_learnt_and_remembered():
    rates = {1: (30 * MEGA, 4 * MEGA)}
    async with watched("one-varbind", "wan", "lan", rates_bps=rates, quirks=(quirks.one_at_a_time,)) as watch:
        await watch.poll()
        before = watch.served.asked
        line = await watch.poll(30)
        asked = watch.served.asked - before
        assert (line.receive_bps, line.transmit_bps) == pytest.approx((30 * MEGA, 4 * MEGA))
        assert asked <= 2 + 2 * 15  # what was learnt is not tried again


async def test_v1_s_nosuchname_loses_nothing_but_what_is_not_there():
    rates = {1: (3 * MEGA, 2 * MEGA)}
    async with watched("v1-only", "eth0", rates_bps=rates, version="1", versions=frozenset({V1})) as watch:
        await watch.poll()
        line = await watch.poll(30)
        assert (line.receive_bps, line.transmit_bps) == pytest.approx((3 * MEGA, 2 * MEGA))
        assert watch.reading.uptime_s == pytest.approx(440_030)


async def test_a_v1_only_device_asked_by_v2c_is_silent():
    async with watched("v1-only", "eth0", versions=frozenset({V1})) as watch:
        assert (await failure(watch)).outcome is Outcome.TIMEOUT


async def test_everything_said_twice_is_taken_once():
    rates = {3: (30 * MEGA, 4 * MEGA)}
    async with watched("slow", "GigabitEthernet0/0/0", rates_bps=rates, quirks=(quirks.twice,)) as watch:
        await watch.poll()
        for _ in range(5):
            line = await watch.poll(30)
            assert (line.receive_bps, line.transmit_bps) == pytest.approx((30 * MEGA, 4 * MEGA))
