"""Which dataset and metrics fit the columns of a file?"""

from __future__ import annotations

from dataclasses import dataclass

from data.errors import BadInput
from services.packs.looking import Seen, words_of

BEGINS = (
    "opened", "created", "create", "creation", "reported", "requested", "received", "submitted", "occurred", "start",
    "started", "begin", "timestamp", "datetime", "time", "date",
)  # fmt: skip
ENDS = ("closed", "resolved", "completed", "completion", "finished", "ended", "end", "removed", "fixed", "done")


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A pack with one dataset: its columns by role, the primary time and, for cases, the time of their end."""

    pack: str
    seen: tuple[Seen, ...]
    time: Seen
    end: Seen | None

    def of(self, *roles: str) -> list[Seen]:
        """The columns of these roles."""
        return [one for one in self.seen if one.role in roles]

    @property
    def key(self) -> Seen | None:
        """The key, if the rows change."""
        return next(iter(self.of("key")), None)

    @property
    def place(self) -> bool:
        """Have the rows a point?"""
        return bool(self.of("point")) or bool(self.of("lat") and self.of("lon"))


def skeleton(pack: str, seen: list[Seen], file: str) -> Skeleton:
    """The likeliest pack; raises BadInput when no column is a time."""
    times = [one for one in seen if one.role == "time"]
    if not times:
        shown = ", ".join(one.source for one in seen)
        raise BadInput(f"{file}: no column looks like a time, and every dataset needs one. Found: {shown}.")
    fullest = min(one.missing for one in times)
    full = [one for one in times if one.missing == fullest]
    primary = min(full, key=lambda one: min(_rank(one, BEGINS), len(BEGINS)))
    ends = [one for one in times if one is not primary and _rank(one, ENDS) < len(ENDS)]
    keyed = any(one.role == "key" for one in seen)
    end = min(ends, key=lambda one: _rank(one, ENDS)) if ends and keyed else None
    return Skeleton(pack, tuple(seen), primary, end)


def _rank(seen: Seen, words: tuple[str, ...]) -> int:
    return min((words.index(word) for word in words_of(seen.source) if word in words), default=len(words))


def title_of(pack: str) -> str:
    """The pack's name as people read it."""
    return pack.replace("_", " ").capitalize()


def starting_metrics(made: Skeleton) -> dict[str, dict[str, str]]:
    """A count, the means of the numbers, the people; for cases that end, how many, how long and how many are open."""
    metrics = {f"{made.pack}_count": _count(made, made.time, title_of(made.pack), "Rows of the period.")}
    if made.end:
        metrics |= _metrics_of_end(made, made.end)
    for one in made.of("measure"):
        metrics[f"mean_{one.name}"] = _over(made, made.time, one.name) | {
            "title": f"Mean {one.title.lower()}", "description": f"Mean of {one.source}.", "shape": "average",
            "unit": "units", "format": "decimal",
        }  # fmt: skip
    for one in made.of("actor"):
        metrics[f"active_{one.name}"] = _over(made, made.time, one.name) | {
            "title": f"Active by {one.title.lower()}", "description": f"Different values of {one.source}.",
            "shape": "distinct", "unit": "people", "format": "integer",
        }  # fmt: skip
    return metrics


def _count(made: Skeleton, time: Seen, title: str, description: str) -> dict[str, str]:
    texts = {"title": title, "description": description, "shape": "count", "unit": "rows", "format": "integer"}
    return _over(made, time) | texts


def _over(made: Skeleton, time: Seen, of: str = "") -> dict[str, str]:
    named = {"dataset": made.pack, "at": time.name} | ({"of": of} if of else {})
    return named | {"better": "neither", "family": "operational"}


def _metrics_of_end(made: Skeleton, end: Seen) -> dict[str, dict[str, str]]:
    ended, took = end.title.lower(), f"time_to_{end.name}"
    return {
        f"{made.pack}_{end.name}": _count(made, end, f"{title_of(made.pack)} by {ended}", f"Rows by {ended}."),
        f"{made.pack}_open": {
            "title": f"Open {title_of(made.pack).lower()}",
            "description": f"Begun and without {ended} at the end of the period.", "shape": "balance",
            "plus": f"{made.pack}_count", "minus": f"{made.pack}_{end.name}", "unit": "rows", "format": "integer",
            "better": "lower", "family": "operational",
        },
        f"{took}_median": _over(made, end, took) | {
            "title": f"Median time to {ended}", "description": "Half of those that ended in the period took no longer.",
            "shape": "percentile", "q": "0.5", "unit": "hours", "format": "duration", "better": "lower",
        },
    }  # fmt: skip
