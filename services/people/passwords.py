"""Is this the right password, and is this one good enough to be set?

Argon2id with the library's parameters (64 MiB, three passes). Checking an unknown name costs the same as a known one.
"""

from __future__ import annotations

import threading

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from data.errors import BadInput

MIN_LENGTH = 12
MAX_LENGTH = 1024

_hasher = PasswordHasher()
# Each check takes 64 MiB: a burst of sign-ins waits here instead of taking the machine's memory.
_slots = threading.BoundedSemaphore(4)
# The hash of a secret nobody knows, with the same parameters, so that an unknown name takes as long as a known one.
# Written down because making it takes every command a quarter of a second; a test compares the parameters.
_DECOY = "$argon2id$v=19$m=65536,t=3,p=4$TolHL1hBX4IpthtNhuIUvg$jw8+FMxX2BXCERY0dFir86v+BHuW/+vAifthNLim+qE"


def check_length(password: str) -> None:
    """Raise BadInput unless the password is long enough; there are no other rules."""
    if len(password) < MIN_LENGTH:
        raise BadInput(f"At least {MIN_LENGTH} characters are needed; this password has {len(password)}.")
    if len(password) > MAX_LENGTH:
        raise BadInput(f"The password has {len(password)} characters; at most {MAX_LENGTH} are allowed.")


def hash_password(password: str) -> str:
    """The argon2id hash to store. Raises BadInput when the password is too short."""
    check_length(password)
    with _slots:
        return _hasher.hash(password)


def is_right(stored: str | None, password: str) -> bool:
    """Whether the password fits the stored hash; None takes as long and is never right."""
    with _slots:
        try:
            _hasher.verify(stored or _DECOY, password[:MAX_LENGTH])
        except VerificationError:
            return False
    return stored is not None


def is_outdated(stored: str) -> bool:
    """Whether a hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(stored)
