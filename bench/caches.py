"""How is a cold process made without starting one?"""

from __future__ import annotations

import gc

from data.engine import columns, hexagons, manifest, newest, results, tensor_frames, tensor_index, tensor_panels, values


def forget_all() -> None:
    """Empty every cache of the reading side; kernels stay compiled, as they are in a server that has just started."""
    results.cache.clear()
    columns.cache.clear()
    manifest.forget()
    values.forget()
    hexagons.forget()
    tensor_index.forget()
    tensor_panels.forget()
    tensor_frames.forget()
    newest.forget()
    gc.collect()
