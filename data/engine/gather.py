"""Which columns of which segments does a scan need, and where are they in memory?"""

from __future__ import annotations

from itertools import islice

import numpy as np
from numpy.typing import NDArray

from data.engine.asks import Ints
from data.engine.columns import Column
from data.engine.manifest import Stream
from data.engine.program import FIXED
from data.engine.running import Material
from data.engine.sources import Source

Masks = dict[str, NDArray[np.bool_]]


def gather(source: Source, stream: Stream, chosen: Ints, columns: Masks) -> Material:
    """The columns of the chosen segments, each of those its mask names; weights are always there."""
    columns = {"w": np.ones(len(chosen), np.bool_), **columns}
    places = {name: i for i, name in enumerate(dict.fromkeys((*FIXED, *columns)))}
    ids, counts = stream.ids[chosen].tolist(), stream.counts[chosen].tolist()
    lines = {name: np.flatnonzero(which).tolist() for name, which in columns.items()}
    wanted = [(ids[line], name) for name, found in lines.items() for line in found]
    loaded = iter(source.columns(wanted, [counts[line] for found in lines.values() for line in found]))
    addresses = np.zeros((len(chosen), len(places)), np.int64)
    sizes = np.full((len(chosen), len(places)), 4, np.int64)
    kept: dict[str, dict[int, Column]] = {}
    for name, found in lines.items():
        mine = list(islice(loaded, len(found)))
        addresses[found, places[name]] = [column.address for column in mine]
        sizes[found, places[name]] = [column.size for column in mine]
        kept[name] = dict(zip(found, mine, strict=True))
    return Material(places, addresses, sizes, stream.day_ms[chosen], kept)
