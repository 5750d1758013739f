"""A spreadsheet becomes an inventory file and comes back the same; its faults name row and column."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings, strategies as st

from agent import _config_units as units
from agent.cli_config import inventory_export, inventory_import
from agent.config import ConfigError, load
from agent.inventory import Inventory
from agent.model import Contact, Endpoint, Level, Link, LinkRole, Protocol, Site
from agent.spreadsheet import read_sheet, to_csv, to_yaml

ROOT = Path(__file__).parents[2]


def _is_name(text: str) -> bool:
    try:
        return units.name(text) == text and "\ufffe" not in text and "\uffff" not in text
    except ValueError:
        return False


NAMES = st.text(min_size=1, max_size=30).map(str.strip).filter(_is_name)


@st.composite
def inventories(draw: st.DrawFn) -> Inventory:
    ids = draw(
        st.lists(st.from_regex(r"[a-z0-9][a-z0-9._-]{0,9}", fullmatch=True), min_size=1, max_size=6, unique=True)
    )
    sites, endpoints, links = {}, {}, {}
    for n, site_id in enumerate(ids):
        contact = draw(
            st.none() | st.builds(Contact, NAMES, st.just("") | NAMES) | st.builds(Contact, st.just(""), NAMES)
        )
        lat, lon = draw(st.just((None, None)) | st.tuples(st.floats(-90, 90), st.floats(-180, 180)))
        parent = draw(st.sampled_from([None, *ids[:n]]))
        code = draw(st.none() | NAMES)
        sites[site_id] = Site(site_id, draw(NAMES), Level.PROVINCE, parent, code, lat, lon, contact)
        for k in range(draw(st.integers(0, 2))):
            end = f"vc-{n}-{k}"
            spoken = tuple(draw(st.lists(st.sampled_from(Protocol), unique=True)))
            name, rate = draw(NAMES), draw(st.floats(1, 1e12))
            endpoints[end] = Endpoint(end, site_id, name, f"10.0.{n}.{k}", "poly", rate, spoken)
        for k in range(draw(st.integers(0, 2)) if n else 0):
            seen = draw(st.sampled_from([(None, None), ("r-1", "Gi0/1")]))
            capacity = draw(st.none() | st.floats(1, 1e12))
            role = draw(st.sampled_from(LinkRole))
            links[f"l-{n}-{k}"] = Link(f"l-{n}-{k}", draw(NAMES), ids[0], site_id, role, *seen, capacity)
    return Inventory(sites, endpoints, {}, links)


def imported(text: str, device: str = "") -> Inventory:
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "s.csv").write_text(text, encoding="utf-8", newline="")
        (folder / "s.yaml").write_text(to_yaml(read_sheet(folder / "s.csv")), encoding="utf-8")
        (folder / "main.yaml").write_text(
            "inventory: inv\ncredentials: {c: {version: 1, community: public}}\n", encoding="utf-8"
        )
        (folder / "inv").mkdir()
        (folder / "s.yaml").rename(folder / "inv" / "s.yaml")
        (folder / "inv" / "r.yaml").write_text(f"devices: [{device}]\n", encoding="utf-8")
        return load(folder / "main.yaml", {}).inventory


@settings(max_examples=60, deadline=None)
@given(inventory=inventories())
def test_export_import_export_is_the_identity(inventory: Inventory) -> None:
    text = to_csv(inventory)
    site = next(iter(inventory.sites))
    router = f'{{id: r-1, site: "{site}", address: 192.0.2.1, interfaces: [Gi0/1]}}'
    assert to_csv(imported(text, router)) == text


def test_the_sample_comes_back_whole(tmp_path: Path) -> None:
    config = ROOT / "config" / "diemcau.yaml"
    assert inventory_export(config, tmp_path / "sites.csv") == 0
    assert (tmp_path / "sites.csv").read_bytes().startswith(b"\xef\xbb\xbfid,name,level")
    assert inventory_import(tmp_path / "sites.csv", tmp_path / "inv") == 0
    assert inventory_import(tmp_path / "sites.csv", tmp_path / "inv") == 0  # its own file it may write anew
    written = (tmp_path / "inv" / "sites.yaml").read_text(encoding="utf-8")
    assert written == to_yaml(read_sheet(tmp_path / "sites.csv"))
    assert written.count("\n  - ") == 243 + 243 + 251


def test_a_sheet_as_a_person_writes_it(tmp_path: Path) -> None:
    sheet = tmp_path / "sites.csv"
    sheet.write_bytes(
        "\ufeffID;Name;Level;Parent;Contact phone;Address;Signalling;Link a;Link capacity\r\n"
        "pt;Tỉnh Phú Thọ;province;;0210 113;10.0.0.1;sip, h323;;\r\n"
        ";;;;;;;;\r\n"
        'ts;"Huyện ""Thanh Sơn""";district;pt;;10.0.1.1;;pt;4Mbit/s\r\n'
        "ts;;;;;10.0.1.2;;;\r\n".encode().replace(b"10.0.1.2", b"10.0.1.2")
    )
    with pytest.raises(ConfigError, match=r"sites.csv:5: endpoint: `vc-ts` is already the id at .*sites.csv:4"):
        read_sheet(sheet)
    sheet.write_bytes(sheet.read_bytes().replace(b"ts;;;;;10.0.1.2;;;\r\n", b""))
    inventory = imported(sheet.read_text(encoding="utf-8"))
    assert inventory.sites["ts"].name == 'Huyện "Thanh Sơn"'
    assert inventory.endpoints["vc-pt"].signalling == (Protocol.SIP, Protocol.H323)
    assert inventory.links["acc-ts"].capacity_bps == 4e6
    contact = inventory.sites["pt"].contact
    assert contact == Contact("", "0210 113")


