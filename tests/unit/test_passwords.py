"""Are passwords kept so that a stolen table is of little use, and checked so that time tells nothing?"""

from __future__ import annotations

import pytest
from argon2 import extract_parameters

from data.errors import BadInput
from services.people import passwords
from services.people.passwords import check_length, hash_password, is_outdated, is_right
from services.people.secret import digest, new_secret


def test_a_hash_is_argon2id_with_a_salt_of_its_own() -> None:
    first, second = hash_password("a long password"), hash_password("a long password")
    assert first.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert first != second
    assert is_right(first, "a long password") and not is_right(first, "another password")
    assert not is_outdated(first)


def test_an_unknown_name_costs_the_same_check_as_a_wrong_password(monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []

    class Watched:
        def verify(self, stored: str, password: str) -> bool:
            checked.append(stored)
            return real.verify(stored, password)

    real = passwords._hasher
    stored = hash_password("a long password")
    monkeypatch.setattr(passwords, "_hasher", Watched())
    assert not is_right(stored, "wrong") and not is_right(None, "wrong")
    known, unknown = (extract_parameters(one) for one in checked)
    assert known == unknown


@pytest.mark.parametrize("password", ["", "eleven char", "x" * 1025])
def test_a_password_has_12_to_1024_characters(password: str) -> None:
    with pytest.raises(BadInput, match="characters"):
        check_length(password)


def test_length_is_the_only_rule() -> None:
    check_length("aaaaaaaaaaaa")


def test_a_secret_has_32_random_bytes_and_is_stored_as_its_hash() -> None:
    secret = new_secret()
    assert len(secret) == 43 and secret != new_secret()
    assert len(digest(secret)) == 32 and secret.encode() not in digest(secret)
