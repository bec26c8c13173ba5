"""What is taken along of "Did it work?": the weeks of treated places and their mixture, its weights, the placebos?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from data.model import Dataset, Metric
from data.routes import Errand
from data.types import Scope, TimeRange
from services.exports import sheets
from services.exports.map_files import polygon
from services.exports.sheets import Item, PlainSheet
from services.exports.visible import require_visible
from services.field.effects import ask_of, in_words
from services.formats import number, plural
from services.maps.choices import Box, MapChoice, box_around
from services.maps.colours import categorical
from services.maps.hexes import Coverage
from services.maps.pictures import Fact, Swatch

if TYPE_CHECKING:
    import shapely

WEEK_COLUMNS = ("week", "phase", "treated", "synthetic", "difference")
PLACE_COLUMNS = ("place", "role", "weight")
PLACEBO_COLUMNS = (
    "rank", "places", "is_placebo", "ratio", "error_before", "error_after", "effect", "effect_alike", "compared",
)  # fmt: skip
_MUCH = 0.1
_MARGIN, _LEAST = 0.1, 0.02  # degrees around the hexagons of a picture


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found for a question of a metric, as it is stored in the errand; `filters` are those asked, in words."""

    metric: Metric
    dataset: Dataset
    errand: Errand
    filters: Sequence[str]

    @property
    def has_hexagons(self) -> bool:
        """Whether places are hexagons of the heat map; of others nobody knows where they lie."""
        return ask_of(self.errand.ask).by.startswith("cell:")


def looked_at(scope: Scope, finding: Finding, layer: str) -> MapChoice:
    """The weeks that were compared, under their filters."""
    ask, weeks = ask_of(finding.errand.ask), finding.errand.found["weeks"]
    edges = date.fromisoformat(weeks[0]), date.fromisoformat(weeks[-1]) + timedelta(weeks=1)
    zone = ZoneInfo(scope.workspace.timezone)
    range_ = TimeRange(*(datetime.combine(day, time(), zone) for day in edges))
    return MapChoice(layer, finding.metric.qualified, range_, ask.filters, None, None, "")


def week_sheet(scope: Scope, finding: Finding, now: datetime) -> PlainSheet:
    """Every whole week that was compared: the mean treated place, its mixture and the difference.

    Where no effect can be told there is no mixture; the header says why.
    """
    found = finding.errand.found
    mixture = found.get("synthetic") or [None] * len(found["weeks"])
    items = []
    for at, (week, real, made) in enumerate(zip(found["weeks"], found["actual"], mixture, strict=True)):
        phase = "before" if at < found["before"] else "after"
        values: tuple[Fact, ...] = (week, phase, real, made, None if made is None else real - made)
        items.append(Item(week, week, values, None, None))
    part = ("Weeks", f"{plural(len(items), 'whole week')}, {found['before']} of them before the intervention")
    return _sheet(scope, finding, "effect", WEEK_COLUMNS, tuple(items), part, now)


def place_sheet(scope: Scope, finding: Finding, now: datetime, is_dark: bool = False) -> PlainSheet:
    """The treated places and those they were compared with, by their weight in the mixture; hexagons with outlines.

    Results of earlier versions know only the places that are in the mixture.
    """
    found, colours = finding.errand.found, categorical(is_dark)
    weights: Mapping[str, float] = found["weights"]
    compared = sorted(found.get("controls", weights), key=lambda name: (-weights.get(name, 0.0), name))
    named: list[tuple[str, str, float | None, int]] = [(name, "treated", None, 0) for name in found["treated"]]
    named += [(name, "compared", weights.get(name, 0.0), _grade(weights.get(name, 0.0))) for name in compared]
    swatches = (
        Swatch(colours[0], "Treated"), Swatch(colours[5], "In the mixture: 10 % and more"),
        Swatch(colours[1], "In the mixture: below 10 %"), Swatch(colours[6], "Compared, not in the mixture"),
    )  # fmt: skip
    items = tuple(
        Item(name, name, (name, role, weight), grade, polygon(name) if finding.has_hexagons else None, weight or 0.0)
        for name, role, weight, grade in named
    )
    part = ("Places", f"{plural(len(found['treated']), 'treated place')} and {plural(len(compared), 'untreated one')}")
    sheet = _sheet(scope, finding, "mixture", PLACE_COLUMNS, items, part, now)
    return replace(sheet, swatches=swatches)


