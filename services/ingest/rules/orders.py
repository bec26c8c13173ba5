"""Did one thing happen before the other, as it must?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from services.ingest.mappings.grammar import Order
from services.ingest.records import Problem


def check_order(columns: dict[str, Any], order: Order) -> Problem | None:
    """The rows in which `then` lies before `first`, with what the mapping says about them; None when there are none."""
    first, then = columns[order.first], columns[order.then]
    bad = then < first  # NaT compares false
    if not bad.any():
        return None
    if order.otherwise == "empty":
        columns[order.then] = np.where(bad, np.datetime64("NaT"), then)
    flag = None if order.otherwise == "reject" else f"{order.then}_before_{order.first}"
    found = pc.strftime(pa.array(then), "%Y-%m-%d %H:%M:%S UTC")
    return Problem(bad, order.then, f"before {order.first}", f"a time from {order.first} on", flag, found)
