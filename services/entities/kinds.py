"""Which kinds of things can be looked at, which rows name them, and who may see them?"""

from __future__ import annotations

from dataclasses import dataclass

from data.engine.splits import text_columns
from data.model import Dataset, Entity, Metric, Model, Pack
from data.types import Scope
from services.exports import personal_columns
from services.live.boards import datasets_of
from services.people import can


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing of one pack. `own` is the dataset with a row for each, `named_in` those whose rows name it."""

    pack: Pack
    entity: Entity
    own: Dataset | None
    named_in: tuple[Dataset, ...]

    @property
    def slug(self) -> str:
        """`water.sensor`, as the address has it."""
        return f"{self.pack.name}.{self.entity.name}"

    @property
    def by(self) -> str:
        """The column of `own` by which others name it."""
        assert self.own is not None
        return self.entity.by or self.own.key or ""

    @property
    def passes(self) -> bool:
        """Whether things of this kind come to an end, as cases and visits do and sensors and mains hardly."""
        return self.own is not None and bool(self.own.durations)

    @property
    def is_personal(self) -> bool:
        """Whether the name itself is personal data, in any dataset that has it."""
        marked = self.own is not None and self.by in personal_columns(self.own)
        return marked or any(self.entity.column in personal_columns(d) for d in self.named_in)


def kinds(model: Model) -> tuple[Kind, ...]:
    """All kinds of the model's packs, in file order."""
    return tuple(_kind(pack, entity) for pack in model.packs for entity in pack.entities)


def _kind(pack: Pack, entity: Entity) -> Kind:
    own = next((d for d in pack.datasets if d.name == entity.dataset), None)
    return Kind(pack, entity, own, tuple(d for d in pack.datasets if entity.column in text_columns(d)))


def may_see(scope: Scope, kind: Kind) -> bool:
    """Whether the viewer may look at one of that kind: people only with the ability to read personal data."""
    return can(scope, "rows") and (not kind.is_personal or can(scope, "personal"))


def naming(model: Model, dataset: Dataset) -> dict[str, Kind]:
    """The columns of a dataset that name a thing with a page, and its key where its rows have one."""
    found: dict[str, Kind] = {}
    for kind in (k for k in kinds(model) if k.pack.name == dataset.pack):
        if kind.own is not None and kind.own.name == dataset.name:
            found.setdefault(kind.by, kind)
        if dataset in kind.named_in:
            found.setdefault(kind.entity.column, kind)
    return found


def metrics_of(kind: Kind) -> tuple[Metric, ...]:
    """The metrics that can be asked of one thing: each of their datasets names it."""
    names = {d.name for d in kind.named_in}
    found = []
    for metric in kind.pack.metrics:
        sources = datasets_of(kind.pack, metric)
        if sources and all(source.name in names for source in sources) and not _counts_itself(kind, metric):
            found.append(metric)
    return tuple(found)


def _counts_itself(kind: Kind, metric: Metric) -> bool:
    """Whether the metric counts the things themselves, which is always one, or divides by an amount of others."""
    if metric.shape == "distinct" and metric.of == kind.entity.column:
        return True
    if metric.exposure:
        exposure = next((e for e in kind.pack.exposures if e.name == metric.exposure), None)
        if exposure is None or exposure.dimension != kind.entity.column:
            return True
    parts = (metric.numerator, metric.denominator, metric.plus, metric.minus)
    return any(m.name in parts and _counts_itself(kind, m) for m in kind.pack.metrics)
