"""What does a pack's simulator say, with every name resolved?"""

from __future__ import annotations

from dataclasses import dataclass

from data.model import Dataset, Pack
from services.model.reading import Form

Weights = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a case may be about."""

    name: str
    weight: float
    hours: float
    rhythm: str
    weekend: float
    season_month: float
    season_swing: float
    sets: dict[str, str]
    choices: dict[str, Weights]


@dataclass(frozen=True, slots=True)
class Area:
    """Where cases lie."""

    name: str
    weight: float
    lat: float
    lon: float
    spread_m: float


@dataclass(frozen=True, slots=True)
class Hotspot:
    """A spot to which an area's cases of some kinds are drawn."""

    name: str
    area: str
    lat: float
    lon: float
    spread_m: float
    share: float
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Staff:
    """Who works on the cases, by team."""

    dimension: str
    by: str
    from_step: str
    sizes: Weights
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """Something that comes again and again for some days."""

    name: str
    every_days: int
    lasts_days: int
    offset_days: int
    fades: bool
    kinds: dict[str, float]
    areas: dict[str, float]
    slower: float
    only: dict[str, str]

    def strength(self, ordinal: int) -> float:
        """How strong it is on a day: 0 outside, 1 at its start."""
        since = (ordinal + self.offset_days) % self.every_days
        if since >= self.lasts_days:
            return 0.0
        return float(0.5**since) if self.fades else 1.0


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happens to a case."""

    name: str
    event: str
    time: str | None
    clears: tuple[str, ...]
    status: str | None
    after: str | None
    before: str | None
    chance: float
    hours: float
    kind_hours: float
    spread: float
    factors: dict[str, dict[str, float]]
    limit: str | None
    working: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """A measure that people give when a step is reached."""

    measure: str
    after: str
    chance: float
    mean: float
    spread: float
    slow: float
    lost: dict[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Recipe:
    """Everything needed to make a day's cases and what happens to them."""

    cases: Dataset
    steps: Dataset | None
    case_column: str | None
    event_column: str | None
    status_column: str | None
    seed: int
    key_prefix: str
    per_day: float
    workspaces: dict[str, float]
    growth_per_year: float
    noise: float
    weekdays: tuple[float, ...]
    holidays: dict[str, float]
    longest_days: int
    working: tuple[float, float]
    rhythms: dict[str, Weights]
    kind: str
    kinds: tuple[Kind, ...]
    choices: dict[str, Weights]
    missing: dict[str, float]
    area: str
    areas: tuple[Area, ...]
    hotspots: tuple[Hotspot, ...]
    actor_prefix: str
    actor_count: int
    actor_skew: float
    staff: Staff | None
    stories: tuple[Story, ...]
    lifecycle: tuple[Step, ...]
    answers: tuple[Answer, ...]
    values: dict[str, list[str]]


def build_recipe(form: Form, pack: Pack) -> Recipe:
    """The recipe of a well-formed simulator; datasets are those of `pack`, with its ids."""
    datasets = {dataset.name: dataset for dataset in pack.datasets}
    rhythms, working = form.tables("rhythms"), dict(form.amounts("working"))
    kinds = tuple(_kind(name, inner, next(iter(rhythms))) for name, inner in form.forms("kinds").items())
    areas = tuple(_area(name, inner) for name, inner in form.forms("areas").items())
    actor = form.form("actor")
    assert actor is not None
    return Recipe(
        cases=datasets[form.text("cases")], steps=datasets.get(form.text("steps")),
        case_column=form.maybe("case_column"), event_column=form.maybe("event_column"),
        status_column=form.maybe("status_column"), seed=int(form.text("seed")), key_prefix=form.text("key_prefix"),
        per_day=form.amount("per_day", 0), workspaces=dict(form.amounts("workspaces")), noise=form.amount("noise", 0),
        growth_per_year=form.amount("growth_per_year", 0), weekdays=form.numbers("weekdays"),
        holidays=dict(form.amounts("holidays")), longest_days=int(form.text("longest_days")),
        working=(working.get("from", 0.0), working.get("to", 24.0)), rhythms=rhythms, kind=form.text("kind"),
        kinds=kinds, choices=form.tables("choices"), missing=dict(form.amounts("missing")), area=form.text("area"),
        areas=areas, hotspots=tuple(_hotspot(name, inner) for name, inner in form.forms("hotspots").items()),
        actor_prefix=actor.text("prefix"), actor_count=int(actor.text("count")), actor_skew=actor.amount("skew", 1),
        staff=_staff(form.form("staff")), stories=tuple(_story(name, f) for name, f in form.forms("stories").items()),
        lifecycle=tuple(_step(name, inner) for name, inner in form.forms("lifecycle").items()),
        answers=tuple(_answer(name, inner) for name, inner in form.forms("answers").items()),
        values=_values(form, kinds, areas),
    )  # fmt: skip


