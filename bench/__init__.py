"""Ratios side by side: the engine, plain Postgres and DuckDB on the same rows in one run."""

import os
from pathlib import Path

# Before numba is imported: kernels are compiled once for all data folders and processes of all measurements.
os.environ.setdefault("NUMBA_CACHE_DIR", str(Path(__file__).resolve().parent.parent / ".belvedere" / "numba"))
