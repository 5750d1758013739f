import gzip
import json

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
from prometheus_client.parser import text_string_to_metric_families as text_families

from agent.model import State
from agent.readings import Outcome, PollFailed
from tests.exporters.web_server import NASTY, Watched, WebAgent, ping, serving, village

UP = (0.01, 0.01, 0.01)
DOWN = (None,) * 5


@pytest.fixture
def agent():
    board = Watched(village("Xã Cự Thắng", NASTY))
    ping(board, "vc-xa-0", *UP)
    ping(board, "vc-xa-1", *DOWN, cause="no route")
    return WebAgent(board)


@pytest.fixture
async def client(agent):
    async with serving(agent) as where, httpx.AsyncClient(base_url=f"http://{where}") as client:
        yield client


async def test_metrics_come_as_text_or_openmetrics_as_the_scraper_asks(client):
    text = await client.get("/metrics", headers={"accept": "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"})
    assert text.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "diemcau_endpoint_up" in {family.name for family in text_families(text.text)}
    asked = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1"
    openmetrics = await client.get("/metrics", headers={"accept": asked})
    assert openmetrics.headers["content-type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert "diemcau_endpoint_up" in {family.name for family in openmetrics_families(openmetrics.text)}


async def test_metrics_are_packed_only_for_who_takes_that(client):
    packed = await client.get("/metrics", headers={"accept-encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "diemcau_endpoint_up" in packed.text
    plain = await client.get("/metrics", headers={"accept-encoding": "gzip;q=0, identity"})
    assert "content-encoding" not in plain.headers


async def test_healthy_and_ready(client, agent):
    healthy = await client.get("/-/healthy")
    assert (healthy.status_code, healthy.text) == (200, "diemcau is healthy.\n")
    assert (await client.get("/-/ready")).status_code == 200
    agent.ready = False
    assert (await client.get("/-/ready")).status_code == 503


async def test_reload_says_how_it_went(client, agent):
    for method in ("POST", "PUT"):
        assert (await client.request(method, "/-/reload")).status_code == 200
    agent.faults = ["a.yaml:3: sites: duplicate id", "b.yaml:9: links: unknown site"]
    refused = await client.post("/-/reload")
    assert refused.status_code == 500
    assert refused.text.splitlines() == agent.faults
    assert agent.reloads == 3


async def test_another_sites_page_cannot_reload(client, agent):
    assert (await client.post("/-/reload", headers={"sec-fetch-site": "cross-site"})).status_code == 403
    assert agent.reloads == 0


async def test_reload_by_get_is_refused_with_the_methods_it_takes(client):
    answer = await client.get("/-/reload")
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"POST", "PUT"}
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == 405


@pytest.mark.parametrize(
    "path", ["/nothing", "/api/v1/nothing", "/api/v1/sites/nowhere", "/static/../app.py", "/static/x"]
)
async def test_what_is_not_there_is_a_problem(client, path):
    answer = await client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["title"] == "Not Found"


async def test_a_fault_of_ours_shows_nothing_of_the_inside(client, agent, monkeypatch):
    async def broken():
        raise RuntimeError("secret inside")

    monkeypatch.setattr(agent, "reload", broken)
    answer = await client.post("/-/reload")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "secret" not in answer.text
    assert (await client.get("/-/healthy")).status_code == 200


async def test_every_answer_carries_the_security_headers(client):
    for path in ("/", "/metrics", "/api/v1/sites", "/static/style.css", "/nothing"):
        headers = (await client.get(path)).headers
        assert "default-src 'self'" in headers["content-security-policy"], path
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
    assert (await client.get("/api/v1/sites")).headers["cache-control"] == "no-store"


async def test_sites_have_their_place_and_their_endpoint(client):
    sites = {site["id"]: site for site in (await client.get("/api/v1/sites")).json()["sites"]}
    assert list(sites) == ["phu-tho", "thanh-son", "xa-0", "xa-1"]
    up, down = sites["xa-0"], sites["xa-1"]
    assert (up["name"], up["level"], up["parent"], up["district"]) == (
        "Xã Cự Thắng",
        "commune",
        "thanh-son",
        "thanh-son",
    )
    assert up["endpoint"]["state"] == "up"
    assert up["endpoint"]["rtt_s"] == pytest.approx(0.01)
    assert up["endpoint"]["mos"] > 4
    assert (down["name"], down["endpoint"]["state"], down["endpoint"]["cause"]) == (NASTY, "down", "silent")
    assert (down["endpoint"]["detail"], down["endpoint"]["loss_ratio"]) == ("no route", 1.0)
    assert down["endpoint"]["rtt_s"] is None
    assert sites["phu-tho"]["district"] is None
    assert sites["phu-tho"]["endpoint"]["loss_ratio"] is None
    assert (await client.get("/api/v1/sites/xa-1")).json() == down


async def test_links_and_devices_tell_rates_and_polls(client, agent):
    for octets in (0, 1_100_000):
        agent.board.poll("r-1", octets, xa_0=True, xa_1=False)
    links = {link["id"]: link for link in (await client.get("/api/v1/links")).json()["links"]}
    busy, dead = links["acc-xa-0"], links["acc-xa-1"]
    assert busy["receive_bps"] == pytest.approx(800_000, rel=0.1)
    assert busy["utilization"] == busy["receive_bps"] / busy["capacity_bps"] == busy["receive_bps"] / 1e7
    assert (busy["a"], busy["b"], busy["role"], busy["state"]) == ("thanh-son", "xa-0", "access", "up")
    assert (dead["state"], dead["cause"]) == ("down", "interface_down")
    behind = (await client.get("/api/v1/sites/xa-1")).json()["endpoint"]
    assert (behind["state"], behind["cause"], behind["root"]) == ("unreachable", "cut_off", "acc-xa-1")
    agent.board.record_failure("r-1", PollFailed(Outcome.AUTH, "wrong key"), 0.1)
    (device,) = (await client.get("/api/v1/devices")).json()["devices"]
    assert device["snmp"] == {"outcome": "auth", "reason": "wrong key"}
    assert (device["site"], device["role"]) == ("thanh-son", "router")
    assert device["uptime_s"] == agent.board.devices["r-1"].reading.uptime_s


async def test_lists_are_filtered_by_what_the_query_asks(client):
    async def ids(query):
        return [site["id"] for site in (await client.get(f"/api/v1/sites?{query}")).json()["sites"]]

    assert await ids("state=down") == ["xa-1"]
    assert await ids("state=down&state=up") == ["xa-0", "xa-1"]
    assert await ids("state=up&level=commune&district=thanh-son") == ["xa-0"]
    assert await ids("district=nowhere") == []


@pytest.mark.parametrize(("query", "said"), [("state=dwn", "unknown, up"), ("stat=down", "state, level, district")])
async def test_a_filter_that_is_none_is_refused_with_what_there_is(client, query, said):
    answer = await client.get(f"/api/v1/sites?{query}")
    assert answer.status_code == 400
    assert said in answer.json()["detail"]


async def test_a_site_with_two_endpoints_shows_the_worse_first(agent, client):
    inventory = village("Xã A", "Xã B")
    second = inventory.endpoints.pop("vc-xa-1")
    inventory.endpoints["vc-xa-1"] = type(second)(second.id, "xa-0", "Phòng họp 2", second.address)
    agent.board.follow(inventory)
    site = (await client.get("/api/v1/sites/xa-0")).json()
    assert site["endpoint"]["id"] == "vc-xa-1"
    assert site["endpoint"]["state"] == State.DOWN
    assert [other["id"] for other in site["other_endpoints"]] == ["vc-xa-0"]


async def test_a_followed_inventory_shows_at_once(agent, client):
    agent.board.follow(village("Xã Mới"))
    assert len((await client.get("/api/v1/sites")).json()["sites"]) == 3
    assert "Mới" in (await client.get("/")).text


async def test_what_is_sent_is_what_json_and_gzip_say(client):
    async with client.stream("GET", "/", headers={"accept-encoding": "gzip"}) as answer:
        raw = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert gzip.decompress(raw).startswith(b"<!doctype html>")
    assert json.loads((await client.get("/api/v1/links")).content)["links"]


async def test_head_gives_headers_alone(client):
    answer = await client.head("/metrics")
    assert (answer.status_code, answer.content) == (200, b"")
