"""A good configuration gives the values it says; files that cannot be read say so."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.cli_config import config_check, find_config
from agent.config import ConfigError, load
from agent.model import IcmpSettings, Level, Protocol, Secret, Thresholds
from agent.settings import Listen

INVENTORY = """
sites:
  - &hq {id: hq, name: Trung tâm, level: province, code: 08281, lat: 21.2, lon: 105.18, contact: {phone: 0210 113}}
  - {<<: *hq, id: "no", name: no, level: district, parent: hq}
devices:
  - {id: r, site: hq, address: 192.0.2.1, port: 1161, interfaces: [Gi0/1], snmp: {timeout: 500ms}}
  - {id: s, site: hq, role: switch, address: "2001:DB8:0::1", credentials: core}
endpoints:
  - id: vc-hq
    site: hq
    address: 192.0.2.10
    profile: poly
    call_bandwidth: 1.5Mbit/s
    signalling: [h323, sip, sip]
    icmp: {interval: 250ms, dscp: ef}
    thresholds: {loss: 0.5%}
  - {id: vc-no, name: Phòng 2, site: "no", address: 192.0.2.11, icmp: {timeout: 750ms}}
links:
  - {id: wan, a: hq, b: "no", device: r, interface: Gi0/1, capacity: 100Mbit/s, role: primary,
     thresholds: {utilization: 0.8}}
  - {id: bak, name: Dự phòng, a: hq, b: "no", role: backup}
"""
MAIN = """
agent: {name: lab, listen: "[::1]:0", state_dir: state, language: en, timezone: UTC, sentinels: ["::FFFF"]}
defaults:
  icmp: {timeout: 1s, size: 1200}
  snmp: {interval: 10s, credentials: lab}
  signalling: {timeout: 3s}
  thresholds: {rtt: 100ms}
credentials:
  lab: {version: 2c, community: "${COMMUNITY}"}
  core: {version: 3, user: m, auth: sha, auth_key: "${file:key}", priv: AES128, priv_key: "a$${b}cdef"}
