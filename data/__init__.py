"""Postgres, files and the query engine: the only layer that knows SQL."""
