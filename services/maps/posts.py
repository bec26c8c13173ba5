"""How is each thing that stands somewhere and is read (a sensor) right now?"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from data.assets import assets_of
from data.model import Pack
from data.types import MetricQuery, Scope, TimeRange
from services import metrics
from services.entities.courses import readings_of, value_text
from services.entities.kinds import Kind
from services.formats import age, number
from services.maps.networks import post_kinds

MOST_POSTS = 5_000
STATES = ("In order", "Unusual", "Out of its range", "Does not report", "Not in use")
ORDER, UNUSUAL, OUTSIDE, SILENT, UNUSED = range(len(STATES))
_URGENT = (OUTSIDE, UNUSUAL, SILENT, ORDER, UNUSED)
_STATUS = "status"
_WINDOWS = 2  # times the usual delay of the readings that a post may say nothing


@dataclass(frozen=True, slots=True)
class Post:
    """One post: where it stands, the place of its state in STATES, what it is, and the mean of its last readings."""

    name: str
    kind: Kind
    lat: float
    lon: float
    state: int
    peers: str
    shown: str
    readings: int


@dataclass(frozen=True, slots=True)
class Posts:
    """The posts that are shown, those that need a look first, and how many of all are in each of STATES."""

    shown: tuple[Post, ...] = ()
    states: tuple[int, ...] = (0,) * len(STATES)

    @property
    def total(self) -> int:
        """How many posts have a place, shown or not."""
        return sum(self.states)

    @property
    def cut_said(self) -> str:
        """`5,000 of 7,212 shown: those that need a look first`; empty where all are."""
        if len(self.shown) == self.total:
            return ""
        shown, total = number(len(self.shown), "integer"), number(self.total, "integer")
        return f"{shown} of {total} shown: those that need a look first"


def posts(scope: Scope, pack: Pack, now: datetime) -> Posts:
    """The posts of a pack with their state by the readings of the last two usual delays of their dataset.

    The first that is true: not in use (its `status` is another than the first of the closed list), does not report (no
    reading), out of its range (a reading beyond the limits of its kind), unusual (a reading that the pack's metric of
    unusual ones counts), in order. At most MOST_POSTS are shown.
    """
    found = sorted((post for kind in post_kinds(pack) for post in _posts_of(scope, kind, now)), key=_worst_first)
    there = Counter(post.state for post in found)
    return Posts(tuple(found[:MOST_POSTS]), tuple(there[state] for state in range(len(STATES))))


def _worst_first(post: Post) -> tuple[int, str]:
    return _URGENT.index(post.state), post.name


def window(kind: Kind) -> timedelta:
    """How far back readings are looked at."""
    found = readings_of(kind)
    return timedelta(seconds=_WINDOWS * found.dataset.usual_delay_s) if found else timedelta(0)


def window_said(kind: Kind) -> str:
    """The same in words: `60 min`."""
    return age(window(kind).total_seconds())


def _posts_of(scope: Scope, kind: Kind, now: datetime) -> list[Post]:
    found = readings_of(kind)
    assert kind.own is not None and found is not None, "a post has a register and readings"
    status = next((d for d in kind.own.dimensions if d.name == _STATUS and d.values), None)
    texts = [name for name in (kind.entity.peers, status.name if status else None) if name]
    assets = assets_of(scope, kind.own, kind.by, None, None, texts)
    column, unusual = kind.entity.column, found.course.unusual
    asked = [found.count.qualified, found.mean.qualified]
    asked += [found.outside.qualified] if found.outside else []
    asked += [f"{kind.pack.name}.{unusual}"] if unusual else []
    query = MetricQuery(tuple(asked), TimeRange(now - window(kind), now), by=(column,))
    rows = {row[column]: row for row in metrics.answer(scope, [query], now, extra=found.metrics)[0].rows}
    units = dict(found.course.units)
    made = []
    for one in assets:
        if one.lat is None or one.lon is None:
            continue
        peers = one.texts[0] if kind.entity.peers else ""
        row = rows.get(one.name, {})
        count = int(row.get(found.count.qualified) or 0)
        bad = bool(found.outside and row.get(found.outside.qualified))
        odd = bool(unusual and row.get(f"{kind.pack.name}.{unusual}"))
        used = status is None or one.texts[-1] in ("", status.values[0])
        state = UNUSED if not used else SILENT if not count else OUTSIDE if bad else UNUSUAL if odd else ORDER
        mean = row.get(found.mean.qualified)
        made.append(Post(one.name, kind, one.lat, one.lon, state, peers, value_text(mean, units.get(peers, "")), count))
    return made
