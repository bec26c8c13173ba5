"""Which analyses take too long for a page, how is one asked for, and what does the worker find?"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

import data.studies
from data.errors import BadInput
from data.model import Dataset, Metric, Pack
from data.studies import Question, Study
from data.types import CannotTell, Filter, MetricQuery, Scope, TimeRange
from services import metrics
from services.exports.visible import require_visible
from services.live.choices import range_of
from services.maps.choices import MapChoice
from services.maps.histories import history_of
from services.maps.rhythms import category_of
from services.model import current
from services.queries import filters_from_json
from services.spatial.risk import Reason

KINDS = ("clusters", "risk")
METHODS = {"dbscan": "One density for all (DBSCAN)", "hdbscan": "Any density (HDBSCAN)"}
MOST_POINTS = 60_000
RESAMPLES = 10
_SEED = 0
_OWN = ("this week", "the last weeks", "the last year")
_LEAST_REASON = 0.05
_ENDED = timedelta(days=7)  # that the newest row is old, of data that does not go on
Step = Callable[[float, str], None]


def question_of(
    dataset: Dataset, metric: Metric, choice: MapChoice, span: str, days: tuple[date, date] | None, method: str
) -> Question:
    """The question of a layer. A range that moves with time is asked by its name, so that it stays the same question
    tomorrow; risk is about the whole area and the time to come, whatever the range."""
    asked: dict[str, Any] = {"metric": metric.qualified, "where": [asdict(one) for one in choice.where]}
    if choice.area:
        asked["area"] = choice.area
    if choice.layer == "clusters":
        asked |= {"method": method if method in METHODS else "dbscan", "range": span}
        asked |= {"days": [day.isoformat() for day in days]} if span == "custom" and days else {}
        asked |= {"box": list(choice.box)} if choice.box else {}
    text = json.dumps(asked, sort_keys=True)
    return Question(choice.layer, dataset.id, hashlib.sha256(text.encode()).hexdigest(), asked)


def opened(scope: Scope, question: Question, now: datetime) -> Study:
    """The study of a question with its last result; one that is new is asked for. Raises NotAllowed for a filter on a
    column that the viewer does not get to see: the worker sees them all."""
    _check_filters(scope, question)
    return data.studies.open_study(scope, question, now)


def standing(scope: Scope, question: Question) -> Study | None:
    """How a study stands, without its result."""
    return data.studies.find_study(scope, question)


def with_members(scope: Scope, question: Question) -> tuple[Study, dict[str, Any]]:
    """A study of clusters as it is now, with the cluster of each place that was looked at. Raises BadInput where it has
    none: by now there are no clusters, or an earlier version worked them out."""
    found = data.studies.find_members(scope, question)
    if found is None:
        raise BadInput("Places of clusters: found none, expected some; work the clusters out again.")
    return found


def again(scope: Scope, question: Question, now: datetime) -> None:
    """Ask for a study anew. Raises NotAllowed as `opened`."""
    _check_filters(scope, question)
    data.studies.renew_study(scope, question, now)


def _check_filters(scope: Scope, question: Question) -> None:
    used = {one.dimension for one in filters_from_json(question.asked["where"])}
    for dataset in (d for d in current().datasets().values() if d.id == question.dataset):
        require_visible(scope, dataset, used)


def work_out(
    scope: Scope, pack: Pack, dataset: Dataset, metric: Metric, question: Question, now: datetime, step: Step
) -> dict[str, Any]:
    """The result of a question, for the worker; with `reason` where nothing can be told. The `members` of clusters are
    to be kept apart from it."""
    where = filters_from_json(question.asked["where"])
    if area := question.asked.get("area"):
        where = (*where, Filter("place", "inside", (area,)))
    made = _clusters if question.kind == "clusters" else _risk
    newest = metrics.newest_at(scope, dataset.qualified)
    found = made(scope, pack, dataset, metric, question.asked, where, now, step)
    if isinstance(found, CannotTell):
        return {"reason": found.reason}
    return found | {"as_of": newest.isoformat() if newest else None}


def _clusters(
    scope: Scope, pack: Pack, _dataset: Dataset, metric: Metric, asked: dict[str, Any], where: tuple[Filter, ...],
    now: datetime, step: Step,
) -> dict[str, Any] | CannotTell:  # fmt: skip
    """Clusters of rows, each at the middle of its finest cell; of more than 60,000 so many are drawn by lot."""
    from services.spatial.clustering import cluster, stability, suggest
    from services.spatial.clusters import describe

    days = tuple(date.fromisoformat(day) for day in asked.get("days", ()))
    span = range_of(asked["range"], (days[0], days[1]) if days else None, scope.workspace.timezone, now)
    if asked.get("box") and "area" not in asked:
        where = (*where, Filter("place", "inside", (json.dumps(asked["box"]),)))
    step(0.05, "Reading the rows")
    cells, counts, categories = _points(scope, pack, metric, span, where, now)
    total = int(counts.sum())
    at = np.repeat(np.arange(cells.size), counts)
    if total > MOST_POINTS:
        at = np.sort(np.random.default_rng(_SEED).choice(at, MOST_POINTS, replace=False))
    lat, lon = _centres(cells)
    lat, lon, kinds = lat[at], lon[at], categories[at]
    if lat.size < 10:
        return CannotTell(f"Only {lat.size} rows with a place; at least 10 are needed.")
    step(0.15, "Finding parameters")
    wanted = suggest(lat, lon, asked["method"], seed=_SEED)
    step(0.25, "Looking for clusters")
    found = cluster(lat, lon, wanted, _SEED)
    if isinstance(found, CannotTell):
        return found
    stable = stability(
        lat, lon, found, RESAMPLES, _SEED, lambda n: step(0.4 + 0.55 * n / RESAMPLES, "Trying them on half of the rows")
    )
    told = describe(lat, lon, found, stable, kinds if category_of(pack, metric) else None)
    members = _members(cells, categories, at, found.labels)
    return {
        "from_at": span.from_at.isoformat(), "to_at": span.to_at.isoformat(),
        "method": asked["method"], "radius_m": wanted.radius_m, "points": wanted.points, "rows": total,
        "used": int(lat.size), "in_clusters": int((found.labels >= 0).sum()), "moved_m": found.moved_m,
        "fitted": found.fitted, "clusters": [asdict(one) for one in told],
        "members": members, "places": len(members["cells"]),
    }  # fmt: skip


def _members(cells: Any, categories: Any, at: Any, labels: Any) -> dict[str, list[Any]]:
    """The rows that were looked at by cell, category and cluster (from 1; None is noise), as columns of equal length;
    `at` says of which cell and category each is."""
    found, rows = np.unique(np.stack([at, labels], axis=1), axis=0, return_counts=True)
    return {
        "cells": [format(cell, "x") for cell in cells[found[:, 0]].tolist()],
        "categories": categories[found[:, 0]].tolist(),
        "clusters": [label + 1 if label >= 0 else None for label in found[:, 1].tolist()],
        "rows": rows.tolist(),
    }


def _points(
    scope: Scope, pack: Pack, metric: Metric, span: TimeRange, where: tuple[Filter, ...], now: datetime
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Cells of resolution 12, how many rows of a category each has, and that category (None where it is missing)."""
    dimension, cell = category_of(pack, metric), "cell:12"
    by = (cell, dimension) if dimension else (cell,)
    rows = metrics.answer(scope, [MetricQuery((metric.qualified,), span, by=by, where=where)], now)[0].rows
    known = [row for row in rows if row[cell] is not None and row[metric.qualified]]
    return (
        np.asarray([int(row[cell], 16) for row in known], np.int64),
        np.asarray([int(row[metric.qualified]) for row in known], np.int64),
        np.asarray([row[dimension] if dimension else None for row in known], object),
    )


