"""Which made-up world do tests look at?"""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from data.engine.batches import Batch
from data.settings import ROOT
from data.types import Workspace
from services.model import load_pack
from services.simulate import Simulator, load_recipe

FOLDER = ROOT / "data" / "packs" / "grievance"


@lru_cache(maxsize=8)
def world(slug: str = "riverton", timezone: str = "America/Chicago") -> Simulator:
    """The grievance simulator for a workspace that no database knows."""
    recipe = load_recipe(load_pack(FOLDER), FOLDER)
    assert recipe is not None
    return Simulator(recipe, Workspace(1, slug, slug, "municipality", None, timezone))


def frame(batch: Batch | None) -> pd.DataFrame:
    """The rows of a batch."""
    assert batch is not None
    return pd.DataFrame({name: _plain(values) for name, values in batch.columns.items()})


def _plain(values: Any) -> Any:
    return np.array(values.to_pylist(), dtype=object) if hasattr(values, "to_pylist") else values


def cases(first: date, last: date, now: datetime, slug: str = "riverton") -> pd.DataFrame:
    """The complaints that begin on these days, as they stand at `now`."""
    return frame(world(slug).cases(first, last, now, "key"))
