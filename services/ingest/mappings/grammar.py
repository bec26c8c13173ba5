"""What can a mapping say: which source column feeds which column of a dataset, and by which rules?"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

Otherwise = Literal["reject", "flag", "keep", "default"]
OTHERWISE: tuple[Otherwise, ...] = ("reject", "flag", "keep", "default")
MISSING_TEXTS = ("", "NULL", "null", "NaN", "nan", "NA", "N/A", "n/a")
LONGEST = 500


@dataclass(frozen=True, slots=True)
class Regex:
    """The whole text must match `pattern` (RE2); it becomes `to`, where \\1 is the first group."""

    pattern: str
    to: str = r"\1"
    otherwise: Otherwise = "flag"


@dataclass(frozen=True, slots=True)
class Allowed:
    """The texts a column may hold."""

    values: tuple[str, ...]
    otherwise: Otherwise = "reject"


@dataclass(frozen=True, slots=True)
class Pad:
    """Fill a text on its left up to `width` characters."""

    width: int
    fill: str = "0"


@dataclass(frozen=True, slots=True)
class Range:
    """The numbers a measure may hold, ends included."""

    at_least: float | None = None
    at_most: float | None = None
    otherwise: Otherwise = "reject"


@dataclass(frozen=True, slots=True)
class Column:
    """Where one column of the dataset comes from and what happens to it, in the order of the fields below.

    `sources`: one source column; several are taken as the first that is present, or joined with `join`. `constant`
    takes the place of a source. The outcome words are those of `Otherwise`: reject the row, flag it and empty the
    value, keep the value and flag it, or put `default` in its place and flag it. `factor`:
    a second source column, by whose number a measure is multiplied.
    """

    target: str
    sources: tuple[str, ...] = ()
    constant: str | None = None
    join: str | None = None
    strip: bool = True
    missing: tuple[str, ...] = MISSING_TEXTS
    case: Literal["upper", "lower", "title", "sentence"] | None = None
    replace: tuple[tuple[str, str], ...] = ()
    regex: Regex | None = None
    whole: bool = False
    pad: Pad | None = None
    format: str | None = None
    values: tuple[tuple[str, str | None], ...] = ()
    default: str | None = None
    allowed: Allowed | None = None
    required: Literal["reject", "flag"] | None = None
    longest: int = LONGEST
    too_long: Literal["reject", "cut"] = "reject"
    formats: tuple[str, ...] = ("iso",)
    timezone: str | None = None
    ambiguous: Literal["earlier", "later", "reject"] = "earlier"
    nonexistent: Literal["shift", "reject"] = "shift"
    unreadable: Literal["reject", "flag"] = "reject"
    future: Literal["flag", "keep", "reject"] = "flag"
    decimal: str = "."
    thousands: str = ""
    factor: str | None = None
    range: Range | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Utm:
    """The zone of a UTM grid, 1 to 60, and on which half of the earth."""

    zone: int
    hemisphere: Literal["north", "south"] = "north"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row's point comes from: two columns of degrees, two of metres on a UTM grid, or one text read by a
    template such as `(lat, lon)`.

    `inside` is south, west, north, east. The outcomes: `empty` the point and flag the row, `keep` it and flag, `reject`
    the row; a swapped pair can be swapped back (`swap`, flagged).
    """

    lat: str | None = None
    lon: str | None = None
    source: str | None = None
    point: str = "(lat, lon)"
    east: str | None = None
    north: str | None = None
    utm: Utm | None = None
    inside: tuple[float, float, float, float] | None = None
    unreadable: Literal["empty", "reject"] = "empty"
    zero: Literal["empty", "keep", "reject"] = "empty"
    swapped: Literal["swap", "empty", "keep", "reject"] = "empty"
    outside: Literal["empty", "keep", "reject"] = "empty"
    line: int = 0


@dataclass(frozen=True, slots=True)
class Order:
    """`first` must not come after `then`: flag or reject a row where it does, or flag it and empty `then`."""

    first: str
    then: str
    otherwise: Literal["flag", "reject", "empty"] = "flag"
    line: int = 0


@dataclass(frozen=True, slots=True)
class Mapping:
    """How the columns of a kind of file become the columns of a dataset."""

    dataset: str
    columns: tuple[Column, ...]
    title: str = ""
    files: tuple[str, ...] = ()
    timezone: str | None = None
    duplicates: Literal["reject", "update"] = "reject"
    place: Place | None = None
    order: tuple[Order, ...] = ()
    encoding: str | None = None
    delimiter: str | None = None
    name: str = field(default="mapping", compare=False)

    def sources(self) -> dict[str, int]:
        """Every source column it reads, with the line of the mapping that names it first."""
        found: dict[str, int] = {}
        for column in self.columns:
            for source in (*column.sources, *((column.factor,) if column.factor else ())):
                found.setdefault(source, column.line)
        if self.place is not None:
            place = self.place
            for named in (place.lat, place.lon, place.east, place.north, place.source):
                if named is not None:
                    found.setdefault(named, self.place.line)
        return found

    def column(self, target: str) -> Column | None:
        """The mapping of one column of the dataset, if it has one."""
        return next((c for c in self.columns if c.target == target), None)


def mapping_hash(mapping: Mapping, timezone: str, rows_a_batch: int) -> str:
    """What the same work is known by: the rules, the zone they fall back on and how rows are cut into batches."""
    rules = {name: value for name, value in as_dict(mapping).items() if name not in ("title", "files")}
    plain = json.dumps([rules, timezone, rows_a_batch], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(plain.encode()).hexdigest()


def as_dict(mapping: Mapping) -> dict[str, Any]:
    """The mapping as plain values in the shape of its YAML file, defaults left out."""
    plain: dict[str, Any] = {"dataset": mapping.dataset}
    for name in ("title", "files", "timezone", "duplicates", "encoding", "delimiter"):
        _put(plain, name, getattr(mapping, name), _default(Mapping, name))
    plain["columns"] = {c.target: _column(c) for c in mapping.columns}
    if mapping.place is not None:
        plain["place"] = _place(mapping.place)
    if mapping.order:
        plain["order"] = [{"first": o.first, "then": o.then, "otherwise": o.otherwise} for o in mapping.order]
    return plain


def _column(column: Column) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    if column.sources:
        plain["from"] = column.sources[0] if len(column.sources) == 1 else list(column.sources)
    for f in fields(Column):
        if f.name in ("target", "sources", "line"):
            continue
        value = getattr(column, f.name)
        if f.name in ("replace", "values"):
            value = dict(value)
        elif f.name in ("regex", "allowed", "pad", "range") and value is not None:
            value = {k: _plain(v) for k, v in asdict(value).items() if v is not None}
        _put(plain, f.name, value, {} if f.name in ("replace", "values") else _default(Column, f.name))
    return plain


def _place(place: Place) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    if place.source is not None:
        plain |= {"from": place.source, "point": place.point}
    for name in ("lat", "lon", "east", "north", "unreadable", "zero", "swapped", "outside"):
        _put(plain, name, getattr(place, name), _default(Place, name))
    if place.utm is not None:
        plain["utm"] = asdict(place.utm)
    if place.inside is not None:
        plain["inside"] = dict(zip(("south", "west", "north", "east"), place.inside, strict=True))
    return plain


def _put(plain: dict[str, Any], name: str, value: Any, default: Any) -> None:
    if value != default:
        plain[name] = _plain(value)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _default(kind: type, name: str) -> Any:
    return next(f.default for f in fields(kind) if f.name == name)