def _centres(cells: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    from data.engine.hexagons import centres

    return centres(cells)


def told(reasons: Sequence[Reason]) -> list[list[Any]]:
    """The reasons of a score, those from the cell's own past as one: their factors are of one cause, and multiply."""
    own = math.prod(reason.factor for reason in reasons if reason.feature in _OWN)
    found = [(reason.feature, reason.factor) for reason in reasons if reason.feature not in _OWN]
    found = [("own past", own), *found] if abs(math.log(own)) >= _LEAST_REASON else found
    return [[name, round(factor, 3)] for name, factor in sorted(found, key=lambda one: -abs(math.log(one[1])))]


def end_of_data(scope: Scope, dataset: Dataset, now: datetime) -> datetime:
    """Now; of data that ended more than a week ago the day after its newest row: a file of past years is judged as of
    its end, not as if nothing had happened since."""
    newest = metrics.newest_at(scope, dataset.qualified)
    return now if newest is None or now - newest < _ENDED else newest + timedelta(days=1)


def _risk(
    scope: Scope, _pack: Pack, dataset: Dataset, metric: Metric, _asked: dict[str, Any], where: tuple[Filter, ...],
    now: datetime, step: Step,
) -> dict[str, Any] | CannotTell:  # fmt: skip
    """Scores of the next seven days by hexagon, and how they would have done in past weeks."""
    from services.spatial.backtesting import Backtest, backtest
    from services.spatial.risk import Risk, score

    until = end_of_data(scope, dataset, now)
    found = history_of(scope, dataset, metric, where, until, lambda share: step(0.4 * share, "Counting past days"))
    if isinstance(found, CannotTell):
        return found
    history, resolution, box = found.history, found.resolution, found.box
    step(0.45, "Working out scores")
    scored = score(history)
    if not isinstance(scored, Risk):
        return scored
    step(0.6, "Trying the score on past weeks")
    tested = backtest(history, np.random.default_rng(_SEED))
    cells = [
        [format(cell, "x"), round(float(value), 2), round(float(expected), 4),
         told(reasons)]
        for cell, value, expected, reasons in zip(
            history.cells.tolist(), scored.score, scored.expected, scored.reasons, strict=True
        )
    ]  # fmt: skip
    return {
        "resolution": resolution, "box": list(box), "cells": cells, "days": history.days,
        "first_on": history.first_on.isoformat(), "events": int(history.counts.sum()),
        "from_on": None if until == now else until.astimezone(ZoneInfo(scope.workspace.timezone)).date().isoformat(),
        "backtest": asdict(tested) if isinstance(tested, Backtest) else None,
        "sentence": tested.sentence if isinstance(tested, Backtest) else tested.reason,
    }  # fmt: skip
