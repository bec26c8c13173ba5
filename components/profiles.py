"""How is a person's trait profile chosen and drawn, and the fairness of what was recommended?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape

import streamlit as st

from components import lookup, state, states, traits
from components.markdown import plain
from data.types import CannotTell, Scope
from services import entities, model
from services.assessment.fairness import FOUR_FIFTHS, Impact
from services.assessment.portraits import Portrait, portrait
from services.assessment.profiles import MetricLine, TraitLine
from services.assessment.selection import DIMENSIONS, fairness
from services.assessment.wording import metric_text, norm_text
from services.entities import Kind
from services.formats import MINUS, NOTHING, moment, number
from services.live.choices import range_of

KIND = "assessment.participant"
PAGE = "pages/explore/profiles.py"
_RANGES = {"90d": "90 d", "365d": "365 d"}
_VERDICTS = {
    "reference": "Highest rate: the others are held against it", "no sign": "No sign of adverse impact",
    "possible": "Below four fifths, but chance may do that", "shown": "Below four fifths, beyond chance",
}  # fmt: skip
_VERSUS = {"above": "above", "below": "below", "at": "not to be told from it"}


def find_kind(scope: Scope) -> Kind | None:
    """The kind of thing that a person of an assessment is; None where the workspace has no assessments."""
    known = {kind.slug: kind for kind in entities.kinds(model.model_of(scope))}
    return known.get(KIND)


def show(scope: Scope, kind: Kind, now: datetime) -> None:
    """The pickers and the profile of the chosen person."""
    with st.container(key="no_print"):
        lookup.search(scope, kind, "person")
    person = state.read("person")
    if not person:
        return
    found = portrait(
        scope, person, state.read("session") or None, state.read("group") or None, state.read("norms") or None
    )
    with st.container(key="no_print_norms", horizontal=True, gap="small"):
        newest = {s.session: f"{moment(s.completed_at, scope.workspace.timezone, now)}" for s in found.sittings}
        state.choose("Session", "session", newest, found.profile.session, st.selectbox, width=200)
        state.choose("Norm group", "group", found.groups, found.profile.norm_group, st.selectbox, width=200)
        versions = {version: version for version in found.versions}
        state.choose("Norms", "norms", versions, found.profile.norm_version, st.selectbox, width=140)
    _head(scope, found, now)
    _profile(found)
    _trend(scope, found)
    _rests_on(found)
    _sittings(scope, found, now)


def _head(scope: Scope, found: Portrait, now: datetime) -> None:
    profile = found.profile
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader(plain(profile.participant), anchor=False, width="content")
        st.badge(
            "Can be believed" if profile.valid else "Cannot be believed", color="green" if profile.valid else "red"
        )
    people = max((t.people for t in profile.traits), default=0)
    size = f" ({people} people)" if people else ""
    when = moment(profile.completed_at, scope.workspace.timezone, now)
    st.caption(
        f"Session {plain(profile.session)} of {when}, battery {plain(profile.battery or NOTHING)}. "
        f"Held against {profile.norm_title}{size}, norms {profile.norm_version}, weights {profile.mapping_version}. "
        f"Outcome: {plain(profile.outcome or NOTHING)}."
    )


def _profile(found: Portrait) -> None:
    lines = found.profile.traits
    with st.container(border=True, gap="xsmall"):
        read = (
            "Dot: percentile, bar: 95 % interval, amber tick: benchmark. Green is above it, red below it, beyond error."
        )
        st.markdown(f"**Traits against the norm group** :small[:gray[{read}]]")
        if lines:
            traits.draw_profile(lines)
            heads = ("Trait", "Score", "Percentile", "Standard error", "Reliability", "In words", "Benchmark")
            _table(heads, (_trait(line) for line in lines))
        for untold in found.untold if found.profile.valid else ():
            states.cannot_tell(f"{untold.title} cannot be told. {untold.reason}")
        if not found.profile.valid:
            states.cannot_tell(f"No trait can be told. {found.untold[0].reason}")


def _trait(line: TraitLine) -> Sequence[str]:
    return (
        line.title, f"{line.score:.0f} ({line.low:.0f} to {line.high:.0f})",
        f"{line.percentile:.0f} ({line.percentile_low:.0f} to {line.percentile_high:.0f})", f"{line.se:.1f}",
        f"{line.reliability:.2f}", line.band, f"{line.benchmark:.0f}, {_VERSUS[line.versus]}",
    )  # fmt: skip


def _trend(scope: Scope, found: Portrait) -> None:
    with st.container(border=True, gap="xsmall"):
        read = "Scores by the norms above, with their 95 % intervals; amber: benchmark."
        st.markdown(f"**Over the sessions** :small[:gray[{read}]]")
        if isinstance(found.trend, CannotTell):
            states.cannot_tell(found.trend.reason)
            return
        titles = {p.trait: p.title for p in found.trend}
        benchmarks = {t.trait: t.benchmark for t in found.profile.traits}
        chosen = state.choose("Trait", "trait", titles, next(iter(titles)), st.selectbox, width=220)
        points = tuple(p for p in found.trend if p.trait == chosen)
        traits.draw_trend(points, benchmarks.get(chosen, 50.0), scope.workspace.timezone)


def _rests_on(found: Portrait) -> None:
    used: dict[str, list[str]] = {}
    for trait, weights in found.rests_on.items():
        for title, weight in weights:
            used.setdefault(title, []).append(f"{trait} ({'+' if weight > 0 else MINUS}{abs(weight):g})")
    with st.container(border=True, gap="xsmall"):
        st.markdown("**What it rests on** :small[:gray[Metrics of the tasks, with their weight in each trait]]")
        heads = ("Metric", "Value", "Norm group", "Valid", "Used in")
        _table(heads, (_metric(line, used.get(line.title, [])) for line in found.profile.metrics))


def _metric(line: MetricLine, used: Sequence[str]) -> Sequence[str]:
    value = metric_text(line.value, line)
    flags = "yes" if line.valid else f"no: {(line.flags or '').replace('_', ' ').replace('+', ', ')}"
    return line.title, value, norm_text(line), flags, ", ".join(used) or NOTHING


def _sittings(scope: Scope, found: Portrait, now: datetime) -> None:
    with st.container(border=True, gap="xsmall"):
        st.markdown("**Sessions**")
        rows = (
            (
                s.session, moment(s.completed_at, scope.workspace.timezone, now), s.battery or NOTHING,
                "yes" if s.valid else f"no: {s.reason}", s.outcome or NOTHING,
            )
            for s in found.sittings
        )  # fmt: skip
        _table(("Session", "Completed", "Battery", "Believed", "Outcome"), rows)


def show_fairness(scope: Scope, now: datetime) -> None:
    """The four-fifths table of a dimension."""
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        titles = {name: name.replace("_", " ").capitalize() for name in DIMENSIONS}
        dimension = state.choose("Groups by", "by", titles, DIMENSIONS[0], st.selectbox, width=200)
        span = state.choose("Range", "span", _RANGES, "365d", st.segmented_control, required=True)
    found = fairness(scope, dimension, range_of(span, None, scope.workspace.timezone, now), now)
    with st.container(border=True, gap="xsmall"):
        limit = number(FOUR_FIFTHS, "percent", decimals=0)
        read = f"A rate under {limit} of the highest may tell of a disadvantage; ratios have 95 % intervals."
        st.markdown(f"**Who was recommended** :small[:gray[{read}]]")
        if isinstance(found.impacts, CannotTell):
            states.cannot_tell(f"This cannot be told. {found.impacts.reason}")
            return
        heads = ("Group", "Assessed", "Recommended", "Rate", "Ratio to the highest", "Reading")
        _table(heads, (_impact(impact) for impact in found.impacts))


def _impact(found: Impact) -> Sequence[str]:
    is_first = found.verdict == "reference"
    ratio = NOTHING if is_first else f"{found.ratio:.2f} ({found.low:.2f} to {found.high:.2f})"
    unsure = found.verdict == "no sign" and found.low < FOUR_FIFTHS
    told = "Not below four fifths, but chance may hide it" if unsure else _VERDICTS[found.verdict]
    return found.group, str(found.assessed), str(found.recommended), number(found.rate, "percent"), ratio, told


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    head = "".join(f"<th scope='col'>{escape(h)}</th>" for h in heads)
    body = "".join("<tr>" + "".join(f"<td title='{escape(c)}'>{escape(c)}</td>" for c in row) + "</tr>" for row in rows)
    st.html(f"<div class='bv-wide'><table class='bv-stream'><thead><tr>{head}</tr></thead>{body}</table></div>")
