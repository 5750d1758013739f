"""The simulated devices asked by net-snmp's own commands."""

from __future__ import annotations

import time

import pytest

CORE, DISTRICT, V2C_ROUTER, CODEC = "10.25.0.1", "10.25.238.1", "10.25.240.1", "10.25.240.10"
V2C = ("-v2c", "-cxem", "-On", "-Oq")
SECRETS = ("-a", "SHA-256", "-A", "chia-khoa-xac-thuc", "-x", "AES", "-X", "chia-khoa-ma-hoa")
V3 = ("-v3", "-lauthPriv", "-umonitor", *SECRETS, "-On", "-Oq")
SYSTEM, IF_NAME, IF_ALIAS = ".1.3.6.1.2.1.1", ".1.3.6.1.2.1.31.1.1.1.1", ".1.3.6.1.2.1.31.1.1.1.18"
UPTIME, OPER = f"{SYSTEM}.3.0", ".1.3.6.1.2.1.2.2.1.8"
HC_IN, HC_OUT, IN_32 = ".1.3.6.1.2.1.31.1.1.1.6", ".1.3.6.1.2.1.31.1.1.1.10", ".1.3.6.1.2.1.2.2.1.10"
FAST = ("-t", "0.3", "-r", "0")


def values(said: str) -> list[str]:
    return [line.partition(" ")[2].strip('"') for line in said.splitlines()]


@pytest.mark.parametrize(("address", "version"), [(CORE, V2C), (DISTRICT, V3)])
def test_get_walk_and_bulkwalk_agree(run, address, version):
    names = [f"{IF_NAME}.{index}" for index in (1, 2, 3)]
    asked = run("snmpget", *version, address, *names)
    assert len(values(asked)) == 3
    assert run("snmpwalk", *version, address, IF_NAME) == asked
    assert run("snmpbulkwalk", *version, address, IF_NAME) == asked
    everything, step_by_step = (
        [line.split()[0] for line in run(command, *version, address, ".1.3.6.1.2.1.31.1").splitlines()]
        for command in ("snmpbulkwalk", "snmpwalk")
    )
    assert everything == step_by_step
    assert len(everything) > 50


def test_interfaces_carry_the_lines(run):
    assert values(run("snmpwalk", *V2C, CORE, IF_ALIAS)) == ["wan-thanh-son", "bak-thanh-son", "wan-tan-son"]
    assert values(run("snmpwalk", *V2C, V2C_ROUTER, IF_NAME)) == ["Gi0/0", "Gi0/1", "Gi1/1"]


def test_devices_say_what_they_are(run):
    assert "TelePresence SX20" in run("snmpget", *V2C, CODEC, f"{SYSTEM}.1.0")
    assert ".1.3.6.1.4.1.5596.150.6.4.1" in run("snmpget", *V2C, CODEC, f"{SYSTEM}.2.0")
    assert values(run("snmpget", *V2C, "10.25.238.20", f"{SYSTEM}.5.0")) == ["vc-son-hung"]


def test_codecs_speak_every_version_the_province_does(run):
    assert values(run("snmpget", *V3, CODEC, f"{SYSTEM}.5.0")) == ["vc-tan-son"]


def test_what_is_not_there_is_told_apart(run):
    said = run("snmpget", *V2C, CORE, f"{SYSTEM}.1.0", f"{SYSTEM}.1.7", ".1.3.6.1.4.1.5.0")
    assert "No Such Instance" in said
    assert "No Such Object" in said
    assert "Cisco IOS" in said


def test_wrong_secrets_read_as_on_a_real_device(run):
    assert "Timeout" in run("snmpget", "-v2c", "-csai", *FAST, CORE, UPTIME)
    wrong = [word.replace("xac-thuc", "sai-roi") for word in V3]
    assert "Authentication failure" in run("snmpget", *wrong, *FAST, DISTRICT, UPTIME)
    assert "Unknown user" in run("snmpget", *V3[:2], "-uai-do", *SECRETS, *FAST, DISTRICT, UPTIME)
    plain = ("-v3", "-lnoAuthNoPriv", "-umonitor")
    assert "Unsupported security level" in run("snmpget", *plain, *FAST, DISTRICT, UPTIME)


def test_setting_is_refused(run):
    assert "noAccess" in run("snmpset", *V2C, CORE, f"{SYSTEM}.5.0", "s", "x")


def counters(run, address, version, *columns):
    return [int(value) for value in values(run("snmpget", *version, address, *columns))]


