import argparse
import asyncio
import json
import os
import socket
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import bcrypt
import pytest

from agent.cli_maintenance import add_maintenance_commands
from agent.history import Maintenance
from agent.state import Board
from tests.exporters.web_server import NASTY, WebAgent, serving, village

HOUR = timedelta(hours=1)
HOME = Path(__file__).resolve().parents[2]


@pytest.fixture
def agent():
    return WebAgent(Board(village("Xã Cự Thắng", "Xã Hương Cần")))


def run(*words: str) -> int:
    """Run the command in this process; return its exit status."""
    parser = argparse.ArgumentParser(prog="diemcau")
    add_maintenance_commands(parser.add_subparsers(required=True))
    try:
        args = parser.parse_args(["maintenance", *words])
    except SystemExit as left:
        return int(left.code or 0)
    return args.run(args)


@pytest.fixture
def ask(agent, capsys):
    async def ask(*words, url="http://{}"):
        async with serving(agent) as where:
            code = await asyncio.to_thread(run, *words, "--url", url.format(where))
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return ask


async def program(*words: str, zone: str) -> tuple[int, str, str]:
    """Run the real program in a time zone."""
    environ = os.environ | {"TZ": zone, "COLUMNS": "200"}
    pipes = {"stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.PIPE}
    command = (sys.executable, "-m", "agent", "maintenance", *words)
    process = await asyncio.create_subprocess_exec(*command, env=environ, cwd=HOME, **pipes)
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def test_the_program_adds_lists_and_ends_in_this_machines_time(agent):
    year = datetime.now(UTC).year + 1
    async with serving(agent) as where:
        url = ("--url", f"http://{where}")
        summer = ("--from", f"{year}-07-28T22:00", "--to", "02:00", "--why", "Thay cáp quang")
        code, out, err = await program("add", "acc-xa-0", "vc-xa-0", *summer, *url, zone="Europe/Berlin")
        assert (code, out, err) == (
            0,
            f"m1: acc-xa-0, vc-xa-0, from {year}-07-28 22:00 to {year}-07-29 02:00\n",
            "",
        )
        assert agent.windows[0].start == datetime(year, 7, 28, 20, tzinfo=UTC)

        code, out, _ = await program("list", *url, zone="America/New_York")
        assert code == 0
        row = out.splitlines()[1]
        assert row.split()[:6] == ["m1", "planned", f"{year}-07-28", "16:00", f"{year}-07-28", "20:00"]
        assert row.split()[6:] == ["acc-xa-0,", "vc-xa-0", "Thay", "cáp", "quang", "people"]
        assert await program("end", "m1", *url, zone="UTC") == (0, "m1 taken back before it began\n", "")
        assert agent.windows == ()


async def test_the_program_refuses_a_time_that_the_machines_clock_skips(agent):
    async with serving(agent) as where:
        words = ("add", "xa-0", "--from", "2027-03-28T02:30", "--for", "1h", "--why", "w", "--url", f"http://{where}")
        code, _, err = await program(*words, zone="Europe/Berlin")
        assert code == 2
        assert "2027-03-28T02:30:00+01:00" in err
        assert "2027-03-28T02:30:00+02:00" in err
        assert (await program(*words, zone="Asia/Ho_Chi_Minh"))[0] == 0


async def test_for_a_while_from_now_goes_by_the_agents_clock(ask, agent):
    before = datetime.now(UTC)
    code, out, _ = await ask("add", "xa-0", "--for", "2h", "--why", NASTY)
    assert (code, out[:10]) == (0, "m1: xa-0, ")
    (window,) = agent.windows
    assert before <= window.start <= datetime.now(UTC)
    assert (window.end - window.start, window.why) == (2 * HOUR, NASTY)


async def test_a_window_that_goes_on_is_listed_as_such_and_ends_now(ask, agent):
    start, end = (f"{datetime.now(UTC) + hours * HOUR:%Y-%m-%dT%H:%M}Z" for hours in (-1, 1))
    await ask("add", "xa-0", "--from", start, "--to", end, "--why", NASTY)
    _, out, _ = await ask("list")
    assert out.splitlines()[1].split()[:2] == ["m1", "now"]
    assert NASTY in out
    code, out, _ = await ask("end", "m1")
    assert code == 0
    assert out.startswith("m1 ended; it was from ")
    assert (await ask("list"))[1] == "No maintenance is planned.\n"


async def test_json_is_the_apis_own(ask, agent):
    now = datetime.now(UTC)
    agent.calendar.follow(agent.board.inventory, [Maintenance(("xa-0",), now, now + HOUR, "Bảo trì")])
    code, out, _ = await ask("list", "--json")
    assert code == 0
    (window,) = json.loads(out)["maintenance"]
    assert (window["id"], window["by"], window["why"], window["active"]) == ("c1", "configuration", "Bảo trì", True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "ac-xa-0", "--for", "2h", "--why", "w"), "'ac-xa-0' in the inventory; did you mean acc-xa-0?"),
        (("add", "xa-0", "--for", "2 weeks", "--why", "w"), "'2 weeks' is not a duration; write 90s, 30m, 2h or 1d"),
        (("add", "xa-0", "--to", "tomorrow", "--why", "w"), "'tomorrow' is not a time; write 22:00,"),
        (("add", "xa-0", "--from", "25:00", "--for", "2h", "--why", "w"), "'25:00' is not a time; write 22:00,"),
        (("add", "xa-0", "--to", "2020-01-01T00:00", "--why", "w"), "would end before it begins; give a later end"),
        (("add", "xa-0", "--for", "61d", "--why", "w"), "longer than 60 days"),
        (("add", "xa-0", "--for", "2h", "--why", ""), '"why" must be one line of text'),
        (("add", "xa-0", "--for", "2h"), "arguments are required: --why"),
        (("add", "xa-0", "--why", "w"), "one of the arguments --for --to is required"),
        (("add", "xa-0", "--for", "2h", "--to", "22:00", "--why", "w"), "not allowed with argument"),
        (("add", "--for", "2h", "--why", "w"), "arguments are required: TARGET"),
        (("end", "m9"), "there is no window 'm9', or it is over already"),
        (("end", "../sites/x"), "'../sites/x' is no window's id; write one as m1, which `maintenance list` shows"),
        (("end", ""), "'' is no window's id"),
        (("end",), "arguments are required: ID"),
    ],
)
async def test_asked_wrongly_it_is_2_and_says_what_would_be_right(ask, agent, words, said):
    code, out, err = await ask(*words)
    assert (code, out) == (2, "")
    assert said in err
    assert agent.windows == ()


