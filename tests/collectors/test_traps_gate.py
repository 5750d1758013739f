"""What the trap port looks at before it decodes, and mutated notifications through filter and decoder."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest
from hypothesis import given, strategies as st

from agent.model import TrapSettings
from collectors._traps_engine import TrapEngine
from collectors._traps_filter import LARGEST, TrapFilter
from collectors._traps_header import Header, read_header
from collectors._traps_kinds import Drop
from tests.trap_fuzzing import CREDENTIALS, fuzz
from tests.trap_receiving import COMMUNITY, user

FUZZED = 20_000
SENDER = "10.0.0.1"


def v2c_trap(community: bytes = b"hoinghi", tag: int = 0xA7) -> bytes:
    body = b"\x02\x01\x01\x04" + bytes([len(community)]) + community + bytes([tag, 0])
    return b"\x30" + bytes([len(body)]) + body


def gate(**settings: float) -> TrapFilter:
    return TrapFilter(TrapSettings((COMMUNITY, user()), **settings), [SENDER])


def test_a_header_says_in_whose_name_it_comes():
    assert read_header(v2c_trap()) == Header("2c", b"hoinghi")


@given(st.binary(max_size=200) | st.binary(max_size=100).map(lambda tail: v2c_trap()[:6] + tail))
def test_a_header_is_read_or_refused(data):
    with suppress(ValueError):
        assert read_header(data).version in ("1", "2c", "3")


@pytest.mark.parametrize(
    ("datagram", "sender", "drop"),
    [
        (v2c_trap(), "10.0.0.2", Drop.UNKNOWN_SENDER),
        (b"", SENDER, Drop.MALFORMED),
        (b"\x00" * (LARGEST + 1), SENDER, Drop.MALFORMED),
        (v2c_trap()[:-1], SENDER, Drop.MALFORMED),
        (v2c_trap(tag=0xA0), SENDER, Drop.MALFORMED),  # a GET
        (v2c_trap(tag=0xA2), SENDER, Drop.MALFORMED),  # a response
        (v2c_trap(b"public"), SENDER, Drop.WRONG_COMMUNITY),
        (v2c_trap(b""), SENDER, Drop.WRONG_COMMUNITY),
    ],
)
def test_what_is_dropped_before_decoding(datagram, sender, drop):
    assert gate().judge(datagram, sender, 0.0) is drop


def test_a_sender_has_a_burst_and_then_its_rate():
    limited = gate(rate_per_s=10, burst=20)
    passed = [at / 100 for at in range(500) if isinstance(limited.judge(v2c_trap(), SENDER, at / 100), Header)]
    assert 19 + 49 <= len(passed) <= 20 + 50
    assert passed[:20] == [at / 100 for at in range(20)]
    assert isinstance(limited.judge(v2c_trap(), SENDER, 100.0), Header)


def test_forgeries_use_up_nothing_of_their_victims_rate():
    limited = gate(rate_per_s=1, burst=1)
    for _ in range(100):
        assert limited.judge(v2c_trap(b"public"), SENDER, 0.0) is Drop.WRONG_COMMUNITY
    assert isinstance(limited.judge(v2c_trap(), SENDER, 0.0), Header)


def test_the_engine_id_is_the_agents_own_and_stays():
    first, again, other = (TrapEngine(name, ()).engine_id for name in ("phutho", "phutho", "vinhphuc"))
    assert first == again != other
    assert 5 <= len(first) <= 32


def test_mutated_notifications_cost_themselves_alone():
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")  # noqa: T201  # a failing run can be repeated
    fuzzed = fuzz(seed, FUZZED)
    print(f"slowest {fuzzed.slowest_s * 1e3:.1f} ms, {fuzzed.results}")  # noqa: T201  # the measure
    assert sum(fuzzed.results.values()) == FUZZED
    assert fuzzed.results["Notification"] > FUZZED / 100  # some came all the way
    assert fuzzed.rows <= 2 * len(CREDENTIALS)
    assert fuzzed.rss[-1] - fuzzed.rss[1] < 8 << 20
