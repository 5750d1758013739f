"""Device profiles: the shipped ones, the user's own over and beside them, and every mistake's own sentence."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from agent._config_profiles import shipped_folder
from agent.config import ConfigError, load
from agent.profile import Aggregate, Profile
from agent.settings import Config

BAD = Path(__file__).parent / "bad"
CASES = sorted(path for path in (BAD / "profiles").iterdir() if path.is_dir() or path.suffix == ".yaml")
SHIPPED = {path.stem for path in shipped_folder().iterdir()}
MAIN = """
inventory: inventory.yaml
credentials: {lab: {version: 2c, community: public}, core: {version: 2c, community: private}}
"""
INVENTORY = """
sites: [{id: hq, name: HQ, level: province}]
endpoints:
"""


def write(folder: Path, text: str, name: str = "own.yaml") -> None:
    (folder / "profiles").mkdir(exist_ok=True)
    (folder / "profiles" / name).write_text(text, encoding="utf-8")


def read(folder: Path, endpoints: str = "", main: str = "profiles: profiles/\n") -> Config:
    (folder / "profiles").mkdir(exist_ok=True)
    (folder / "inventory.yaml").write_text(INVENTORY + endpoints, encoding="utf-8")
    (folder / "main.yaml").write_text(MAIN + main, encoding="utf-8")
    return load(folder / "main.yaml", {})


def profile(folder: Path, text: str) -> Profile:
    write(folder, text)
    return next(iter(read(folder).profiles.values()))


def faults(folder: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(folder)
    return [str(fault).replace(f"{folder}/profiles/", "") for fault in caught.value.faults]


def test_the_shipped_profiles_are_there_without_a_word() -> None:
    assert {"generic", "poly", "cisco-codec", "cisco-telepresence", "router"} <= SHIPPED


def test_a_configuration_has_them_beside_its_own(tmp_path: Path) -> None:
    assert set(read(tmp_path, main="").profiles) == SHIPPED
    write(tmp_path, "id: acme\n")
    config = read(tmp_path)
    assert set(config.profiles) == {*SHIPPED, "acme"}
    assert tmp_path / "profiles" / "own.yaml" in config.sources


def test_a_profile_gives_the_values_it_says(tmp_path: Path) -> None:
    made = profile(
        tmp_path,
        """
id: acme
name: Acme room
match: [{object_id: .1.3.6.1.4.1.99999, description: "^Acme"}]
identity:
  model: {oid: 1.3.6.1.4.1.99999.1.0, pattern: "Room (.*)"}
metrics:
  diemcau_acme_fan_rpm: {help: Speed of a fan., labels: [fan]}
  diemcau_acme_calls_total: {help: Calls there were., type: counter}
groups:
  calls:
    interval: 15s
    scalars:
      - {oid: .1.3.6.1.4.1.99999.2.0, metric: diemcau_acme_calls_total}
      - {oid: 1.3.6.1.4.1.99999.3.0, metric: diemcau_call_latency_seconds, labels: {direction: receive}, unit: ms}
    tables:
      - labels: {fan: 1.3.6.1.4.1.99999.4.1.2}
        where: {1.3.6.1.4.1.99999.4.1.3: [1, on]}
        columns: [{oid: 1.3.6.1.4.1.99999.4.1.4, metric: diemcau_acme_fan_rpm, scale: 0.5, absent: [0]}]
      - any_rows: diemcau_endpoint_in_call
        columns:
          - {oid: 1.3.6.1.4.1.99999.5.1.2, metric: diemcau_call_receive_bits_per_second, unit: kbit/s, aggregate: sum}
""",
    )
    (group,) = made.groups
    counter, latency = group.scalars
    fans, calls = group.tables
    assert (made.id, made.name, group.name, group.interval_s) == ("acme", "Acme room", "calls", 15)
    assert made.rules[0].rank("1.3.6.1.4.1.99999.7", "Acme 1") is not None
    assert made.rules[0].rank("1.3.6.1.4.1.99999.7", "An Acme") is None
    assert made.model is not None
    assert made.model.read("Room 500") == "500"
    assert (counter.oid, latency.labels) == ("1.3.6.1.4.1.99999.2.0", (("direction", "receive"),))
    assert [latency.conversion.of(text) for text in ("7", "-2.5", "n/a", "")] == [0.007, -0.0025, None, None]
    assert (fans.key, fans.labels) == ("1.3.6.1.4.1.99999.4.1.3", (("fan", "1.3.6.1.4.1.99999.4.1.2"),))
    assert fans.where == (("1.3.6.1.4.1.99999.4.1.3", frozenset({"1", "on"})),)
    assert [fans.columns[0].conversion.of(text) for text in ("3", "0")] == [1.5, None]
    assert (calls.key, calls.any_rows) == ("1.3.6.1.4.1.99999.5.1.2", "diemcau_endpoint_in_call")
    assert calls.columns[0].aggregate is Aggregate.SUM
    assert {name: (metric.kind, metric.labels) for name, metric in made.metrics.items()} == {
        "diemcau_acme_calls_total": ("counter", ()),
        "diemcau_acme_fan_rpm": ("gauge", ("fan",)),
        "diemcau_call_latency_seconds": ("gauge", ("direction",)),
        "diemcau_call_receive_bits_per_second": ("gauge", ()),
        "diemcau_endpoint_in_call": ("gauge", ()),
    }


def test_percents_and_milliseconds_are_exact(tmp_path: Path) -> None:
    loss = read(tmp_path).profiles["poly"].groups[1].tables[0].columns[2]
    assert [loss.conversion.of(str(percent)) for percent in range(101)] == [percent / 100 for percent in range(101)]


def groups_of(made: Profile) -> dict[str, tuple[float | None, int, int]]:
    return {group.name: (group.interval_s, len(group.scalars), len(group.tables)) for group in made.groups}


def test_one_that_extends_another_changes_what_it_writes(tmp_path: Path) -> None:
    poly = read(tmp_path).profiles["poly"]
    made = profile(
        tmp_path,
        """
