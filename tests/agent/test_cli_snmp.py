"""`diemcau snmp`, run as a person runs it, against recorded devices and Debian's snmpd."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from collectors import recording
from collectors.masking import MASK, mask
from collectors.recording import Kind, Recorded, Recording, RecordingError, arcs
from lab.snmp import quirks
from lab.snmp.quirks import plain
from lab.snmp.replay import Replay
from lab.snmp.udp import served
from tests.servers import snmpd

RECORDINGS = Path(__file__).parents[1] / "recordings"
CONFIG = """\
agent: {{name: t, state_dir: .}}
defaults:
  snmp: {{timeout: 300ms, retries: 0, credentials: lab}}
credentials:
  lab: {{version: 2c, community: public}}
  old: {{version: 1, community: public}}
  sealed: {{version: 3, user: vcmon, auth: SHA-256, auth_key: authpass123, priv: AES-128, priv_key: privpass123}}
  spare: {{version: 2c, community: s3cret}}
inventory: inventory.yaml
"""
INVENTORY = """\
sites: [{id: tinh, name: Tỉnh, level: province}]
devices:
  - {id: r-core, site: tinh, role: router, address: 127.0.0.1, interfaces: [fe-0/0/0, fe-9]}
  - {id: r-old, site: tinh, role: router, address: 127.0.0.2, credentials: old}
  - {id: r-sealed, site: tinh, role: router, address: 127.0.0.3, credentials: sealed}
