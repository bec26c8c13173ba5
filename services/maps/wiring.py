"""Which colour has each line and each post of a network, and what stands in the tables?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.entities.addresses import address
from services.formats import number
from services.maps.choices import Box, MapChoice, box_around
from services.maps.choropleth import rate_text
from services.maps.colours import Colour, categorical, sequential
from services.maps.hexes import text_of
from services.maps.networks import Line, Network
from services.maps.pictures import Picture, Swatch, plain_number, titled
from services.maps.posts import OUTSIDE, SILENT, STATES, UNUSED, UNUSUAL, Post, Posts, window_said

SHOWS = {"number": "Number", "rate": "Per km", "smooth": "Per km, smoothed"}
_QUIET_LIGHT: Colour = (176, 184, 192)
_QUIET_DARK: Colour = (74, 84, 94)
_LISTED = 100
_MARGIN = 0.04
_LEAST = 0.002
_PLACES = {0: 0, UNUSUAL: 1, OUTSIDE: 5, SILENT: 3, UNUSED: 6}  # of states in the categorical colours


@dataclass(frozen=True, slots=True)
class Wiring:
    """Lines with the place of their colour among the swatches of `picture` (the first is that of nothing), and posts,
    whose states are the swatches of `posts_picture`; each picture has a table."""

    lines: tuple[tuple[Line, int, str], ...]
    posts: tuple[tuple[Post, str], ...]
    picture: Picture
    posts_picture: Picture
    box: Box


def value_of(line: Line, show: str) -> float | None:
    """The number by which a line is coloured."""
    return {"rate": line.rate, "smooth": line.smoothed}.get(show, line.value)


def wiring(shown: Network, posts: Posts, choice: MapChoice, is_dark: bool) -> Wiring:
    """Lines on which nothing happened are grey; those above are coloured from small to large."""
    metric, is_rate = shown.metric, choice.show in ("rate", "smooth")
    busy = [line for line in shown.lines if line.value and value_of(line, choice.show) is not None]
    values = [value_of(line, choice.show) or 0.0 for line in busy]
    text = rate_text if is_rate else lambda n: plain_number(metric, n)
    scale = sequential(values, choice.scale, is_dark, text, not is_rate and metric.format == "integer")
    quiet = Swatch(_QUIET_DARK if is_dark else _QUIET_LIGHT, "none" if shown.is_measured else shown.lines_title)
    swatches = (quiet, *(Swatch(step.colour, step.text) for step in scale.steps)) if busy else (quiet,)
    ranked = sorted(busy, key=lambda line: (-(value_of(line, choice.show) or 0.0), -line.value, line.name))
    placed = {line.name: 1 + scale.place(value_of(line, choice.show) or 0.0) for line in busy}
    title = titled(metric)
    title = f"{metric.title} {SHOWS[choice.show].lower()}" if is_rate else title
    note = f"{number(len(busy), 'integer')} of {number(len(shown.lines), 'integer')} {shown.lines_title} have some"
    picture = Picture(
        title, swatches, (), note if shown.is_measured else "", _columns(shown, ranked),
        tuple(_listed(shown, line) for line in ranked[:_LISTED]), listed_of=len(ranked),
    )  # fmt: skip
    drawn = tuple((line, placed.get(line.name, 0), _tip(shown, line)) for line in shown.lines)
    return Wiring(
        drawn, tuple((post, _post_tip(post)) for post in posts.shown), picture, _posts_picture(posts, is_dark),
        box_of_network(shown.lines, posts.shown),
    )  # fmt: skip


def _columns(shown: Network, ranked: Sequence[Line]) -> tuple[str, ...]:
    rates = ("Length (m)", "Per km", "Per km, smoothed") if any(line.rate is not None for line in ranked) else ()
    kind = next((line.kind for line in ranked), None)
    peers = (kind.entity.peers.capitalize(),) if kind and kind.entity.peers else ()
    return (kind.entity.title if kind else "Line", *peers, shown.metric.title, *rates)


def _listed(shown: Network, line: Line) -> tuple[str, ...]:
    rates: tuple[str, ...] = ()
    if line.rate is not None:
        rates = (number((line.km or 0.0) * 1000, "integer"), rate_text(line.rate), rate_text(line.smoothed))
    peers = (line.peers,) if line.kind.entity.peers else ()
    found = address(line.kind, line.name)
    return ("", found, *peers, plain_number(shown.metric, line.value), *rates)


def _tip(shown: Network, line: Line) -> str:
    parts = [f"{line.kind.entity.title} {line.name}" + (f", {line.peers}" if line.peers else "")]
    if shown.is_measured:
        parts.append(f"{shown.metric.title}: {text_of(shown.metric, line.value)}")
    if line.km is not None:
        parts.append(f"Length: {number(line.km * 1000, 'integer')} m")
    if line.rate is not None and line.value:
        parts.append(f"Per km: {rate_text(line.rate)}, smoothed {rate_text(line.smoothed)}")
    return "\n".join([*parts, "Lies where its rows lie"] if line.is_seen else parts)


def _posts_picture(posts: Posts, is_dark: bool) -> Picture:
    colours, kinds = categorical(is_dark), {post.kind.slug: post.kind for post in posts.shown}
    states = tuple(
        Swatch(colours[_PLACES[n]], f"{said} ({number(posts.states[n], 'integer')})") for n, said in enumerate(STATES)
    )
    title = ", ".join(kind.entity.many for kind in kinds.values()).capitalize()
    said = [f"by their readings of the last {window_said(posts.shown[0].kind)}"] if posts.shown else []
    return Picture(
        title, states, (), "; ".join([*said, *filter(None, [posts.cut_said])]),
        ("Name", "What", "State", "Mean", "Readings"), tuple(map(_post_line, posts.shown)), listed_of=posts.total,
    )  # fmt: skip


def _post_tip(post: Post) -> str:
    parts = [f"{post.kind.entity.title} {post.name}" + (f", {post.peers}" if post.peers else ""), STATES[post.state]]
    return "\n".join([*parts, f"Mean of the last {post.readings} readings: {post.shown}"] if post.readings else parts)


def _post_line(post: Post) -> tuple[str, ...]:
    return ("", address(post.kind, post.name), post.peers, STATES[post.state], post.shown, str(post.readings))


def box_of_network(lines: Sequence[Line], posts: Sequence[Post]) -> Box:
    """The box around all lines and posts, with a margin."""
    points = [point for line in lines for point in line.course] + [(post.lon, post.lat) for post in posts]
    return box_around(points, _MARGIN, _LEAST)
