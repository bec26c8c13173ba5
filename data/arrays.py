"""How does a long list of texts travel as one array parameter of a statement?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg.adapt import Dumper
from psycopg.pq import Format

if TYPE_CHECKING:
    import pyarrow as pa

_TEXT_ARRAY_OID = 1009


class TextArray:
    """A text[] without nulls; bound to a statement at Arrow's speed instead of a Python object for each item."""

    def __init__(self, values: pa.StringArray) -> None:
        self.values = values


class TextArrayDumper(Dumper):
    """Registered on every connection as it opens: connections do not hear of what is registered later."""

    format = Format.BINARY
    oid = _TEXT_ARRAY_OID

    def dump(self, obj: TextArray) -> bytes:
        """The array in the binary form of Postgres."""
        from data.engine.parameters import text_array  # Arrow is loaded by the first batch, not with the pool

        return text_array(obj.values)
