import asyncio
import json
import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import bcrypt
import pytest

from agent.cli_status import status
from agent.history import Outage
from agent.model import Cause, Kind, Standing, State
from agent.readings import Outcome, PollFailed
from tests.exporters.web_server import NASTY, SENTINEL, Watched, WebAgent, ping, serving, village

HOUR = timedelta(hours=1)
LONG = "Trung tâm Điều hành thông minh (IOC) Ủy ban nhân dân huyện Thanh Sơn, phòng họp trực tuyến số hai"


@pytest.fixture
def agent():
    board = Watched(village(LONG, NASTY))
    for id_ in board.endpoints:
        ping(board, id_, *(0.01,) * 5)
    board.poll("r-1", xa_0=True, xa_1=True)
    return WebAgent(board)


@pytest.fixture
def ask(agent, capsys):
    async def ask(url="http://{}", *, down_only=False, as_json=False):
        async with serving(agent) as where:
            code = await asyncio.to_thread(status, url.format(where), down_only=down_only, as_json=as_json)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return ask


async def test_all_up_is_success(ask):
    code, out, _ = await ask()
    assert code == 0
    assert out.splitlines()[-1] == "4 endpoints: 4 up; 2 links: 2 up; 1 device: 1 up"
    code, out, _ = await ask(down_only=True)
    assert (code, out.splitlines()[0]) == (0, "Everything is up.")


async def test_the_worst_stands_first_then_links(ask, agent):
    ping(agent.board, "vc-xa-0", *(None,) * 5, cause="no route")
    ping(agent.board, "vc-xa-1", *(0.4,) * 60)
    code, out, _ = await ask()
    assert code == 1
    outage, empty, head, *rows, _ = out.splitlines()
    assert outage.startswith(f"OUTAGE endpoint {LONG} (vc-xa-0) since ")
    assert (empty, head.split()) == ("", ["STATE", "KIND", "NAME", "AT", "SINCE", "WHY"])
    assert [row.split()[:2] for row in rows] == [
        ["down", "endpoint"],
        ["degraded", "endpoint"],
        ["up", "endpoint"],
        ["up", "endpoint"],
    ]
    assert 'Answers no probe. "no route"' in rows[0]
    agent.board.poll("r-1", xa_0=False, xa_1=True)
    _, out, _ = await ask(down_only=True)
    outage, empty, _, *rows, _ = out.splitlines()
    assert outage.startswith(f"OUTAGE link Đường {LONG} (acc-xa-0) since ")
    assert [row.split()[:2] for row in rows] == [
        ["unreachable", "endpoint"],
        ["degraded", "endpoint"],
        ["down", "link"],
    ]
    assert "port on this link is off" in rows[2]


async def test_a_pipe_gets_whole_names_on_one_line_and_no_colour(ask, agent):
    ping(agent.board, "vc-xa-0", *(None,) * 5)
    _, out, _ = await ask()
    assert "\x1b" not in out
    assert any(line.startswith("down") and LONG in line for line in out.splitlines())
    assert any(NASTY in line for line in out.splitlines())


async def test_a_router_that_refuses_snmp_is_shown_with_its_reason(ask, agent):
    agent.board.record_failure("r-1", PollFailed(Outcome.AUTH, "wrong key"), 0.1)
    code, out, _ = await ask()
    assert code == 0
    assert 'Rejects SNMP: wrong credentials or key. "wrong key"' in out


async def test_json_is_the_apis_own(ask, agent):
    ping(agent.board, "vc-xa-0", *(None,) * 5)
    code, out, _ = await ask(as_json=True, down_only=True)
    assert code == 1
    document = json.loads(out)
    assert [(e["id"], e["site"], e["cause"]) for e in document["endpoints"]] == [("vc-xa-0", "xa-0", "silent")]
    assert (document["links"], document["devices"]) == ([], [])