"""
# The program's own face: the same parser as `diemcau snmp`, without the rest of `diemcau`.
PROGRAM = """
import argparse, sys
from agent.cli_snmp import add_snmp_commands
parser = argparse.ArgumentParser(prog="diemcau")
add_snmp_commands(parser.add_subparsers(required=True))
args = parser.parse_args()
sys.exit(args.run(args))
"""


@pytest.fixture
def config(tmp_path):
    (tmp_path / "diemcau.yaml").write_text(CONFIG.format())
    (tmp_path / "inventory.yaml").write_text(INVENTORY)
    return tmp_path / "diemcau.yaml"


@asynccontextmanager
async def device(name: str, *around, address: str = "127.0.0.1"):
    answering = plain(Replay(recording.read(RECORDINGS / f"{name}.snmp")).agent)
    for quirk in around:
        answering = quirk(answering)
    async with served(answering, address) as about:
        yield about.port


async def snmp(*words: object) -> tuple[int, str, str]:
    pipes = {"stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.PIPE}
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", PROGRAM, "snmp", *map(str, words), **pipes)
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def test_identify_says_what_a_device_is_and_what_would_be_polled(config):
    async with device("renumbered") as port:
        code, out, err = await snmp("identify", "127.0.0.1", "-c", config, "--port", port)
    assert (code, err) == (0, "")
    assert "description  Juniper Networks, Inc. srx100h2" in out
    assert "object id    1.3.6.1.4.1.2636.1.1.1.2.41" in out
    assert "up for       3 days 19:40:00" in out
    assert "profile      router-juniper" in out
    (row,) = [line.split() for line in out.splitlines() if line.startswith("  fe-0/0/0 ")]
    assert row == ["fe-0/0/0", "up", "100", "Mbit/s", "81000000000", "18000000000", "0/0", "0/0"]
    assert "fe-9: the device has no interface of this name" in out


async def test_a_stranger_is_asked_with_the_credentials_named_and_shown_whole(config):
    async with device("renumbered") as port:
        words = ("--credentials", "lab", "-c", config, "--port", port)
        code, out, _ = await snmp("identify", "127.0.0.1", "--json", *words)
        told = json.loads(out)
    assert (code, told["profile"], told["wanted"]) == (0, "router-juniper", True)
    async with device("hc-only-idle-ports", address="127.0.0.9") as port:
        code, out, _ = await snmp(
            "identify", "127.0.0.9", "--credentials", "lab", "--json", "-c", config, "--port", port
        )
    assert [one["name"] for one in json.loads(out)["interfaces"]] == ["ether1", "ether2", "bridge1"]


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (
            ["127.0.0.9"],
            2,
            "it is not in the inventory: say --credentials; the configuration has lab, old, sealed, spare",
        ),
        (
            ["127.0.0.1", "--credentials", "labb"],
            2,
            "there are no credentials 'labb'; the configuration has",
        ),
        (["r-kore"], 2, "'r-kore' is neither an IP address nor an id of the inventory"),
        (["127.0.0.1", "--port", "9"], 1, "127.0.0.1: nothing listens on UDP port 9"),
        (["127.0.0.1", "-c", "nowhere.yaml"], 2, "nowhere.yaml"),
    ],
)
async def test_what_cannot_be_done_is_said_in_a_sentence(config, words, code, sentence):
    given, _, err = await snmp("identify", "-c", config, *words)
    assert given == code
    assert sentence in err


async def test_silence_is_exit_1(config):
    async with device("wrong-ids", quirks.from_elsewhere) as port:
        code, out, err = await snmp("identify", "r-core", "-c", config, "--port", port)
    assert (code, out) == (1, "")
    assert err.startswith("r-core: no answer to 1 requests of 0.3 s each")


@pytest.mark.parametrize("name", ["counter32-only", "renumbered", "other-address"])
async def test_what_is_recorded_of_a_replayed_recording_is_that_recording(config, tmp_path, name):
    async with device(name) as port:
        target = tmp_path / "new.snmp"
        code, out, err = await snmp("record", "r-core", "-c", config, "--port", port, "-o", target)
    assert code == 0, err
    made, original = recording.read(target), recording.read(RECORDINGS / f"{name}.snmp")
    uptime = arcs("1.3.6.1.2.1.1.3.0")
    assert {**made.objects, uptime: None} == {**original.objects, uptime: None}
    assert f"{len(made.objects)} objects" in out
    assert "1.3.6.1.2.1.31: " in err
    assert "Recorded by `diemcau snmp record`" in made.head[1]
    assert list(tmp_path.glob(".new.snmp*")) == []


@pytest.mark.parametrize(
    ("quirk", "objects", "said"), [(quirks.one_at_a_time, 60, ""), (quirks.stuck, 3, "it goes in circles")]
)
async def test_odd_devices_are_recorded_as_far_as_they_go(config, tmp_path, quirk, objects, said):
    async with device("one-varbind", quirk) as port:
        words = ("-c", config, "--port", port, "-o", tmp_path / "new.snmp")
        code, _, err = await snmp("record", "127.0.0.1", *words)
    assert code == 0
    assert said in err
    assert len(recording.read(tmp_path / "new.snmp").objects) == objects


async def test_a_table_without_end_is_left_at_its_bound(config, tmp_path):
    async with device("one-varbind", quirks.growing, address="127.0.0.9") as port:
        words = ("-c", config, "--port", port, "-o", tmp_path / "new.snmp", "--most", "40", "--credentials", "lab")
        code, _, err = await snmp("record", "127.0.0.9", *words)
    assert code == 0
    assert "stopped at 40 objects" in err


@pytest.mark.parametrize("target", ["r-core", "r-old", "r-sealed"])
async def test_every_version_is_recorded_from_snmpd(own_network, config, tmp_path, target):
    address = {"r-core": "127.0.0.1", "r-old": "127.0.0.2", "r-sealed": "127.0.0.3"}[target]
    with snmpd(tmp_path, address):
        words = ("-c", config, "--port", 1161, "-o", tmp_path / "new.snmp")
        code, _, err = await snmp("record", target, *words)
    assert code == 0, err
    made = recording.read(tmp_path / "new.snmp")
    assert made.objects[arcs("1.3.6.1.2.1.1.3.0")].kind is Kind.TIMETICKS
    assert made.objects[arcs("1.3.6.1.2.1.2.2.1.10.1")].kind is Kind.COUNTER32
    wide = made.objects.get(arcs("1.3.6.1.2.1.31.1.1.1.6.1"))
    assert wide is None if target == "r-old" else wide.kind is Kind.COUNTER64
    assert made.objects[arcs("1.3.6.1.2.1.1.4.0")].value == MASK
    assert not [value for value in made.objects.values() if value.value in (b"public", b"vcmon")]


def test_masking_takes_what_is_private_and_leaves_its_place():
    objects = {
        "1.3.6.1.2.1.1.1.0": b"Cisco Codec S/N: FTT123456 at 10.1.2.3 0011.2233.4455",
        "1.3.6.1.2.1.1.6.0": "Tầng 3".encode(),
        "1.3.6.1.2.1.2.2.1.6.1": bytes.fromhex("001122334455"),
        "1.3.6.1.2.1.31.1.1.1.18.1": b"to vc with s3cret",
        "1.3.6.1.2.1.31.1.1.1.18.2": b"wan-thanh-son",
        "1.3.6.1.4.1.13885.101.1.1.5.0": b"8L00112233",
    }
    made = mask(
        Recording({arcs(oid): Recorded(Kind.STRING, value) for oid, value in objects.items()}),
        ["s3cret"],
        addresses=True,
    )
    assert [one.value for _, one in sorted(made.objects.items())] == [
        b"Cisco Codec S/N: masked at 192.0.2.1 02:00:00:00:00:00",
        MASK,
        bytes.fromhex("020000000000"),
        MASK,
        b"wan-thanh-son",
        MASK,
    ]


@pytest.mark.parametrize(
    "line", ["1.3.6|integer|x", "1.3.x|integer|1", "1.3.6|text|x", "1.3.6", "1.3.6|hex|0g", "1.3.6|ip|1.2.3"]
)
def test_a_recording_s_fault_names_its_line(line):
    with pytest.raises(RecordingError, match=r"^a\.snmp:2: "):
        recording.parse(f"# head\n{line}\n", "a.snmp")
