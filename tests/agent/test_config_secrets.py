"""No secret is ever shown: not in a fault, a repr or a log, whatever else is wrong."""

from __future__ import annotations

import traceback
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent._config_secrets import expand
from agent.config import ConfigError, load

# letters that no message of ours, and no other value of the files, has in this mix
SECRETS = st.text("QXZ7", min_size=8, max_size=20).map("#{}".format)
PLACES = {
    "agent": 'agent: {name: "${S}", listen: "${S}", timezone: "${S}", sentinels: ["${S}"], web_config: "${S}"}\n',
    "defaults": 'defaults: {icmp: {interval: "${S}", dscp: "${S}"}, snmp: {credentials: "${S}"}, thresholds: "${S}"}\n',
    "mqtt": 'mqtt: {url: "${S}", username: "${S}", password: "S", ca: "S", prefix: "S"}\n',
    "mqtt in url": 'mqtt: {url: "mqtt://u:S@h", password: "S"}\n',
    "names": 'meetings: "${S}"\nprofiles: "${S}"\n',
    "maintenance": 'maintenance: [{targets: ["${S}"], from: "${S}", to: 2026-01-01, why: "${S}", x: "${S}"}]\n',
    "alias": 'credentials: {c: {version: 1, community: &s "S"}}\nagent: {name: *s, listen: *s, language: *s}\n',
    "short": "credentials: {c: {version: 3, user: u, auth: MD5, auth_key: S, priv: S, priv_key: S, x: S}}\n",
    "wrong kind": 'credentials: {c: {version: "S", community: ["S"]}, d: {version: 2c, comunity: "S"}, e: "S"}\n',
    "file": 'credentials: {c: {version: 2c, community: "${file:secret}", auth: "${file:secret}"}}\n',
}
INVENTORY = """
sites: [{id: "${S}", name: "${S}", level: "${S}", parent: "${S}", lat: "${S}", contact: "${S}"}, {id: a, name: A, level: "${S}"}]
devices: [{id: r, site: "${S}", address: "${S}", port: "${S}", credentials: "${S}", interfaces: ["${S}", "${S}"]}]
endpoints: [{id: e, site: a, address: "${S}", call_bandwidth: "${S}", signalling: ["${S}"], icmp: {size: "${S}"}}]
links: [{id: l, a: "${S}", b: a, device: r, interface: "${S}", role: "${S}"}]
meetings: [{id: m, sites: ["${S}", "level:${S}", "under:${S}"], start: "${S}", repeat: "${S}", check_before: ["${S}"]}]
"""


@pytest.mark.parametrize("place", PLACES)
@settings(max_examples=15, deadline=None)
@given(secret=SECRETS)
def test_faults_never_show_a_secret(place: str, secret: str) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "inv.yaml").write_text(INVENTORY)
        (folder / "secret").write_text(secret)
        text = PLACES[place].replace("${S}", "${V}").replace("S}", f'"{secret}"}}').replace('"S"', f'"{secret}"')
        text = text.replace(": S,", f': "{secret}",').replace(":S@", f":{secret}@")
        (folder / "main.yaml").write_text("inventory: inv.yaml\n" + text)
        with pytest.raises(ConfigError) as caught:
            load(folder / "main.yaml", {"V": secret, "S": secret})
    error = caught.value
    assert error.faults
    shown = f"{error!r}{error}{''.join(traceback.format_exception(error))}"
    assert secret not in shown
    assert secret[1:].lower() not in shown  # nor made into an id


@settings(max_examples=30, deadline=None)
@given(secret=SECRETS)
def test_a_good_configuration_never_shows_its_secrets(secret: str) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "inv.yaml").write_text(
            "sites: [{id: a, name: A, level: district}]\n"
            "devices: [{id: r, site: a, address: 192.0.2.1}, {id: s, site: a, address: 192.0.2.2, credentials: d}]\n"
        )
        (folder / "key").write_text(secret)
        (folder / "main.yaml").write_text(
            "inventory: inv.yaml\n"
            "defaults: {snmp: {credentials: c}}\n"
            f'mqtt: {{url: "mqtt://h", username: u, password: "{secret}"}}\n'
            'credentials:\n  c: {version: 2c, community: "${V}"}\n'
            '  d: {version: 3, user: u, auth: MD5, auth_key: "${file:key}", priv: DES, priv_key: "${V}"}\n'
        )
        config = load(folder / "main.yaml", {"V": secret})
    assert config.mqtt is not None
    assert config.mqtt.password is not None
    assert config.mqtt.password.reveal() == secret
    assert config.inventory.devices["s"].snmp.credentials.auth_key == config.mqtt.password
    assert secret not in f"{config!r}{config}"


@given(text=st.text(), value=st.text(min_size=1))
@example(text="$${A}${", value="${A}")
def test_texts_without_references_stay_and_values_are_not_expanded_again(text: str, value: str) -> None:
    literal = text.replace("${", "$${") if "$$" not in text else "$${A}"
    assert expand(literal, {}, Path(), lambda _: None) == literal.replace("$${", "${") or "}" not in literal
    assert expand("<${A}>", {"A": value}, Path(), lambda _: None) == f"<{value}>"
