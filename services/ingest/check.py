"""What would an import make of a file?"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

import numpy as np

from data.imports import Reject
from data.model import Dataset
from data.types import Scope
from services.ingest.guess import choose_mapping
from services.ingest.mappings.grammar import Mapping
from services.ingest.mappings.load import check_sources, check_targets
from services.ingest.once import once_for
from services.ingest.parse import Parser
from services.ingest.readers import open_source
from services.ingest.records import Finding, Preview, Problem, RawBatch, ValidationReport
from services.people import require

EXAMPLES = 5


@dataclass
class _Tally:
    count: int = 0
    examples: list[tuple[int, str]] = field(default_factory=list)

    def add(self, count: int, examples: list[tuple[int, str]]) -> None:
        self.count += count
        self.examples += examples[: EXAMPLES - len(self.examples)]


def preview(path: Path, n: int = 20, file_name: str = "") -> Preview:
    """The first n rows of a file as it is understood; raises BadInput for a file that is none."""
    source = open_source(path, file_name)
    first = next(islice(source.batches(), 1))
    columns = [first.columns[name].slice(0, n).to_pylist() for name in source.header]
    reader = source.readers[0]
    rows = tuple(zip(*columns, strict=True))
    return Preview(reader.member.format, reader.encoding, reader.delimiter, source.header, rows)


def check_file(
    scope: Scope, dataset: Dataset, path: Path, mapping: Mapping | None, limit: int | None, now: datetime,
    file_name: str = "",
) -> ValidationReport:  # fmt: skip
    """Apply a mapping to the first `limit` rows (whole batches of 20,000; all without a limit) and write nothing.

    Findings are by field, reason and outcome, the most frequent first; a refused row counts with each of its reasons.
    Raises NotAllowed and BadInput like an import.
    """
    require(scope, "write")
    source = open_source(path, file_name, mapping)
    mapping = mapping or choose_mapping(source, dataset)
    check_targets(mapping, dataset)
    check_sources(mapping, source.header, source.name)
    parser = Parser(dataset, mapping, scope.workspace.timezone, now)
    once = once_for(parser, source)
    tallies: dict[tuple[str, str, str], _Tally] = {}
    read = accepted = rejected = flagged = 0
    for raw in source.batches():
        if limit is not None and read >= limit:
            return _report(read, accepted, rejected, flagged, tallies, complete=False)
        _, problems = parser.columns_of(raw)
        parsed = parser.parse(raw)
        sifted, repeats = once.sift(parsed, raw)
        _tally_problems(raw, problems, tallies)
        _tally_rejects([*raw.refused, *(r for r in sifted.rejects if r.reason == "duplicate key")], tallies)
        read += raw.read
        accepted += sifted.size + repeats
        rejected += len(sifted.rejects)
        flagged += sifted.flagged
    return _report(read, accepted, rejected, flagged, tallies, complete=True)


def _tally_problems(raw: RawBatch, problems: list[Problem], tallies: dict[tuple[str, str, str], _Tally]) -> None:
    for problem in problems:
        rows = np.flatnonzero(problem.mask)
        key = (problem.field, problem.reason, "reject" if problem.flag is None else "flag")
        examples = [(int(raw.lines[r]), _found(problem, int(r))) for r in rows[:EXAMPLES]]
        tallies.setdefault(key, _Tally()).add(len(rows), examples)


def _found(problem: Problem, row: int) -> str:
    return "" if problem.found is None else problem.found[row].as_py() or ""


def _tally_rejects(rejects: list[Reject], tallies: dict[tuple[str, str, str], _Tally]) -> None:
    for reject in rejects:
        key = (reject.field, reject.reason, "reject")
        tallies.setdefault(key, _Tally()).add(1, [(reject.line or 0, reject.found or "")])


def _report(
    read: int, accepted: int, rejected: int, flagged: int, tallies: dict[tuple[str, str, str], _Tally], complete: bool
) -> ValidationReport:
    findings = [Finding(*key, tally.count, tuple(tally.examples)) for key, tally in tallies.items()]
    findings.sort(key=lambda f: (f.outcome != "reject", -f.count))
    return ValidationReport(read, accepted, rejected, flagged, tuple(findings), complete)
