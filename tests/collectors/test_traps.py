"""Traps and informs as net-snmp's own commands send them, into a receiver on loopback."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest

from agent.model import Secret, SnmpCredentials, TrapSettings
from collectors._traps_kinds import KINDS
from collectors.traps import NoTrapPort, TrapReceiver
from tests.trap_receiving import COMMUNITY, IF_INDEX, LINK_DOWN, receiving, send, user, v2_words

POLY = "1.3.6.1.4.1.13885.101"
EVERY_PAIR = [
    (None, None),
    *((auth, None) for auth in ("MD5", "SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512")),
    *(("SHA-256", priv) for priv in ("DES", "AES-128", "AES-192", "AES-256")),
    ("MD5", "DES"),
    ("SHA-1", "AES-128"),
    ("SHA-512", "AES-256"),
]


def v1_words(enterprise: str, generic: int, specific: int = 0, agent: str = "10.9.9.9") -> tuple[str, ...]:
    return (enterprise, agent, str(generic), str(specific), "", *IF_INDEX)


async def test_a_v2c_trap_is_counted_and_heard():
    async with receiving() as got:
        before_s = time.monotonic()
        assert await send("snmptrap", got.receiver.port, COMMUNITY, *v2_words(LINK_DOWN, *IF_INDEX)) == 0
        await got.until("linkDown")
        (heard,) = got.heard
        assert (heard.address, heard.kind, heard.oid, heard.interface) == ("127.0.0.1", "linkDown", LINK_DOWN, 12)
        assert before_s < heard.at_s < time.monotonic()
        assert got.counted == {"linkDown": 1}


@pytest.mark.parametrize(
    ("generic", "specific", "kind"),
    [
        (0, 0, "coldStart"), (1, 0, "warmStart"), (2, 0, "linkDown"), (3, 0, "linkUp"), (4, 0, "authenticationFailure"),
        (5, 0, "other"), (6, 70, "poly_gatekeeper_registration_failed"), (6, 99, "other"),
    ],
)  # fmt: skip
async def test_a_v1_trap_is_named_by_its_v2_oid_and_is_its_senders(generic, specific, kind):
    v1 = SnmpCredentials("old", "1", Secret("hoinghi"))
    async with receiving(senders=("127.0.0.2", "10.9.9.9")) as got:
        await send("snmptrap", got.receiver.port, v1, *v1_words(POLY, generic, specific), source="127.0.0.2")
        await got.until(kind)
        assert got.heard[0].address == "127.0.0.2"  # not the agent-addr it claims
        assert got.heard[0].interface == 12


async def test_every_named_notification_is_counted_by_its_name():
    async with receiving(rate_per_s=1000, burst=1000) as got:
        for oid in KINDS:
            await send("snmptrap", got.receiver.port, COMMUNITY, *v2_words(oid))
        await got.until("poly_packet_loss_ok")
        assert got.counted == dict.fromkeys(KINDS.values(), 1)


async def test_a_v2c_inform_is_acknowledged():
    async with receiving() as got:
        assert await send("snmpinform", got.receiver.port, COMMUNITY, *v2_words(LINK_DOWN, *IF_INDEX)) == 0
        assert got.counted == {"linkDown": 1}


async def test_names_and_secrets_may_be_vietnamese():
    phrase = "tỉnh Phú Thọ"
    community = SnmpCredentials("a", "2c", Secret(phrase))
    one = SnmpCredentials("b", "3", None, "người trực", "SHA-256", Secret(phrase), "AES-256", Secret(phrase))
    async with receiving(community, one) as got:
        assert await send("snmpinform", got.receiver.port, community, *v2_words()) == 0
        assert await send("snmpinform", got.receiver.port, one, *v2_words()) == 0


@pytest.mark.parametrize(("auth", "priv"), EVERY_PAIR)
async def test_v3_traps_and_informs_of_every_algorithm(auth, priv):
    one = user(auth, priv)
    async with receiving(one) as got:
        await send("snmptrap", got.receiver.port, one, *v2_words(LINK_DOWN, *IF_INDEX), engine="0x8000000001020304")
        await got.until("linkDown")
        assert await send("snmpinform", got.receiver.port, one, *v2_words("1.3.6.1.6.3.1.1.5.4")) == 0
        assert got.counted == {"linkDown": 1, "linkUp": 1}
        assert got.heard[0].interface == 12


async def test_two_devices_may_have_one_users_name_with_different_keys():
    first, second = user(key="one"), user(key="two")
    async with receiving(first, second, senders=("127.0.0.1", "127.0.0.2")) as got:
        for times in (1, 2):
            await send("snmptrap", got.receiver.port, first, *v2_words(), engine="0x8000000001020304")
            await send(
                "snmptrap", got.receiver.port, second, *v2_words(), source="127.0.0.2", engine="0x80000000aabbccdd"
            )
            assert await send("snmpinform", got.receiver.port, first, *v2_words()) == 0
            assert await send("snmpinform", got.receiver.port, second, *v2_words(), source="127.0.0.2") == 0
            await got.until("linkDown", 4 * times)
        assert got.counted == {"linkDown": 8}


@pytest.mark.parametrize(
    "wrong",
    [
        user(key="two"),
        user("SHA-1", "AES-128"),
        user(name="nobody"),
        user(priv=None),  # leaves out the privacy its user is configured with
        user(None, None),  # leaves out every proof
        SnmpCredentials("x", "3", user="monitor", auth="SHA-256", auth_key=Secret("auth-one-pass"), priv="AES-128",
                        priv_key=Secret("some other key")),
    ],
)  # fmt: skip
@pytest.mark.parametrize("command", ["snmptrap", "snmpinform"])
async def test_a_wrong_user_key_or_level_is_counted_and_nothing_else(wrong, command):
    async with receiving(user(), COMMUNITY) as got:
        engine = "0x8000000001020304" if command == "snmptrap" else ""
        code = await send(command, got.receiver.port, wrong, *v2_words(), engine=engine)
        await got.until("wrong_user")
        assert set(got.counted) == {"wrong_user"}
        assert not got.heard
        assert (code == 0) == (command == "snmptrap")


async def test_a_wrong_community_is_dropped_and_its_inform_not_acknowledged():
    wrong = SnmpCredentials("x", "2c", Secret("public"))
    async with receiving() as got:
        await send("snmptrap", got.receiver.port, wrong, *v2_words())
        await send("snmptrap", got.receiver.port, SnmpCredentials("x", "1", Secret("")), *v1_words(POLY, 2))
        assert await send("snmpinform", got.receiver.port, wrong, *v2_words()) != 0
        await got.until("wrong_community", 4)  # snmpinform tried twice
        assert got.counted == {"wrong_community": 4}
        assert not got.heard


async def test_an_unknown_sender_is_dropped_until_the_inventory_has_it():
    async with receiving() as got:
        await send("snmptrap", got.receiver.port, COMMUNITY, *v2_words(), source="127.0.0.9")
        await got.until("unknown_sender")
        assert got.counted == {"unknown_sender": 1}
        got.receiver.follow(TrapSettings((COMMUNITY,)), ["127.0.0.9"])
        await send("snmptrap", got.receiver.port, COMMUNITY, *v2_words(), source="127.0.0.9")
        await got.until("linkDown")


async def test_new_credentials_are_taken_while_running():
    async with receiving() as got:
        got.receiver.follow(TrapSettings((user(),)), ["127.0.0.1"])
        await send("snmptrap", got.receiver.port, COMMUNITY, *v2_words())
        assert await send("snmpinform", got.receiver.port, user(), *v2_words()) == 0
        assert got.counted == {"wrong_community": 1, "linkDown": 1}


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
async def test_one_port_takes_both_families(address):
    async with receiving(host="::", senders=("127.0.0.1", "::1")) as got:
        assert await send("snmpinform", got.receiver.port, COMMUNITY, *v2_words(), host=address) == 0
        assert got.heard[0].address == address


async def test_stopping_frees_the_port():
    async with receiving() as got:
        port = got.receiver.port
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", port))
        with (
            pytest.raises(NoTrapPort, match=rf"at 127\.0\.0\.1 port {port}: the port is taken; stop who has it \(`ss "),
            TrapReceiver(TrapSettings((COMMUNITY,), "127.0.0.1", port), "phutho", print, got.counts),
        ):
            pass
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "traps"]


async def test_no_secret_is_logged_or_shown(capsys):
    async with receiving(user(), COMMUNITY) as got:
        await send("snmptrap", got.receiver.port, user(key="two"), *v2_words(), engine="0x8000000001020304")
        await send("snmptrap", got.receiver.port, SnmpCredentials("x", "2c", Secret("mistyped1")), *v2_words())
        await got.until("wrong_user")
        shown = capsys.readouterr().out + repr(got.receiver.__dict__["_settings"])
    assert "traps dropped" in shown
    assert not [word for word in ("hoinghi", "mistyped1", "one-pass", "two-pass") if word in shown]