inventory: inv.yaml
meetings: meetings
maintenance: [{targets: [wan, hq], from: 2026-11-28T22:00, to: 2026-11-28T22:00-01:00, why: Thay cáp}]
mqtt: {url: "mqtts://broker:8883", username: u, password: "${COMMUNITY}", prefix: a/b}
"""
MEETINGS = """
meetings:
  - {id: m, sites: ["under:hq"], start: 2026-11-25T08:00+07:00, repeat: weekly, check_before: [15m, 60m]}
  - {id: n, name: N, sites: ["no", "level:province"], start: 2026-11-25, repeat: none}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "meetings").mkdir()
    files = {"main.yaml": MAIN, "inv.yaml": INVENTORY, "meetings/a.yaml": MEETINGS, "key": "s3cret-key\nmore\n"}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def faults(path: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(path, {})
    return [str(fault).replace(f"{path.parent}/", "") for fault in caught.value.faults]


def test_every_section_arrives_typed(folder: Path) -> None:
    config = load(folder / "main.yaml", {"COMMUNITY": "s3cret"})
    agent = config.agent
    assert (agent.name, agent.listen, agent.language) == ("lab", Listen("::1", 0), "en")
    assert agent.state_dir == folder / "state"
    assert agent.sentinels == ("::ffff",)
    assert config.signalling.timeout_s == 3
    assert config.mqtt is not None
    assert (config.mqtt.password, config.mqtt.prefix) == (Secret("s3cret"), "a/b")
    window = config.maintenance[0]
    assert (window.start, window.end) == (
        datetime(2026, 11, 28, 22, tzinfo=UTC),
        datetime(2026, 11, 28, 23, tzinfo=UTC),
    )
    assert config.sources == tuple(folder / name for name in ("main.yaml", "inv.yaml", "meetings/a.yaml"))


def test_sites_keep_their_texts_and_merge_keys_work(folder: Path) -> None:
    sites = load(folder / "main.yaml", {"COMMUNITY": "x"}).inventory.sites
    assert (sites["hq"].code, sites["hq"].lat, sites["hq"].level) == ("08281", 21.2, Level.PROVINCE)
    assert (sites["no"].name, sites["no"].parent, sites["no"].code) == ("no", "hq", "08281")
    assert sites["no"].contact is not None
    assert sites["no"].contact.phone == "0210 113"


def test_targets_inherit_what_they_do_not_say(folder: Path) -> None:
    inventory = load(folder / "main.yaml", {"COMMUNITY": "x"}).inventory
    codec, other = inventory.endpoints.values()
    assert codec.icmp == IcmpSettings(interval_s=0.25, timeout_s=0.25, size=1200, dscp=46)
    assert codec.thresholds == Thresholds(loss_ratio=0.005, rtt_s=0.1)
    assert (codec.name, codec.call_bandwidth_bps) == ("Trung tâm", 1.5e6)
    assert codec.signalling == (Protocol.H323, Protocol.SIP)
    assert (other.name, other.icmp.timeout_s, other.call_bandwidth_bps) == ("Phòng 2", 0.75, 2e6)
    wan, bak = inventory.links.values()
    assert (wan.name, wan.capacity_bps, wan.thresholds.utilization_ratio) == ("Trung tâm – no", 1e8, 0.8)  # noqa: RUF001  # an en dash joins places
    assert (bak.name, bak.capacity_bps, bak.device) == ("Dự phòng", None, None)


def test_devices_find_their_credentials(folder: Path) -> None:
    router, switch = load(folder / "main.yaml", {"COMMUNITY": "s3cret"}).inventory.devices.values()
    assert (router.snmp.port, router.snmp.timeout_s, router.snmp.interval_s) == (1161, 0.5, 10)
    assert router.snmp.credentials.community == Secret("s3cret")
    core = switch.snmp.credentials
    assert (core.auth, core.priv, switch.address) == ("SHA-1", "AES-128", "2001:db8::1")
    assert (core.auth_key, core.priv_key) == (Secret("s3cret-key"), Secret("a${b}cdef"))


def test_meetings_are_resolved_and_in_utc(folder: Path) -> None:
    first, second = load(folder / "main.yaml", {"COMMUNITY": "x"}).inventory.meetings.values()
    assert (first.name, first.sites, first.repeat) == ("m", ("hq", "no"), "weekly")
    assert (first.start, first.check_before_s) == (datetime(2026, 11, 25, 1, tzinfo=UTC), (3600, 900))
    assert (second.sites, second.repeat) == (("hq", "no"), None)


def test_little_is_enough(tmp_path: Path) -> None:
    main = tmp_path / "main.yaml"
    main.write_text("inventory: inv\ncredentials: {only: {version: 1, community: public}}\n")
    (tmp_path / "inv").mkdir()
    (tmp_path / "inv" / "a.yaml").write_text("sites: [{id: a, name: A, level: district}]\n")
    (tmp_path / "inv" / "b.yml").write_text("devices: [{id: r, site: a, address: 192.0.2.1}]\nendpoints:\n")
    (tmp_path / "inv" / ".hidden.yaml").write_text("nonsense")
    config = load(main, {})
    assert config.agent.state_dir == Path("/var/lib/diemcau")
    assert config.inventory.devices["r"].snmp.credentials.name == "only"
    assert config.mqtt is None


def test_devices_need_one_set_of_credentials(tmp_path: Path) -> None:
    main = tmp_path / "main.yaml"
    (tmp_path / "inv.yaml").write_text(
        "sites: [{id: a, name: A, level: district}]\ndevices: [{id: r, site: a, address: 192.0.2.1}]\n"
    )
    main.write_text("inventory: inv.yaml\n")
    without = "inv.yaml:2: devices[r].credentials: are missing; write `credentials:` here or in `defaults: {snmp: …}`"
    assert faults(main) == [without]
    two = "{a: {version: 1, community: x}, b: {version: 1, community: x}}"
    main.write_text(f"inventory: inv.yaml\ncredentials: {two}\n")
    assert faults(main) == [f"{without}, one of `a`, `b`"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "main.yaml:1: file: does not exist; write it, or name another with --config"),
        (b"inventory: x\nagent: {name: \xff}\n", "main.yaml:2: file: is not UTF-8; save it as UTF-8 text"),
        (b"", "main.yaml:1: file: is empty; write at least one key, as in `inventory: inventory/`"),
        (b"a: 1\nb: \x01\n", "main.yaml:2: file: holds a control character; save the file as plain UTF-8 text"),
        (b"- " * 5000, "main.yaml:1: file: is not YAML here: exceeded maximum nesting depth; nest at most 50 levels"),
        (b"null\n", "main.yaml:1: file: must be a mapping; write `key: value` lines, as in `inventory: inventory/`"),
    ],
)
def test_a_file_that_is_no_configuration(tmp_path: Path, content: bytes | None, expected: str) -> None:
    path = tmp_path / "main.yaml"
    if content is not None:
        path.write_bytes(content)
    assert faults(path) == [expected]


