"""What a device says it is (SNMPv2-MIB's system group, RFC 3418), and the profile that fits it."""

from __future__ import annotations

from collections.abc import Mapping

from agent.profile import AUTO, GENERIC, Fact, Profile, match_profile
from agent.readings import Identity
from collectors._snmp import SnmpClient
from collectors._snmp_session import Value
from collectors._table import text_of

SYS_DESCR = "1.3.6.1.2.1.1.1.0"
SYS_OBJECT_ID = "1.3.6.1.2.1.1.2.0"
SYS_NAME = "1.3.6.1.2.1.1.5.0"
SYSTEM = [SYS_DESCR, SYS_OBJECT_ID, SYS_NAME]
LONGEST_DESCRIPTION = 1000  # characters: four times what the MIB allows
LONGEST_FACT = 100


async def identify(client: SnmpClient, profiles: Mapping[str, Profile], wanted: str = AUTO) -> Identity:
    """Ask a device what it is. `wanted` is the profile the inventory names: only `auto` looks for one that fits.

    Model and firmware are read as the profile says, empty where the device does not tell. Raises `PollFailed`.
    """
    answers = await client.get(SYSTEM)
    object_id = text_of(answers.get(SYS_OBJECT_ID)).lstrip(".")
    description = text_of(answers.get(SYS_DESCR))[:LONGEST_DESCRIPTION]
    if wanted == AUTO:
        profile = match_profile(profiles, object_id, description)
    else:
        profile = profiles.get(wanted, profiles[GENERIC])
    oids = [fact.oid for fact in (profile.model, profile.firmware) if fact and fact.oid]
    facts = await client.get([SYS_OBJECT_ID, *oids]) if oids else {}
    return Identity(
        object_id=object_id,
        description=description,
        name=text_of(answers.get(SYS_NAME))[:LONGEST_FACT],
        profile=profile.id,
        model=_read(profile.model, description, facts),
        firmware=_read(profile.firmware, description, facts),
    )


def _read(fact: Fact | None, description: str, answers: Mapping[str, Value]) -> str:
    if fact is None:
        return ""
    text = text_of(answers.get(fact.oid)) if fact.oid else description
    return " ".join(fact.read(text).split())[:LONGEST_FACT]
