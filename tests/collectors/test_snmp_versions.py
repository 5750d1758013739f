"""Every version and every pair of algorithms Debian's snmpd has; restarts, replacements and changed keys on the way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.model import Device, Secret, SnmpCredentials
from agent.readings import Outcome, PollFailed
from collectors._snmp import SnmpClient
from collectors._snmp_session import AUTH_KEYS, PRIV_KEYS
from collectors.snmp import SnmpPoller
from tests.servers import COMMUNITY, SNMPD_CONF, USER, snmp_settings, snmpd

UPTIME, WIDE_OCTETS, NAME = "1.3.6.1.2.1.1.3.0", "1.3.6.1.2.1.31.1.1.1.6.1", "1.3.6.1.2.1.1.5.0"
NO_SUCH = "1.3.6.1.2.1.31.1.1.1.6.999"
AUTHS = {name: "SHA" if name == "SHA-1" else name for name in AUTH_KEYS}
PRIVS = {name: "AES" if name == "AES-128" else name for name in PRIV_KEYS}
PAIRS = [(auth, priv) for auth in AUTH_KEYS for priv in (None, *PRIV_KEYS)]


def user(auth: str | None, priv: str | None) -> SnmpCredentials:
    name = f"{auth}-{priv}".replace("None", "no").lower()
    return SnmpCredentials(
        "lab",
        "3",
        user=name,
        auth=auth,
        auth_key=Secret("authpass123") if auth else None,
        priv=priv,
        priv_key=Secret("privpass123") if priv else None,
    )


def created(auth: str | None, priv: str | None) -> str:
    name, words = user(auth, priv).user, ""
    if auth:
        words = f" {AUTHS[auth]} authpass123" + (f" {PRIVS[priv]} privpass123" if priv else "")
    return f"createUser {name}{words}\nrouser {name} {'priv' if priv else 'auth' if auth else 'noauth'}\n"


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    users = "".join(created(auth, priv) for auth, priv in [(None, None), *PAIRS])
    with snmpd(tmp_path_factory.mktemp("snmpd"), port=1170, conf=SNMPD_CONF + users):
        yield


async def get(credentials: SnmpCredentials, *oids: str) -> dict[str, object]:
    async with SnmpClient("127.0.0.1", snmp_settings(credentials, port=1170)) as client:
        return await client.get(list(oids))


@pytest.mark.parametrize(("auth", "priv"), [(None, None), *PAIRS])
async def test_every_pair_of_algorithms(device: None, auth: str | None, priv: str | None) -> None:
    assert (await get(user(auth, priv), UPTIME)).keys() == {UPTIME}


async def test_version_1_gives_all_but_what_it_lacks(device: None) -> None:
    version_1 = SnmpCredentials("lab", "1", community=Secret("public"))
    answers = await get(version_1, UPTIME, WIDE_OCTETS, NAME, NO_SUCH)
    assert answers.keys() == {UPTIME, NAME}


async def test_version_1_polls_interfaces_by_their_narrow_counters(device: None) -> None:
    version_1 = SnmpCredentials("lab", "1", community=Secret("public"))
    target = Device("r", "s", "router", "127.0.0.1", snmp_settings(version_1, port=1170), interfaces=("lo",))
    async with SnmpPoller(target) as poller:
        lo = (await poller.poll()).interfaces["lo"]
    assert lo.width == 32
    assert lo.receive.bytes is not None
    assert lo.receive.bytes < 2**32


async def test_one_missing_object_never_loses_the_rest(device: None) -> None:
    for credentials in (COMMUNITY, user("SHA-256", "AES-128")):
        assert (await get(credentials, UPTIME, NO_SUCH, NAME)).keys() == {UPTIME, NAME}


async def test_a_replaced_device_is_discovered_within_the_poll(tmp_path: Path) -> None:
    """Same address, same user, another engine ID, as after a swap of the hardware."""
    async with SnmpClient("127.0.0.1", snmp_settings(USER)) as client:
        for number in (1, 2):
            folder = tmp_path / str(number)
            folder.mkdir()
            with snmpd(folder, conf=SNMPD_CONF + f"engineID replaced-{number}\n"):
                assert (await client.get([UPTIME])).keys() == {UPTIME}


async def test_a_changed_key_is_said_and_the_right_one_works_again(tmp_path: Path) -> None:
    changed = SNMPD_CONF.replace("authpass123", "otherpass123")
    async with SnmpClient("127.0.0.1", snmp_settings(USER)) as client:
        for name, conf in (("a", SNMPD_CONF), ("b", changed), ("c", SNMPD_CONF)):
            (tmp_path / name).mkdir()
            with snmpd(tmp_path / name, conf=conf):
                if conf is changed:
                    with pytest.raises(PollFailed, match="authentication failed: the device refuses user 'vcmon'") as e:
                        await client.get([UPTIME])
                    assert e.value.outcome is Outcome.AUTH
                else:
                    assert (await client.get([UPTIME])).keys() == {UPTIME}
