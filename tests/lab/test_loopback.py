"""The province on loopback, the made-up one, and the story."""

from __future__ import annotations

import subprocess

import pytest

from agent.model import LinkRole
from lab import LabError, LoopbackLab
from lab.hops import checked
from lab.story import story, tell
from lab.synthetic import synthetic
from lab.wan import Wan

PORT = 26161


@pytest.fixture
def loopback(inventory):
    with LoopbackLab(inventory, sentinels=["10.25.255.254"], port=PORT) as lab:
        yield lab


def test_addresses_move_to_loopback_and_answer(loopback):
    addresses = [one.address for one in (*loopback.inventory.devices.values(), *loopback.inventory.endpoints.values())]
    assert "127.25.238.20" in addresses
    assert loopback.sentinels == ("127.25.255.254",)
    subprocess.run(["fping", "-q", *addresses, *loopback.sentinels], check=True)


@pytest.mark.parametrize("device", ["r-core", "r-tan-son"])
def test_each_router_answers_snmp_for_itself(loopback, device):
    router = loopback.inventory.devices[device]
    assert router.snmp.port == PORT
    command = ["snmpget", "-v2c", "-cxem", "-Oqv", f"{router.address}:{PORT}", ".1.3.6.1.2.1.1.5.0"]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip().strip('"') == device


def test_faults_are_refused_plainly(loopback):
    with pytest.raises(LabError, match="wan-tan-son: faults and counters need the full lab"):
        loopback.set("wan-tan-son", up=False)


@pytest.mark.usefixtures("loopback")
def test_a_taken_port_is_an_error(inventory):
    with pytest.raises(LabError, match=f"UDP port {PORT} cannot start: .*in use"), LoopbackLab(inventory, port=PORT):
        pass


def test_a_synthetic_province_is_whole():
    inventory = synthetic(10_000)
    assert len(inventory.endpoints) == 10_000
    wan = Wan(inventory, seed=1)
    assert all(wan.way(end.address) for end in inventory.endpoints.values())
    assert sum(link.role is LinkRole.ACCESS for link in inventory.links.values()) == 10_000
    with pytest.raises(ValueError, match="too few addresses"):
        synthetic(10_000, network="10.25.0.0/24")


class Notebook:
    """A lab that only writes down what it is told."""

    def __init__(self):
        self.said = []

    def set(self, hop_id, **changes):
        self.said.append((hop_id, changes))

    def reboot(self, hop_id, *, off_s=10.0):
        self.said.append((hop_id, off_s))


async def test_the_story_breaks_three_things_and_mends_them(inventory):
    notebook, told = Notebook(), []
    await tell(notebook, story(inventory), lambda step: told.append(step.text), pace=10_000)
    assert len(told) == len(notebook.said) == 7
    assert all(set(text) == {"vi", "en"} and all(text.values()) for text in told)
    assert [entry for entry in notebook.said if not isinstance(entry[1], dict)] == [("r-thanh-son", 20.0)]
    state = Wan(inventory, seed=1)
    before = [hop.settings.up for hop in state.hops.values()]
    for hop, changes in notebook.said:
        if isinstance(changes, dict):
            state.set(hop, {name: checked(name, value) for name, value in changes.items()})
    assert [hop.settings.up for hop in state.hops.values()] == before
    assert not any(hop.settings.loss for hop in state.hops.values())
