"""Do encoded columns come back exactly, in both forms, and as small as they should be?"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hn

from data.engine.encode import MISSING, Array, decode_column, encode_column, pack, unpack
from data.errors import BelvedereError
from tests.effort import examples

EXTREMES = [MISSING, MISSING + 1, -1, 0, 1, 255, 256, 2**32, 2**63 - 1]
LENGTHS = st.integers(0, 300)


def _columns(dtype: str, **limits: int) -> st.SearchStrategy[Array]:
    return hn.arrays(dtype, LENGTHS, elements=hn.from_dtype(np.dtype(dtype), **limits))


ANY_COLUMN = st.one_of(
    _columns("uint8"),
    _columns("uint8", max_value=15),
    _columns("uint8", max_value=3),
    _columns("uint16"),
    _columns("uint32"),
    _columns("int32", min_value=-1, max_value=1),
    hn.arrays("int64", LENGTHS, elements=st.one_of(st.integers(-(2**63), 2**63 - 1), st.sampled_from(EXTREMES))),
    hn.arrays("int64", LENGTHS, elements=st.one_of(st.integers(0, 5000), st.just(MISSING))),
)


@given(values=ANY_COLUMN, name=st.sampled_from(["t", "a", "m:cost"]))
@settings(max_examples=examples(300), deadline=None)
def test_a_sealed_column_comes_back_exactly(values: Array, name: str) -> None:
    found = decode_column(name, encode_column(name, values))
    assert found.dtype == values.dtype and np.array_equal(found, values)


@given(values=_columns("uint32").map(np.sort))
@settings(deadline=None)
def test_sorted_times_come_back_exactly(values: Array) -> None:
    assert np.array_equal(decode_column("t", encode_column("t", values)), values)


@given(values=ANY_COLUMN, small=st.booleans())
@settings(max_examples=examples(200), deadline=None)
def test_packed_columns_come_back_exactly(values: Array, small: bool) -> None:
    columns = {"t": np.arange(values.size, dtype=np.uint32), "m:größe": values}
    found = unpack(memoryview(pack(columns, small)))
    assert list(found) == list(columns)
    for name in columns:
        assert found[name].dtype == columns[name].dtype and np.array_equal(found[name], columns[name])


def test_a_sealed_segment_of_the_measured_shape_takes_less_than_ten_bytes_a_row() -> None:
    rng, n = np.random.default_rng(1), 200_000
    columns: dict[str, Array] = {"t": np.sort(rng.integers(0, 86_400_000, n)).astype(np.uint32)}
    for i, values in enumerate((12, 40, 4, 5, 3, 6)):
        columns[f"d:{i}"] = rng.integers(1, values + 1, n).astype(np.uint8)
    columns["a"] = rng.integers(1, 1_000_001, n).astype(np.uint32)
    columns["p"] = rng.integers(1, 10_001, n).astype(np.uint16)
    columns["m:amount"] = np.round(rng.lognormal(3, 1, n) * 100).astype(np.int64)
    assert sum(len(encode_column(name, values)) for name, values in columns.items()) / n < 10


def test_equal_values_take_no_room() -> None:
    assert len(encode_column("d:a", np.zeros(1_000_000, np.uint8))) < 32
    assert len(encode_column("m:a", np.full(1_000_000, MISSING))) < 100


def test_a_damaged_column_is_named() -> None:
    coded = encode_column("d:team", np.arange(1000, dtype=np.uint16))
    with pytest.raises(BelvedereError, match="d:team"):
        decode_column("d:team", coded[:-1])
