"""`diemcau report availability`, run as a person runs it, on a history that a journal wrote."""

from __future__ import annotations

import argparse
import csv
import io
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from agent.cli_report import add_report_commands
from agent.history import Outage
from agent.model import Cause, Kind, State
from tests.agent.journal_telling import Clock, telling

# A link's day in Berlin, the one on which clocks go back: it begins on Saturday at 22:00 UTC.
MIDNIGHT = datetime(2025, 10, 25, 22, 0, tzinfo=UTC)
CONFIG = """\
agent: {name: phutho, state_dir: state, timezone: Europe/Berlin}
inventory: inventory.yaml
"""
INVENTORY = """\
sites:
  - {id: tinh, name: Tỉnh Phú Thọ, level: province}
  - {id: thanh-son, name: Huyện Thanh Sơn, level: district, parent: tinh}
  - {id: cu-thang, name: "=Xã Cự Thắng", level: commune, parent: thanh-son}
endpoints:
  - {id: vc-tinh, site: tinh, address: 192.0.2.1}
  - {id: vc-thanh-son, site: thanh-son, address: 192.0.2.2}
  - {id: vc-cu-thang, site: cu-thang, address: 192.0.2.3}
links:
  - {id: wan-thanh-son, name: Tỉnh - Thanh Sơn, a: tinh, b: thanh-son, role: primary}
"""
ENDPOINTS = [(Kind.ENDPOINT, id_) for id_ in ("vc-tinh", "vc-thanh-son", "vc-cu-thang")]
TINH, THANH_SON, CU_THANG = ENDPOINTS
LINK = (Kind.LINK, "wan-thanh-son")
DAY = ("--from", "2025-10-26", "--to", "2025-10-26")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "diemcau.yaml").write_text(CONFIG)
    (tmp_path / "inventory.yaml").write_text(INVENTORY)
    (tmp_path / "state").mkdir()
    return tmp_path / "diemcau.yaml"


@pytest.fixture
async def history(config: Path) -> Path:
    """A day of 25 h: the line is down for an hour, and one site for another half; before and after all is well."""
    clock = Clock(MIDNIGHT)
    clock.go(-3600)
    async with telling(config.parent / "state" / "diemcau.sqlite3", clock, [*ENDPOINTS, LINK]) as teller:
        for key in (*ENDPOINTS, LINK):
            teller.turn(key, State.UP)
        clock.go(3600 + 10 * 3600)
        began = clock.now
        cut = Outage("1", Kind.LINK, LINK[1], Cause.BEYOND_SILENT, began, began, None, "thanh-son", "", 2, 2)
        teller.turn(LINK, State.DOWN)
        teller.turn(THANH_SON, State.UNREACHABLE, LINK[1])
        teller.turn(CU_THANG, State.UNREACHABLE, LINK[1])
        teller.journal.outage(cut)
        teller.journal.outage(replace(cut, ended=clock.go(3600), affected=0, note='Đứt cáp "quang"'))
        for key in (LINK, THANH_SON):
            teller.turn(key, State.UP)
        teller.turn(CU_THANG, State.DOWN)
        clock.go(1800)
        teller.turn(CU_THANG, State.DEGRADED)
        clock.go(14 * 3600)
    return config


@pytest.fixture
def report(capsys):
    def run(*words: object) -> tuple[int, str, str]:
        parser = argparse.ArgumentParser(prog="diemcau")
        add_report_commands(parser.add_subparsers(required=True))
        args = parser.parse_args(["report", "availability", *map(str, words)])
        code = args.run(args)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


async def test_a_table_says_who_was_there_and_what_it_cost(history, report):
    code, out, err = report(*DAY, "-c", history)
    assert (code, err) == (0, "")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "Báo cáo độ sẵn sàng. Từ 00:00:00 26/10/2025 đến 00:00:00 27/10/2025" in lines
    # 75 h of three sites, less an hour cut off for two; half an hour of what is left it was down.
    assert any(line.startswith("Toàn tỉnh 99,315 % 80,821 % 0:30:00 2:00:00") for line in lines), out
    assert any(line.startswith("=Xã Cự Thắng Huyện Thanh Sơn 97,916 % 41,666 % 0:30:00 1:00:00") for line in lines), out
    assert any(line.startswith("Tỉnh - Thanh Sơn đường chính 96,000 % 96,000 % 1:00:00") for line in lines)
    assert any("2:00:00" in line and line.startswith("Tỉnh - Thanh Sơn") for line in lines)
    assert any(
        line.startswith("09:00:00 26/10/2025 1:00:00 Đường truyền Tỉnh - Thanh Sơn đường chính 2 Không điểm nào")
        for line in lines
    ), out


async def test_the_language_can_be_chosen(history, report):
    _, out, _ = report(*DAY, "--lang", "en", "-c", history)
    assert "Availability report. From 00:00:00 26/10/2025" in out
    assert "99.315%" in out
    assert "Nothing beyond this link answers." in out


