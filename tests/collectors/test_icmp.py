"""The pinger against the kernel's own answers, and against an answerer that lies."""

from __future__ import annotations

import asyncio
import socket
import struct
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from agent.model import IcmpSettings
from agent.readings import Echo, Outcome
from collectors._icmp_packet import ECHO, STAMP, WIRE_4, WIRE_6, fold, ones_sum, read_quoted, read_refusal
from collectors._icmp_socket import NO_RIGHT
from collectors.icmp import Pinger
from tests.networks import sysctl

SOON = IcmpSettings(timeout_s=0.2)
PATIENT = IcmpSettings(timeout_s=5)


@asynccontextmanager
async def pinging(**options: Callable[[str], None]) -> AsyncIterator[Pinger]:
    with Pinger(**options) as pinger:
        turning = asyncio.create_task(pinger.run())
        yield pinger
        turning.cancel()


@contextmanager
def liar(answer: Callable[[socket.socket, bytes, str], None]) -> Iterator[None]:
    """Let `answer` reply to every echo request on loopback in the kernel's place."""
    sysctl("net.ipv4.icmp_echo_ignore_all", "1")
    ear = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    ear.setblocking(False)

    def hear() -> None:
        packet, (source, _) = ear.recvfrom(65535)
        if packet[20] == WIRE_4.request:
            asked = socket.inet_ntoa(packet[16:20])
            with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as mouth:
                mouth.bind((asked, 0))
                answer(mouth, packet[20:], source)

    asyncio.get_running_loop().add_reader(ear, hear)
    try:
        yield
    finally:
        asyncio.get_running_loop().remove_reader(ear)
        ear.close()


def reply_to(request: bytes, **changes: int | bytes) -> bytes:
    """A right answer to `request`, but for `changes` of ident, sequence, token or serial."""
    _, _, _, ident, sequence = ECHO.unpack_from(request)
    token, serial = STAMP.unpack_from(request, ECHO.size)
    what = {"ident": ident, "sequence": sequence, "token": token, "serial": serial} | changes
    body = STAMP.pack(what["token"], what["serial"]) + request[ECHO.size + STAMP.size :]
    head = struct.pack("!BBHHH", 0, 0, 0, what["ident"], what["sequence"])
    checksum = fold(ones_sum(head + body))
    return struct.pack("!BBHHH", 0, 0, checksum, what["ident"], what["sequence"]) + body


@pytest.mark.parametrize("address", ["127.0.0.1", "127.1.2.3", "::1"])
@pytest.mark.parametrize("size", [16, 17, 56, 1472, 8000])
async def test_answers_from_the_kernel(address: str, size: int) -> None:
    async with pinging() as pinger:
        echo = await pinger.echo(address, replace(PATIENT, size=size))
    assert echo.outcome is Outcome.OK
    assert 0 < echo.rtt_s < 0.1


@pytest.mark.parametrize("range_", ["0 0", "1 0"], ids=["unprivileged", "raw"])
async def test_both_kinds_of_socket_do_the_same(own_network: None, range_: str) -> None:
    sysctl("net.ipv4.ping_group_range", range_)
    subprocess.run(["ip", "route", "add", "prohibit", "10.9.9.0/24"], check=True)
    subprocess.run(["ip", "addr", "add", "10.8.8.1/24", "dev", "lo"], check=True)
    async with pinging() as pinger:
        assert all(icmp.raw == (range_ == "1 0") for icmp in pinger._sockets.values())
        for address in ("127.0.0.1", "127.0.0.2", "10.8.8.1", "::1"):
            echo = await pinger.echo(address, PATIENT)
            assert echo.outcome is Outcome.OK, address
        unsent = await pinger.echo("10.9.9.1", PATIENT)
        assert unsent.outcome is Outcome.ERROR
        assert "ermission" in unsent.cause or "unreachable" in unsent.cause


