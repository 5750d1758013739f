from __future__ import annotations

from pathlib import Path

import pytest

from agent.config import load
from agent.model import TrapSettings

MAIN = """\
inventory: sites.yaml
credentials:
  lab: {version: 2c, community: public}
  core: {version: 3, user: monitor}
defaults: {snmp: {credentials: lab}}
"""
SITES = "sites: [{id: phu-tho, name: Phú Thọ, level: province}]\n"


def traps(folder: Path, section: str) -> TrapSettings | None:
    (folder / "sites.yaml").write_text(SITES, encoding="utf-8")
    (folder / "main.yaml").write_text(MAIN + section, encoding="utf-8")
    return load(folder / "main.yaml", {}).traps


def test_without_the_section_none_are_received(tmp_path):
    assert traps(tmp_path, "") is None


def test_what_is_not_written_is_as_usual_and_all_credentials_may_send(tmp_path):
    settings = traps(tmp_path, "traps: {}\n")
    assert (settings.host, settings.port, settings.rate_per_s, settings.burst) == ("0.0.0.0", 162, 10, 20)
    assert [one.name for one in settings.credentials] == ["lab", "core"]


@pytest.mark.parametrize(
    ("listen", "place"),
    [("[::]:162", ("::", 162)), (":1162", ("0.0.0.0", 1162)), ("10.25.0.1:162", ("10.25.0.1", 162))],
)
def test_where_it_listens(tmp_path, listen, place):
    settings = traps(tmp_path, f'traps: {{listen: "{listen}", credentials: [core], rate: 30/m, burst: 1}}\n')
    assert (settings.host, settings.port) == place
    assert [one.name for one in settings.credentials] == ["core"]
    assert (settings.rate_per_s, settings.burst) == (0.5, 1)
