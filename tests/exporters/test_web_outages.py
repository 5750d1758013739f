"""Outages and availability in the API and on the pages, before a real history."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from agent.archive import Archive
from agent.history import Outage
from agent.model import Cause, Contact, Kind, Standing, State
from agent.settings import AgentSettings, Language
from agent.state import Board
from tests.agent.journal_telling import Clock, telling
from tests.exporters.test_web_board import Tags
from tests.exporters.web_server import NASTY, WebAgent, serving, village

NOW = datetime.now(UTC).replace(microsecond=0)
LONG = timedelta(days=3)
CUT = Outage(
    "o-cut",
    Kind.LINK,
    "acc-xa-1",
    Cause.BEYOND_SILENT,
    NOW - timedelta(minutes=5),
    NOW - timedelta(minutes=5) + timedelta(seconds=2),
    district="thanh-son",
    detail="<b>silent</b>",
    affected=1,
    most_affected=2,
    suspects=("r-1",),
)
OVER = replace(
    CUT,
    id="o-over",
    kind=Kind.DEVICE,
    target="r-1",
    cause=Cause.SILENT,
    started=NOW - timedelta(hours=30),
    ended=NOW - timedelta(hours=29),
    affected=0,
    most_affected=7,
    suspects=(),
    flapping=True,
    note="đã thay nguồn",
)


@pytest.fixture
async def agent(tmp_path):
    """Three days of history: a router was down yesterday, a line is down now."""
    board = Board(village("Xã Cự Thắng", NASTY))
    path, clock = tmp_path / "diemcau.sqlite3", Clock(NOW - LONG)
    endpoints = [(Kind.ENDPOINT, id_) for id_ in board.endpoints]
    async with telling(path, clock, [*endpoints, (Kind.LINK, "acc-xa-1")]) as teller:
        for key in endpoints:
            teller.turn(key, State.UP)
        for outage in (OVER, replace(CUT, affected=9)):  # of open ones the journal may be behind
            teller.journal.outage(outage)
        clock.go(LONG.total_seconds() - 300)
        teller.turn((Kind.LINK, "acc-xa-1"), State.DOWN)
        teller.turn((Kind.ENDPOINT, "vc-xa-1"), State.UNREACHABLE, "acc-xa-1")
        clock.go(300)
    for record in board.endpoints.values():
        record.standing = Standing(State.UP, NOW)
    board.endpoints["vc-xa-1"].standing = Standing(State.UNREACHABLE, CUT.started, Cause.CUT_OFF, root="acc-xa-1")
    board.links["acc-xa-1"].standing = Standing(State.DOWN, CUT.started, Cause.BEYOND_SILENT)
    board.outages[CUT.id] = CUT
    return WebAgent(board, archive=Archive(path))


@pytest.fixture
async def client(agent):
    async with serving(agent) as where, httpx.AsyncClient(base_url=f"http://{where}") as client:
        yield client


async def outages(client, **query) -> list[dict]:
    answer = await client.get("/api/v1/outages", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["outages"]


async def test_the_last_days_outages_with_all_that_is_known(client):
    (cut,) = await outages(client)
    duration_s = cut.pop("duration_s")
    assert abs(duration_s - (datetime.now(UTC) - CUT.started).total_seconds()) < 5
    assert cut == {
        "id": "o-cut",
        "kind": "link",
        "target": "acc-xa-1",
        "name": f"Đường {NASTY}",
        "cause": "beyond_silent",
        "started": CUT.started.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "confirmed": CUT.confirmed.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "ended": None,
        "district": "thanh-son",
        "affected": 1,
        "most_affected": 2,
        "suspects": ["r-1"],
        "flapping": False,
        "note": "",
        "detail": "<b>silent</b>",
    }


async def test_a_period_is_asked_for_by_date_or_time(client):
    start = (NOW - timedelta(hours=31)).isoformat()  # its + unescaped, as people write it
    answer = await client.get(f"/api/v1/outages?from={start}")
    assert [one["id"] for one in answer.json()["outages"]] == ["o-over", "o-cut"]
    over = answer.json()["outages"][0]
    assert (over["duration_s"], over["flapping"], over["note"]) == (3600, True, "đã thay nguồn")
    assert [one["id"] for one in await outages(client, **{"from": str((NOW - LONG).date())})] == ["o-over", "o-cut"]
    until = {"from": (NOW - LONG).isoformat(), "to": (NOW - timedelta(hours=2)).isoformat()}
    assert [one["id"] for one in await outages(client, **until)] == ["o-over"]
    assert [one["id"] for one in await outages(client, **{"from": (NOW - LONG).isoformat(), "open": "true"})] == [
        "o-cut"
    ]


@pytest.mark.parametrize("path", ["/api/v1/outages", "/api/v1/availability"])
@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=yesterday", "'yesterday' is no date or time; write a date like 2026-11-25"),
        ("from=2020-01-02&to=2020-01-01", "2020-01-01 is before 2020-01-02"),
        ("since=2020-01-01", "there is no parameter 'since'; there are from, to"),
    ],
)
async def test_a_bad_query_is_a_problem_that_says_what_would_be_right(client, path, query, said):
    answer = await client.get(f"{path}?{query}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert said in answer.json()["detail"]


async def test_open_is_true_or_false(client):
    answer = await client.get("/api/v1/outages?open=yes")
    assert (answer.status_code, answer.json()["detail"]) == (400, "open can't be 'yes'; it can be true, false")


async def test_without_a_history_the_open_ones_are_still_told(client, agent, tmp_path):
    broken = tmp_path / "broken.sqlite3"
    broken.write_bytes(b"no database" * 1000)
    agent.archive = Archive(broken)
    answer = (await client.get("/api/v1/outages")).json()
    assert [one["id"] for one in answer["outages"]] == ["o-cut"]
    assert answer["history"].startswith("not available: cannot read the history")
    availability = await client.get("/api/v1/availability")
    assert availability.status_code == 503
    assert "cannot read the history" in availability.json()["detail"]
    page = await client.get("/outages")
    assert page.status_code == 200
    assert "Không đọc được lịch sử sự cố" in page.text
    assert f'id="{CUT.id}"' in page.text


async def test_availability_is_told_per_target_and_group(client):
    hour = {"from": (NOW - timedelta(hours=1)).isoformat(), "to": NOW.isoformat()}
    answer = (await client.get("/api/v1/availability", params=hour)).json()
    assert (answer["from"], answer["to"]) == (f"{hour['from'][:19]}.000Z", f"{hour['to'][:19]}.000Z")
    endpoints = {one["id"]: one for one in answer["endpoints"]}
    assert endpoints["vc-xa-1"]["availability"] == 1.0
    assert endpoints["vc-xa-1"]["seconds"]["unreachable"] == 300
    assert endpoints["vc-xa-0"]["seconds"] == dict.fromkeys(State, 0) | {"up": 3600}
    links = {one["id"]: one for one in answer["links"]}
    assert (links["acc-xa-1"]["availability"], links["acc-xa-1"]["charged_s"]) == (0.0, 300)
    assert links["acc-xa-0"]["availability"] is None
    assert answer["province"]["seconds"]["up"] == 4 * 3600 - 300
    assert {level["id"] for level in answer["levels"]} == {"province", "district", "commune"}
    assert {(one["id"], one["name"]) for one in answer["districts"]} == {(None, None), ("thanh-son", "Huyện Thanh Sơn")}
    assert [(one["id"], one["cut_off"]) for one in answer["outages"]] == [("o-cut", ["vc-xa-1"])]
    assert (await client.get("/api/v1/availability")).status_code == 200


async def test_what_is_cut_off_names_its_root(client):
    site = (await client.get("/api/v1/sites/xa-1")).json()
    assert (site["endpoint"]["state"], site["endpoint"]["root"]) == ("unreachable", "acc-xa-1")
    assert (await client.get("/api/v1/sites/xa-0")).json()["endpoint"]["root"] is None


async def test_the_board_says_each_outage_in_a_line_and_what_cuts_a_site_off(client, agent):
    text = (await client.get("/")).text
    line = r'<a href="/outages\?lang=vi#o-cut">Đường truyền Đường Xã &lt;script&gt;.* \(đường truy nhập\)'
    assert re.search(line + r" mất kết nối từ .*; 1 điểm cầu bị ảnh hưởng\.</a>", text)
    assert "Bị ảnh hưởng do đường truyền Đường Xã &lt;script&gt;" in text
    english = (await client.get("/?lang=en")).text
    assert re.search(r">Link Đường .* \(access line\) lost its connection at .*; 1 site is affected\.</a>", english)
    assert "Cut off by link Đường" in english
    agent.board.outages.clear()
    assert "headlines" not in (await client.get("/")).text


async def test_of_many_outages_the_board_shows_the_worst_and_counts_the_others(client, agent):
    for number in range(20):
        one = replace(CUT, id=f"o-{number}", kind=Kind.ENDPOINT, target="vc-xa-0", affected=1)
        agent.board.outages[one.id] = one
    agent.board.outages["core"] = replace(CUT, id="core", kind=Kind.DEVICE, target="r-1", affected=243)
    agent.board.outages["self"] = replace(CUT, id="self", kind=Kind.AGENT, target="phutho", cause=Cause.BLIND)
    text = (await client.get("/?lang=en")).text
    headlines = text[text.index('class="headlines"') : text.index('class="board"')]
    assert headlines.count("<li>") == 9
    assert "and 15 more outages" in headlines
    first = "Monitoring machine phutho lost its connection"
    parts = (first, "Device r-1 (Huyện Thanh Sơn) lost its connection", "Site Xã Cự Thắng")
    assert [headlines.index(part) for part in parts] == sorted(headlines.index(part) for part in parts)
    assert "243 sites are affected" in headlines


async def test_the_outages_page_says_what_is_broken_and_what_to_do(client, agent):
    sites = agent.board.inventory.sites
    sites["xa-1"] = replace(sites["xa-1"], contact=Contact("Bà Hà", "0210 3825 111"))
    text = (await client.get("/outages")).text
    assert re.search(r"Đường truyền Đường Xã .* mất kết nối từ .*; 1 điểm cầu bị ảnh hưởng\.", text)
    assert re.search(r"Đã kéo dài \d+ phút", text)
    for said in (
        "Gọi Viễn thông Phú Thọ báo mất đường truyền này",
        "Cũng có thể do: thiết bị r-1 (Huyện Thanh Sơn).",
        "Người liên hệ: Bà Hà, điện thoại 0210 3825 111.",
        "&lt;b&gt;silent&lt;/b&gt;",
        "Sự cố đã kết thúc trong 7 ngày qua",
        "đã thay nguồn",
        "Chập chờn.",
        "1 giờ",
    ):
        assert said in text, said
    assert NASTY not in text
    summary = text[text.index("<summary>") :]
    assert "1 điểm cầu bị ảnh hưởng" in summary
    assert "Xã &lt;script&gt;" in summary


async def test_each_kind_of_outage_has_its_sentence_and_advice(client, agent):
    agent.settings = AgentSettings(language=Language.EN)
    agent.board.outages = {
        "1": replace(CUT, id="1", affected=0),
        "2": replace(CUT, id="2", cause=Cause.INTERFACE_DOWN, flapping=True),
        "3": replace(CUT, id="3", kind=Kind.ENDPOINT, target="vc-xa-0", cause=Cause.SILENT),
        "4": replace(CUT, id="4", kind=Kind.DEVICE, target="r-1", cause=Cause.SILENT, affected=2),
        "5": replace(CUT, id="5", kind=Kind.AGENT, target="phutho", cause=Cause.BLIND, affected=0),
        "6": replace(CUT, id="6", kind=Kind.LINK, target="no-longer-there"),
    }
    text = (await client.get("/outages")).text
    for said in (
        "no site is affected.",
        "has been flapping since",
        "check the cable and the ports at both ends",
        "Site Xã Cự Thắng lost its connection",
        "restart it if need be",
        "Device r-1 (Huyện Thanh Sơn)",
        "the state of the sites is not known for now.",
        "no need to call the sites yet",
        "Link no-longer-there lost",
    ):
        assert said in text, said
    assert "%(" not in text


async def test_a_quiet_province_says_so(client, agent):
    agent.board.outages.clear()
    agent.archive = Archive(agent.settings.state_dir / "no-such-folder" / "none.sqlite3")
    text = (await client.get("/outages?lang=en")).text
    assert "There is no outage now." in text
    assert "No outage ended in the last 7 days." in text


async def test_pages_lead_to_each_other_and_need_no_script(client):
    for path in ("/", "/outages"):
        tags = Tags((await client.get(f"{path}?lang=en")).text)
        targets = {link["href"] for link in tags.all("a", "href")}
        assert {"/?lang=en", "/outages?lang=en"} <= targets
        assert not tags.all("script")
        for _, attributes in tags.found:
            assert "style" not in attributes
            assert not any(name.startswith("on") for name in attributes)
        (here,) = [link for link in tags.all("a", "aria-current") if link["aria-current"] == "page"]
        assert here["href"] == f"{path}?lang=en"
    wrong = await client.get("/outages?lang=xx")
    assert wrong.status_code == 400
