"""The section `credentials:`: communities, and users of SNMPv3 (RFC 3414) as far as the SNMP client speaks them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BeforeValidator

from agent import _config_units as units
from agent._config_document import Document, Row
from agent._config_faults import listing
from agent._config_schema import Hidden, Section, Text, like
from agent.model import Secret, SnmpCredentials

AUTH = ("MD5", "SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512")
PRIV = ("DES", "AES-128", "AES-192", "AES-256")
Fault = Callable[[str, str], None]
LEAST_KEY = 8  # characters: RFC 3414, 11.2
_USUAL = {"SHA": "SHA-1", "SHA1": "SHA-1", "AES": "AES-128"}  # as net-snmp and routers write them
_FIELDS = {"1": {"community"}, "2c": {"community"}, "3": {"user", "auth", "auth_key", "priv", "priv_key"}}


def _algorithm(value: object, known: tuple[str, ...]) -> str:
    written = units.text(value).upper()
    usual = {name.replace("-", ""): name for name in known} | _USUAL
    found = usual.get(written, usual.get(written.replace("-", ""), ""))
    if found not in known:
        raise ValueError(f"names an algorithm the SNMP client does not have; write one of {listing(known)}")
    return found


def _version(value: object) -> str:
    written = units.text(value).removeprefix("v")
    if written not in _FIELDS:
        raise ValueError("is no SNMP version; write 1, 2c or 3")
    return written


class CredentialsSection(Section):
    """One entry of `credentials:`."""

    version: Annotated[str, BeforeValidator(_version)] = like("2c")
    community: Hidden | None = None
    user: Text | None = None
    auth: Annotated[str, BeforeValidator(lambda value: _algorithm(value, AUTH))] | None = None
    auth_key: Hidden | None = None
    priv: Annotated[str, BeforeValidator(lambda value: _algorithm(value, PRIV))] | None = None
    priv_key: Hidden | None = None


def build_credentials(document: Document, data: Any) -> dict[str, SnmpCredentials]:
    """Return the credentials by name; those past mending are left out."""
    if not isinstance(data, dict):
        document.fault(("credentials",), "must be a mapping; write `name: {version: 2c, community: …}`")
        return {}
    read = {name: document.read(CredentialsSection, one, ("credentials", name)) for name, one in data.items()}
    return {name: _checked(name, row) for name, row in read.items() if row}


def _checked(name: str, row: Row[CredentialsSection]) -> SnmpCredentials:
    section, fault = row.value, row.fault
    if "version" not in row.replaced:
        _check_fields(section, fault)
    elif section.community is None and section.user is not None:
        _check_user(section, fault)
    return SnmpCredentials(name=name, **{key: getattr(section, key) for key in type(section).model_fields})


def _check_fields(section: CredentialsSection, fault: Fault) -> None:
    wanted = _FIELDS[section.version]
    for key in sorted(section.model_fields_set - wanted - {"version"}):
        fault(key, f"does not belong to version {section.version}, which has {listing(sorted(wanted))}")
    if section.version == "3":
        _check_user(section, fault)
    elif not (section.community and section.community.reveal()):
        fault("community", 'is missing; write it, as in `community: "${SNMP_COMMUNITY}"`')


def _check_user(section: CredentialsSection, fault: Fault) -> None:
    if not section.user or len(section.user.encode()) > 32:  # noqa: PLR2004  # SnmpAdminString (SIZE(1..32)), RFC 3414
        fault("user", "is missing or longer than 32 bytes; write the device's SNMPv3 user name")
    _check_pair(section.auth, section.auth_key, "auth", fault)
    _check_pair(section.priv, section.priv_key, "priv", fault)
    if section.priv and not section.auth:
        fault("priv", "needs authentication as well (RFC 3414, 3.3); write `auth` and `auth_key`")


def _check_pair(algorithm: str | None, key: Secret | None, name: str, fault: Fault) -> None:
    if algorithm and not key:
        fault(f"{name}_key", f'is missing; write it, as in `{name}_key: "${{file:/run/secrets/{name}}}"`')
    elif key and not algorithm:
        known = AUTH if name == "auth" else PRIV
        fault(name, f"is missing beside `{name}_key`; write one of {listing(known)}")
    if key and len(key.reveal()) < LEAST_KEY:
        fault(f"{name}_key", f"is too short; write at least {LEAST_KEY} characters (RFC 3414, 11.2)")
