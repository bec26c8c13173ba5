"""What do the rules of a mapping do, in words?"""

from __future__ import annotations

from services.ingest import Column, Mapping

_OUTCOME = {
    "reject": "the row is rejected", "flag": "the value is emptied and the row flagged",
    "keep": "the value is kept and the row flagged", "default": "the default takes its place",
}  # fmt: skip
_SIGNS = (
    ("%Y", "YYYY"), ("%y", "YY"), ("%m", "MM"), ("%d", "DD"), ("%H", "hh"), ("%I", "hh"), ("%M", "mm"), ("%S", "ss"),
    ("%p", "AM/PM"), ("%b", "Mon"), ("%B", "Month"), ("%f", "ffffff"), ("%z", "zone"), ("%T", "hh:mm:ss"),
)  # fmt: skip


def rules(column: Column, is_time: bool) -> tuple[str, ...]:
    """The rules of one column in the order in which they act; () when values are taken as they are."""
    return tuple(part for part in (*_shape(column), *_values(column), *(_time(column) if is_time else ())) if part)


def _shape(column: Column) -> tuple[str, ...]:
    regex = column.regex
    return (
        f"always {column.constant}" if column.constant is not None else "",
        _several(column),
        f"written in {column.case} case" if column.case else "",
        f"the part that matches {regex.pattern}; else {_OUTCOME[regex.otherwise]}" if regex else "",
        f"filled up to {column.pad.width} signs" if column.pad else "",
        f"written as {column.format}" if column.format else "",
    )


def _several(column: Column) -> str:
    if len(column.sources) < 2:
        return ""
    names = ", ".join(column.sources)
    return f"{names} joined" if column.join is not None else f"the first of {names} that is present"


def _values(column: Column) -> tuple[str, ...]:
    count = len(column.values)
    allowed = column.allowed
    limits = column.range
    return (
        f"{count} spelling{'s' if count > 1 else ''} made alike" if count else "",
        f"missing becomes {column.default}" if column.default is not None else "",
        f"one of {len(allowed.values)} values; else {_OUTCOME[allowed.otherwise]}" if allowed else "",
        f"from {limits.at_least} to {limits.at_most}; else {_OUTCOME[limits.otherwise]}" if limits else "",
        {"reject": "required: else the row is rejected", "flag": "required: else the row is flagged", None: ""}[
            column.required
        ],
    )


def _time(column: Column) -> tuple[str, ...]:
    formats = " or ".join("ISO 8601" if f == "iso" else _readable(f) for f in column.formats)
    return (
        f"read as {formats}",
        f"in {column.timezone}" if column.timezone else "",
        "unreadable: the row is rejected" if column.unreadable == "reject" else "unreadable: emptied and flagged",
    )


def _readable(form: str) -> str:
    """`%Y-%m-%d` as people write it: YYYY-MM-DD."""
    for sign, word in _SIGNS:
        form = form.replace(sign, word)
    return form


def place_rules(mapping: Mapping) -> str:
    """Where the points come from, in words; empty when the mapping reads none."""
    place = mapping.place
    if place is None:
        return ""
    if place.utm:
        grid = f"UTM zone {place.utm.zone} {place.utm.hemisphere}"
        return (
            f"Place from {place.east} and {place.north}, {grid}; what cannot be read or is 0, 0 is emptied and flagged."
        )
    origin = f"{place.source} as {place.point}" if place.source else f"{place.lat} and {place.lon}"
    return f"Place from {origin}; what cannot be read or is 0, 0 is emptied and flagged."
