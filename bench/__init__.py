"""Ratios side by side: the engine, plain Postgres and DuckDB on the same rows in one run."""
