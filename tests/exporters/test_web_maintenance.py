import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import bcrypt
import httpx
import pytest
from hypothesis import given, strategies as st

from agent.history import Maintenance
from agent.state import Board
from exporters.web.maintenance import KEYS, LONGEST_BODY, parse
from tests.exporters.web_server import WebAgent, serving, village

PATH = "/api/v1/maintenance"
HOUR = timedelta(hours=1)
GOOD = {"targets": ["acc-xa-0"], "for": "2h", "why": "Thay cáp"}


@pytest.fixture
def agent():
    return WebAgent(Board(village("Xã Cự Thắng", "Xã Hương Cần")))


@pytest.fixture
async def client(agent):
    async with serving(agent) as where, httpx.AsyncClient(base_url=f"http://{where}") as client:
        yield client


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def said(answer: httpx.Response, status: int) -> str:
    """Return the sentence of a problem."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    assert answer.json()["status"] == status
    return answer.json()["detail"]


async def listed(client) -> list[dict]:
    return (await client.get(PATH)).json()["maintenance"]


async def test_a_window_is_added_listed_and_ended(client, agent):
    before = datetime.now(UTC)
    answer = await client.post(PATH, json=GOOD)
    assert answer.status_code == 201
    added = answer.json()
    assert added == {"id": "m1", "targets": ["acc-xa-0"], "from": added["from"], "to": added["to"]} | {
        "why": "Thay cáp",
        "active": True,
        "by": "people",
    }
    assert timedelta(milliseconds=-1) < at(added["from"]) - before < timedelta(seconds=10)
    assert at(added["to"]) - at(added["from"]) == 2 * HOUR
    assert await listed(client) == [added]
    assert agent.calendar.covered(datetime.now(UTC)) == {"acc-xa-0"}

    ended = await client.delete(f"{PATH}/m1")
    assert (ended.status_code, ended.json()["id"], ended.json()["active"]) == (200, "m1", False)
    assert at(ended.json()["to"]) < at(added["to"])
    assert await listed(client) == []
    assert agent.calendar.covered(datetime.now(UTC)) == set()
    assert "no window 'm1', or it is over already" in said(await client.delete(f"{PATH}/m1"), 404)


async def test_local_times_are_the_agents_own(client, agent):
    agent.settings = replace(agent.settings, timezone=ZoneInfo("America/New_York"))
    year = datetime.now(UTC).year + 1
    body = {"targets": ["xa-0"], "from": f"{year}-07-28T22:00", "to": "02:00", "why": "w"}
    added = (await client.post(PATH, json=body)).json()
    assert (added["from"], added["to"]) == (f"{year}-07-29T02:00:00.000Z", f"{year}-07-29T06:00:00.000Z")
    assert added["active"] is False
    body |= {"from": f"{year}-07-28T22:00+07:00", "to": f"{year}-07-28T17:00Z"}
    added = (await client.post(PATH, json=body)).json()
    assert (added["from"], added["to"]) == (f"{year}-07-28T15:00:00.000Z", f"{year}-07-28T17:00:00.000Z")


async def test_a_time_that_clocks_skip_is_refused_with_both_offsets(client, agent):
    agent.settings = replace(agent.settings, timezone=ZoneInfo("America/New_York"))
    body = {"targets": ["xa-0"], "from": "2027-03-14T02:30", "for": "1h", "why": "w"}
    text = said(await client.post(PATH, json=body), 400)
    assert "2027-03-14T02:30:00-05:00" in text
    assert "2027-03-14T02:30:00-04:00" in text


async def test_windows_of_the_configuration_are_listed_and_stay(client, agent):
    now = datetime.now(UTC)
    windows = [Maintenance((id_,), now, now + hours * HOUR, "") for id_, hours in (("xa-0", 2), ("xa-1", 1))]
    agent.calendar.follow(agent.board.inventory, windows)
    assert [(one["id"], one["by"], one["active"]) for one in await listed(client)] == [
        ("c2", "configuration", True),
        ("c1", "configuration", True),
    ]
    text = said(await client.delete(f"{PATH}/c1"), 409)
    assert text == "c1 stands in the configuration; take it out of `maintenance:` there and reload"
    assert len(await listed(client)) == 2


@pytest.mark.parametrize("id_", ["m1", "c1", "m", "x" * 5000, "%00", "%ff", "%F0%9F%98%80", "a%0d%0ab", "\u202e"])
async def test_what_is_not_there_cannot_be_ended(client, id_):
    assert (await client.delete(f"{PATH}/{id_}")).status_code in (404, 405)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"targets": ["ac-xa-0"]}, "there is no 'ac-xa-0' in the inventory; did you mean acc-xa-0?"),
        ({"targets": ["thanhson"]}, "did you mean thanh-son?"),
        ({"targets": ["xa-0", "\x1b[2J" * 20]}, "in the inventory; give the id of a site, endpoint, device or link"),
        ({"targets": ["\ud800"]}, r"there is no '\ud800' in the inventory"),
        ({"targets": []}, '"targets" must be a list of ids'),
        ({"targets": "xa-0"}, '"targets" must be a list of ids'),
        ({"targets": [1]}, '"targets" must be a list of ids'),
        ({"targets": {"xa-0": 1}}, '"targets" must be a list of ids'),
        ({"why": None}, '"why" must be one line of text'),
        ({"why": " "}, '"why" must be one line of text'),
        ({"why": "a\nb"}, '"why" must be one line of text'),
        ({"why": "\ud800"}, '"why" must be one line of text'),
        ({"why": "x" * 201}, "of at most 200 characters"),
        ({"for": 7200}, '"for" must be text'),
        ({"for": "2 hours"}, "'2 hours' is not a duration; write 90s, 30m, 2h or 1d"),
        ({"for": "0s"}, "'0s' is out of range"),
        ({"for": "61d"}, "longer than 60 days"),
        ({"from": None}, '"from" must be text'),
        ({"from": "\ud800"}, r"'\ud800' is not a time"),
        ({"from": "2020-01-01T00:00"}, "would be over already; give an end that is still to come"),
        ({"from": "8999-12-31T00:00", "for": "3660d"}, "longer than 60 days"),
        ({"to": "22:00"}, 'write either "to", a time, or "for", a duration'),
        ({"until": "22:00"}, "there is no key 'until'; there are targets, from, to, for, why"),
        ({"x" * 9000: 1}, "there is no key 'xxx"),
    ],
)
async def test_what_is_asked_wrongly_is_answered_with_what_would_be_right(client, change, sentence):
    answer = await client.post(PATH, content=json.dumps(GOOD | change), headers={"content-type": "application/json"})
    assert sentence in said(answer, 400)
    assert await listed(client) == []


async def test_one_of_to_and_for_must_be_there(client):
    body = {"targets": ["xa-0"], "why": "w"}
    assert said(await client.post(PATH, json=body), 400) == 'write either "to", a time, or "for", a duration'


@pytest.mark.parametrize(
    "body",
    [
        *(
            b"",
            b"{",
            b"null",
            b"[]",
            b'"x"',
            b"NaN",
            b'{"for": NaN}',
            b'{"for": -Infinity}',
            b"[" * 60000,
            b'{"a":' * 10000,
        ),
        *(b'{"why": "a", "why": "b"}', b"\xff\xfe", '{"why": "x"}'.encode("utf-16"), b'{"for": ' + b"9" * 5000 + b"}"),
    ],
    ids=range(14),
)
async def test_what_is_no_json_object_is_answered_with_an_example(client, body):
    answer = await client.post(PATH, content=body, headers={"content-type": "application/json"})
    assert '; write {"targets": ["wan-thanh-son"], "for": "2h", "why": "new fibre"}' in said(answer, 400)


async def test_a_long_body_is_refused_as_soon_as_it_is_too_long(client):
    body = json.dumps(GOOD | {"why": "x" * LONGEST_BODY}).encode()
    answer = await client.post(PATH, content=body, headers={"content-type": "application/json"})
    assert said(answer, 413) == "write at most 64 KiB; a site stands for all that hangs on it"

    async def endless():
        for _ in range(100):
            yield b" " * 10000

    answer = await client.post(PATH, content=endless(), headers={"content-type": "application/json"})
    assert said(answer, 413)
    assert (await client.post(PATH, json=GOOD)).status_code == 201


async def test_a_request_that_breaks_off_changes_nothing_and_is_no_fault_of_ours(client, agent, capfd):
    _reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
    head = "POST {} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{{"
    writer.write(head.format(PATH).encode())
    await writer.drain()
    assert await listed(client) == []  # the server has had its turn
    writer.close()
    await writer.wait_closed()
    assert await listed(client) == []
    assert "request failed" not in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    "type_", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonp", "", "*/*"]
)
async def test_a_form_of_another_sites_page_can_add_nothing(client, type_):
    answer = await client.post(PATH, content=json.dumps(GOOD), headers={"content-type": type_})
    assert said(answer, 415) == "send JSON, with Content-Type: application/json"
    assert await listed(client) == []


async def test_the_type_may_name_its_letters(client):
    headers = {"content-type": "Application/JSON; charset=utf-8"}
    assert (await client.post(PATH, content=json.dumps(GOOD), headers=headers)).status_code == 201


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_another_sites_page_can_neither_add_nor_end(client, site):
    assert (await client.post(PATH, json=GOOD)).status_code == 201
    for answer in (
        await client.post(PATH, json=GOOD, headers={"sec-fetch-site": site}),
        await client.delete(f"{PATH}/m1", headers={"sec-fetch-site": site}),
    ):
        assert said(answer, 403) == "another site's page may not change maintenance"
    assert len(await listed(client)) == 1
    assert (await client.delete(f"{PATH}/m1", headers={"sec-fetch-site": "same-origin"})).status_code == 200


async def test_users_of_the_web_configuration_guard_maintenance_too(client, agent):
    agent.allow(monitor=bcrypt.hashpw(b"s3cret", bcrypt.gensalt(4)).decode())
    assert (await client.post(PATH, json=GOOD)).status_code == 401
    assert (await client.delete(f"{PATH}/m1")).status_code == 401
    assert (await client.post(PATH, json=GOOD, auth=("monitor", "s3cret"))).status_code == 201


async def test_other_methods_are_refused_with_those_it_takes(client):
    answer = await client.put(PATH, json=GOOD)
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(["22:00", "2h"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=8,
)


@given(st.binary(max_size=60) | json_values.map(lambda value: json.dumps(value).encode()))
def test_any_body_is_a_window_or_a_sentence(body):
    now = datetime(2026, 11, 28, 12, tzinfo=UTC)
    try:
        asked = parse(body, ZoneInfo("Europe/Berlin"), now)
    except ValueError as error:
        assert "; " in str(error) or " must be " in str(error) or " write " in str(error)  # noqa: PT017 - most bodies are wrong
    else:
        assert asked.targets
        assert asked.why