def _values(form: Form, kinds: tuple[Kind, ...], areas: tuple[Area, ...]) -> dict[str, list[str]]:
    """Every value that each dimension of the cases can take; codes of cases point into these."""
    values: dict[str, dict[str, None]] = {
        form.text("kind"): dict.fromkeys(kind.name for kind in kinds),
        form.text("area"): dict.fromkeys(area.name for area in areas),
    }
    for table in (form.tables("choices"), *(kind.choices for kind in kinds)):
        for dimension, weights in table.items():
            values.setdefault(dimension, {}).update(dict.fromkeys(name for name, _ in weights))
    for kind in kinds:
        for dimension, value in kind.sets.items():
            values.setdefault(dimension, {})[value] = None
    return {dimension: list(found) for dimension, found in values.items()}


def _some(names: tuple[str | None, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if name)


def _kind(name: str, form: Form, rhythm: str) -> Kind:
    return Kind(
        name, form.amount("weight", 1), form.amount("hours", 1), form.text("rhythm", rhythm), form.amount("weekend", 1),
        form.amount("season_month", 1), form.amount("season_swing", 0), form.texts("sets"), form.tables("choices"),
    )  # fmt: skip


def _area(name: str, form: Form) -> Area:
    return Area(name, *(form.amount(field, 0) for field in ("weight", "lat", "lon", "spread_m")))


def _hotspot(name: str, form: Form) -> Hotspot:
    lat, lon, spread_m, share = (form.amount(field, 0) for field in ("lat", "lon", "spread_m", "share"))
    return Hotspot(name, form.text("area"), lat, lon, spread_m, share, _some(form.names("kinds")))


def _staff(form: Form | None) -> Staff | None:
    if form is None:
        return None
    names = _some(form.names("names"))
    return Staff(form.text("dimension"), form.text("by"), form.text("from_step"), form.amounts("sizes"), names)


def _story(name: str, form: Form) -> Story:
    return Story(
        name, int(form.text("every_days")), int(form.text("lasts_days")), int(form.text("offset_days", "0")),
        form.flag("fades", False), dict(form.amounts("kinds")), dict(form.amounts("areas")), form.amount("slower", 1),
        form.texts("only"),
    )  # fmt: skip


def _step(name: str, form: Form) -> Step:
    factors = {dimension: dict(table) for dimension, table in form.tables("factors").items()}
    return Step(
        name, form.text("event", name), form.maybe("time"), _some(form.names("clears")), form.maybe("status"),
        form.maybe("after"), form.maybe("before"), form.amount("chance", 1), form.amount("hours", 0),
        form.amount("kind_hours", 0), form.amount("spread", 0.8), factors, form.maybe("limit"),
        form.flag("working", False),
    )  # fmt: skip


def _answer(name: str, form: Form) -> Answer:
    numbers = [form.amount(field, 0) for field in ("chance", "mean", "spread", "slow")]
    return Answer(name, form.text("after"), numbers[0], numbers[1], numbers[2], numbers[3], dict(form.amounts("lost")))
