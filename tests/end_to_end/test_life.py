"""Starting, reloading and stopping the agent, well and badly; on loopback addresses, where the kernel answers."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.end_to_end.conftest import RunningAgent, change, running_agent
from tests.servers import diemcau, snmpd

CONFIG = {
    "agent": {"name": "test", "language": "en"},
    "defaults": {"icmp": {"interval": "250ms", "timeout": "200ms"}},
    "credentials": {"lab": {"version": "2c", "community": "very-secret"}},
    "inventory": "inventory.yaml",
}
SITES = [
    {"id": "phu-tho", "name": "Phú Thọ", "level": "province"},
    {"id": "thanh-son", "name": "Huyện Thanh Sơn", "level": "district", "parent": "phu-tho"},
]


def endpoint(name: str, address: str, **more: object) -> dict[str, object]:
    return {"id": name, "site": "thanh-son", "address": address, **more}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A small network on loopback: two endpoints."""
    main = CONFIG | {"agent": CONFIG["agent"] | {"state_dir": str(tmp_path / "state")}}
    (tmp_path / "diemcau.yaml").write_text(yaml.safe_dump(main))
    endpoints = [endpoint("vc-1", "127.25.0.1"), endpoint("vc-2", "127.25.0.2")]
    (tmp_path / "inventory.yaml").write_text(yaml.safe_dump({"sites": SITES, "endpoints": endpoints}))
    return tmp_path / "diemcau.yaml"


@pytest.fixture
def agent(config: Path) -> Iterator[RunningAgent]:
    with running_agent(config, [], config.parent / "agent.log") as agent:
        agent.until(lambda: set(agent.states().values()) == {"up"}, 15, "all up")
        yield agent


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = diemcau(*words)
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=30, env={**os.environ, **environment}
    )


def failures_of(agent: RunningAgent, target: str) -> int:
    """How often the log says that SNMP fails for a target."""
    lines = agent.log.read_text().splitlines()
    return sum("snmp failing" in line and f"target={target}" in line for line in lines)


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_soon_and_well(agent: RunningAgent, by: signal.Signals) -> None:
    with socket.create_connection(("127.0.0.1", int(agent.url.rpartition(":")[2]))) as half:
        half.send(b"GET /metr")  # a client that never finishes its question
        assert agent.stop(by) < 5
    assert agent.process.returncode == 0
    assert agent.log.read_text().rstrip().endswith("stopped")


def test_health(agent: RunningAgent) -> None:
    assert agent.client.get("/-/healthy").status_code == 200
    assert agent.client.get("/-/ready").status_code == 200


def test_a_good_reload_changes_only_what_changed(agent: RunningAgent) -> None:
    inventory = agent.config.parent / "inventory.yaml"
    started = agent.metric("diemcau_icmp_sent_total")
    change(inventory, lambda data: data["endpoints"].append(endpoint("vc-3", "127.25.0.3")))
    change(inventory, lambda data: data["endpoints"].pop(1))
    agent.process.send_signal(signal.SIGHUP)
    agent.until(lambda: "vc-3" in agent.states(), 5, "reloaded")
    assert set(agent.states()) == {"vc-1", "vc-3"}
    assert "vc-2" not in agent.client.get("/metrics").text, "what was removed is gone at the next scrape"
    agent.until(lambda: agent.states()["vc-3"] == "up", 5, "the new one is up")
    assert agent.value("diemcau_icmp_sent_total", endpoint="vc-1") >= started["vc-1"] > 0
    assert agent.value("diemcau_icmp_loss_ratio", endpoint="vc-1") == 0
    assert agent.value("diemcau_config_last_reload_successful") == 1


def test_a_moved_endpoint_begins_anew(agent: RunningAgent) -> None:
    agent.until(lambda: agent.value("diemcau_icmp_sent_total", endpoint="vc-2") > 8, 10, "a history")
    change(agent.config.parent / "inventory.yaml", lambda data: data["endpoints"][1].update(address="127.25.9.9"))
    assert agent.client.post("/-/reload").status_code == 200
    assert agent.value("diemcau_icmp_sent_total", endpoint="vc-2") <= 2


def test_a_bad_reload_leaves_the_old_in_force(agent: RunningAgent) -> None:
    inventory = agent.config.parent / "inventory.yaml"
    change(inventory, lambda data: data["endpoints"].append(endpoint("vc-1", "127.25.0.9", adress="x")))
    answer = agent.client.post("/-/reload")
    assert answer.status_code == 500
    assert "did you mean `address`" in answer.text
    assert "very-secret" not in answer.text + agent.log.read_text()
    assert agent.value("diemcau_config_last_reload_successful") == 0
    assert agent.states() == {"vc-1": "up", "vc-2": "up"}
    change(inventory, lambda data: data["endpoints"].pop())
    assert agent.client.post("/-/reload").status_code == 200
    assert agent.value("diemcau_config_last_reload_successful") == 1


def test_status_by_exit_code(own_network: None, agent: RunningAgent) -> None:
    told = run("status", "--url", agent.url)
    assert (told.returncode, "Huyện Thanh Sơn" in told.stdout) == (0, True)
    change(agent.config.parent / "inventory.yaml", lambda data: data["endpoints"][1].update(address="10.9.9.9"))
    agent.client.post("/-/reload")
    agent.until(lambda: agent.states()["vc-2"] != "up", 10, "one not up")
    told = run("status", "--url", agent.url, "--down", "--json")
    assert told.returncode == 1
    assert "vc-2" in told.stdout
    assert "vc-1" not in told.stdout


def test_status_without_an_agent() -> None:
    told = run("status", "--url", "http://127.0.0.1:9")
    assert told.returncode == 3
    assert "no agent answers at http://127.0.0.1:9" in told.stderr
    assert "Traceback" not in told.stderr


