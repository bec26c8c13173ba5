"""Do datasets keep their ids, and does a workspace know its packs?"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data.engine.verify import verify
from data.engine.versions import versions
from data.errors import UnknownName
from data.settings import settings
from data.types import Scope
from services.ingest import ingest_rows
from services.model import current, enable_pack, find_dataset, forget_current, install, load_model, model_of, packs_of
from tests.packs.small import GOOD, write_pack
from tests.support import make_scope, make_workspace


@pytest.fixture
def small(database: str) -> Iterator[Path]:
    """The small pack among the packs of the data folder, gone again afterwards."""
    folder = write_pack(settings().home / "packs")
    forget_current()
    yield folder
    shutil.rmtree(folder)
    forget_current()


def test_ids_are_given_once_and_stay(database: str) -> None:
    first = {name: dataset.id for name, dataset in install(load_model()).datasets().items()}
    second = {name: dataset.id for name, dataset in install(load_model()).datasets().items()}
    assert first == second and all(first.values()) and len(set(first.values())) == len(first)


def test_the_model_is_read_once_a_process(database: str) -> None:
    assert current() is current()


def test_a_pack_of_the_data_folder_is_installed_and_may_grow(small: Path) -> None:
    before = find_dataset(current(), "small.cases")
    (small / "pack.yaml").write_text(GOOD.replace("      town: Town\n", "      town: Town\n      street: Street\n"))
    forget_current()
    after = find_dataset(current(), "small.cases")
    assert after.id == before.id
    assert [d.name for d in after.dimensions] == ["kind", "town", "street", "guess", "speed", "size", "hit"]


def test_a_workspace_has_the_packs_it_was_given(small: Path) -> None:
    one, other = make_scope(make_workspace()), make_scope(make_workspace())
    enable_pack(one, "small")
    enable_pack(one, "small")
    assert [pack.name for pack in packs_of(one)] == ["small"] and packs_of(other) == ()
    assert set(model_of(one).datasets()) == {"small.cases", "small.visits"}


def test_a_pack_that_nobody_wrote_is_refused(scope: Scope) -> None:
    with pytest.raises(UnknownName, match="Did you mean `grievance`"):
        enable_pack(scope, "grievances")


LOOKED = """\
  cases_looked_at:
    title: Looked at
    description: Cases that somebody looked at.
    shape: count
    dataset: cases
    at: looked
    unit: cases
    format: integer
    better: higher
    family: business
"""


def test_a_pack_that_reorders_its_streams_has_its_segments_made_again(small: Path, scope: Scope) -> None:
    row = {"case": "1", "kind": "a", "began": "2026-03-01T10:00:00Z", "ended": "2026-03-02T10:00:00Z"}
    ingest_rows(scope, "small.cases", [row], "one", datetime(2026, 4, 1, tzinfo=UTC))
    assert find_dataset(current(), "small.cases").streams == ("began", "ended")
    (small / "pack.yaml").write_text(GOOD.rstrip("\n") + "\n" + LOOKED)
    forget_current()
    after = find_dataset(current(), "small.cases")
    assert after.streams == ("began", "looked", "ended")
    assert verify(scope, after).mismatches == []
    assert versions(scope, [after.id])[after.id].rows == 1
