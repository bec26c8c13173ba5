"""Do the pages about importing say what the code does?"""

from __future__ import annotations

import re

import pytest

from data.settings import ROOT
from services.ingest.mappings import load
from services.model import find_dataset, load_model

REFERENCE = (ROOT / "docs" / "reference" / "mapping.md").read_text()
GUIDE = (ROOT / "docs" / "how-to" / "import.md").read_text()
TABLES = (load._MAPPING, load._COLUMN, load._PLACE, load._ORDER, load._REGEX, load._PAD, load._RANGE, load._INSIDE)


@pytest.mark.parametrize("field", sorted({name for table in TABLES for name in table}))
def test_every_field_is_in_the_reference(field: str) -> None:
    assert f"`{field}`" in REFERENCE


def test_the_reference_names_no_field_that_does_not_exist() -> None:
    known = {name for table in (*TABLES, load._ALLOWED) for name in table}
    rows = re.findall(r"^\| (`[^|]+) \|", REFERENCE, re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} <= known


@pytest.mark.parametrize("page", [REFERENCE, GUIDE], ids=["reference", "guide"])
def test_every_example_is_a_mapping(page: str) -> None:
    examples = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    complaints = find_dataset(load_model(), "grievance.complaints")
    assert [load.load_mapping(text, complaints).dataset for text in examples] == ["grievance.complaints"]


def test_the_batch_size_in_the_guide_is_the_real_one() -> None:
    from services.ingest.records import ROWS_A_BATCH

    assert f"{ROWS_A_BATCH:,} rows at a time" in GUIDE