async def test_credentials_go_to_the_agent_and_into_no_message(ask, agent):
    agent.allow(monitor=bcrypt.hashpw(b"s3cret@x", bcrypt.gensalt(4)).decode())
    assert (await ask("http://monitor:s3cret%40x@{}/"))[0] == 0
    code, out, err = await ask("http://monitor:wr0ng@{}")
    assert (code, out) == (3, "")
    assert "answered 401" in err
    assert "USER:PASSWORD@HOST:PORT" in err
    assert "wr0ng" not in err


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:{free}", "no agent answers at http://127.0.0.1:{free}: Connection refused; start one with"),
        ("file:///etc/hostname", "--url must begin with http:// or https://"),
        ("127.0.0.1:9843", "--url must begin with http:// or https://"),
        ("http://127.0.0.1:port", "--url can't be read"),
        ("http://no-such-host.invalid", "no agent answers at http://no-such-host.invalid"),
    ],
)
def test_without_an_agent_the_message_says_what_would_be_right(url, said, capsys):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        free = str(listener.getsockname()[1])
    assert status(url.replace("{free}", free), down_only=False, as_json=False) == 3
    printed = capsys.readouterr()
    assert said.replace("{free}", free) in printed.err
    assert len(printed.err.splitlines()) == 1


@pytest.mark.parametrize("body", [b"<html>hello", b"[]", b'{"sites": 3}', b'{"sites": [{"id": 1}]}', b"null"])
async def test_another_program_on_the_port_is_told_from_an_agent(body, capsys):
    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        code = await asyncio.to_thread(status, f"http://127.0.0.1:{port}", down_only=False, as_json=False)
    assert code == 3
    assert "is no diemcau agent" in capsys.readouterr().err


async def test_open_outages_come_first_and_name_what_cuts_a_site_off(ask, agent):
    now = datetime.now(UTC)
    cut = Outage("o", Kind.LINK, "acc-xa-0", Cause.BEYOND_SILENT, now, now, affected=1, flapping=True)
    agent.board.outages = {"s": replace(cut, id="s", kind=Kind.ENDPOINT, target="vc-xa-1", affected=0), "o": cut}
    agent.board.endpoints["vc-xa-0"].standing = Standing(State.UNREACHABLE, now, Cause.CUT_OFF, root="acc-xa-0")
    code, out, _ = await ask(down_only=True)
    assert code == 1
    lines = out.splitlines()
    assert lines[0].startswith(f"OUTAGE link Đường {LONG} (acc-xa-0) since ")
    assert lines[0].endswith("(flapping): 1 site is affected. Nothing beyond this link answers.")
    assert lines[1].startswith("OUTAGE endpoint ")
    assert not lines[2]
    (row,) = [line for line in lines if line.startswith("unreachable")]
    assert row.endswith(f"Cut off by link Đường {LONG} (acc-xa-0).")
    _, out, _ = await ask(as_json=True)
    assert [one["id"] for one in json.loads(out)["outages"]] == ["o", "s"]


async def test_maintenance_in_force_and_a_history_that_is_not_written_stand_above(ask, agent):
    now = datetime.now(UTC)
    agent.add_maintenance(["thanh-son", "acc-xa-0"], now - HOUR, now + HOUR, "Thay cáp")
    agent.add_maintenance(["xa-1"], now + HOUR, now + 2 * HOUR, "not yet")
    agent.history_trouble = "cannot write the history: no space left on device"
    code, out, _ = await ask()
    assert code == 0
    planned, history, empty, *_ = out.splitlines()
    assert planned.startswith("MAINTENANCE m1 of thanh-son, acc-xa-0 until ")
    assert planned.endswith(": Thay cáp")
    assert history == "HISTORY not written: cannot write the history: no space left on device"
    assert not empty
    document = json.loads((await ask(as_json=True))[1])
    assert [window["id"] for window in document["maintenance"]] == ["m1"]
    assert document["history"] == "not written: cannot write the history: no space left on device"


async def test_without_either_nothing_is_said_of_them(ask):
    _, out, _ = await ask()
    assert out.startswith("STATE ")
    document = json.loads((await ask(as_json=True))[1])
    assert (document["maintenance"], document["history"], document["outages"]) == ([], "", [])


async def test_a_blind_agent_says_so_first(ask, agent):
    board = agent.board
    board.live(8, silent=(SENTINEL.id, *board.endpoints, *board.devices))
    code, out, _ = await ask()
    assert code == 1
    assert out.startswith("OUTAGE agent agent since ")
    assert "4 endpoints: 4 unknown; 2 links: 2 unknown; 1 device: 1 unknown" in out
