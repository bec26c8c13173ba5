"""Does everything that a simulator names exist, and can its steps be taken in their order?"""

from __future__ import annotations

from collections.abc import Iterator

from data.model import Dataset, LimitFlag, Pack
from services.model.nodes import Node
from services.model.problems import Problem
from services.model.reading import Form
from services.simulate.bounds import check_bounds
from services.simulate.findings import Findings


def check_recipe(form: Form, node: Node, pack: Pack) -> Iterator[Problem]:
    """Every name that leads nowhere, with the nearest that would."""
    check = Findings(form, node, pack)
    yield from check.known(form.text("cases"), check.datasets, "cases")
    yield from check.known(form.maybe("steps"), check.datasets, "steps")
    cases = check.datasets.get(form.text("cases"))
    if cases is None or form.text("steps", cases.name) not in check.datasets:
        return
    yield from check.holds(cases.kind == "keyed", "expected a keyed dataset.", "cases")
    yield from _general(check, cases)
    yield from _parts(check, cases)
    yield from _lifecycle(check, cases)
    yield from _answers(check, cases)
    yield from check_bounds(check)


def _general(check: Findings, cases: Dataset) -> Iterator[Problem]:
    form, dimensions = check.form, [dimension.name for dimension in cases.dimensions]
    steps = check.datasets[form.text("steps", cases.name)]
    for field in ("kind", "area", "status_column"):
        yield from check.known(form.maybe(field), dimensions, field)
    for field in ("case_column", "event_column"):
        yield from check.known(form.maybe(field), [dimension.name for dimension in steps.dimensions], field)
    for field in ("choices", "missing"):
        for name in [*form.tables("choices")] if field == "choices" else [n for n, _ in form.amounts("missing")]:
            yield from check.known(name, dimensions, field, name)
    seven = len(form.numbers("weekdays")) == 7
    yield from check.holds(seven, "expected seven numbers, Monday first.", "weekdays")
    per_day = form.amount("per_day", 0)
    yield from check.holds(0 < per_day < 1_000_000, f"found {per_day:g}, expected 1 to 999999.", "per_day")


def _parts(check: Findings, cases: Dataset) -> Iterator[Problem]:
    form, dimensions = check.form, [dimension.name for dimension in cases.dimensions]
    rhythms = form.tables("rhythms")
    for name, kind in form.forms("kinds").items():
        yield from check.known(kind.maybe("rhythm"), rhythms, "kinds", name, "rhythm")
        for dimension in (*kind.texts("sets"), *kind.tables("choices")):
            yield from check.known(dimension, dimensions, "kinds", name, dimension)
    yield from _spots_and_stories(check, dimensions)
    staff = form.form("staff")
    if staff:
        yield from check.known(staff.text("dimension"), dimensions, "staff", "dimension")
        yield from check.known(staff.text("by"), dimensions, "staff", "by")
        yield from check.known(staff.text("from_step"), form.forms("lifecycle"), "staff", "from_step")


def _spots_and_stories(check: Findings, dimensions: list[str]) -> Iterator[Problem]:
    kinds, areas = check.form.forms("kinds"), check.form.forms("areas")
    for name, spot in check.form.forms("hotspots").items():
        yield from check.known(spot.text("area"), areas, "hotspots", name, "area")
        for kind in spot.names("kinds"):
            yield from check.known(kind, kinds, "hotspots", name, "kinds")
    for name, story in check.form.forms("stories").items():
        named = [*story.amounts("kinds")], [*story.amounts("areas")]
        for field, among, found in (("kinds", kinds, named[0]), ("areas", areas, named[1])):
            for value, _ in found:
                yield from check.known(value, among, "stories", name, field)
        for dimension in story.texts("only"):
            yield from check.known(dimension, dimensions, "stories", name, "only")


def _lifecycle(check: Findings, cases: Dataset) -> Iterator[Problem]:
    times, earlier = [time.name for time in cases.times], list[str]()
    dimensions = [dimension.name for dimension in cases.dimensions]
    for name, step in check.form.forms("lifecycle").items():
        path = ("lifecycle", name)
        yield from check.known(step.maybe("time"), times, *path, "time")
        for cleared in step.names("clears"):
            yield from check.known(cleared, times, *path, "clears")
        yield from check.known(
            step.maybe("limit"), [flag.name for flag in cases.flags if isinstance(flag, LimitFlag)], *path, "limit"
        )
        for dimension in step.tables("factors"):
            yield from check.known(dimension, dimensions, *path, "factors")
        for field in ("after", "before"):
            yield from check.known(step.maybe(field), earlier, *path, field)
        if not earlier:
            begins = step.text("time") == cases.time
            yield from check.holds(begins, f"the first step sets `{cases.time}`.", *path)
        earlier.append(name)


def _answers(check: Findings, cases: Dataset) -> Iterator[Problem]:
    steps = check.form.forms("lifecycle")
    for name, answer in check.form.forms("answers").items():
        yield from check.known(name, [measure.name for measure in cases.measures], "answers", name)
        yield from check.known(answer.text("after"), steps, "answers", name, "after")
        for step, _ in answer.amounts("lost"):
            yield from check.known(step, steps, "answers", name, "lost")
