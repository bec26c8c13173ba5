"""Which source column feeds which column of a dataset, judged by names and values?"""

from __future__ import annotations

import re
from collections.abc import Mapping as Named
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from itertools import islice
from typing import Literal

import pyarrow as pa

from data.errors import BadInput
from data.model import Dataset
from services.ingest import kinds
from services.ingest.mappings.find import find_shipped
from services.ingest.mappings.grammar import Allowed, Column, Mapping, Order, Place
from services.ingest.mappings.load import targets
from services.ingest.readers import Source

LOOKED_AT = 1_000
ENOUGH = 0.6
Sample = Named[str, Sequence[str | None]]

# Words of the field that mean the same. A column's own name and title come first.
_ALIKE: tuple[frozenset[str], ...] = tuple(frozenset(line.split()) for line in (
    "opened open created create creation requested request_date received reported submitted start started occurred "
    "timestamp at date time on",
    "resolved resolve completed complete completion fixed solved finished done",
    "closed close closing end ended",
    "assigned assign dispatched responded response acknowledged",
    "category type complaint_type service kind topic issue nature",
    "subcategory descriptor subtype detail details sub description",
    "department agency dept account office team group owner responsible organisation organization",
    "district ward council borough neighborhood neighbourhood area zone region dist precinct",
    "channel source origin method via medium contact platform",
    "status state", "priority urgency severity",
    "officer assignee handler agent worker inspector",
    "citizen customer user client caller person requester reporter",
    "satisfaction rating score stars", "event action step activity",
))  # fmt: skip
_KEYS = frozenset({"id", "key", "number", "no", "nr", "case", "caseid", "code", "reference", "ref", "ticket", "unique"})
_STATUS = {
    "open": "open new pending received submitted in_progress active", "assigned": "assigned dispatched",
    "resolved": "resolved fixed completed complete done", "closed": "closed cancelled canceled archived",
    "escalated": "escalated", "reopened": "reopened",
}  # fmt: skip
_FOLLOWS = {"resolved_at": "closed_at", "closed_at": "resolved_at"}  # a file that knows one end of a case


@dataclass
class Look:
    """What the header and the sample say about a source column."""

    name: str
    values: pa.Array  # distinct, of all rows of the sample
    format: str | None
    numeric: bool
    key: bool
    taken: bool = field(default=False)

    @property
    def kind(self) -> Literal["time", "number", "text"]:
        return "time" if self.format else "number" if self.numeric else "text"


def choose_mapping(source: Source, dataset: Dataset) -> Mapping:
    """The shipped mapping that fits the file, or else a guess from its names and first values. Raises BadInput."""
    shipped = find_shipped(source.name, source.header, dataset)
    return shipped or guess_mapping(source.header, sample_of(source), dataset)


def sample_of(source: Source) -> dict[str, list[str | None]]:
    """The first batch of a file by column; raises BadInput when it has none."""
    first = next(islice(source.batches(), 1))
    return {name: column.to_pylist() for name, column in first.columns.items()}


def guess_mapping(header: Sequence[str], sample: Sample, dataset: Dataset) -> Mapping:
    """A mapping made of the likeliest pairs; every column of the dataset at most once, a source column possibly twice.

    Raises BadInput when nothing can be found for the key or the primary time.
    """
    return guess_from(look_at(header, sample), dataset)


def look_at(header: Sequence[str], sample: Sample) -> list[Look]:
    """What the header and the sample say about each source column; that costs far more than choosing among them."""
    return [_look(name, sample.get(name, ())) for name in header]


def guess_from(looked: Sequence[Look], dataset: Dataset) -> Mapping:
    """The same as `guess_mapping`, of columns that were looked at before."""
    looks = [replace(look, taken=False) for look in looked]
    place = _place(looks) if dataset.place else None
    chosen = _pair(dataset, looks)
    for late, early in _FOLLOWS.items():
        if late in targets(dataset) and late not in chosen and early in chosen:
            chosen[late] = chosen[early]
    for need in (dataset.key, dataset.time):
        if need is not None and need not in chosen:
            raise BadInput(
                f"No column looks like `{need}` of {dataset.qualified}; the file has "
                f"{', '.join(look.name for look in looks)}. "
                "Write a mapping file and name it with --mapping."
            )
    columns = tuple(_column(name, chosen[name], dataset) for name in targets(dataset) if name in chosen)
    times = [t.name for t in dataset.times]
    order = tuple(Order(dataset.time, t) for t in times if t != dataset.time and t in chosen)
    return Mapping(dataset.qualified, columns, "Guessed from names and values", place=place, order=order, name="guess")


def _look(name: str, values: Sequence[str | None]) -> Look:
    found = kinds.present(values)
    few = found.slice(0, LOOKED_AT)
    return Look(name, found, kinds.time_format(few), kinds.is_numeric(few), kinds.is_key(values))