async def test_silence_is_a_timeout(own_network: None) -> None:
    sysctl("net.ipv4.icmp_echo_ignore_all", "1")
    async with pinging() as pinger:
        echo = await pinger.echo("127.0.0.1", SOON)
    assert (echo.rtt_s, echo.outcome) == (None, Outcome.TIMEOUT)


@pytest.mark.parametrize(
    "changes",
    [{"ident": 1}, {"sequence": 4711}, {"token": b"stranger"}, {"serial": 99}],
    ids=["identifier", "sequence", "token", "serial"],
)
async def test_forged_replies_do_not_count(own_network: None, changes: dict[str, int | bytes]) -> None:
    with liar(lambda mouth, request, source: mouth.sendto(reply_to(request, **changes), (source, 0)) and None):
        async with pinging() as pinger:
            assert (await pinger.echo("127.0.0.2", SOON)).outcome is Outcome.TIMEOUT


async def test_the_liars_true_reply_counts(own_network: None) -> None:
    with liar(lambda mouth, request, source: mouth.sendto(reply_to(request), (source, 0)) and None):
        async with pinging() as pinger:
            assert (await pinger.echo("127.0.0.2", PATIENT)).outcome is Outcome.OK


async def test_a_reply_from_another_address_does_not_count(own_network: None) -> None:
    def answer(_: socket.socket, request: bytes, source: str) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as mouth:
            mouth.bind(("127.0.0.99", 0))
            mouth.sendto(reply_to(request), (source, 0))

    with liar(answer):
        async with pinging() as pinger:
            assert (await pinger.echo("127.0.0.2", SOON)).outcome is Outcome.TIMEOUT


async def test_a_duplicate_is_counted_once_as_such(own_network: None) -> None:
    duplicates: list[str] = []
    seen = asyncio.Event()

    def duplicate(address: str) -> None:
        duplicates.append(address)
        seen.set()

    def answer(mouth: socket.socket, request: bytes, source: str) -> None:
        mouth.sendto(reply_to(request), (source, 0))
        mouth.sendto(reply_to(request), (source, 0))

    with liar(answer):
        async with pinging(duplicate=duplicate) as pinger:
            assert (await pinger.echo("127.0.0.2", PATIENT)).outcome is Outcome.OK
            await seen.wait()
    assert duplicates == ["127.0.0.2"]


async def test_a_late_reply_counts_neither_as_answer_nor_as_duplicate(own_network: None) -> None:
    duplicates: list[str] = []
    loop = asyncio.get_running_loop()
    told = asyncio.Event()

    def answer(mouth: socket.socket, request: bytes, source: str) -> None:
        twin = mouth.dup()

        def late() -> None:
            twin.sendto(reply_to(request), (source, 0))
            twin.close()
            loop.call_later(0.05, told.set)

        loop.call_later(SOON.timeout_s + 0.1, late)

    with liar(answer):
        async with pinging(duplicate=duplicates.append) as pinger:
            assert (await pinger.echo("127.0.0.2", SOON)).outcome is Outcome.TIMEOUT
            await told.wait()
            pinger.turn()
            assert not pinger._pending
    assert duplicates == []


@pytest.mark.parametrize("range_", ["0 0", "1 0"], ids=["unprivileged", "raw"])
async def test_an_unreachable_error_is_its_own_cause(own_network: None, range_: str) -> None:
    sysctl("net.ipv4.ping_group_range", range_)

    def answer(mouth: socket.socket, request: bytes, source: str) -> None:
        quoted = (
            struct.pack(
                "!BBHHHBBH4s4s",
                0x45,
                0,
                20 + len(request),
                0,
                0,
                64,
                1,
                0,
                *map(socket.inet_aton, (source, "127.0.0.2")),
            )
            + request[:8]
        )
        body = struct.pack("!BBHI", 3, 1, 0, 0) + quoted
        mouth.sendto(body[:2] + struct.pack("!H", fold(ones_sum(body))) + body[4:], (source, 0))

    with liar(answer):
        async with pinging() as pinger:
            echo = await pinger.echo("127.0.0.2", PATIENT)
    assert (echo.outcome, echo.cause) == (Outcome.REFUSED, "host unreachable, says 127.0.0.2")


