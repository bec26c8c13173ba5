"""Are the numbers of a simulator ones that can be drawn from?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from services.model.problems import Problem
from services.model.reading import Form, to_number
from services.simulate.findings import Findings

Weights = Iterable[tuple[str, float]]


def check_bounds(check: Findings) -> Iterator[Problem]:
    """Weights are not negative and not all 0; parts lie between 0 and 1; hours, spans and counts make sense."""
    form = check.form
    yield from _weights(check, [(n, f.amount("weight", 0)) for n, f in form.forms("kinds").items()], "kinds")
    yield from _weights(check, [(n, f.amount("weight", 0)) for n, f in form.forms("areas").items()], "areas")
    for name, table in form.tables("choices").items():
        yield from _weights(check, table, "choices", name)
    for kind, inner in form.forms("kinds").items():
        for name, table in inner.tables("choices").items():
            yield from _weights(check, table, "kinds", kind, "choices", name)
    yield from _parts(check)
    yield from _rhythms(check)
    yield from _spans(check)


def _weights(check: Findings, table: Weights, *path: str) -> Iterator[Problem]:
    weights = [weight for _, weight in table]
    yield from check.holds(min(weights, default=0) >= 0, "expected weights of 0 and more.", *path)
    yield from check.holds(sum(weights) > 0, "expected at least one weight above 0.", *path)


def _parts(check: Findings) -> Iterator[Problem]:
    places: list[tuple[Form, str, tuple[str, ...]]] = []
    for block, field in (("lifecycle", "chance"), ("answers", "chance"), ("hotspots", "share")):
        places += [(form, field, (block, name, field)) for name, form in check.form.forms(block).items()]
    for form, field, path in places:
        part = form.amount(field, 0)
        yield from check.holds(0 <= part <= 1, f"found {part:g}, expected a part between 0 and 1.", *path)
    for name, part in check.form.amounts("missing"):
        yield from check.holds(0 <= part < 1, f"found {part:g}, expected a part below 1.", "missing", name)


def _rhythms(check: Findings) -> Iterator[Problem]:
    for name, points in check.form.tables("rhythms").items():
        hours = [to_number(hour) for hour, _ in points]
        right = all(hour is not None and 0 <= hour < 24 for hour in hours)
        yield from check.holds(right, "expected hours of the day from 0 to 23.", "rhythms", name)
        rising = [hour for hour in hours if hour is not None]
        yield from check.holds(rising == sorted(rising), "expected the hours in their order.", "rhythms", name)
        yield from _weights(check, points, "rhythms", name)


def _spans(check: Findings) -> Iterator[Problem]:
    for name, story in check.form.forms("stories").items():
        every, lasts = int(story.text("every_days")), int(story.text("lasts_days"))
        told = f"found {lasts} of every {every} days, expected 1 or more and not longer than that."
        yield from check.holds(1 <= lasts <= every, told, "stories", name, "lasts_days")
    actor = check.form.form("actor")
    count = int(actor.text("count")) if actor else 1
    yield from check.holds(count >= 1, f"found {count}, expected 1 or more.", "actor", "count")
    working = dict(check.form.amounts("working"))
    opens, closes = working.get("from", 0.0), working.get("to", 24.0)
    told = f"found {opens:g} to {closes:g}, expected hours of one day in their order."
    yield from check.holds(0 <= opens < closes <= 24, told, "working")
    staff = check.form.form("staff")
    for team, size in staff.amounts("sizes") if staff else ():
        yield from check.holds(size >= 1, f"found {size:g}, expected 1 or more.", "staff", "sizes", team)