id: poly-x
extends: poly
identity: {firmware: {oid: 1.3.6.1.4.1.99999.1.0}}
groups:
  status: {interval: 5m}
  calls: {tables: []}
  more: {scalars: [{oid: 1.3.6.1.4.1.99999.2.0, metric: diemcau_endpoint_in_call}]}
""",
    )
    assert groups_of(made) == {"status": (300, 6, 1), "calls": (None, 0, 0), "more": (None, 1, 0)}
    assert (made.rules, made.model) == ((), poly.model)
    assert made.firmware is not None
    assert made.firmware.oid == "1.3.6.1.4.1.99999.1.0"


def test_one_of_a_shipped_id_takes_its_place_for_those_that_extend_it_too(tmp_path: Path) -> None:
    write(tmp_path, "id: router\n")
    profiles = read(tmp_path).profiles
    assert profiles["router"].groups == ()
    assert groups_of(profiles["net-snmp"]) == {"sensors": (60, 0, 1)}
    assert set(profiles) == SHIPPED


def test_one_of_a_shipped_id_that_extends_it_is_the_shipped_one_changed(tmp_path: Path) -> None:
    made = profile(tmp_path, "id: poly\nextends: poly\ngroups: {status: {interval: 2m}}\n")
    assert made.id == "poly"
    assert groups_of(made) == {"status": (120, 6, 1), "calls": (None, 0, 1)}


def test_metrics_of_a_shipped_profile_that_is_replaced_are_still_declared(tmp_path: Path) -> None:
    write(tmp_path, "id: generic\n")
    assert "diemcau_endpoint_in_call" in read(tmp_path).profiles["poly"].metrics


def test_the_shipped_folder_may_be_named_as_one_s_own(tmp_path: Path) -> None:
    shipped = read(tmp_path).profiles
    assert read(tmp_path, main=f"profiles: {shipped_folder()}\n").profiles == shipped


def test_an_endpoint_is_asked_by_snmp_where_there_are_credentials(tmp_path: Path) -> None:
    rows = """
  - {id: plain, site: hq, address: 192.0.2.1}
  - {id: named, site: hq, address: 192.0.2.2, profile: poly, credentials: core, port: 1161, snmp: {interval: 10s}}
  - {id: mute, site: hq, address: 192.0.2.3, profile: none, credentials: core}
"""
    main = "defaults: {snmp: {credentials: lab, timeout: 1s}}\n"
    endpoints = read(tmp_path, rows, main).inventory.endpoints
    plain, named = endpoints["plain"].snmp, endpoints["named"].snmp
    assert plain is not None
    assert (plain.credentials.name, plain.port, plain.interval_s, plain.timeout_s) == ("lab", 161, 30, 1)
    assert named is not None
    assert (named.credentials.name, named.port, named.interval_s, named.timeout_s) == ("core", 1161, 10, 1)
    assert endpoints["mute"].snmp is None
    assert [endpoint.profile for endpoint in endpoints.values()] == ["auto", "poly", "none"]
    unnamed = read(tmp_path, rows, "").inventory.endpoints
    assert unnamed["plain"].snmp is None
    assert unnamed["named"].snmp is not None


def test_an_inventory_names_only_profiles_and_credentials_there_are(tmp_path: Path) -> None:
    rows = """
  - {id: a, site: hq, address: 192.0.2.1, profile: ploy, credentials: cor}
  - {id: b, site: hq, address: 192.0.2.2, profile: acme}
devices:
  - {id: r, site: hq, address: 192.0.2.3, credentials: lab, profile: none}
  - {id: s, site: hq, address: 192.0.2.4, credentials: lab, profile: cisco}
"""
    write(tmp_path, "id: acme\nmatch: [{}]\n")
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, rows)
    told = [str(fault).replace(f"{tmp_path}/", "") for fault in caught.value.faults]
    assert told == [
        "inventory.yaml:5: endpoints[a].credentials: `cor` names no known credentials; did you mean `core`?",
        "inventory.yaml:5: endpoints[a].profile: `ploy` is no known profile; did you mean `poly`?",
        (
            "inventory.yaml:8: devices[r].profile: `none` is for endpoints: a device is watched by SNMP; "
            "write `auto`, or leave the line out"
        ),
        "inventory.yaml:9: devices[s].profile: `cisco` is no known profile; did you mean `cisco-codec`?",
        "profiles/own.yaml:2: match[#1]: fits every device; write `object_id`, `description` or both",
    ]


def expected(case: Path) -> list[str]:
    files = sorted(case.iterdir()) if case.is_dir() else [case]
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return [line.removeprefix("# expect: ") for line in lines if line.startswith("# expect: ")]


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_each_mistake_gives_exactly_its_faults(case: Path, tmp_path: Path) -> None:
    if case.is_dir():
        shutil.copytree(case, tmp_path / "profiles")
    else:
        write(tmp_path, case.read_text(encoding="utf-8"), case.name)
    told = [text.replace(f"{shipped_folder()}/", "shipped/") for text in faults(tmp_path)]
    assert told == expected(case)
