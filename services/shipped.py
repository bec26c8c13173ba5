"""Where are the files that Streamlit brings along for browsers?"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path


@lru_cache(maxsize=1)
def folder() -> Path:
    """The folder with its page, scripts and typefaces, without importing Streamlit."""
    found = find_spec("streamlit")
    assert found is not None and found.origin is not None, "the pages are made with Streamlit"
    return Path(found.origin).parent / "static"
