"""Do derived text columns say what the numbers and texts beside them say?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from data.engine.incoming import Text, to_rows
from data.model import Band, Dataset, Derived, Dimension, Duration, Match, Measure, Range, TimeColumn

START = np.datetime64("2026-03-02T00:00", "ms")
HOUR = np.timedelta64(1, "h")


def dataset(*flags: Derived) -> Dataset:
    names = ("said", "truth", *(flag.name for flag in flags))
    return Dataset(
        id=1, pack="p", name="d", title="D", kind="append", key=None, time="began",
        times=(TimeColumn("began", "Began"), TimeColumn("ended", "Ended")),
        dimensions=tuple(Dimension(name, name) for name in names), measures=(Measure("sure", "Sure", decimals=3),),
        durations=(Duration("length", "Length", "began", "ended"),), flags=flags, actor=None, place=False,
        streams=("began",),
    )  # fmt: skip


def derived(flag: Derived, **columns: Any) -> list[str | None]:
    size = len(next(iter(columns.values())))
    given = {
        "began": np.full(size, START), "ended": np.full(size, np.datetime64("NaT", "ms")), "said": [None] * size,
        "truth": [None] * size, "sure": [None] * size, **columns,
    }  # fmt: skip
    return texts(to_rows(dataset(flag), given).texts[flag.name])


def texts(text: Text) -> list[str | None]:
    values = text.values.to_pylist()
    return [None if code < 0 else values[code] for code in text.codes]


def test_a_band_begins_at_its_least_value_and_what_lies_below_all_has_none() -> None:
    band = Band("band", "sure", (("low", 0.0), ("fair", 0.5), ("high", 0.9)))
    found = derived(band, sure=[-0.001, 0.0, 0.499, 0.5, 0.899, 0.9, 1.0, None])
    assert found == [None, "low", "low", "fair", "fair", "high", "high", None]


def test_a_band_of_a_duration_is_in_hours_and_empty_while_the_duration_is() -> None:
    band = Band("band", "length", (("same day", 0.0), ("next day", 24.0)))
    ends = [START + 23 * HOUR, START + 24 * HOUR, START - HOUR, np.datetime64("NaT", "ms")]
    assert derived(band, ended=np.array(ends)) == ["same day", "next day", None, None]


def test_a_text_is_right_when_it_equals_the_truth_and_nothing_is_said_without_a_truth() -> None:
    said = ["a", "b", None, "a", None, "c"]
    truth = ["a", "a", "b", None, None, "b"]
    assert derived(Match("hit", "said", "truth"), said=said, truth=truth) == [
        "right", "wrong", "wrong", None, None, "wrong",
    ]  # fmt: skip


def test_a_match_does_not_depend_on_how_the_two_columns_are_coded() -> None:
    said = pa.array(["x", "y", "z", "y"]).dictionary_encode()
    truth = pa.DictionaryArray.from_arrays(pa.array([1, 0, 2, 2], pa.int32()), pa.array(["z", "x", "y"]))
    assert derived(Match("hit", "said", "truth", "yes", "no"), said=said, truth=truth) == ["yes", "no", "no", "yes"]
    nothing = pa.array([None, None], pa.string())
    assert derived(Match("hit", "said", "truth"), said=nothing, truth=["a", None]) == ["wrong", None]


def test_a_number_is_judged_by_the_range_of_what_it_measures_ends_included() -> None:
    found = Range("ok", "sure", "said", (("chlorine", 0.2, 4.0), ("acid", 6.5, None), ("murk", None, 0.3)))
    said = ["chlorine"] * 5 + ["acid", "acid", "murk", "murk", "other", None]
    numbers = [0.2, 0.199, 4.0, 4.001, None, 6.5, 6.499, 0.3, 0.301, 1, 1]
    assert derived(found, said=said, sure=numbers) == [
        "within", "outside", "within", "outside", None, "within", "outside", "within", "outside", None, None,
    ]  # fmt: skip
