"""How is a begun pack written down?"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from services.model.grammar import METRIC
from services.packs.looking import Seen
from services.packs.shaping import Skeleton, starting_metrics, title_of

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9 /()%._-]*[A-Za-z0-9)%._]|[A-Za-z]|0?[.][0-9]+")
_WORDS_OF_YAML = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}


def quoted(text: str) -> str:
    """The text as a YAML scalar."""
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS_OF_YAML
    return text if plain else json.dumps(text, ensure_ascii=False)


def pack_text(made: Skeleton, file: str) -> str:
    """pack.yaml, with comments that say what to look at."""
    title = title_of(made.pack)
    lines = [
        f"# Begun from {file}: names, kinds and metrics are guesses.",
        f"# Correct them, then: manage.py pack check {made.pack}",
        "# Every field is explained in docs/reference/grammar.md.",
        f"pack: {made.pack}",
        f"title: {quoted(title)}",
        f"description: Rows like those of {quoted_inside(file)}.",
        "owner: Operations",
        "",
        "datasets:",
        f"  {made.pack}:",
        f"    title: {quoted(title)}",
        *_kind(made),
        *_columns(made),
        "    usual_delay: 1d  # how old the newest row may be before the data counts as late",
        "    # keep: 400 days  # older rows are removed on Sundays; without this line they stay for ever",
        "",
        "metrics:  # better is higher, lower or neither; family is business, operational, technical or experience",
        *_rendered(starting_metrics(made)),
    ]
    return "\n".join(lines) + "\n"


def quoted_inside(text: str) -> str:
    """The text with nothing that YAML would read."""
    return re.sub(r"[^A-Za-z0-9._ -]", " ", text)


def _kind(made: Skeleton) -> list[str]:
    if made.key:
        why = "each row is found by its key, and a later file may change it"
        return [f"    kind: keyed  # {why}", f"    key: {made.key.name}", f"    time: {made.time.name}"]
    return ["    kind: append  # no column looked like a key, so rows never change", f"    time: {made.time.name}"]


def _columns(made: Skeleton) -> list[str]:
    lines = ["    times:", *(f"      {one.name}: {quoted(one.title)}" for one in _times(made))]
    if made.of("dimension"):
        lines.append("    dimensions:")
    for one in made.of("dimension"):
        many = ", leaderboard: false" if one.distinct > 1000 else ""
        lines.append(f"      {one.name}: {{title: {quoted(one.title)}{many}}}  # {one.distinct:,} values in the sample")
    lines += [f"    actor: {one.name}  # who; counted by the shape distinct" for one in made.of("actor")]
    if made.of("measure"):
        lines.append("    measures:")
    lines += [
        f"      {one.name}: {{title: {quoted(one.title)}, unit: units, decimals: {one.decimals}}}"
        for one in made.of("measure")
    ]
    if made.end:
        title = f"Time to {made.end.title.lower()}"
        field = f"{{title: {quoted(title)}, from: {made.time.name}, to: {made.end.name}}}"
        lines += ["    durations:", f"      time_to_{made.end.name}: {field}"]
    lines += ["    place: true"] if made.place else []
    return lines + [f"    # left out: {one.source} ({one.note})" for one in made.of("left_out")]


def _times(made: Skeleton) -> list[Seen]:
    return [made.time, *(one for one in made.of("time") if one is not made.time)]


def _rendered(metrics: dict[str, dict[str, str]]) -> Iterator[str]:
    for name, fields in metrics.items():
        yield f"  {name}:"
        yield from (f"    {field}: {quoted(fields[field])}" for field in METRIC.names() if field in fields)
