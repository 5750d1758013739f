"""What the board folds into a line, and what the pages say above the rest."""

import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from agent.history import Outage
from agent.model import Cause, Kind, State
from tests.exporters.test_web_board import Tags
from tests.exporters.web_server import NASTY, SENTINEL, Watched, WebAgent, serving, village

HOUR = timedelta(hours=1)
DISTRICT = ("vc-thanh-son", "vc-xa-0", "vc-xa-1", "vc-xa-2")
LINES = ("acc-xa-0", "acc-xa-1", "acc-xa-2")


@pytest.fixture
def agent():
    board = Watched(village("Xã Cự Thắng", NASTY, "Xã Hương Cần"))
    board.live(5)
    board.poll("r-1", xa_0=True, xa_1=True, xa_2=True)
    return WebAgent(board)


@pytest.fixture
async def client(agent):
    async with serving(agent) as where, httpx.AsyncClient(base_url=f"http://{where}") as client:
        yield client


async def attention(client, language: str = "en") -> str:
    text = (await client.get(f"/?lang={language}")).text
    return text[text.index('class="attention"') : text.index('class="groups"')]


def summaries(text: str) -> list[str]:
    return re.findall(r"<summary>(.*?)</summary>", text)


def lines(text: str) -> int:
    return text.count("<li data-state=")


async def test_what_one_root_cuts_off_is_one_line_for_each_kind(client, agent):
    agent.board.live(8, silent=("r-1", *DISTRICT))
    text = await attention(client)
    assert summaries(text) == [
        "4 sites are cut off by device r-1 (Huyện Thanh Sơn).",
        "3 links are cut off by device r-1 (Huyện Thanh Sơn).",
    ]
    assert lines(text) == 3  # these two, and the router itself
    assert re.findall(r'<h2>(.*?) <span class="count">(\d+)<', text) == [
        ("Sites that need attention", "4"),
        ("Links that need attention", "3"),
        ("Devices that need attention", "1"),
    ]
    assert "<p>Huyện Thanh Sơn, Xã Cự Thắng, Xã &lt;script&gt;" in text  # who they are, for who wants to see
    assert summaries(await attention(client, "vi")) == [
        "4 điểm cầu bị ảnh hưởng do thiết bị r-1 (Huyện Thanh Sơn) gặp sự cố.",
        "3 đường truyền bị ảnh hưởng do thiết bị r-1 (Huyện Thanh Sơn) gặp sự cố.",
    ]
    assert not Tags(text).all("details", "open")
    assert not Tags(text).all("script")


async def test_a_fold_stands_after_what_is_down_and_before_what_is_degraded(client, agent):
    agent.board.live(8, silent=("r-1", *DISTRICT))
    record = agent.board.endpoints["vc-phu-tho"]
    for state, place in ((State.DOWN, 0), (State.DEGRADED, 1)):
        record.standing = type(record.standing)(state, record.standing.since, Cause.RTT)
        section = (await attention(client)).split("<h2>")[1]
        assert re.findall(r'<li data-state="(\w+)"', section).index(state) == place


async def test_one_alone_is_said_in_full(client, agent):
    agent.board.live(8, silent=("vc-xa-1",))
    agent.board.poll("r-1", xa_0=True, xa_1=False, xa_2=True)
    text = await attention(client)
    assert summaries(text) == []
    assert lines(text) == 2
    assert re.search(r"Unreachable since .*\. Cut off by link Đường Xã &lt;script&gt;.* \(access line\)\.", text)


async def test_two_roots_are_two_lines(client, agent):
    board = agent.board
    board.live(8, silent=("r-1", *DISTRICT))
    for id_, root in zip(DISTRICT, ("acc-xa-0", "acc-xa-0", "acc-xa-1", "acc-xa-1"), strict=True):
        standing = board.endpoints[id_].standing
        board.endpoints[id_].standing = type(standing)(standing.state, standing.since, standing.cause, root=root)
    assert len([one for one in summaries(await attention(client)) if one.startswith("2 sites are cut off by")]) == 2


