"""Devices say what they are, and the profile that fits is found; the texts are those of real devices."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from agent.profile import Profile, match_profile
from agent.readings import Outcome, PollFailed
from collectors._snmp import SnmpClient
from collectors.identify import identify
from lab.snmp.ber import object_id
from tests.collectors.box import SYSTEM, arcs, box, profiles_of
from tests.servers import snmp_settings, snmpd

NET_SNMP = "1.3.6.1.4.1.8072.3.2.10"
SX80 = "Cisco Codec\nSoftW: ce9.10.0.50f5888d087\nMCU: Cisco TelePresence SX80\nDate: 2019-12-17\nS/N: FTT000000XX"
SX20 = "Cisco Codec SoftW: TC7.3.5.1 MCU: Cisco TelePresence SX20"
IOS = (
    "Cisco IOS Software [Amsterdam], ISR Software (X86_64_LINUX_IOSD-UNIVERSALK9-M), Version 17.3.4a, RELEASE SOFTWARE"
)
JUNOS = "Juniper Networks, Inc. srx100h2 internet router, kernel JUNOS 12.1X46-D40.2 #0: 2015-09-26"
VRP = "Huawei AR1220\r\nHuawei Versatile Routing Platform Software\r\nVRP (R) software,Version 5.120 (AR1200 V200R003)"
LINUX = "Linux r1 6.1.0-18-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 x86_64"
DEVICES = {
    ("1.3.6.1.4.1.5596.150.6.4.1", SX80): ("cisco-codec", "Cisco TelePresence SX80", "ce9.10.0.50f5888d087"),
    ("1.3.6.1.4.1.5596.150.6.4.1", SX20): ("cisco-codec", "Cisco TelePresence SX20", "TC7.3.5.1"),
    (NET_SNMP, "Acano Server 1.8.3"): ("cisco-meeting-server", "Acano Server", "1.8.3"),
    (NET_SNMP, LINUX): ("net-snmp", "Linux", "6.1.0-18-amd64"),
    ("1.3.6.1.4.1.9.1.2068", IOS): ("router-cisco", "", "17.3.4a"),
    ("1.3.6.1.4.1.9.1.1433", "Cisco TelePresence"): ("cisco-telepresence", "", ""),
    ("1.3.6.1.4.1.9.1.80", IOS): ("router-cisco", "", "17.3.4a"),
    ("1.3.6.1.4.1.2636.1.1.1.2.41", JUNOS): ("router-juniper", "srx100h2", "12.1X46-D40.2"),
    ("1.3.6.1.4.1.2011.2.224.1", VRP): ("router-huawei", "AR1220", "5.120"),
    ("1.3.6.1.4.1.14988.1", "router"): ("router-mikrotik", "", ""),
    ("1.3.6.1.4.1.13885.101", "RealPresence Group 500"): ("poly", "", ""),
    ("1.3.6.1.4.1.138850.1", "a make nobody knows"): ("generic", "", ""),
    ("0.0", ""): ("generic", "", ""),
}


@pytest.fixture
def profiles(tmp_path: Path) -> Mapping[str, Profile]:
    return profiles_of(tmp_path)


@pytest.mark.parametrize(("object_", "description"), DEVICES, ids=lambda text: text[:24])
async def test_a_device_is_known_by_what_it_says(
    profiles: Mapping[str, Profile], object_: str, description: str
) -> None:
    system = {f"{SYSTEM}.1.0": description, f"{SYSTEM}.2.0": object_id(arcs(object_))}
    async with box(system) as (_, client):
        identity = await identify(client, profiles)
    assert (identity.profile, identity.model, identity.firmware) == DEVICES[object_, description]
    assert (identity.object_id, identity.description, identity.name) == (object_, description, "vc-hq")


async def test_a_named_profile_is_taken_unasked_and_its_facts_are_read(profiles: Mapping[str, Profile]) -> None:
    poly = "1.3.6.1.4.1.13885.101.1.1"
    async with box({f"{poly}.4.0": "RealPresence Group 500", f"{poly}.1.0": "Release - 6.2.2-560 "}) as (_, client):
        found = await identify(client, profiles)
        named = await identify(client, profiles, "poly")
    assert (found.profile, found.model) == ("generic", "")
    assert (named.profile, named.model, named.firmware) == ("poly", "RealPresence Group 500", "Release - 6.2.2-560")


async def test_a_device_that_tells_nothing_of_itself_is_generic(profiles: Mapping[str, Profile]) -> None:
    async with box({}) as (device, client):
        device.system = {f"{SYSTEM}.3.0": device.system[f"{SYSTEM}.3.0"]}
        device.show({})
        identity = await identify(client, profiles)
    assert (identity.profile, identity.object_id, identity.description, identity.name) == ("generic", "", "", "")


async def test_a_silent_device_is_a_failed_poll(profiles: Mapping[str, Profile]) -> None:
    async with box({}, timeout_s=0.1) as (device, client):
        device.agent.communities = frozenset()
        with pytest.raises(PollFailed) as failed:
            await identify(client, profiles)
    assert failed.value.outcome is Outcome.TIMEOUT


async def test_debian_s_snmpd_is_a_host_with_net_snmp(profiles: Mapping[str, Profile], tmp_path: Path) -> None:
    with snmpd(tmp_path):
        async with SnmpClient("127.0.0.1", snmp_settings()) as client:
            identity = await identify(client, profiles)
    assert (identity.profile, identity.model) == ("net-snmp", "Linux")
    assert identity.object_id == NET_SNMP


def test_the_longer_prefix_wins_then_the_description_then_the_user_s_own(tmp_path: Path) -> None:
    mine = profiles_of(
        tmp_path,
        "id: acme\nmatch: [{object_id: 1.3.6.1.4.1.99999}]",
        "id: acme-5\nmatch: [{object_id: 1.3.6.1.4.1.99999.5}]",
        'id: acme-x\nmatch: [{object_id: 1.3.6.1.4.1.99999, description: "^X"}]',
        'id: words\nmatch: [{description: "X"}]',
        'id: my-router\nmatch: [{object_id: 1.3.6.1.4.1.9, description: "."}]',
    )
    said = {
        ("1.3.6.1.4.1.99999.4", "Y"): "acme",
        ("1.3.6.1.4.1.99999.4", "X"): "acme-x",
        ("1.3.6.1.4.1.99999.5", "X"): "acme-5",
        ("1.3.6.1.4.1.99999.50", "X"): "acme-x",
        ("1.3.6.1.4.1.7", "X"): "words",
        (NET_SNMP, "X"): "words",
        ("1.3.6.1.4.1.9.1.1", IOS): "my-router",
    }
    assert {device: match_profile(mine, *device).id for device in said} == said
