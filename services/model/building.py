"""Which datasets, metrics and exposures do the well-formed nodes of a pack describe?"""

from __future__ import annotations

from typing import Any, cast

from data.model import (
    Band,
    Condition,
    Course,
    Dataset,
    DatasetKind,
    Derived,
    Dimension,
    Duration,
    Entity,
    Exposure,
    LimitFlag,
    Match,
    Measure,
    Metric,
    Pack,
    Range,
    TimeColumn,
)
from services.model.reading import Form
from services.model.ways import build_source, build_subscription, build_tracking

USUAL_DELAY_S = 86_400


def build_pack(form: Form) -> Pack:
    """The pack; ids of datasets are 0 until they are installed."""
    name = form.text("pack")
    metrics = tuple(_metric(name, key, inner, form.text("owner")) for key, inner in form.forms("metrics").items())
    datasets = tuple(_dataset(name, key, inner, metrics) for key, inner in form.forms("datasets").items())
    exposures = tuple(_exposure(key, inner) for key, inner in form.forms("exposures").items())
    subscriptions = tuple(build_subscription(key, inner) for key, inner in form.forms("subscriptions").items())
    sources = tuple(build_source(key, inner) for key, inner in form.forms("sources").items())
    entities = tuple(_entity(key, inner) for key, inner in form.forms("entities").items())
    return Pack(
        name, form.text("title"), form.text("description"), datasets, metrics, exposures, subscriptions, sources,
        build_tracking(form.form("tracking")), entities,
    )  # fmt: skip


def _dataset(pack: str, name: str, form: Form, metrics: tuple[Metric, ...]) -> Dataset:
    times = tuple(TimeColumn(k, f.text("title"), f.text("description")) for k, f in form.forms("times").items())
    dimensions = [_dimension(key, inner) for key, inner in form.forms("dimensions").items()]
    dimensions += [_flag_dimension(key, inner) for key, inner in form.forms("flags").items()]
    dimensions += [_band_dimension(key, inner) for key, inner in form.forms("bands").items()]
    dimensions += [_match_dimension(key, inner) for key, inner in form.forms("matches").items()]
    dimensions += [_range_dimension(key, inner) for key, inner in form.forms("ranges").items()]
    used = {m.at for m in metrics if m.dataset == name}
    primary = form.text("time")
    return Dataset(
        id=0, pack=pack, name=name, title=form.text("title"), description=form.text("description"),
        kind=cast(DatasetKind, form.text("kind", "append")), key=form.maybe("key"), time=primary, times=times,
        dimensions=tuple(dimensions), measures=tuple(_measure(k, f) for k, f in form.forms("measures").items()),
        durations=tuple(_duration(k, f) for k, f in form.forms("durations").items()),
        flags=_derived(form), actor=form.maybe("actor"),
        place=form.flag("place", False), usual_delay_s=form.span("usual_delay", USUAL_DELAY_S),
        keep_days=form.days("keep"),
        streams=(primary, *(t.name for t in times if t.name in used and t.name != primary)),
    )  # fmt: skip


def _dimension(name: str, form: Form) -> Dimension:
    values = tuple(v for v in form.names("values") if v is not None)
    personal, shown = form.flag("personal", False), form.flag("leaderboard", True)
    return Dimension(name, form.text("title"), form.text("description"), values, personal, shown)


def _flag_dimension(name: str, form: Form) -> Dimension:
    flag = _flag(name, form)
    return Dimension(name, form.text("title"), form.text("description"), (flag.within, flag.over))


def _band_dimension(name: str, form: Form) -> Dimension:
    names = tuple(band for band, _ in form.amounts("lowest"))
    return Dimension(name, form.text("title"), form.text("description"), names)


def _match_dimension(name: str, form: Form) -> Dimension:
    match = _match(name, form)
    return Dimension(name, form.text("title"), form.text("description"), (match.same, match.differs))


def _range_dimension(name: str, form: Form) -> Dimension:
    found = _range(name, form)
    return Dimension(name, form.text("title"), form.text("description"), (found.within, found.outside))


