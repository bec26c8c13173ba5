"""Does a text keep its code among very many, whatever the texts are?"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa

from data.engine.remembered import Remembered

ALPHABET = ["", "a", "b", "é", "水", "🙂", "0", " ", "\x01"]


def texts(*values: str) -> pa.StringArray:
    return pa.array(values, pa.string())


def numbers(*codes: int) -> np.ndarray:
    return np.array(codes, np.uint32)


def test_what_was_never_seen_has_no_code() -> None:
    assert Remembered().codes(texts("a", "")).tolist() == [0, 0]
    assert Remembered().codes(texts()).tolist() == []


def test_texts_that_begin_alike_are_told_apart() -> None:
    known = Remembered()
    known.add(texts("a", "ab", "abcdefgh", "abcdefghi", ""), numbers(1, 2, 3, 4, 5))
    asked = texts("abcdefghi", "abcdefgh", "abcdefg", "ab", "a", "", "b", "abcdefghj")
    assert known.codes(asked).tolist() == [4, 3, 0, 2, 1, 5, 0, 0]


def test_the_first_code_stays_and_nothing_counts_twice() -> None:
    known = Remembered()
    known.add(texts("a", "b", "a"), numbers(1, 2, 3))
    known.add(texts("b", "c"), numbers(7, 4))
    assert known.codes(texts("a", "b", "c")).tolist() == [1, 2, 4]
    assert len(known) == 3


def test_it_says_what_a_dictionary_says_while_it_grows() -> None:
    rng = np.random.default_rng(5)
    known, plain = Remembered(), dict[str, int]()
    for size in (1, 3, 40, 2_000, 6_000, 7):
        made = ["".join(rng.choice(ALPHABET, rng.integers(0, 12))) for _ in range(size)]
        asked = texts("before", *made, "after")[1:-1]  # a piece of a longer array
        assert known.codes(asked).tolist() == [plain.get(value, 0) for value in made]
        codes = rng.integers(1, 2**32, size, np.uint32)
        known.add(asked, codes)
        for value, code in zip(made, codes.tolist(), strict=True):
            plain.setdefault(value, code)
        everything = list(plain)
        assert known.codes(texts(*everything)).tolist() == list(plain.values())
    assert len(known) == len(plain)


def test_others_may_ask_while_one_adds() -> None:
    known, all_texts = Remembered(), texts(*(f"text {i}" for i in range(20_000)))
    wanted = np.arange(1, 20_001, dtype=np.uint32)

    def ask(_: int) -> bool:
        found = known.codes(all_texts)
        return bool(((found == 0) | (found == wanted)).all())

    with ThreadPoolExecutor(4) as threads:
        asked = [threads.submit(ask, number) for number in range(60)]
        for at in range(0, 20_000, 50):
            known.add(all_texts[at : at + 50], wanted[at : at + 50])
        assert all(job.result() for job in asked)
    assert known.codes(all_texts).tolist() == wanted.tolist()