async def test_no_way_from_here_says_nothing_of_the_target(own_network: None) -> None:
    async with pinging() as pinger:
        echo = await pinger.echo("10.200.0.1", PATIENT)
    assert echo.outcome is Outcome.ERROR
    assert echo.cause == "Network is unreachable"


async def test_cancelling_one_echo_touches_no_other(own_network: None) -> None:
    sysctl("net.ipv4.icmp_echo_ignore_all", "1")
    async with pinging() as pinger:
        doomed = asyncio.create_task(pinger.echo("127.0.0.3", SOON))
        other = asyncio.create_task(pinger.echo("127.0.0.4", SOON))
        await asyncio.sleep(0)
        doomed.cancel()
        assert (await other).outcome is Outcome.TIMEOUT
    assert doomed.cancelled()


async def test_closing_ends_what_is_under_way(own_network: None) -> None:
    sysctl("net.ipv4.icmp_echo_ignore_all", "1")
    async with pinging() as pinger:
        waiting = asyncio.create_task(pinger.echo("127.0.0.3", PATIENT))
        await asyncio.sleep(0)
    assert (await waiting).outcome is Outcome.ERROR


async def test_other_programs_icmp_stays_away(own_network: None) -> None:
    async with pinging() as pinger:
        strangers = await asyncio.create_subprocess_exec(
            "ping", "-q", "-c", "20", "-i", "0.002", "127.0.0.1", stdout=-3
        )
        await strangers.wait()
        heard = [datagram for icmp in pinger._sockets.values() for datagram in icmp.received()]
    assert heard == []


async def test_the_mark_is_on_the_packet(own_network: None) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as ear:
        ear.setblocking(False)
        async with pinging() as pinger:
            for dscp in (34, 0, 46):
                await pinger.echo("127.0.0.1", replace(PATIENT, dscp=dscp))
                assert ear.recv(2000)[1] == dscp << 2
                ear.recv(2000)  # the answer


async def test_the_source_address_is_kept(own_network: None) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as ear:
        ear.setblocking(False)
        with Pinger(sources=("127.7.7.7",)) as pinger:
            pinger.send("127.0.0.1", PATIENT, lambda _: None)
        assert socket.inet_ntoa(ear.recv(2000)[12:16]) == "127.7.7.7"


async def test_a_set_clock_makes_no_wild_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    echoes: list[Echo] = []
    with Pinger() as pinger:
        pinger.send("127.0.0.1", PATIENT, echoes.append)
        monkeypatch.setattr("collectors.icmp.time.time", lambda: 1e9)
        pinger.turn()
    assert echoes[0].outcome is Outcome.OK
    assert 0 <= echoes[0].rtt_s < 0.1


def test_no_right_names_both_cures() -> None:
    code = """
        from collectors.icmp import Pinger
        try:
            Pinger().__enter__()
        except OSError as error:
            print(error)
    """
    without = ["unshare", "--net", "setpriv", "--bounding-set=-all"]
    done = subprocess.run(
        [*without, sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == NO_RIGHT, done.stderr


@given(st.binary(max_size=200), st.integers(0, 30))
def test_foreign_bytes_are_never_more_than_nothing(data: bytes, offset: int) -> None:
    for wire in (WIRE_4, WIRE_6):
        read_refusal(wire, data, offset)
        read_quoted(wire, data, offset, "cause")


@given(st.binary(min_size=8, max_size=64))
def test_a_packet_with_its_checksum_sums_to_nothing(data: bytes) -> None:
    data = data[: len(data) // 2 * 2]
    whole = data[:2] + b"\0\0" + data[4:]
    assert fold(ones_sum(whole[:2] + struct.pack("!H", fold(ones_sum(whole))) + whole[4:])) == 0