def _range(name: str, form: Form) -> Range:
    ends = {value: dict(table) for value, table in form.tables("ranges").items()}
    ranges = tuple((value, found.get("at_least"), found.get("at_most")) for value, found in ends.items())
    within, outside = form.text("within", "within"), form.text("outside", "outside")
    return Range(name, form.text("of"), form.text("by"), ranges, within, outside)


def _derived(form: Form) -> tuple[Derived, ...]:
    limits = [_flag(name, inner) for name, inner in form.forms("flags").items()]
    bands = [Band(name, inner.text("of"), inner.amounts("lowest")) for name, inner in form.forms("bands").items()]
    matches = [_match(name, inner) for name, inner in form.forms("matches").items()]
    return (*limits, *bands, *matches, *(_range(name, inner) for name, inner in form.forms("ranges").items()))


def _match(name: str, form: Form) -> Match:
    same, differs = form.text("same", "right"), form.text("differs", "wrong")
    return Match(name, form.text("of"), form.text("truth"), same, differs)


def _measure(name: str, form: Form) -> Measure:
    return Measure(
        name, form.text("title"), form.text("unit"), int(form.text("decimals", "0")),
        form.number("minimum"), form.number("maximum"), form.text("description"),
    )  # fmt: skip


def _duration(name: str, form: Form) -> Duration:
    return Duration(name, form.text("title"), form.text("from"), form.text("to"), form.text("description"))


def _flag(name: str, form: Form) -> LimitFlag:
    return LimitFlag(
        name, form.text("of"), form.text("by"), form.amounts("limits_hours"), form.number("otherwise_hours") or 0.0,
        form.text("within", "within"), form.text("over", "breached"),
    )  # fmt: skip


def _exposure(name: str, form: Form) -> Exposure:
    return Exposure(name, form.text("title"), form.text("unit"), form.text("dimension"), form.amounts("amounts"))


def _entity(name: str, form: Form) -> Entity:
    course = form.form("course")
    return Entity(
        name, form.text("title"), form.text("many"), form.text("column", name), form.maybe("dataset"), form.maybe("by"),
        form.maybe("peers"), _course(course) if course else None, tuple(form.texts("related").items()),
        form.text("description"), form.maybe("line"), form.maybe("length"),
    )  # fmt: skip


def _course(form: Form) -> Course:
    units = tuple(form.texts("units").items())
    return Course(form.text("dataset"), form.text("of"), form.maybe("unusual"), units)


def _conditions(column: str, form: Form) -> list[Condition]:
    lists = [Condition(column, cast(Any, op), form.names(op)) for op in ("in", "not_in") if op in form.fields]
    numbers = ("over", "under", "at_least", "at_most")
    return lists + [Condition(column, cast(Any, op), (), form.number(op)) for op in numbers if op in form.fields]


def _metric(pack: str, name: str, form: Form, owner: str) -> Metric:
    of = form.maybe("of")
    limit = form.form("limit")
    limits = _conditions(of or "", limit) if limit else []
    where = tuple(c for column, inner in form.forms("where").items() for c in _conditions(column, inner))
    per = form.number("per")
    return Metric(
        pack=pack, name=name, title=form.text("title"), description=form.text("description"),
        shape=cast(Any, form.text("shape")), unit=form.text("unit"), format=cast(Any, form.text("format")),
        better=cast(Any, form.text("better")), family=cast(Any, form.text("family")), owner=form.text("owner", owner),
        target=form.number("target"), dataset=form.maybe("dataset"), at=form.maybe("at"), of=of, q=form.number("q"),
        where=where, limit=limits[0] if limits else None, numerator=form.maybe("numerator"),
        denominator=form.maybe("denominator"), plus=form.maybe("plus"), minus=form.maybe("minus"),
        exposure=form.maybe("exposure"), per=1.0 if per is None else per, decimals=int(form.text("decimals", "1")),
        each_s=form.span("each", 60),
    )  # fmt: skip
