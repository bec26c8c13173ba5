"""How is the network of an EPANET input file (.inp) read as records, one a pipe, pump or valve?

The sections and their columns are those of the EPANET 2.2 user manual, appendix C. Lengths become metres and diameters
millimetres, from feet and inches where the file's flow units say so. A link lies in the middle of its two nodes, by the
coordinates of the file's own map.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import PurePath

import numpy as np
import pyarrow as pa

from data.errors import BadInput
from data.imports import Reject
from services.ingest.readers.encodings import find_encoding
from services.ingest.readers.formats import Member
from services.ingest.records import ROWS_A_BATCH, RawBatch

# Flow units of the foot and inch; every other one (LPS, LPM, MLD, CMH, CMD) goes with metre and millimetre.
CUSTOMARY = frozenset({"CFS", "GPM", "MGD", "IMGD", "AFD"})
METRIC = frozenset({"LPS", "LPM", "MLD", "CMH", "CMD"})
FOOT_M, INCH_MM = Decimal("0.3048"), Decimal("25.4")
HEADER = (
    "network", "id", "element", "from_node", "to_node", "length_m", "diameter_mm", "roughness", "status", "x", "y",
)  # fmt: skip
_NODES = ("JUNCTIONS", "RESERVOIRS", "TANKS")
_LINKS = {"PIPES": "pipe", "PUMPS": "pump", "VALVES": "valve"}
_Line = tuple[int, list[str], str]
_Found = dict[str, str | None]


class EpanetReader:
    """The links of a network file, in file order."""

    delimiter = ""
    header = HEADER

    def __init__(self, member: Member, encoding: str | None = None) -> None:
        self.member = member
        with member.open() as stream:
            self.encoding = find_encoding(stream, encoding, member.name)

    def _sections(self) -> dict[str, list[_Line]]:
        """The lines of each section with their number and words; comments and empty lines are left out."""
        sections: dict[str, list[_Line]] = {}
        section: list[_Line] = []
        with self.member.open() as stream, io.TextIOWrapper(stream, self.encoding, "replace") as text:
            for number, line in enumerate(text, 1):
                words = line.partition(";")[0].split()
                if words and words[0].startswith("["):
                    name = words[0].strip("[]").upper()
                    if name == "END":
                        break
                    section = sections.setdefault(name, [])
                elif words:
                    section.append((number, words, line.rstrip("\r\n")))
        return sections

    def batches(self) -> Iterator[RawBatch]:
        """The links in batches; one that has no nodes or names one that the file does not have is among `refused`."""
        sections = self._sections()
        reading = _Reading(self.member.name, sections)
        rows: list[tuple[int, _Found, str]] = []
        refused: list[Reject] = []
        for section, element in _LINKS.items():
            for number, words, line in sections.get(section, ()):
                found = reading.link(element, words)
                if isinstance(found, str):
                    refused.append(Reject(self.member.name, number, "", found, None, f"a {element} of EPANET", line))
                else:
                    rows.append((number, found, line))
                if len(rows) + len(refused) == ROWS_A_BATCH:
                    yield self._batch(rows, refused)
                    rows, refused = [], []
        if rows or refused:
            yield self._batch(rows, refused)

    def _batch(self, rows: list[tuple[int, _Found, str]], refused: list[Reject]) -> RawBatch:
        columns = {name: pa.array([row.get(name) for _, row, _ in rows], pa.string()) for name in HEADER}
        lines = np.array([number for number, _, _ in rows], np.int64)
        return RawBatch(self.member.name, columns, lines, lambda i: rows[i][2], tuple(refused))


class _Reading:
    """What the other sections say about a link: units, nodes, coordinates, status."""

    def __init__(self, file: str, sections: dict[str, list[_Line]]) -> None:
        self.network = PurePath(file).name.removesuffix(".gz").removesuffix(".inp")
        self.customary = _units(file, sections) in CUSTOMARY
        self.nodes = {words[0] for section in _NODES for _, words, _ in sections.get(section, ())}
        placed = (words for _, words, _ in sections.get("COORDINATES", ()) if len(words) > 2)
        self.places = {words[0]: (words[1], words[2]) for words in placed}
        self.states = {words[0]: words[1] for _, words, _ in sections.get("STATUS", ()) if len(words) > 1}

    def link(self, element: str, words: list[str]) -> _Found | str:
        """A link as a record, or what is wrong with it."""
        if len(words) < (5 if element == "pipe" else 3):
            return "too few words"
        unknown = [node for node in words[1:3] if node not in self.nodes]
        if unknown:
            return f"a node that the file does not have: {unknown[0]}"
        row: _Found = {"network": self.network, "id": words[0], "element": element}
        row |= {"from_node": words[1], "to_node": words[2], "status": self._status(element, words)}
        if element == "pipe":
            row |= {"length_m": self._sized(words[3], FOOT_M), "diameter_mm": self._sized(words[4], INCH_MM)}
            row["roughness"] = words[5] if len(words) > 5 else None
        elif element == "valve" and len(words) > 3:
            row["diameter_mm"] = self._sized(words[3], INCH_MM)
        return row | self._middle(words[1], words[2])

    def _status(self, element: str, words: list[str]) -> str:
        """[STATUS] wins over the pipe's own word; a pump speed or a valve setting there is no status."""
        own = words[7] if element == "pipe" and len(words) > 7 else "Open"
        said = self.states.get(words[0], own)
        return said.capitalize() if said.upper() in ("OPEN", "CLOSED") else "CV" if said.upper() == "CV" else "Open"

    def _sized(self, text: str, customary: Decimal) -> str:
        if not self.customary:
            return text
        try:
            return format(Decimal(text) * customary, "f")
        except InvalidOperation:
            return text  # refused by the rules of the mapping, with the text of the file

    def _middle(self, first: str, second: str) -> _Found:
        one, two = self.places.get(first), self.places.get(second)
        if one is None or two is None:
            return {"x": None, "y": None}
        try:
            x, y = ((Decimal(a) + Decimal(b)) / 2 for a, b in zip(one, two, strict=True))
        except InvalidOperation:
            return {"x": None, "y": None}
        return {"x": format(x, "f"), "y": format(y, "f")}


def _units(file: str, sections: dict[str, list[_Line]]) -> str:
    """The flow units, GPM unless said. Raises BadInput for unknown ones: lengths would be wrong."""
    for number, words, _ in sections.get("OPTIONS", ()):
        if words[0].upper() == "UNITS" and len(words) > 1:
            if words[1].upper() not in CUSTOMARY | METRIC:
                known = ", ".join(sorted(CUSTOMARY | METRIC))
                raise BadInput(f"{file}, line {number}: UNITS: found {words[1]}; expected one of {known}.")
            return words[1].upper()
    return "GPM"