async def test_a_window_of_the_configuration_is_ended_there(ask, agent):
    now = datetime.now(UTC)
    agent.calendar.follow(agent.board.inventory, [Maintenance(("xa-0",), now, now + HOUR, "")])
    code, _, err = await ask("end", "c1")
    assert code == 2
    assert "c1 stands in the configuration" in err


async def test_credentials_go_to_the_agent_and_into_no_message(ask, agent):
    agent.allow(monitor=bcrypt.hashpw(b"s3cret", bcrypt.gensalt(4)).decode())
    words = ("add", "xa-0", "--for", "2h", "--why", "w")
    assert (await ask(*words, url="http://monitor:s3cret@{}"))[0] == 0
    code, _, err = await ask(*words, url="http://monitor:wr0ng@{}")
    assert code == 3
    assert "answered 401" in err
    assert "wr0ng" not in err


@pytest.mark.parametrize("words", [("add", "x", "--for", "2h", "--why", "w"), ("list",), ("end", "m1")])
async def test_without_an_agent_it_is_3(words, capsys):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        free = listener.getsockname()[1]
    assert await asyncio.to_thread(run, *words, "--url", f"http://127.0.0.1:{free}") == 3
    assert "start one with `diemcau run`" in capsys.readouterr().err
    assert await asyncio.to_thread(run, *words, "--url", "ftp://x") == 3
    assert "--url must begin with http:// or https://" in capsys.readouterr().err


@pytest.mark.parametrize("status", ["200 OK", "400 Bad Request", "404 Not Found", "500 Oops"])
@pytest.mark.parametrize("type_", ["text/html", "application/json", "application/problem+json"])
@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"maintenance": [{"id": 1}], "detail": 7}', b'{"id": 1}'])
async def test_another_program_on_the_port_is_told_from_an_agent(status, type_, body, capsys):
    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.0 {status}\r\nContent-Type: {type_}\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for words in (("add", "x", "--for", "2h", "--why", "w"), ("list",), ("end", "m1")):
            assert await asyncio.to_thread(run, *words, "--url", url) == 3
            assert "no diemcau agent" in capsys.readouterr().err
