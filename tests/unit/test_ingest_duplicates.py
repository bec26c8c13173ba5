"""Are repeated keys of a file found, however it is cut into batches?"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.duplicates import Seen, hash_rows, hash_texts, superseded

Batches = st.lists(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 2)), max_size=6), max_size=8)


@given(Batches)
def test_the_first_row_of_each_key_is_new_and_others_are_compared_with_it(batches: list[list[tuple[int, int]]]) -> None:
    seen, first, line = Seen(), dict[int, tuple[int, int]](), 0
    for batch in batches:
        keys = np.array([k for k, _ in batch], np.uint64)
        contents = np.array([c for _, c in batch], np.uint64)
        lines = np.arange(line, line + len(batch))
        new, found, at = seen.add(keys, contents, lines)
        for i, (key, content) in enumerate(batch):
            assert new[i] == (key not in first)
            first.setdefault(key, (content, line + i))
            assert (int(found[i]), int(at[i])) == first[key]
        line += len(batch)


@given(Batches)
def test_only_the_last_row_of_each_key_is_not_superseded(batches: list[list[tuple[int, int]]]) -> None:
    keys = [k for batch in batches for k, _ in batch]
    found = superseded([np.array([k for k, _ in batch], np.uint64) for batch in batches])
    assert found.tolist() == [key in keys[i + 1 :] for i, key in enumerate(keys)]


def test_equal_texts_have_equal_numbers_and_missing_is_not_the_text_nan() -> None:
    a, b, missing, nan, again = hash_texts(pa.array(["a", "b", None, "nan", "a"])).tolist()
    assert a == again and len({a, b, missing, nan}) == 4


def test_rows_are_equal_only_when_every_column_is() -> None:
    def number(text: str | None, when: str, amount: float, quality: str) -> int:
        columns = {
            "kind": pa.array([text], pa.string()), "at": np.array([when], "datetime64[ms]"),
            "amount": np.array([amount]), "quality": [[quality]],
        }  # fmt: skip
        return int(hash_rows(columns, 1)[0])

    base = number("a", "2024-01-01", 0.0, "x")
    assert number("a", "2024-01-01", -0.0, "another flag") == base
    others = [number(None, "2024-01-01", 0, ""), number("a", "NaT", 0, ""), number("a", "2024-01-01", float("nan"), "")]
    assert len({base, *others}) == 4


def test_columns_are_not_confused_when_their_values_swap() -> None:
    one = hash_rows({"a": pa.array(["x"]), "b": pa.array(["y"])}, 1)
    other = hash_rows({"a": pa.array(["y"]), "b": pa.array(["x"])}, 1)
    assert one[0] != other[0]