def _words(name: str) -> frozenset[str]:
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    return frozenset(w for w in re.split(r"[^a-z0-9]+", spaced.lower()) if w)


def _similarity(target: str, source: str) -> float:
    """1 for the same name, less for a part, a synonym or a likeness of letters."""
    ours, theirs = _words(target), _words(source)
    if ours == theirs:
        return 1.0
    close = SequenceMatcher(None, "".join(sorted(ours)), "".join(sorted(theirs))).ratio() * 0.6
    core = ours - {"at", "id"} or ours
    spread = frozenset().union(*(group for group in _ALIKE if core & group))
    meant = 0.8 if (core | spread) & theirs else 0.0
    joined = [(o, t) for o in core for t in theirs if min(len(o), len(t)) > 3]
    begun = 0.7 if any(t.startswith(o) or o.startswith(t) for o, t in joined) else 0.0
    return max(close, 0.9 if core & theirs else 0.0, meant, begun) + (0.05 if begun else 0.0)


def _pair(dataset: Dataset, looks: list[Look]) -> dict[str, Look]:
    chosen = _key(dataset, looks)
    wanted = {t.name: "time" for t in dataset.times} | {m.name: "number" for m in dataset.measures}
    scored: list[tuple[float, int, str, Look]] = []
    for rank, target in enumerate(targets(dataset)):
        kind = wanted.get(target)
        fits = [k for k in looks if _is_called(k, target) or (k.kind == kind if kind else k.kind != "time")]
        scored += [(_similarity(target, look.name), -rank, target, look) for look in fits]
    for score, _, target, look in sorted(scored, key=lambda s: s[:2], reverse=True):
        if score >= ENOUGH and target not in chosen and not look.taken:
            chosen[target], look.taken = look, True
    first = next((look for look in looks if look.kind == "time" and not look.taken), None)
    if dataset.time not in chosen and first is not None:
        chosen[dataset.time] = first
    return chosen


def _key(dataset: Dataset, looks: list[Look]) -> dict[str, Look]:
    """The column with the key's own name, or else the one that could be the key and is most called like one."""
    name = dataset.key
    if name is None:
        return {}
    called = [look for look in looks if _is_called(look, name)]
    fitting = called or [look for look in looks if look.key and look.format is None and not look.taken]
    if not fitting:
        return {}
    best = max(fitting, key=lambda look: _similarity(name, look.name) + (0.5 if _words(look.name) & _KEYS else 0.0))
    best.taken = True
    return {name: best}


def _is_called(look: Look, target: str) -> bool:
    """Whether a source column has the very name of the target: then it is meant, whatever its first values are."""
    return _words(look.name) == _words(target)


def _place(looks: list[Look]) -> Place | None:
    lat, lon = _degrees(looks, {"lat", "latitude"}), _degrees(looks, {"lon", "lng", "long", "longitude"})
    if lat and lon:
        lat.taken = lon.taken = True
        return Place(lat.name, lon.name)
    for look in looks:
        template = None if look.format or look.numeric else kinds.point_template(look.values)
        if template:
            look.taken = True
            return Place(source=look.name, point=template)
    return None


def _degrees(looks: list[Look], names: set[str]) -> Look | None:
    return next((k for k in looks if _words(k.name) & names and (k.numeric or _words(k.name) <= names)), None)


def _column(target: str, look: Look, dataset: Dataset) -> Column:
    if target in {t.name for t in dataset.times}:
        form = look.format or kinds.time_format(look.values, 0.5) or "iso"
        is_doubtful = look.format is None and target != dataset.time
        return Column(target, (look.name,), formats=(form,), unreadable="flag" if is_doubtful else "reject")
    if target in {m.name for m in dataset.measures}:
        return Column(target, (look.name,), unreadable="reject" if look.numeric else "flag")
    closed = next((d.values for d in dataset.dimensions if d.name == target), ())
    if closed:
        lower = all(value.islower() for value in closed)
        found = [text.lower() if lower else text for text in look.values.to_pylist()]
        values = _translations(list(dict.fromkeys(found)), closed)
        case: Literal["lower"] | None = "lower" if lower else None
        return Column(target, (look.name,), case=case, values=values, allowed=Allowed(closed, "flag"))
    return Column(target, (look.name,), whole=kinds.is_written_as_decimal(look.values))


def _translations(found: Sequence[str], closed: tuple[str, ...]) -> tuple[tuple[str, str | None], ...]:
    """Found texts that mean one of a closed list, by their own words or by what is said instead."""
    pairs: list[tuple[str, str | None]] = []
    for text in found[:100]:
        words = _words(text) | {"_".join(re.split(r"[^a-z0-9]+", text.lower()))}
        meant = next((v for v in closed if words & {v.lower(), *_STATUS.get(v, "").split()}), None)
        if meant is not None and text != meant:
            pairs.append((text, meant))
    return tuple(pairs)