WRONG = (
    b"id,name,level,parent,lat,address,call_bandwidth,signalling,link_capacity\n"
    b"a,A,distrct,b,91,host,fast,sap,slow\n\nB,,commune\n"
)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", ["1: file: is empty; begin with a row of column names: id, name, level, parent, code, "]),
        (b"id,name\xff\n", ["1: file: is not UTF-8; save it as `CSV UTF-8`"]),
        (
            b"id,nam,level\na,A,district\n",
            ["1: nam: is no column of an inventory; did you mean `name`?", "1: name: is missing"],
        ),
        (b"id,id,name,level\n", ["1: id: is there twice; keep one such column"]),
        (b"id,name,level\na,A,district,x\n", ["2: row: has 4 cells for 3 columns; put quotes around text"]),
        (b'id,name,level\na,"A,district\n', ["2: file: is no CSV here"]),
        (
            WRONG,
            [
                "2: address: `host` is not an IP address; write",
                "2: call_bandwidth: `fast` is not a rate; write",
                "2: lat: `91` is not a number from -90 to 90",
                "2: level: `distrct` is none of the levels; did you mean `district`?",
                "2: link_a: is missing; write it",
                "2: link_capacity: `slow` is not a rate",
                "2: parent: `b` is no known site; the sites are `B`, `a`",
                "2: signalling: `sap` is none of the protocols; did you mean `sip`?",
                "4: id: `B` is not an id; write small letters",
                "4: name: is missing; write it",
            ],
        ),
        (b"id,name,level\na,A,district\na,B,\n", ["3: name: stands in the row of another site of this id"]),
    ],
)
def test_faults_name_row_and_column(content: bytes, expected: list[str], tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        read_sheet(tmp_path / "s.csv")
    found = [str(fault).removeprefix(f"{tmp_path}/s.csv:") for fault in caught.value.faults]
    assert len(found) == len(expected)
    assert all(fault.startswith(start) for fault, start in zip(found, expected, strict=True)), found


def test_a_file_of_the_user_is_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "s.csv").write_text("id,name,level\na,A,district\n")
    (tmp_path / "s.yaml").write_text("sites: []\n")
    assert inventory_import(tmp_path / "s.csv", tmp_path) == 2
    assert "no import wrote it" in capsys.readouterr().err
    assert (tmp_path / "s.yaml").read_text() == "sites: []\n"


@settings(max_examples=200, deadline=None)
@given(
    content=st.binary()
    | st.text(st.sampled_from('id,name,level;\t"\n\r=é')).map(lambda text: b"id,name,level\n" + text.encode())
)
def test_any_bytes_give_rows_or_faults(content: bytes) -> None:
    with TemporaryDirectory() as name:
        (Path(name) / "s.csv").write_bytes(content)
        with suppress(ConfigError):
            read_sheet(Path(name) / "s.csv")
