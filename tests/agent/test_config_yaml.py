"""The YAML reader and the unit parsers take any input and answer with values or faults, never with a crash."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings, strategies as st

from agent import _config_units as units
from agent._config_write import flow
from agent._config_yaml import Items, Mapping, Node, Scalar, parse
from agent.config import ConfigError, load

ROOT = Path(__file__).parents[2]
NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc"), max_codepoint=0x1FFFF), min_size=1).filter(
    lambda text: "\ufffe" not in text and "\uffff" not in text
)


def plain(node: Node | None) -> object:
    match node:
        case Mapping():
            return {key: plain(entry.node) for key, entry in node.entries.items()}
        case Items():
            return [plain(child) for child in node.nodes]
        case Scalar():
            return node.text
    return None


@settings(max_examples=300, deadline=None)
@given(content=st.one_of(st.binary(), st.text().map(str.encode)))
def test_any_bytes_give_faults_with_file_and_line(content: bytes) -> None:
    with TemporaryDirectory() as name:
        path = Path(name) / "main.yaml"
        path.write_bytes(content)
        with pytest.raises(ConfigError) as caught:
            load(path, {})
    lines = content.count(b"\n") + content.count(b"\r") + 1 + content.decode("utf-8", "replace").count("\x85")
    assert all(1 <= fault.line <= lines + 2 for fault in caught.value.faults)


@settings(max_examples=300, deadline=None)
@given(
    at=st.integers(0, 10**6),
    piece=st.sampled_from([":", "- ", "{", "]", "&a ", "*a", "!!", "\n", "'", "#", "${", "<<: ", "\t"]),
)
def test_a_broken_sample_gives_faults_or_loads(at: int, piece: str) -> None:
    text = (ROOT / "config" / "diemcau.yaml").read_text(encoding="utf-8").replace("inventory/", "inv.yaml")
    cut = at % len(text)
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "inv.yaml").write_text("sites: [{id: phu-tho, name: A, level: province}]\n")
        (folder / "meetings.yaml").write_text("meetings:\n")
        (folder / "main.yaml").write_text(text[:cut] + piece + text[cut:], encoding="utf-8")
        with suppress(ConfigError):
            load(folder / "main.yaml", {})


@given(value=st.recursive(NAMES, lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from("abc"), inner)))
def test_what_is_written_reads_back(value: object) -> None:
    faults: list[str] = []
    node = parse(f"a: {flow(value)}", lambda _line, _loc, text: faults.append(text))
    assert not faults
    found = plain(node)
    assert isinstance(found, dict)
    assert str(found["a"]).replace("$${", "${") == str(value)


@given(bps=st.floats(1, 1e15))
def test_rates_read_back_exactly(bps: float) -> None:
    assert units.rate(units.format_rate(bps)) == bps


@pytest.mark.parametrize(
    ("parser", "text", "value"),
    [
        (units.duration("0s", "1d"), "250ms", 0.25),
        (units.duration("0s", "1d"), "300ms", 0.3),
        (units.duration("0s", "1d"), "1.5 h", 5400),
        (units.rate, "512kbit/s", 512e3),
        (units.rate, "2.5Gbit/s", 2.5e9),
        (units.ratio, "1%", 0.01),
        (units.ratio, "0.01", 0.01),
        (units.ratio, "1e-2", 0.01),
        (units.dscp, "AF41", 34),
        (units.dscp, "ef", 46),
        (units.dscp, "CS5", 40),
        (units.dscp, "BE", 0),
        (units.dscp, "63", 63),
        (units.address, "2001:DB8:0:0::1", "2001:db8::1"),
        (units.name, "  Thanh So\u031bn ", "Thanh Sơn"),
    ],
)
def test_units(parser: object, text: str, value: object) -> None:
    assert callable(parser)
    assert parser(text) == value


@pytest.mark.parametrize("text", ["-1s", "1 s ", "\u0661s", "1e3s", "9" * 400 + "s", "s", "1:30", "nan", "2d"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match=r"duration|range"):
        units.duration("0s", "1d")(text)
