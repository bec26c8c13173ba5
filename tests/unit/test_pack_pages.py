"""Do the reference pages of grammar and metrics say what code and packs say?"""

from __future__ import annotations

import pytest

from services.model import load_pack
from services.model.grammar import BLOCKS, SHAPE_RULES
from services.packs.pages import FOLDER, pages
from services.simulate.grammar import SIMULATOR_BLOCKS
from tests.packs.worlds import FOLDER as GRIEVANCE


@pytest.mark.parametrize("name", sorted(pages()))
def test_a_page_is_as_the_code_says(name: str) -> None:
    assert (FOLDER / name).read_text() == pages()[name], "run make docs"


def test_the_grammar_page_has_every_field_and_shape() -> None:
    text = pages()["grammar.md"]
    for block in (*BLOCKS, *SIMULATOR_BLOCKS):
        assert f"\n## `{block.name}`\n" in text
        assert all(f"| `{field.name}` |" in text for field in block.fields)
    assert all(f"| `{shape}` |" in text for shape in SHAPE_RULES)
    assert len({block.name for block in (*BLOCKS, *SIMULATOR_BLOCKS)}) == len(BLOCKS) + len(SIMULATOR_BLOCKS)


def test_the_metrics_page_has_every_metric_and_column() -> None:
    text, pack = pages()["metrics-grievance.md"], load_pack(GRIEVANCE)
    assert all(f"| `{metric.name}` | {metric.unit} |" in text for metric in pack.metrics)
    for dataset in pack.datasets:
        assert all(f"| `{one.name}` |" in text for one in (*dataset.times, *dataset.dimensions, *dataset.measures))
