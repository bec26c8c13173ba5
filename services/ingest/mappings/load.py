"""Is a mapping file written in the grammar, and does it fit its dataset?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pyarrow as pa
import pyarrow.compute as pc
import yaml

from data.errors import BadInput
from data.model import Dataset
from services.ingest.mappings.grammar import OTHERWISE, Allowed, Column, Mapping, Order, Pad, Place, Range, Regex, Utm
from services.ingest.mappings.nodes import (
    Node,
    Read,
    choice,
    compose,
    count,
    near,
    number,
    pairs,
    read_fields,
    text,
    texts,
    truth,
)  # fmt: skip

LARGEST_FILE = 1_000_000
POINT = "(lat, lon)"


def _zone(node: Node) -> str:
    name = text(node)
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise node.wrong("a time zone such as America/New_York") from None
    return name


def _pattern(node: Node) -> str:
    value = text(node)
    try:
        pc.match_substring_regex(pa.array([""]), value)
    except pa.ArrowInvalid as error:
        raise node.wrong(f"a regular expression (RE2): {error}") from None
    return value


_outcome = choice(*OTHERWISE)
_REGEX: dict[str, tuple[str, Read]] = {
    "pattern": ("pattern", _pattern), "to": ("to", text), "otherwise": ("otherwise", _outcome),
}  # fmt: skip
_ALLOWED: dict[str, tuple[str, Read]] = {"values": ("values", texts), "otherwise": ("otherwise", _outcome)}
_PAD: dict[str, tuple[str, Read]] = {"width": ("width", count), "fill": ("fill", text)}
_RANGE: dict[str, tuple[str, Read]] = {
    "at_least": ("at_least", number), "at_most": ("at_most", number), "otherwise": ("otherwise", _outcome),
}  # fmt: skip


def _needs(node: Node, found: dict[str, Any], name: str) -> dict[str, Any]:
    if name not in found:
        raise node.wrong(f"the field `{name}`")
    return found


def _regex(node: Node) -> Regex:
    if node.is_text():
        return Regex(_pattern(node))
    return Regex(**_needs(node, read_fields(node, _REGEX), "pattern"))


def _allowed(node: Node) -> Allowed:
    if node.is_list():
        return Allowed(texts(node))
    return Allowed(**_needs(node, read_fields(node, _ALLOWED), "values"))


def _pad(node: Node) -> Pad:
    return Pad(count(node)) if node.is_text() else Pad(**_needs(node, read_fields(node, _PAD), "width"))


def _replacements(node: Node) -> tuple[tuple[str, str], ...]:
    return tuple((old, new or "") for old, new in pairs(node))


_COLUMN: dict[str, tuple[str, Read]] = {
    "from": ("sources", texts), "constant": ("constant", text), "join": ("join", text), "strip": ("strip", truth),
    "missing": ("missing", texts), "case": ("case", choice("upper", "lower", "title", "sentence")),
    "replace": ("replace", _replacements), "regex": ("regex", _regex), "whole": ("whole", truth), "pad": ("pad", _pad),
    "format": ("format", text), "values": ("values", pairs), "default": ("default", text),
    "allowed": ("allowed", _allowed), "required": ("required", choice("reject", "flag")), "longest": ("longest", count),
    "too_long": ("too_long", choice("reject", "cut")), "formats": ("formats", texts), "timezone": ("timezone", _zone),
    "ambiguous": ("ambiguous", choice("earlier", "later", "reject")),
    "nonexistent": ("nonexistent", choice("shift", "reject")), "unreadable": ("unreadable", choice("reject", "flag")),
    "future": ("future", choice("flag", "keep", "reject")), "decimal": ("decimal", text),
    "thousands": ("thousands", text), "factor": ("factor", text),
    "range": ("range", lambda node: Range(**read_fields(node, _RANGE))),
}  # fmt: skip
_PLACE: dict[str, tuple[str, Read]] = {
    "lat": ("lat", text), "lon": ("lon", text), "from": ("source", text), "point": ("point", text),
    "east": ("east", text), "north": ("north", text), "utm": ("utm", lambda node: _utm(node)),
    "inside": ("inside", lambda node: _inside(node)), "unreadable": ("unreadable", choice("empty", "reject")),
    "zero": ("zero", choice("empty", "keep", "reject")), "outside": ("outside", choice("empty", "keep", "reject")),
    "swapped": ("swapped", choice("swap", "empty", "keep", "reject")),
}  # fmt: skip
_UTM: dict[str, tuple[str, Read]] = {"zone": ("zone", count), "hemisphere": ("hemisphere", choice("north", "south"))}
_INSIDE: dict[str, tuple[str, Read]] = {n: (n, number) for n in ("south", "west", "north", "east")}
_ORDER: dict[str, tuple[str, Read]] = {
    "first": ("first", text), "then": ("then", text), "otherwise": ("otherwise", choice("flag", "reject", "empty")),
}  # fmt: skip
_MAPPING: dict[str, tuple[str, Read]] = {
    "dataset": ("dataset", text), "title": ("title", text), "files": ("files", texts), "timezone": ("timezone", _zone),
    "duplicates": ("duplicates", choice("reject", "update")), "encoding": ("encoding", text),
    "delimiter": ("delimiter", text), "columns": ("columns", lambda node: tuple(map(_column, node.fields().values()))),
    "place": ("place", lambda node: _place(node)),
    "order": ("order", lambda node: tuple(map(_order, node.items()))),
}  # fmt: skip


def _column(node: Node) -> Column:
    target = node.path.removeprefix("columns.")
    if node.is_text():
        return Column(target, (text(node),), line=node.line)
    found = read_fields(node, _COLUMN)
    if ("sources" in found) == ("constant" in found):
        raise node.wrong("either `from` or `constant`")
    if "format" in found and found["format"].count("{}") != 1:
        raise node.fields()["format"].wrong("a text with one {}, where the value goes")
    return Column(target, **found, line=node.line)


def _inside(node: Node) -> tuple[float, float, float, float]:
    found = read_fields(node, _INSIDE)
    for name in _INSIDE:
        _needs(node, found, name)
    south, west, north, east = (float(found[n]) for n in ("south", "west", "north", "east"))
    if not (-90 <= south < north <= 90 and -180 <= west < east <= 180):
        raise node.wrong("south below north and west below east, in degrees", (south, west, north, east))
    return south, west, north, east


def _utm(node: Node) -> Utm:
    found = _needs(node, read_fields(node, _UTM), "zone")
    if not 1 <= found["zone"] <= 60:
        raise node.wrong("a UTM `zone` from 1 to 60", found["zone"])
    return Utm(**found)


def _place(node: Node) -> Place:
    found = read_fields(node, _PLACE)
    ways = [{"source"}, {"lat", "lon"}, {"east", "north", "utm"}]
    if found.keys() & set().union(*ways) not in ways:
        raise node.wrong("either `lat` and `lon`, or `from` with `point`, or `east` and `north` with `utm`")
    template = found.get("point", POINT)
    if template.count("lat") != 1 or template.count("lon") != 1:
        raise node.wrong("a `point` with `lat` and `lon` once each, such as (lat, lon)", template)
    return Place(**found, line=node.line)


def _order(node: Node) -> Order:
    found = read_fields(node, _ORDER)
    return Order(**_needs(node, _needs(node, found, "first"), "then"), line=node.line)


def load_mapping(source: str, dataset: Dataset | None = None, file: str = "mapping") -> Mapping:
    """The mapping written in a YAML text; with a dataset, checked against it.

    Raises BadInput that names file, line, field, what was found and what is expected.
    """
    top = compose(source, file)
    found = read_fields(top, _MAPPING)
    for name in ("dataset", "columns"):
        _needs(top, found, name)
    mapping = Mapping(**found, name=file)
    if dataset is not None:
        check_targets(mapping, dataset)
    return mapping


def load_mapping_file(path: Path, dataset: Dataset | None = None) -> Mapping:
    """The mapping in a file; raises BadInput."""
    if not path.is_file():
        raise BadInput(f"No mapping file {path}.")
    if path.stat().st_size > LARGEST_FILE:
        raise BadInput(f"{path}: a mapping file of {path.stat().st_size:,} bytes; expected at most {LARGEST_FILE:,}.")
    try:
        return load_mapping(path.read_text(encoding="utf-8"), dataset, path.name)
    except UnicodeDecodeError as error:
        raise BadInput(f"{path}: not UTF-8 text.") from error


def mapping_of(plain: dict[str, Any], dataset: Dataset | None = None, name: str = "mapping") -> Mapping:
    """A mapping from plain values (as stored with an import or edited on a page), checked like a file."""
    return load_mapping(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True), dataset, name)


def check_targets(mapping: Mapping, dataset: Dataset) -> None:
    """Every column it fills must be one of the dataset, and what the dataset cannot do without must be filled."""
    if mapping.dataset not in (dataset.qualified, dataset.name):
        raise BadInput(
            f"{mapping.name}: `dataset`: found a mapping for {mapping.dataset}; expected one for {dataset.qualified}."
        )
    known = targets(dataset)
    for column in mapping.columns:
        if column.target not in known:
            raise BadInput(
                f"{mapping.name}, line {column.line}: `columns.{column.target}`: no such column in "
                f"{dataset.qualified}; expected one of {', '.join(known)}.{near(column.target, known)}"
            )
        if column.factor is not None and column.target not in {m.name for m in dataset.measures}:
            raise BadInput(
                f"{mapping.name}, line {column.line}: `columns.{column.target}`: only a measure can have a `factor`."
            )
    for need in (dataset.time, dataset.key):
        if need is not None and mapping.column(need) is None:
            raise BadInput(
                f"{mapping.name}: `columns`: nothing for `{need}`, which every row of {dataset.qualified} needs."
            )
    if mapping.place is not None and not dataset.place:
        raise BadInput(f"{mapping.name}, line {mapping.place.line}: `place`: {dataset.qualified} has no place.")
    _check_orders(mapping, dataset)


def _check_orders(mapping: Mapping, dataset: Dataset) -> None:
    times = [t.name for t in dataset.times]
    for order in mapping.order:
        for name in (order.first, order.then):
            if name not in times:
                raise BadInput(
                    f"{mapping.name}, line {order.line}: `order`: found {name!r}; expected a time of "
                    f"{dataset.qualified}: {', '.join(times)}.{near(name, times)}"
                )


def targets(dataset: Dataset) -> tuple[str, ...]:
    """The columns a mapping can fill: key, times, dimensions that are not derived, actor, measures."""
    derived = {flag.name for flag in dataset.flags}
    names = [dataset.key] if dataset.kind == "keyed" and dataset.key else []
    names += [t.name for t in dataset.times]
    names += [d.name for d in dataset.dimensions if d.name not in derived]
    names += [dataset.actor] if dataset.actor else []
    names += [m.name for m in dataset.measures]
    return tuple(dict.fromkeys(names))


def check_sources(mapping: Mapping, header: Sequence[str], file: str) -> None:
    """Every source column must be in the file; raises BadInput with the nearest name there."""
    for source, line in mapping.sources().items():
        if source not in header:
            raise BadInput(
                f"{file}: no column `{source}`, which {mapping.name}, line {line} reads; the file has "
                f"{', '.join(header)}.{near(source, header)}"
            )