def test_logs_tell_of_a_failure_once_and_of_its_end_once(agent: RunningAgent) -> None:
    device = {"id": "r-1", "site": "thanh-son", "role": "router", "address": "127.25.0.200", "port": 1}
    change(agent.config, lambda data: data["defaults"].update(snmp={"interval": "500ms", "timeout": "200ms"}))
    change(agent.config.parent / "inventory.yaml", lambda data: data.update(devices=[device]))
    agent.client.post("/-/reload")
    polls = {"collector": "snmp", "result": "refused"}
    agent.until(lambda: sum(agent.metric("diemcau_polls_total", **polls).values()) >= 5, 10, "five refusals")
    assert failures_of(agent, "r-1") == 1


def test_json_logs(config: Path) -> None:
    with running_agent(config, [], config.parent / "agent.log", "--log-format", "json") as agent:
        agent.until(lambda: agent.client.get("/-/ready").status_code == 200, 10, "ready")
    for line in agent.log.read_text().splitlines():
        assert {"event", "level", "timestamp"} <= json.loads(line).keys()


def test_a_taken_port_is_named(config: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = run("run", "-c", str(config), "--listen", f"127.0.0.1:{port}")
    assert told.returncode == 1
    assert f"cannot listen on 127.0.0.1 port {port}: the address is already in use" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_bad_configuration_ends_the_start(config: Path) -> None:
    change(config, lambda data: data["agent"].update(lisen="x"))
    told = run("run", "-c", str(config))
    assert told.returncode == 2
    assert "did you mean `listen`" in told.stderr
    checked = run("config", "check", "-c", str(config))
    assert (checked.returncode, checked.stderr) == (2, told.stderr)


def test_without_icmp_rights_both_cures_are_named(config: Path) -> None:
    config.parent.chmod(0o755)
    for folder in config.parents:
        folder.stat()
    without = [
        "unshare",
        "--net",
        "sh",
        "-c",
        'ip link set lo up; exec "$@"',
        "-",
        "setpriv",
        "--bounding-set=-net_raw",
    ]
    told = subprocess.run(
        [*without, *diemcau("run", "-c", str(config))], capture_output=True, text=True, check=False, timeout=30
    )
    assert told.returncode == 1
    assert "ping_group_range" in told.stderr
    assert "CAP_NET_RAW" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_state_folder_that_cannot_be_written_does_not_stop_the_watch(config: Path) -> None:
    change(config, lambda data: data["agent"].update(state_dir="/proc/nowhere"))
    with running_agent(config, [], config.parent / "agent.log") as agent:
        agent.until(lambda: set(agent.states().values()) == {"up"}, 15, "all up")
    log = agent.log.read_text()
    assert log.count("history is not written, it is kept in memory and tried again") == 1
    assert "/proc/nowhere" in log


def test_garbage_from_a_device_costs_it_alone(config: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as babbler:
        babbler.bind(("127.25.0.200", 0))
        babbler.settimeout(10)
        device = {"id": "r-1", "site": "thanh-son", "role": "router", "address": "127.25.0.200"}
        device |= {"port": babbler.getsockname()[1], "interfaces": ["Gi0/1"]}
        change(config.parent / "inventory.yaml", lambda data: data.update(devices=[device]))
        change(config, lambda data: data["defaults"].update(snmp={"interval": "1s", "timeout": "300ms"}))
        with running_agent(config, [], config.parent / "agent.log") as agent:
            for garbage in (b"\xff" * 1400, b"\x30\x03\x02\x01\x01", b"", os.urandom(600)):
                babbler.sendto(garbage, babbler.recvfrom(2000)[1])
            polls = {"collector": "snmp", "result": "ok"}
            assert sum(agent.metric("diemcau_polls_total", **polls).values()) == 0
            assert set(agent.states().values()) == {"up"}
            assert failures_of(agent, "r-1") == 1


def test_each_shard_watches_its_own_part(config: Path) -> None:
    endpoints = [endpoint(f"vc-{number}", f"127.25.1.{number}") for number in range(1, 21)]
    change(config.parent / "inventory.yaml", lambda data: data.update(endpoints=endpoints))
    watched: list[str] = []
    for shard in ("1/2", "2/2"):
        with running_agent(config, [], config.parent / "agent.log", "--shard", shard) as agent:
            agent.until(lambda: agent.client.get("/-/ready").status_code == 200, 10, "ready")
            watched += agent.metric("diemcau_endpoint_up")
    assert sorted(watched) == sorted(one["id"] for one in endpoints)


def test_it_stops_after_a_pause_with_many_answers_waiting(own_network: None, config: Path) -> None:
    """Answers that arrive in the same turn as the order to stop must not swallow it."""
    devices = [
        {"id": f"r-{n}", "site": "thanh-son", "role": "router", "address": f"127.25.2.{n}", "port": 1161}
        for n in range(1, 61)
    ]
    change(config.parent / "inventory.yaml", lambda data: data.update(devices=devices))
    change(config, lambda data: data["credentials"]["lab"].update(community="public"))
    change(config, lambda data: data["defaults"].update(snmp={"interval": "1s", "timeout": "500ms"}))
    with (
        snmpd(config.parent, address="0.0.0.0"),
        running_agent(config, [], config.parent / "agent.log") as agent,
    ):
        polls = {"collector": "snmp", "result": "ok"}
        agent.until(lambda: sum(agent.metric("diemcau_polls_total", **polls).values()) >= 120, 20, "polls")
        for pause_s in (0.7, 1.3):
            agent.process.send_signal(signal.SIGSTOP)
            time.sleep(pause_s)
            agent.process.send_signal(signal.SIGCONT)
        assert agent.stop() < 5
