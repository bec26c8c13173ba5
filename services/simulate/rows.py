"""What do cases and their steps look like in the tables, as of an instant?"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.model import Dataset
from data.tables import column_names
from services.simulate.arrivals import Codes, Floats, Ints
from services.simulate.lifecycles import NEVER, Lives, staff_names
from services.simulate.recipes import Recipe

_NAT = np.iinfo(np.int64).min


def case_columns(recipe: Recipe, lived: Lives, now_ms: int) -> dict[str, Any]:
    """Columns of the cases' dataset for cases that began by `now_ms`, showing nothing that lies after it."""
    dataset, cases = recipe.cases, lived.cases
    columns = _shared_columns(recipe, dataset, lived)
    assert dataset.key is not None
    columns[dataset.key] = _keys(recipe, lived)
    for time in dataset.times:
        columns[time.name] = _time(recipe, lived, time.name, now_ms).view("datetime64[ms]")
    if recipe.status_column:
        columns[recipe.status_column] = _status(recipe, lived, now_ms)
    if recipe.staff:
        known = lived.at_ms[recipe.staff.from_step] <= now_ms
        columns[recipe.staff.dimension] = _texts(np.where(known, lived.staff, -1), staff_names(recipe))
    for answer in recipe.answers:
        columns[answer.measure] = _answer(recipe, lived, answer.measure, now_ms)
    columns |= {"lat": cases.lat, "lon": cases.lon} if dataset.place else {}
    return _only(dataset, columns, cases.n)


def step_columns(recipe: Recipe, lived: Lives, since_ms: int, now_ms: int) -> dict[str, Any]:
    """Columns of the steps' dataset for what happened in (since_ms, now_ms], in order of time."""
    dataset = recipe.steps
    assert dataset is not None
    happened = [(lived.at_ms[s.name] > since_ms) & (lived.at_ms[s.name] <= now_ms) for s in recipe.lifecycle]
    rows = np.concatenate([np.flatnonzero(mask) for mask in happened])
    steps = np.concatenate([np.full(int(mask.sum()), i, np.int32) for i, mask in enumerate(happened)])
    at = np.concatenate([lived.at_ms[s.name][mask] for s, mask in zip(recipe.lifecycle, happened, strict=True)])
    order = np.argsort(at, kind="stable")
    rows, steps, at = rows[order], steps[order], at[order]
    columns = {name: values.take(pa.array(rows)) for name, values in _shared_columns(recipe, dataset, lived).items()}
    events = list(dict.fromkeys(s.event for s in recipe.lifecycle))
    columns[dataset.time] = at.view("datetime64[ms]")
    if recipe.event_column:
        columns[recipe.event_column] = _texts(_event_codes(recipe, events)[steps], events)
    if recipe.case_column:
        columns[recipe.case_column] = pa.array(_keys(recipe, lived)).take(pa.array(rows))
    if recipe.staff:
        known = at >= lived.at_ms[recipe.staff.from_step][rows]
        columns[recipe.staff.dimension] = _texts(np.where(known, lived.staff[rows], -1), staff_names(recipe))
    return _only(dataset, columns, len(rows))


def _event_codes(recipe: Recipe, events: list[str]) -> Codes:
    return np.array([events.index(step.event) for step in recipe.lifecycle], np.int32)


def _texts(codes: NDArray[Any], values: list[str]) -> pa.DictionaryArray:
    indices = pa.array(codes.astype(np.int32), mask=codes < 0)
    return pa.DictionaryArray.from_arrays(indices, pa.array(values, pa.string()))


def _shared_columns(recipe: Recipe, dataset: Dataset, lived: Lives) -> dict[str, Any]:
    values = recipe.values
    columns = {name: _texts(codes, values[name]) for name, codes in lived.cases.codes.items()}
    if dataset.actor:
        used, codes = np.unique(lived.cases.actor, return_inverse=True)
        names = [f"{recipe.actor_prefix}{number:06d}" for number in used]
        columns[dataset.actor] = _texts(codes, names)
    return columns


def _only(dataset: Dataset, columns: dict[str, Any], n: int) -> dict[str, Any]:
    """The dataset's columns in its order; what the simulator does not know is missing."""
    derived = {"cell", *(flag.name for flag in dataset.flags)}
    return {name: columns.get(name, [None] * n) for name in column_names(dataset) if name not in derived}


def _keys(recipe: Recipe, lived: Lives) -> list[str]:
    days = {int(day): f"{recipe.key_prefix}-{date.fromordinal(int(day)):%y%m%d}" for day in np.unique(lived.cases.day)}
    pairs = zip(lived.cases.day.tolist(), lived.cases.number.tolist(), strict=True)
    return [f"{days[day]}-{number:04d}" for day, number in pairs]


def _time(recipe: Recipe, lived: Lives, name: str, now_ms: int) -> Ints:
    """When the column was last set by now, unless it was emptied since."""
    at, cleared = np.full(lived.cases.n, _NAT), np.full(lived.cases.n, _NAT)
    for step in recipe.lifecycle:
        moment = lived.at_ms[step.name]
        moment = np.where((moment != NEVER) & (moment <= now_ms), moment, _NAT)
        if step.time == name:
            at = np.maximum(at, moment)
        if name in step.clears:
            cleared = np.maximum(cleared, moment)
    return np.where(at > cleared, at, _NAT)


def _status(recipe: Recipe, lived: Lives, now_ms: int) -> pa.DictionaryArray:
    statuses = list(dict.fromkeys(step.status for step in recipe.lifecycle if step.status))
    codes, latest = np.full(lived.cases.n, -1, np.int32), np.full(lived.cases.n, _NAT)
    for step in recipe.lifecycle:
        moment = lived.at_ms[step.name]
        if step.status:
            newer = (moment <= now_ms) & (moment >= latest)
            codes[newer], latest[newer] = statuses.index(step.status), moment[newer]
    return _texts(codes, statuses)


def _answer(recipe: Recipe, lived: Lives, name: str, now_ms: int) -> Floats:
    answer = next(a for a in recipe.answers if a.measure == name)
    measure = next(m for m in recipe.cases.measures if m.name == name)
    lost = np.zeros(lived.cases.n)
    for step, points in answer.lost.items():
        lost += points * (lived.at_ms[step] <= now_ms)
    given = np.clip(lived.answers[name] - lost, measure.minimum, measure.maximum)
    return np.where(lived.at_ms[answer.after] <= now_ms, np.round(given, measure.decimals), np.nan)
