"""Which columns of which segments does a scan need, and where are they in memory?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from data.engine.asks import Ints
from data.engine.manifest import Stream
from data.engine.program import FIXED
from data.engine.running import Material
from data.engine.sources import Source

Masks = dict[str, NDArray[np.bool_]]


def gather(source: Source, stream: Stream, chosen: Ints, columns: Masks) -> Material:
    """The columns of the chosen segments, each of those its mask names; weights are always there."""
    columns = {"w": np.ones(len(chosen), np.bool_), **columns}
    ids, counts = stream.ids[chosen].tolist(), stream.counts[chosen].tolist()
    wanted = {(ids[i], name): counts[i] for name, which in columns.items() for i in np.flatnonzero(which).tolist()}
    loaded = source.columns(wanted)
    places = {name: i for i, name in enumerate(dict.fromkeys((*FIXED, *columns)))}
    addresses = np.zeros((len(chosen), len(places)), np.int64)
    sizes = np.full((len(chosen), len(places)), 4, np.int64)
    lines = {id: i for i, id in enumerate(ids)}
    for (id, name), column in loaded.items():
        addresses[lines[id], places[name]] = column.address
        sizes[lines[id], places[name]] = column.size
    kept = {(lines[id], name): column for (id, name), column in loaded.items()}
    return Material(places, addresses, sizes, stream.day_ms[chosen], kept)
