"""How does a CSV file that people open in a spreadsheet keep texts of the data from being run as formulas?

Spreadsheets take a cell that begins with `=`, `+`, `-` or `@` for a formula, which can send the sheet elsewhere, and
texts of the data come from anybody. In files made for people (charts, maps, routes, refused messages) such a text
begins with an apostrophe. Files of rows, rejected rows and officers are exact, so that they can be read in again.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]")
_NUMBER = re.compile(r"[+-]?[0-9][0-9.,]*(e[+-]?[0-9]+)?", re.IGNORECASE)
_PARTED = re.compile(r"([,;\t]\s*)(?=[=+\-@＝＋－＠])")


def plain_cell(value: object) -> object:
    """The value; a text that a spreadsheet would run behind an apostrophe. Texts that are numbers stay."""
    if isinstance(value, str) and _FORMULA.match(value) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value


def plain_line(text: str) -> str:
    """A line that is no cell but is cut into some at its commas: none of the parts is run."""
    return _PARTED.sub(r"\1'", str(plain_cell(text)))


def plain_csv(lines: Iterable[Iterable[object]], end: str = "\r\n") -> str:
    """Lines of cells as CSV that a spreadsheet shows and does not run."""
    out = io.StringIO()
    csv.writer(out, lineterminator=end).writerows([plain_cell(value) for value in line] for line in lines)
    return out.getvalue()
