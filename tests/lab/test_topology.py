"""Which way packets take, worked out without sending any."""

from __future__ import annotations

import dataclasses

import pytest

from agent.model import Endpoint, Level, Link, LinkRole, Site
from lab.errors import LabError
from lab.snmp.devices import cabling
from lab.wan import Wan

SENTINEL = "10.25.255.254"


@pytest.fixture
def wan(inventory):
    return Wan(inventory, seed=1, sentinels=(SENTINEL,))


def hops(wan, address):
    return [hop.id for hop, _ in wan.way(address)]


def test_a_commune_hangs_on_its_district_and_that_on_the_core(wan):
    assert hops(wan, "10.25.238.20") == [
        "agent-uplink", "r-core", "wan-thanh-son", "r-thanh-son", "acc-son-hung", "vc-son-hung",
    ]  # fmt: skip


def test_a_room_without_a_line_is_in_the_core_s_building(wan):
    assert hops(wan, "10.25.0.10") == ["agent-uplink", "r-core", "vc-phong-1"]


def test_a_router_is_the_end_of_its_own_way(wan):
    assert hops(wan, "10.25.240.1") == ["agent-uplink", "r-core", "wan-tan-son", "r-tan-son"]


def test_a_sentinel_stands_before_the_core(wan):
    assert hops(wan, SENTINEL) == ["agent-uplink", SENTINEL]


def test_nobody_has_another_address(wan):
    assert wan.way("10.25.99.99") is None


def test_the_backup_line_carries_a_district_while_its_primary_is_cut(wan):
    wan.set("wan-thanh-son", {"up": False})
    assert "bak-thanh-son" in hops(wan, "10.25.238.20")
    wan.set("wan-thanh-son", {"up": True})
    assert "wan-thanh-son" in hops(wan, "10.25.238.20")


def test_with_both_lines_cut_packets_die_at_the_primary(wan):
    wan.set("wan-thanh-son", {"up": False})
    wan.set("bak-thanh-son", {"up": False})
    assert "wan-thanh-son" in hops(wan, "10.25.238.20")


def test_a_site_no_line_leads_to_is_refused(inventory):
    sites = inventory.sites | {
        "dao": Site("dao", "Đảo", Level.DISTRICT, "tinh"),
        "bien": Site("bien", "Biển", Level.COMMUNE, "dao"),
    }
    links = inventory.links | {"acc-bien": Link("acc-bien", "Biển", "dao", "bien", LinkRole.ACCESS)}
    ends = inventory.endpoints | {"vc-bien": Endpoint("vc-bien", "bien", "Biển", "10.25.9.9")}
    with pytest.raises(LabError, match="site bien: no line leads there from tinh"):
        Wan(dataclasses.replace(inventory, sites=sites, links=links, endpoints=ends), seed=1)


def test_lines_take_the_interfaces_they_name_and_far_ends_the_free_ones(inventory):
    cables = cabling(inventory, inventory.devices["r-thanh-son"])
    assert {name: link and link.id for name, link in cables.items()} == {
        "Gi0/0": "wan-thanh-son",
        "Gi0/1": "bak-thanh-son",
        "Gi1/1": "acc-son-hung",
    }


def test_calls_add_up_on_the_trunk_and_move_to_the_backup(wan):
    for line in ("wan-thanh-son", "bak-thanh-son", "acc-son-hung"):
        wan.set(line, {"traffic_out_bps": 1e6, "traffic_in_bps": 0})
    wan.call(["vc-thanh-son", "vc-son-hung"])
    assert wan.truth("wan-thanh-son")["traffic_bps"] == {"out": 5e6, "in": 4e6}
    assert wan.truth("acc-son-hung")["traffic_bps"] == {"out": 3e6, "in": 2e6}
    wan.set("wan-thanh-son", {"up": False})
    assert wan.truth("wan-thanh-son")["traffic_bps"] == {"out": 0, "in": 0}
    assert wan.truth("bak-thanh-son")["traffic_bps"] == {"out": 5e6, "in": 4e6}


def test_a_line_to_a_router_that_is_off_carries_nothing(wan):
    wan.set("r-tan-son", {"up": False})
    assert wan.truth("wan-tan-son")["traffic_bps"] == {"out": 0, "in": 0}


@pytest.mark.parametrize(
    ("hop", "changes", "sentence"),
    [
        ("wan-than-son", {"up": False}, "nothing in the lab is called 'wan-than-son'; did you mean 'wan-thanh-son'?"),
        ("wan-tan-son", {"dealy_s": 1}, "there is no setting 'dealy_s'; did you mean 'delay_s'?"),
        ("wan-tan-son", {"loss": 5}, "loss is a number from 0 to 1, not 5"),
        ("wan-tan-son", {"up": "yes"}, "up is true or false, not 'yes'"),
        ("wan-tan-son", {"rate_bps": 0}, "rate_bps is a number above 0 to 1e+12, not 0"),
        ("wan-tan-son", {"delay_s": float("nan")}, "delay_s is a number from 0 to 60, not nan"),
    ],
)
def test_a_wrong_setting_is_refused_in_a_sentence_and_changes_nothing(wan, hop, changes, sentence):
    with pytest.raises(LabError) as refusal:
        wan.set(hop, {"jitter_s": 0.5} | changes)
    assert str(refusal.value) == sentence
    assert wan.truth("wan-tan-son")["settings"]["jitter_s"] == 0


def test_only_routers_and_codecs_reboot(wan):
    with pytest.raises(LabError, match="wan-tan-son is a link; only routers and codecs can be rebooted"):
        wan.reboot("wan-tan-son", 1)
