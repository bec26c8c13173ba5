"""How long does a page of rows in another order take, and a file of them? `python -m bench.orders --home FOLDER`.

The folder is one that `make bench` has filled and kept (`--keep`); another program must not use it.
"""

from __future__ import annotations

import argparse
from collections import deque
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bench.__main__ import database
from bench.measure import timed
from bench.pages import END
from bench.setup import open_bench
from data import exports, rows
from data.types import Order, TimeRange

DAYS = (30, 61, 365)
PAGE, FILE_DAYS = 50, 61


def main() -> None:
    """Print the times of first and second pages, and of a file as it is and in an order."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--home", type=Path, required=True)
    with database(asked.parse_args().home):
        scope, model = open_bench()
        dataset = model.packs[0].datasets[0]
        orders = [Order(dataset.dimensions[0].name), Order(dataset.measures[0].name, False)]
        for days in DAYS:
            span = TimeRange(END - timedelta(days=days), END)
            for order in orders:
                wanted = rows.Wanted(dataset, dataset.time, span, (), PAGE, None, order)
                first = rows.page(scope, wanted)
                again = timed(lambda wanted=wanted: rows.page(scope, wanted))
                later = replace(wanted, after=first.next)
                further = timed(lambda later=later: rows.page(scope, later))
                print(f"{days} days by {order}: {again:,.0f} ms, the next page {further:,.0f} ms")
        span = TimeRange(END - timedelta(days=FILE_DAYS), END)
        for order in (None, *orders):
            selection = exports.Wanted(dataset, dataset.time, span, (), rows.columns_of(dataset), order)

            def write(selection: exports.Wanted = selection) -> None:
                with exports.export(scope, selection, "csv") as found:
                    deque(found.blocks, maxlen=0)

            print(f"a file of {FILE_DAYS} days by {order or dataset.time}: {timed(write):,.0f} ms")


if __name__ == "__main__":
    main()
