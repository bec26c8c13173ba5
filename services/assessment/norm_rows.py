"""How are norms kept as rows of the dataset `norms`, and read again?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from services.assessment.definitions import MetricNorm, NormGroup, Norms, Scoring, TraitNorm

POINTS = ("p05", "p10", "p25", "p50", "p75", "p90", "p95")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLACES = 6


def norm_rows(norms: Norms) -> list[dict[str, Any]]:
    """One row for each metric and trait of each group; times in UTC milliseconds."""
    start = datetime(norms.from_on.year, norms.from_on.month, norms.from_on.day, tzinfo=UTC)
    at = int((start - _EPOCH).total_seconds() * 1000)
    rows = []
    for group in norms.groups.values():
        shared = {
            "valid_from": at, "norm_version": norms.version, "mapping_version": norms.mapping, "norm_group": group.name,
        }  # fmt: skip
        numbers = [("metric", name, _metric(metric)) for name, metric in group.metrics.items()]
        numbers += [("trait", name, _trait(trait)) for name, trait in group.traits.items()]
        for about, subject, found in numbers:
            entry = f"{norms.version}/{group.name}/{about}/{subject}"
            rows.append({"entry": entry, **shared, "about": about, "subject": subject, **found})
    return rows


def _metric(norm: MetricNorm) -> dict[str, float]:
    parts = {"mean": norm.mean, "sd": norm.sd, "reliability": norm.reliability}
    return {"people": norm.n, **{name: round(value, _PLACES) for name, value in parts.items()}}


def _trait(norm: TraitNorm) -> dict[str, float]:
    points = zip(POINTS, norm.points, strict=True)
    return {"people": norm.n, "mean_r": round(norm.mean_r, _PLACES), **{n: round(v, _PLACES) for n, v in points}}


def rounded(norms: Norms) -> Norms:
    """The norms as they will be once they are read again from their rows."""
    return read_norms(norm_rows(norms), {name: group.title for name, group in norms.groups.items()})[0]


def read_norms(rows: Iterable[dict[str, Any]], titles: dict[str, str]) -> list[Norms]:
    """The versions of norms in rows, by the day from which they are in force."""
    metrics: dict[tuple[str, str], dict[str, MetricNorm]] = defaultdict(dict)
    traits: dict[tuple[str, str], dict[str, TraitNorm]] = defaultdict(dict)
    heads: dict[str, tuple[date, str]] = {}
    for row in sorted(rows, key=lambda row: str(row["entry"])):
        version, group = row["norm_version"], row["norm_group"]
        heads[version] = (datetime.fromtimestamp(row["valid_from"] / 1000, UTC).date(), row["mapping_version"])
        n = int(row["people"] or 0)
        if row["about"] == "metric":
            metrics[version, group][row["subject"]] = MetricNorm(n, row["mean"], row["sd"], row["reliability"])
        else:
            points = tuple(row[name] for name in POINTS)
            traits[version, group][row["subject"]] = TraitNorm(n, row["mean_r"], points)
    found = []
    for version, (from_on, mapping) in heads.items():
        names = sorted({group for of, group in metrics if of == version})
        groups = {g: NormGroup(g, titles.get(g, g), metrics[version, g], traits[version, g]) for g in names}
        found.append(Norms(version, from_on, mapping, groups))
    return sorted(found, key=lambda norms: norms.from_on)


def with_norms(scoring: Scoring, own: Iterable[Norms]) -> Scoring:
    """The definitions with a workspace's own norms beside those of the pack; the fingerprint tells them apart."""
    mine = {norms.version: norms for norms in own}
    every = {**{norms.version: norms for norms in scoring.norms}, **mine}
    ordered = tuple(sorted(every.values(), key=lambda norms: norms.from_on))
    told = "".join(f"+{norms.version}@{norms.from_on}" for norms in mine.values())
    return replace(scoring, norms=ordered, fingerprint=f"{scoring.fingerprint}{told}")