def placebo_sheet(scope: Scope, finding: Finding, now: datetime) -> PlainSheet:
    """The treated places among all placebos, by error after over error before; those that are not compared come last.

    `effect_alike` is a placebo's effect were its error before that of the treated places: the interval is the effect
    less the 97.5 % and 2.5 % quantiles of these. Results of earlier versions have none of it.
    """
    found = finding.errand.found
    controls, trials = found["controls"], found["trials"]
    own = next(one for one in trials if not one["places"])
    # of equal ones the placebos come first, as they count as at least as large
    ranked = sorted(trials, key=lambda one: (not one["is_compared"], -one["ratio"], not one["places"]))
    items = []
    for place, one in enumerate(ranked, 1):
        alike = one["effect"] * own["error_before"] / max(one["error_before"], 1e-9)
        said = "; ".join(controls[number] for number in one["places"]) or "; ".join(found["treated"])
        values: tuple[Fact, ...] = (
            place if one["is_compared"] else None, said, "yes" if one["places"] else "no", one["ratio"],
            one["error_before"], one["error_after"], one["effect"], alike, "yes" if one["is_compared"] else "no",
        )  # fmt: skip
        items.append(Item(f"{place}", said, values, None, None))
    left_out = sum(not one["is_compared"] for one in trials)
    said = f"{plural(len(items) - 1, 'placebo')}, {left_out} of them not compared because they fit much worse before"
    return _sheet(scope, finding, "placebos", PLACEBO_COLUMNS, tuple(items), ("Placebos", said), now)


def _grade(weight: float) -> int:
    """The place of a weight in the legend."""
    if not weight:
        return 3
    return 1 if weight >= _MUCH else 2


def _box(items: Sequence[Item]) -> Box:
    """The part of the earth that a picture shows; all of it where nothing lies anywhere."""
    shapes: list[shapely.Geometry] = [item.shape for item in items if item.shape is not None]
    corners = [corner for shape in shapes for corner in (shape.bounds[:2], shape.bounds[2:])]
    return box_around(corners, _MARGIN, _LEAST)


def _sheet(
    scope: Scope, finding: Finding, layer: str, columns: tuple[str, ...], items: tuple[Item, ...],
    part: tuple[str, str], now: datetime,
) -> PlainSheet:  # fmt: skip
    """A table with what was asked and found in its header. Raises NotAllowed where places are a hidden column."""
    errand, found = finding.errand, finding.errand.found
    ask, choice, box = ask_of(errand.ask), looked_at(scope, finding, layer), _box(items)
    require_visible(scope, finding.dataset, {ask.by})
    rows = found.get("rows")
    coverage = Coverage(rows or 0, found.get("rows_elsewhere", 0), found.get("rows_unplaced", 0))
    said = "not counted"
    if rows is not None:
        said = f"{number(rows, 'integer')} of {plural(coverage.total, 'row')} lie in the places that are compared."
    title = f"{finding.metric.title} since {ask.since}: did it work?"
    about = sheets.about(
        scope, finding.metric, choice, finding.filters, now, title, found["reason"] or _note(found), errand.as_of,
        coverage, said, box,
    ) | {
        "rows": rows, part[0].lower(): len(items), "since": ask.since, "by": ask.by,
        "treated": found.get("treated", []), "untreated_places": found.get("donors"),
        "beside_treated_left_out": found.get("near"), "worked_out_at": errand.finished_at,
        **{name: found.get(name) for name in ("effect", "low", "high", "relative", "p", "fit")},
        "placebos_compared": found.get("placebos"),
    }  # fmt: skip
    sentences = (*sheets.sentences(about, part), *_answered(scope, finding))
    return PlainSheet(title, columns, (), items, about, sentences, (), box, choice)


def _note(found: Mapping[str, Any]) -> str:
    return f"Means a week and place against a synthetic control of {plural(found['donors'], 'untreated place')}"


def _answered(scope: Scope, finding: Finding) -> tuple[tuple[str, str], ...]:
    """The answer as the page tells it, for the header."""
    errand, found = finding.errand, finding.errand.found
    assert errand.finished_at is not None, "a question with an answer was finished"
    worked_out = ("Worked out", sheets.dated(errand.finished_at, scope.workspace.timezone))
    if found["reason"]:
        return (worked_out,)
    said = in_words(found)
    return (
        ("Change a week and place", f"{said.change} (95 % interval {said.low} to {said.high}); it {said.often}"),
        ("Against what would have been", said.relative),
        ("Chance of as much", f"{said.chance}, from {plural(found['placebos'], 'placebo')}"),
        ("Missed before by", said.missed), worked_out,
    )  # fmt: skip
