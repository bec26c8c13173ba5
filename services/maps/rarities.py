"""How are unusual clusters said, listed and drawn?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from data.unusual import MOST_FOUND
from services.formats import days_text, moment, number, plural, share
from services.maps.choices import Box, box_around
from services.maps.colours import categorical
from services.maps.labels import Label
from services.maps.pictures import Painted, Picture, Swatch
from services.maps.scans import LONGEST_DAYS, MOST_CLUSTERS
from services.maps.unusual import Limit, PlaceCluster, PlaceScan, is_same
from services.spatial.scan import spelled

NIGHTS: dict[str, str] = {"1": "Last night", "7": "7 nights", "30": "30 nights", "90": "90 nights"}
_GRADES = ((730.0, "Once in 2 years or less often"), (365.0, "Once in 1 to 2 years"), (0.0, "More often"))
_SHADES = (5, 1, 4)
_STANDS_OUT = 1.5
_LEAST_P = 0.001  # no replica of 999 had such a cluster
_MARGIN, _LEAST = 0.6, 0.02


@dataclass(frozen=True, slots=True)
class Episode:
    """A cluster as it was found last, and in how many nights it was found."""

    cluster: PlaceCluster
    nights: int


@dataclass(frozen=True, slots=True)
class Card:
    """One cluster in words: its number on the map, where, when, how much, of what, and how rare."""

    number: int
    where: str
    days: str
    counted: str
    about: str
    rare: str
    cluster: PlaceCluster
    swatch: int


def episodes(found: Sequence[PlaceCluster]) -> list[Episode]:
    """Clusters that went on over nights put together; those of the newest night first."""
    groups: list[list[PlaceCluster]] = []
    for one in found:
        group = next((g for g in groups if any(is_same(one, other) for other in g)), None)
        if group is None:
            groups.append([one])
        else:
            group.append(one)
    return [Episode(group[0], len({one.last_on for one in group})) for group in groups]


def cards(found: Sequence[Episode], where: Mapping[str, str]) -> list[Card]:
    """What is said of each cluster; `where` names the district of each hexagon."""
    return [_card(number, one, where) for number, one in enumerate(found, 1)]


def _card(place: int, found: Episode, where: Mapping[str, str]) -> Card:
    one = found.cluster
    named = list(dict.fromkeys(where[cell] for cell in one.cells if cell in where))
    more = f" and {len(named) - 2} more" if len(named) > 2 else ""
    said = f"{plural(one.observed, 'row')} where {number(one.expected, 'decimal')} are expected"
    times = f"{one.observed / one.expected:.1f} ×" if one.expected else ""
    least = " or less often" if one.p <= _LEAST_P else ""
    rare = f"Such a cluster would arise by chance once in {spelled(one.recurrence_days)}{least} (p = {one.p:.3f})."
    if found.nights > 1:
        rare += f" Found in {found.nights} nights."
    size = f"within {one.radius_m / 1000:.1f} km" if one.radius_m else "in one hexagon"
    grade = next(n for n, (least, _) in enumerate(_GRADES) if one.recurrence_days >= least)
    return Card(
        place, (", ".join(named[:2]) + more) or f"{one.lat:.3f}, {one.lon:.3f}", days_text(one.first_on, one.last_on),
        f"{said} ({times}), {size}", _about(one), rare, one, grade,
    )  # fmt: skip


def _about(one: PlaceCluster) -> str:
    """`Mainly noise (62 %, 3.1 × the usual share), parking (20 %)`."""
    parts = []
    for title, part, overall in one.categories:
        lift = part / overall if overall else 0.0
        more = f", {lift:.1f} × the usual share" if lift >= _STANDS_OUT else ""
        parts.append(f"{title} ({share(part)}{more})")
    return f"Mainly {', '.join(parts)}" if parts else ""


def picture(found: Sequence[Card], title: str, is_dark: bool) -> Picture:
    """The hexagons of the clusters; where two share one, it has the colour and the words of the rarer."""
    colours = categorical(is_dark)
    swatches = tuple(Swatch(colours[n], said) for n, (_, said) in zip(_SHADES, _GRADES, strict=True))
    painted: dict[str, Painted] = {}
    for card in sorted(found, key=lambda one: one.cluster.recurrence_days):
        said = (f"{card.number}. {card.where}, {card.days}", card.counted, card.about, card.rare)
        tip = "\n".join(filter(None, said))
        painted |= {cell: Painted(cell, card.swatch, tip) for cell in card.cluster.cells}
    note = f"{plural(len(found), 'cluster')}, each numbered at its centre"
    return Picture(title, swatches, tuple(painted.values()), note, (), ())


def labels_beside(labels: Sequence[Label], found: Sequence[Card]) -> list[Label]:
    """The names on the map but those that stand on a cluster, which its number needs and its card names."""
    from h3 import get_resolution, latlng_to_cell

    taken = {cell for card in found for cell in card.cluster.cells}
    size = get_resolution(next(iter(taken))) if taken else 0
    return [label for label in labels if latlng_to_cell(label.lat, label.lon, size) not in taken]


def box_of(one: PlaceCluster) -> Box:
    """The part of the earth around a cluster."""
    from data.engine.hexagons import centres

    lat, lon = centres([int(cell, 16) for cell in one.cells])
    return box_around(zip(lon.tolist(), lat.tolist(), strict=True), _MARGIN, _LEAST)


def scanned(found: PlaceScan, timezone: str, now: datetime, next_at: datetime | None) -> str:
    """What the last scan looked at, and when the next one is."""
    rows = plural(found.events, "row")
    drawn = f"; {number(found.drawn, 'integer')} of them drawn by lot" if 0 < found.drawn < found.events else ""
    span, at = days_text(found.first_on, found.last_on), ""
    if found.scanned_at is not None:
        at = f" Scanned: {moment(found.scanned_at, timezone, now)}."
    places = f"{plural(found.places, 'hexagon')}, clusters of 1 to {LONGEST_DAYS} days"
    return f"{rows} of {span}{drawn}; {places}.{at} {next_said(next_at, timezone, now)}"


def next_said(next_at: datetime | None, timezone: str, now: datetime) -> str:
    """`Next scan: 22 Nov 02:25.`"""
    return f"Next scan: {moment(next_at, timezone, now)}." if next_at else "The scan is paused."


def left_out(found: Sequence[PlaceCluster]) -> str:
    """What is said where there may be more clusters than these; empty where these are all."""
    told = []
    if any(one.number >= MOST_CLUSTERS for one in found):
        told.append(f"Of a night's clusters the {MOST_CLUSTERS} least likely are kept.")
    if len(found) >= MOST_FOUND:
        told.append(f"The newest {MOST_FOUND} clusters of these nights are shown.")
    return " ".join(told)


def nothing(found: PlaceScan, limit: Limit, nights: int, is_fresh: bool) -> tuple[str, str]:
    """The title and text of a list without clusters."""
    last = "last night" if is_fresh else f"up to {days_text(found.last_on, found.last_on)}"
    when = f"in {nights} nights" if nights > 1 else last
    said = f"No cluster is as rare as the limit, {limit.said}."
    if found.rarest_days is not None and nights == 1:
        said += f" The least likely one of that night would arise by chance once in {spelled(found.rarest_days)}."
    elif found.rarest_days is None and nights == 1:
        said += " Nowhere were there more rows than place and day alone explain."
    return f"Nothing unusual {when}", said