async def test_a_blind_agent_is_one_line_for_each_kind(client, agent):
    board = agent.board
    board.live(8, silent=(SENTINEL.id, *board.endpoints, *board.devices))
    text = await attention(client, "vi")
    why = "Máy giám sát đang mất kết nối với mạng nên chưa biết trạng thái."
    assert summaries(text) == [f"5 điểm cầu: {why}", f"3 đường truyền: {why}"]
    assert lines(text) == 3
    headlines = (await client.get("/")).text
    assert "Máy giám sát agent mất kết nối" in headlines


async def test_maintenance_is_one_line_above_and_one_for_each_kind(client, agent):
    now = datetime.now(UTC)
    agent.add_maintenance(["thanh-son"], now - HOUR, now + HOUR, 'Thay <b>cáp</b> "quang"')
    agent.board.plan(agent.calendar.covered(now))
    text = await attention(client)
    assert summaries(text)[0] == "4 sites: Within a planned maintenance window."
    agent.board.live(8, silent=("r-1", *DISTRICT))
    assert agent.board.outages == {}
    for path in ("/", "/outages"):
        page = (await client.get(path)).text
        (line,) = re.findall(r'<ul class="notices">\n<li.*?</span> (.*?)</li>\n</ul>', page, re.DOTALL)
        assert re.fullmatch(
            r"Đang bảo trì: Huyện Thanh Sơn, đến \d\d:\d\d.*\. Lý do: Thay &lt;b&gt;cáp&lt;/b&gt; &#34;quang&#34;", line
        )


@pytest.mark.parametrize("path", ["/", "/outages"])
async def test_only_windows_in_force_are_told_the_one_that_ends_first_before(client, agent, path):
    now = datetime.now(UTC)
    agent.add_maintenance(["xa-0", "acc-xa-1", "r-1", "vc-xa-2", "xa-2"], now - HOUR, now + 2 * HOUR, "later")
    agent.add_maintenance(["vc-xa-0"], now - HOUR, now + HOUR, "sooner")
    agent.add_maintenance(["vc-xa-1"], now + HOUR, now + 2 * HOUR, "not yet")
    text = (await client.get(f"{path}?lang=en")).text
    notices = text[text.index('class="notices"') :]
    notices = notices[: notices.index("</ul>")]
    assert lines(notices) == 2
    assert notices.index("site Xã Cự Thắng, until") < notices.index("sooner") < notices.index("later")
    assert re.search(r"In maintenance: Xã Cự Thắng, link Đường .*, device r-1 \(Huyện Thanh Sơn\) and 2 more", notices)
    assert "not yet" not in text


@pytest.mark.parametrize("path", ["/", "/outages"])
async def test_a_history_that_is_not_written_is_said_on_the_pages_and_by_the_api(client, agent, path):
    assert 'class="notices"' not in (await client.get(path)).text
    assert "history" not in (await client.get("/api/v1/outages?open=true")).json()
    agent.history_trouble = "no space left on <device>"
    text = (await client.get(path)).text
    assert "Hiện chưa ghi được lịch sử xuống đĩa" in text
    assert "<q>no space left on &lt;device&gt;</q>" in text
    told = (await client.get("/api/v1/outages?open=true")).json()["history"]
    assert told == "not written: no space left on <device>"
    agent.history_trouble = ""
    assert "Hiện chưa ghi được" not in (await client.get(path)).text


async def test_what_the_agent_notes_of_an_end_is_said_in_the_readers_words(client, agent):
    ended: list[Outage] = []
    board = agent.board
    board.outage_listeners.append(lambda outage: ended.append(outage) if outage.ended else None)
    board.live(8, silent=("vc-xa-0", "vc-xa-1"))
    board.plan(frozenset({"vc-xa-0"}))
    board.live(2, silent=("vc-xa-0", "vc-xa-1"))
    board.follow(village("Xã Cự Thắng"), sentinels=[SENTINEL])
    board.live(2, silent=("vc-xa-0",))
    assert {outage.target for outage in ended} == {"vc-xa-0", "vc-xa-1"}
    assert all(outage.kind is Kind.ENDPOINT for outage in ended)

    class Kept:
        def outages(self, *_: object) -> list[Outage]:
            return ended

    agent.archive = Kept()
    for language, said in (
        ("vi", ("Bắt đầu bảo trì.", "Không còn trong danh mục theo dõi.")),
        ("en", ("Maintenance",)),
    ):
        text = (await client.get(f"/outages?lang={language}")).text
        assert all(one in text for one in said)
