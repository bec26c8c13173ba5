"""How many random examples does a property get? Ten times as many with `--hypothesis-profile=thorough`."""

from __future__ import annotations

from hypothesis import settings


def examples(usual: int) -> int:
    """As many as find what is usually wrong, or what the profile allows."""
    return usual * 10 if settings.get_current_profile_name() == "thorough" else usual