def test_a_folder_is_no_main_file(tmp_path: Path) -> None:
    (tmp_path / "main.yaml").mkdir()
    assert faults(tmp_path / "main.yaml") == ["main.yaml:1: file: is a folder; name the file in it"]


def test_faults_of_all_files_come_together_in_order(tmp_path: Path) -> None:
    (tmp_path / "main.yaml").write_text("agent: {listn: x}\ninventory: inv\nmaintenance: [{targets: [x]}]\n")
    (tmp_path / "inv").mkdir()
    (tmp_path / "inv" / "b.yaml").write_text("sites: [\n")
    (tmp_path / "inv" / "a.yaml").write_text("\nsites: [{id: a, name: A, level: x}]\nendpoints: [{id: e, site: b}]\n")
    found = [fault.split(": ")[:2] for fault in faults(tmp_path / "main.yaml")]
    assert found == [
        ["inv/a.yaml:2", "sites[a].level"],
        ["inv/a.yaml:3", "endpoints[e].address"],
        ["inv/a.yaml:3", "endpoints[e].site"],
        ["inv/b.yaml:1", "file"],
        ["main.yaml:1", "agent.listn"],
        ["main.yaml:3", "maintenance[#1].from"],
        ["main.yaml:3", "maintenance[#1].targets[#1]"],
        ["main.yaml:3", "maintenance[#1].to"],
    ]


def test_web_configuration(tmp_path: Path) -> None:
    digest = "$2b$10$" + "a" * 53
    (tmp_path / "main.yaml").write_text("agent: {web_config: web/web.yml}\ninventory: inv.yaml\n")
    (tmp_path / "inv.yaml").write_text("sites: [{id: a, name: A, level: district}]\n")
    (tmp_path / "web").mkdir()
    for name in ("s.crt", "s.key", "ca.crt"):
        (tmp_path / "web" / name).write_text("pem")
    (tmp_path / "web" / "web.yml").write_text(
        "tls_server_config: {cert_file: s.crt, key_file: s.key, client_ca_file: ca.crt,\n"
        "  client_auth_type: RequireAndVerifyClientCert, min_version: TLS13}\n"
        f"basic_auth_users:\n  operator: {digest}\n"
    )
    config = load(tmp_path / "main.yaml", {})
    web = config.agent.web
    assert (web.cert_file, web.client_ca_file) == (tmp_path / "web" / "s.crt", tmp_path / "web" / "ca.crt")
    assert (web.require_client_cert, web.min_version) == (True, "TLS13")
    assert web.users == {"operator": Secret(digest)}
    assert tmp_path / "web" / "web.yml" in config.sources


def test_which_configuration_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_config(Path("a"), {"DIEMCAU_CONFIG": "b"}) == Path("a")
    assert find_config(None, {"DIEMCAU_CONFIG": "b"}) == Path("b")
    assert find_config(None, {}) == Path("/etc/diemcau/diemcau.yaml")
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "diemcau.yaml").touch()
    assert find_config(None, {}) == Path("config/diemcau.yaml")


def test_check_prints_what_there_is_or_what_is_wrong(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    main = folder / "main.yaml"
    monkeypatch.delenv("COMMUNITY", raising=False)
    assert config_check(main) == 2
    assert capsys.readouterr().err.count("`COMMUNITY` is not set") == 2
    monkeypatch.setenv("COMMUNITY", "x")
    assert config_check(main) == 0
    assert capsys.readouterr().out == f"{main}: 2 sites, 2 endpoints, 2 devices, 2 links, 2 meetings; no faults\n"


def test_ten_thousand_sites_load_in_seconds(tmp_path: Path) -> None:
    rows = [f"  - {{id: s{n}, name: Xã {n}, level: commune}}\n" for n in range(10_000)]
    codecs = [f"  - {{id: e{n}, site: s{n}, address: 10.{n >> 8}.{n & 255}.1}}\n" for n in range(10_000)]
    (tmp_path / "inv.yaml").write_text("sites:\n" + "".join(rows) + "endpoints:\n" + "".join(codecs), encoding="utf-8")
    (tmp_path / "main.yaml").write_text("inventory: inv.yaml\n")
    started = time.process_time()
    assert len(load(tmp_path / "main.yaml", {}).inventory.endpoints) == 10_000
    assert time.process_time() - started < 15