def test_simulated_traffic_moves_the_counters_at_both_ends(lab, run):
    lab.set("wan-thanh-son", traffic_out_bps=80e6, traffic_in_bps=8e6)
    ends = ((CORE, V2C, f"{HC_OUT}.1", f"{HC_IN}.1"), (DISTRICT, V3, f"{HC_IN}.1", f"{HC_OUT}.1"))
    first = [(time.monotonic(), counters(run, *end)) for end in ends]
    time.sleep(1)
    second = [(time.monotonic(), counters(run, *end)) for end in ends]
    for (began, (out, back)), (ended, (out_then, back_then)) in zip(first, second, strict=True):
        assert (out_then - out) / (ended - began) == pytest.approx(10e6, rel=0.05)
        assert (back_then - back) / (ended - began) == pytest.approx(1e6, rel=0.05)


def test_real_packets_are_counted_to_the_byte_and_lost_ones_as_errors(lab, run):
    errors, discards = ".1.3.6.1.2.1.2.2.1.14", ".1.3.6.1.2.1.2.2.1.19"
    columns = (f"{HC_IN}.3", f"{IN_32}.3", f"{errors}.3", f"{discards}.3")  # Gi1/1, to the commune
    before = counters(run, V2C_ROUTER, V2C, *columns)
    run("ping", "-q", "-c", "10", "-i", "0.01", "-s", "972", "10.25.240.20")
    after = counters(run, V2C_ROUTER, V2C, *columns)
    assert [new - old for new, old in zip(after, before, strict=True)] == [10_000, 10_000, 0, 0]
    lab.set("wan-tan-son", loss=1)
    run("fping", "-r", "0", "-t", "100", "10.25.240.20")
    lab.set("wan-tan-son", loss=0)
    assert counters(run, V2C_ROUTER, V2C, f"{errors}.1") == [1]
    lab.set("acc-kiet-son", up=False)
    run("fping", "-r", "0", "-t", "100", "10.25.240.20")
    assert counters(run, V2C_ROUTER, V2C, f"{discards}.3")[0] - after[3] == 1


def test_a_cut_line_is_down_at_both_ends_and_remembers_when(lab, run):
    assert values(run("snmpwalk", *V2C, CORE, OPER)) == ["1", "1", "1"]
    lab.set("bak-thanh-son", up=False)
    assert values(run("snmpwalk", *V2C, CORE, OPER)) == ["1", "2", "1"]
    assert values(run("snmpwalk", *V3, DISTRICT, OPER)) == ["1", "2", "1"]
    lab.set("r-tan-son", up=False)
    assert values(run("snmpwalk", *V2C, CORE, OPER)) == ["1", "2", "2"]
    assert counters(run, CORE, (*V2C, "-Ot"), ".1.3.6.1.2.1.2.2.1.9.2")[0] > 0


def test_a_reboot_starts_uptime_and_counters_again(lab, run, answers):
    lab.set("wan-tan-son", traffic_out_bps=8e6)
    columns = (UPTIME, f"{HC_IN}.1")
    assert counters(run, V2C_ROUTER, (*V2C, "-Ot"), *columns)[0] > 100_000
    lab.reboot("r-tan-son", off_s=0.4)
    assert answers(V2C_ROUTER) == [False]
    deadline = time.monotonic() + 5
    while answers(V2C_ROUTER) == [False]:
        assert time.monotonic() < deadline
    uptime, received = counters(run, V2C_ROUTER, (*V2C, "-Ot"), *columns)
    assert uptime < 500
    assert received < 8e6


def test_a_reboot_adds_to_v3_s_boots(lab, run):
    engine = ".1.3.6.1.6.3.10.2.1"
    before = counters(run, DISTRICT, V3, f"{engine}.2.0", f"{engine}.3.0")
    lab.reboot("r-thanh-son", off_s=0.05)
    time.sleep(0.2)
    boots, engine_time = counters(run, DISTRICT, V3, f"{engine}.2.0", f"{engine}.3.0")
    assert boots == before[0] + 1
    assert engine_time <= 5


V1 = ("-v1", "-cxem", "-On", "-Oq")


def test_v1_tells_all_or_nothing_and_no_64_bits(run):
    assert values(run("snmpwalk", *V1, CORE, IF_ALIAS)) == ["wan-thanh-son", "bak-thanh-son", "wan-tan-son"]
    assert "Counter64" not in run("snmpwalk", "-v1", "-cxem", CORE, ".1.3.6.1.2.1.31.1.1.1")
    said = run("snmpget", *V1, "-Cf", CORE, f"{SYSTEM}.5.0", f"{HC_IN}.1")
    assert "noSuchName" in said
    assert f"Failed object: {HC_IN}.1" in said
    assert "noSuchName" in run("snmpgetnext", *V1, CORE, ".1.3.6.1.7")
