"""How is a secret made that only its holder knows, and how is it recognised?"""

from __future__ import annotations

import hashlib
import secrets


def new_secret() -> str:
    """A random secret of 32 bytes, safe in addresses and cookies."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """What is stored in place of a secret: SHA-256, enough because the secret is random and long."""
    return hashlib.sha256(secret.encode()).digest()
