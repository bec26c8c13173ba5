"""What is taken along of an asset network: each line with its numbers, each sensor with its state?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from data.types import Scope
from services.exports import sheets
from services.exports.sheets import Item, PlainSheet
from services.formats import plural
from services.maps.choices import MapChoice
from services.maps.hexes import Coverage
from services.maps.networks import Line, Network, sentence
from services.maps.pictures import Fact
from services.maps.posts import STATES, Post, Posts
from services.maps.wiring import Wiring, value_of

COLUMNS = (
    "name", "kind", "peers", "number", "length_m", "per_km", "smoothed_per_km", "lies_where_its_rows_lie", "legend",
    "state", "mean", "readings",
)  # fmt: skip


def network_sheet(
    scope: Scope, shown: Network, posts: Posts, made: Wiring, choice: MapChoice, filters: Sequence[str], now: datetime
) -> PlainSheet:
    """The lines with a place, the largest of what is coloured first, then the posts, with one legend for both.

    A line of which one point is known is a point. Lines have no state, posts no number; states are as of `now`. Of more
    lines or posts than are shown, those that are; `about` and the sentences say how many of how many.
    """
    swatches = (*made.picture.swatches, *(made.posts_picture.swatches if made.posts else ()))
    first = len(made.picture.swatches)
    ranked = sorted(made.lines, key=lambda told: (-(value_of(told[0], choice.show) or 0.0), told[0].name))
    items = [_line(line, place, shown, made) for line, place, _ in ranked]
    items += [_post(post, first + post.state) for post, _ in made.posts]
    rows = int(sum(line.value for line in shown.lines)) if shown.metric.shape == "count" else 0
    coverage = Coverage(rows, shown.elsewhere, 0)
    told = sheets.about(
        scope, shown.metric, choice, filters, now, made.picture.title, made.picture.note, shown.as_of_at, coverage,
        sentence(shown), choice.box or made.box,
    ) | {
        "lines": len(ranked), "lines_without_place": shown.without, "lines_registered": shown.registered,
        "rows_of_lines_not_shown": shown.cut_rows, "sensors": len(made.posts),
        "sensors_with_place": posts.total,
    }  # fmt: skip
    part = f"{plural(len(ranked), 'line')} and {plural(len(made.posts), 'sensor')}"
    part += f"; sensors: {posts.cut_said}" if posts.cut_said else ""
    return PlainSheet(
        made.picture.title, COLUMNS, swatches, tuple(items), told, sheets.sentences(told, ("Lines", part)), (),
        choice.box or made.box, choice,
    )  # fmt: skip


def _line(line: Line, place: int, shown: Network, made: Wiring) -> Item:
    import shapely

    shape = shapely.LineString(line.course) if len(line.course) > 1 else shapely.Point(line.course[0])
    values: tuple[Fact, ...] = (
        line.name, line.kind.entity.name, line.peers, line.value if shown.is_measured else None,
        None if line.km is None else round(line.km * 1000, 3), line.rate, line.smoothed,
        "yes" if line.is_seen else "no", made.picture.swatches[place].text, None, None, None,
    )  # fmt: skip
    return Item(line.name, line.name, values, place, shape, 1.0)


def _post(post: Post, place: int) -> Item:
    import shapely

    nothing: tuple[Fact, ...] = (None,) * 5
    told: tuple[Fact, ...] = (post.name, post.kind.entity.name, post.peers, *nothing, STATES[post.state])
    values = (*told, STATES[post.state], post.shown, post.readings)
    return Item(post.name, post.name, values, place, shapely.Point(post.lon, post.lat), 12.0)