async def test_csv_is_what_a_spreadsheet_reads(history, report, tmp_path):
    file = tmp_path / "report.csv"
    assert report(*DAY, "--csv", file, "-c", history)[:2] == (0, "")
    data = file.read_bytes()
    assert data.startswith("\ufeff".encode())
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=";"))
    gap = rows.index([])
    targets = {row[1] or row[0]: dict(zip(rows[0], row, strict=True)) for row in rows[1:gap]}
    commune = targets["vc-cu-thang"]
    assert commune["Tên"] == "'=Xã Cự Thắng"  # never a formula
    assert (commune["Thuộc"], commune["Cấp"]) == ("Huyện Thanh Sơn", "Cấp xã")
    assert (commune["Độ sẵn sàng"], commune["Chất lượng"]) == ("97,916%", "41,666%")
    seconds = {name: value for name, value in commune.items() if name.endswith("(giây)")}
    assert seconds == {
        "Hoạt động tốt (giây)": "36000",
        "Suy giảm chất lượng (giây)": "48600",
        "Mất kết nối (giây)": "1800",
        "Bị ảnh hưởng do tuyến trên (giây)": "3600",
        "Bảo trì (giây)": "0",
        "Chưa rõ (giây)": "0",
        "Thời gian gây ảnh hưởng (giây)": "",
    }
    assert targets["wan-thanh-son"]["Thời gian gây ảnh hưởng (giây)"] == "7200"
    assert targets["wan-thanh-son"]["Số sự cố"] == "1"
    assert {"Toàn tỉnh", "province", "thanh-son"} <= targets.keys()
    (outage,) = [dict(zip(rows[gap + 1], row, strict=True)) for row in rows[gap + 2 :]]
    assert (outage["Bắt đầu"], outage["Kết thúc"]) == ("2025-10-26 09:00:00", "2025-10-26 10:00:00")
    assert (outage["Kéo dài (giây)"], outage["Số điểm cầu bị ảnh hưởng"]) == ("3600", "2")
    assert outage["Các điểm cầu bị ảnh hưởng"] == "vc-cu-thang vc-thanh-son"
    assert outage["Ghi chú"] == 'Đứt cáp "quang"'


@pytest.mark.parametrize(("language", "separator", "share"), [("vi", ";", "97,916%"), ("en", ",", "97.916%")])
async def test_csv_is_split_as_a_spreadsheet_of_its_language_splits(history, report, language, separator, share):
    _, out, _ = report(*DAY, "--csv", "-", "--lang", language, "-c", history)
    lines = out.removeprefix("\ufeff").splitlines()
    # What such a spreadsheet does with a file it opens: no first line of orders, each line split at every separator.
    assert {line.count(separator) for line in lines[: lines.index("")]} == {lines[0].count(separator)}
    assert lines[0].count(separator) == 16
    (commune,) = [line.split(separator) for line in lines if "vc-cu-thang" in line.split(separator)[:2]]
    assert commune[5] == share
    # A script needs no telling either.
    assert csv.Sniffer().sniff(out[:4096], delimiters=",;\t").delimiter == separator


class Page(HTMLParser):
    """Collects a page's tags and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


async def test_html_stands_alone_and_can_be_printed(history, report, tmp_path):
    file = tmp_path / "report.html"
    assert report(*DAY, "--html", file, "-c", history)[:2] == (0, "")
    text = file.read_text(encoding="utf-8")
    page = Page(text)
    assert not [tag for tag, having in page.tags if tag in {"link", "script", "img"} or {"src", "href"} & having.keys()]
    assert "size: A4" in text
    assert "@media print" in text
    assert "url(" not in text
    for said in ("Báo cáo độ sẵn sàng: phutho", "99,315\xa0%", "=Xã Cự Thắng", "Không điểm nào phía sau", "2:00:00"):
        assert said in page.text, said


async def test_both_files_at_once_and_standard_output(history, report, tmp_path):
    code, out, _ = report(*DAY, "--csv", tmp_path / "r.csv", "--html", "-", "-c", history)
    assert code == 0
    assert out.lstrip().startswith("<!doctype html>")
    assert (tmp_path / "r.csv").exists()


async def test_where_nothing_was_kept_it_says_so(history, report, config):
    code, out, err = report("--from", "2024-01-01", "--to", "2024-01-31", "-c", history)
    assert (code, out) == (1, "")
    assert "no history from 2024-01-01 00:00+01:00 to 2024-02-01 00:00+01:00" in err
    assert "it begins at 2025-10-25 23:00+02:00" in err


def test_without_a_journal_it_says_so(config, report):
    code, _, err = report("-c", config)
    assert code == 1
    assert "no agent has kept any there" in err
    (config.parent / "state" / "diemcau.sqlite3").write_bytes(b"no database at all" * 100)
    code, _, err = report("-c", config)
    assert code == 1
    assert "cannot read the history" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--from", "tomorrow"), "'tomorrow' is no date or time; write a date like"),
        (("--from", "2025-10-26", "--to", "2025-10-01"), "2025-10-01 is before 2025-10-26"),
        (("--to", "2025-10-26"), "say --from as well"),
        (("--from", "2025-10-26T02:30"), "comes twice in Europe/Berlin"),
    ],
)
async def test_a_bad_period_is_refused_with_what_would_be_right(history, report, words, said):
    code, out, err = report(*words, "-c", history)
    assert (code, out) == (2, "")
    assert said in err
    assert len(err.splitlines()) == 1


async def test_a_bad_configuration_or_file_is_refused(history, report, tmp_path):
    code, _, err = report("-c", tmp_path / "none.yaml")
    assert code == 2
    assert "none.yaml" in err
    code, _, err = report(*DAY, "--csv", tmp_path / "no" / "r.csv", "-c", history)
    assert code == 2
    assert "cannot be written" in err
