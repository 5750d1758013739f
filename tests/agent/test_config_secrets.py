"""No secret is ever shown: not in a fault, a repr or a log, whatever else is wrong."""

from __future__ import annotations

import traceback
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings, strategies as st

from agent._config_secrets import expand
from agent.config import ConfigError, load

# letters that no message of ours, and no other value of the files, has in this mix
SECRETS = st.text("QXZ7", min_size=8, max_size=20).map("#{}".format)
# @@ is the secret itself, ${V} a reference to it
PLACES = {
    "agent": 'agent: {name: "${V}", listen: "${V}", timezone: "${V}", sentinels: ["${V}"], web_config: "${V}"}',
    "defaults": 'defaults: {icmp: {interval: "${V}", dscp: "${V}"}, snmp: {credentials: "${V}"}, thresholds: "${V}"}',
    "mqtt": 'mqtt: {url: "${V}", username: "${V}", password: "@@", ca: "@@", prefix: "@@"}',
    "mqtt in url": 'mqtt: {url: "mqtt://u:@@@h", password: "@@"}',
    "names": 'meetings: "${V}"\nprofiles: "${V}"',
    "maintenance": 'maintenance: [{targets: ["${V}"], from: "${V}", to: 2026-01-01, why: "${V}", x: "${V}"}]',
    "alias": 'credentials: {c: {version: 1, community: &s "@@"}}\nagent: {name: *s, listen: *s, language: *s}',
    "v3": 'credentials: {c: {version: 3, user: u, auth: MD5, auth_key: "@@", priv: "@@", priv_key: "@@", x: "@@"}}',
    "kind": 'credentials: {c: {version: "@@", community: ["@@"]}, d: {version: 2c, comunity: "@@"}, e: "@@"}',
    "file": 'credentials: {c: {version: 2c, community: "${file:secret}", auth: "${file:secret}"}}',
    "no YAML": 'credentials: {c: {version: 2c, community: "@@"',
}
INVENTORY = """
sites:
  - {id: "${V}", name: "${V}", level: "${V}", parent: "${V}", lat: "${V}", contact: "${V}"}
  - {id: a, name: A, level: "${V}"}
devices: [{id: r, site: "${V}", address: "${V}", port: "${V}", credentials: "${V}", interfaces: ["${V}", "${V}"]}]
endpoints: [{id: e, site: a, address: "${V}", call_bandwidth: "${V}", signalling: ["${V}"], icmp: {size: "${V}"}}]
links: [{id: l, a: "${V}", b: a, device: r, interface: "${V}", role: "${V}"}]
meetings: [{id: m, sites: ["${V}", "level:${V}", "under:${V}"], start: "${V}", repeat: "${V}", check_before: ["${V}"]}]
"""


@pytest.mark.parametrize("place", PLACES)
@settings(max_examples=15, deadline=None)
@given(secret=SECRETS)
def test_faults_never_show_a_secret(place: str, secret: str) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "inv.yaml").write_text(INVENTORY)
        (folder / "secret").write_text(secret)
        (folder / "main.yaml").write_text("inventory: inv.yaml\n" + PLACES[place].replace("@@", secret) + "\n")
        with pytest.raises(ConfigError) as caught:
            load(folder / "main.yaml", {"V": secret})
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
