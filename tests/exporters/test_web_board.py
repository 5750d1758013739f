import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
from jinja2 import Environment

import agent as agent_package
from agent.model import Cause, State
from agent.readings import Outcome, PollFailed
from agent.settings import AgentSettings, Language
from exporters import web
from exporters.web.board import GLYPHS, shorten
from exporters.web.i18n import NOT_KNOWN, Measures, Wording, catalogue, cause_key, keys
from tests.exporters.web_server import NASTY, Watched, WebAgent, ping, serving, village

HERE = Path(web.__file__).parent
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
PLACEHOLDER = re.compile(r"%\((\w+)\)s|%(.)")


class Tags(HTMLParser):
    """Collects a page's tags, as a browser would see them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def all(self, tag: str, *having: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.found if name == tag and all(key in attrs for key in having)]


@pytest.fixture
def agent():
    board = Watched(village("Xã Cự Thắng", NASTY, "Xã Chập Chờn"))
    ping(board, "vc-xa-0", 0.012, 0.012, 0.012)
    ping(board, "vc-xa-1", *(None,) * 5, cause="host unreachable")
    ping(board, "vc-xa-2", *(0.4,) * 10)
    return WebAgent(board)


@pytest.fixture
async def client(agent):
    async with serving(agent) as where, httpx.AsyncClient(base_url=f"http://{where}") as client:
        yield client


async def test_each_endpoint_is_a_tile_with_its_state_by_name_and_by_shape(client):
    text = (await client.get("/")).text
    tiles = {tile["id"]: tile for tile in Tags(text).all("li", "id", "data-state")}
    assert {id_: tile["data-state"] for id_, tile in tiles.items()} == {
        "vc-phu-tho": "unknown",
        "vc-thanh-son": "unknown",
        "vc-xa-0": "up",
        "vc-xa-1": "down",
        "vc-xa-2": "degraded",
    }
    assert "Hoạt động tốt: độ trễ 12\xa0ms, mất gói 0\xa0%." in tiles["vc-xa-0"]["title"]
    for state in ("up", "down", "degraded", "unknown"):
        assert GLYPHS[State(state)] in text


async def test_trouble_stands_first_with_since_and_cause(client):
    text = (await client.get("/?lang=en")).text
    parts = ("Answers no probe.", "The round trip takes 400\xa0ms", "tiles")
    assert [text.index(part) for part in parts] == sorted(text.index(part) for part in parts)
    sentence = r"Down since \d\d:\d\d:\d\d \(for \d+ seconds?\)\. Answers no probe\. <q>host unreachable</q>"
    assert re.search(sentence, text)


async def test_names_are_text_never_tags(client):
    for path in ("/", "/?lang=en"):
        text = (await client.get(path)).text
        assert not Tags(text).all("script")
        assert "&lt;script&gt;" in text


async def test_links_and_devices_that_need_a_look_are_listed(client, agent):
    agent.board.poll("r-1", xa_1=False)
    agent.board.record_failure("r-1", PollFailed(Outcome.AUTH, "wrong key <b>"), 0.1)
    text = (await client.get("/?lang=en")).text
    assert "Links that need attention" in text
    assert "port on this link is off" in text
    assert "Rejects SNMP: wrong credentials or key. <q>wrong key &lt;b&gt;</q>" in text


async def test_when_all_is_up_the_board_says_so(client, agent):
    agent.board = Watched(village("Xã A"))
    for id_ in agent.board.endpoints:
        ping(agent.board, id_, 0.01)
    agent.board.poll("r-1", xa_0=True)
    assert "Every site, link and device is up." in (await client.get("/?lang=en")).text


async def test_just_started_is_no_alarm(client, agent):
    agent.board = Watched(village(*(f"Xã {n}" for n in range(50))))
    text = (await client.get("/?lang=en")).text
    assert "52 sites are waiting for their first measurement." in text
    assert "need attention" not in text


async def test_the_agents_language_decides_and_the_query_overrides(client, agent):
    assert 'lang="vi"' in (await client.get("/")).text
    agent.settings = AgentSettings(language=Language.EN)
    english = await client.get("/")
    assert english.headers["content-language"] == "en"
    assert "Degraded" in english.text
    assert "Suy giảm chất lượng" in (await client.get("/?lang=vi")).text
    wrong = await client.get("/?lang=xx")
    assert (wrong.status_code, wrong.json()["detail"]) == (400, "lang can't be 'xx'; it can be vi, en")


async def test_times_are_the_agents(client, agent):
    agent.settings = replace(agent.settings, timezone=ZoneInfo("Pacific/Kiritimati"))
    hour = datetime.now(ZoneInfo("Pacific/Kiritimati")).strftime("%H:%M")
    made = re.search(r"Made at (\d\d:\d\d)", (await client.get("/?lang=en")).text)
    assert made is not None
    assert abs(int(made[1][3:]) - int(hour[3:])) in (0, 1, 59)
    assert made[1][:2] in (hour[:2], f"{(int(hour[:2]) - 1) % 24:02}", f"{(int(hour[:2]) + 1) % 24:02}")


async def test_the_page_asks_no_other_host_and_runs_no_inline_code(client):
    tags = Tags((await client.get("/")).text)
    for _, attributes in tags.found:
        for name, value in attributes.items():
            assert name != "style"
            assert not name.startswith("on")
            assert not re.match(r"(https?:)?//", value or "")
    assert (await client.get("/static/style.css")).headers["content-type"].startswith("text/css")


def test_unit_words_are_short_on_tiles():
    assert [shorten(name) for name in ("Xã Cự Thắng", "Thị trấn Thanh Sơn", "Phòng họp 1")] == [
        "X. Cự Thắng",
        "TT. Thanh Sơn",
        "Phòng họp 1",
    ]


def test_figures_follow_the_language():
    vi, en = Wording(Language.VI, HANOI), Wording(Language.EN, HANOI)
    assert (vi.percent(0.0253), en.percent(0.0253)) == ("2,5\xa0%", "2.5%")
    assert (vi.milliseconds(0.00456), en.milliseconds(1.234)) == ("4,6\xa0ms", "1,234\xa0ms")
    assert (vi.percent(None), vi.milliseconds(None)) == (NOT_KNOWN, NOT_KNOWN)


def test_shares_of_time_are_whole_only_when_they_are():
    vi, en = Wording(Language.VI, HANOI), Wording(Language.EN, HANOI)
    assert [vi.share(ratio) for ratio in (1.0, 0.999999, 0.99999, None)] == [
        "100,000\xa0%",
        "99,999\xa0%",
        "99,999\xa0%",
        NOT_KNOWN,
    ]
    assert en.share(0.5) == "50.000%"


def test_lengths_of_time_are_said_by_two_units():
    vi, en = Wording(Language.VI, HANOI), Wording(Language.EN, HANOI)
    seconds = (-1, 0.9, 59, 61, 3603, 3 * 86400 + 3700)
    said = ["0 giây", "0 giây", "59 giây", "1 phút 1 giây", "1 giờ", "3 ngày 1 giờ"]
    assert [vi.lasting(timedelta(seconds=length)) for length in seconds] == said
    assert en.lasting(timedelta(minutes=61)) == "1 hour 1 minute"


def test_since_gives_the_date_only_for_another_day():
    words, now = Wording(Language.VI, HANOI), datetime(2026, 11, 25, 1, 0, tzinfo=UTC)  # 8:00 in Hanoi
    assert words.since(now - timedelta(hours=1), now) == "07:00:00"
    assert words.since(now - timedelta(hours=9), now) == "23:00 24/11/2026"
    assert words.ago(now - timedelta(minutes=5), now) == "5 phút"
    assert words.ago(now + timedelta(seconds=3), now) == "0 giây"


def used_keys() -> set[str]:
    """Find the texts' names in templates (through Jinja2's own eyes) and in our Python."""
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    found = set(keys())
    for template in (HERE / "templates").rglob("*.html"):
        for _, _, message in environment.extract_translations(template.read_text()):
            found |= set(message if isinstance(message, tuple) else (message,)) - {None}
    for source in [*HERE.rglob("*.py"), *Path(agent_package.__file__).parent.glob("*.py")]:
        found |= set(re.findall(r'(?:\.text|\btext|\.count)\(\s*"([\w.]+\.\w+)"', source.read_text()))
    return found


def placeholders(text: str) -> set[str]:
    return {match[0] or f"%{match[1]}" for match in PLACEHOLDER.findall(text) if match[1] != "%"}


@pytest.mark.parametrize("language", Language)
def test_a_catalogue_has_every_text_and_no_other(language):
    messages = {m.id[0] if isinstance(m.id, tuple) else m.id: m for m in catalogue(language) if m.id}
    assert set(messages) == used_keys()
    for key, message in messages.items():
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(text.strip() for text in texts), key
        assert not message.fuzzy, key
    assert not catalogue(language).obsolete


def test_both_languages_fill_in_the_same_values():
    vi, en = catalogue(Language.VI), catalogue(Language.EN)
    for message in vi:
        if message.id:
            key = message.id[0] if isinstance(message.id, tuple) else message.id
            other = en[key]
            both = [m.string if isinstance(m.string, tuple) else (m.string,) for m in (message, other)]
            found = {frozenset(placeholders(text)) for texts in both for text in texts}
            assert len(found) == 1, key
            assert not any(name.startswith("%") for name in next(iter(found))), key


@pytest.mark.parametrize("language", Language)
def test_every_state_and_cause_has_its_sentence(language):
    words = Wording(language, HANOI)
    sentences = [words.why(cause, Measures(0.05, 0.4, 0.05, 0.95)) for cause in Cause]
    names = [words.state(state) for state in State]
    assert len(set(sentences)) == len(Cause)
    assert len(set(names)) == len(State)
    assert all(cause_key(cause) not in sentence for cause, sentence in zip(Cause, sentences, strict=True))
    assert set(GLYPHS) == set(State)
    assert len(set(GLYPHS.values())) == len(State)
