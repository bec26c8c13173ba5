"""How is everything, since when, how was it in the past day or week, and what is to be done?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from data import looks
from data.errors import DatabaseDown
from data.looks import Spell
from data.types import Scope
from services.formats import SPACE, age, grouped, plural, share
from services.health.advice import ABOUT, About, about
from services.health.checking import check, worst
from services.health.grading import STATES, Component, Limits, State
from services.observing.workspace import find_scope
from services.people import require

SPANS = {"day": (timedelta(days=1), timedelta(minutes=30)), "week": (timedelta(days=7), timedelta(hours=3))}
"""What can be shown of the past, and in pieces of which length."""
BEFORE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the past with the worst that was found in it; None when nobody looked."""

    from_at: datetime
    to_at: datetime
    state: State | None


@dataclass(frozen=True, slots=True)
class Line:
    """A component as it is now. It is so since `since`, None when there is no earlier look that found the same; at the
    edge of what is remembered (`is_older`) it may be so for longer."""

    component: Component
    about: About
    since: datetime | None
    is_older: bool
    pieces: tuple[Piece, ...]

    @property
    def needs_attention(self) -> bool:
        """Is somebody to do something?"""
        return self.component.state not in ("healthy", "cannot tell")


@dataclass(frozen=True, slots=True)
class HealthBoard:
    """All components, the worst first, and one sentence about them."""

    state: State
    sentence: str
    lines: tuple[Line, ...]
    remembered: bool


def health_board(scope: Scope, span: str, now: datetime) -> HealthBoard:
    """Every component with its past `day` or `week`. Raises NotAllowed; while the database is down it still answers."""
    require(scope, "operate")
    components = check(now)
    known = _spells(now)
    by_component = {name: list(found) for name, found in groupby(known, key=lambda one: one.component)}
    lines = [_line(one, by_component.get(one.name, []), span, now) for one in components]
    order = list(ABOUT)
    lines.sort(key=lambda line: (-_weight(line), order.index(line.component.name)
                                 if line.component.name in order else len(order)))  # fmt: skip
    return HealthBoard(worst(components), sentence(components), tuple(lines), bool(known))


def _weight(line: Line) -> int:
    return STATES.index(line.component.state) if line.needs_attention else 0


def _spells(now: datetime) -> list[Spell]:
    try:
        own = find_scope()
        return looks.spells(own, now - BEFORE, now) if own else []
    except DatabaseDown:
        return []


def _line(component: Component, known: Sequence[Spell], span: str, now: datetime) -> Line:
    since, is_older = since_when(component.state, known, now)
    return Line(component, about(component.name), since, is_older, pieces(known, span, now))


def since_when(state: State, known: Sequence[Spell], now: datetime) -> tuple[datetime | None, bool]:
    """Since when looks have found this state without a break, and whether that is where memory ends."""
    last = known[-1] if known else None
    if last is None or last.state != state or now - last.to_at > looks.APART:
        return None, False
    return last.from_at, last.from_at - (now - BEFORE) < looks.APART


def pieces(known: Sequence[Spell], span: str, now: datetime) -> tuple[Piece, ...]:
    """The past in pieces of equal length, the last one up to now."""
    length, step = SPANS[span]
    starts = [now - length + step * n for n in range(int(length / step))]
    return tuple(Piece(at, at + step, _worst_within(known, at, at + step)) for at in starts)


def _worst_within(known: Sequence[Spell], from_at: datetime, to_at: datetime) -> State | None:
    found = {spell.state for spell in known if spell.from_at < to_at and spell.to_at >= from_at}
    return max((state for state in STATES if state in found), key=STATES.index, default=None)


def sentence(components: Sequence[Component]) -> str:
    """How everything is, in one sentence."""
    trouble = sorted((one for one in components if one.state not in ("healthy", "cannot tell")),
                     key=lambda one: -STATES.index(one.state))  # fmt: skip
    unknown = sum(one.state == "cannot tell" for one in components)
    if trouble:
        named = ", ".join(f"{about(one.name).title} ({one.state})" for one in trouble)
        verb = "needs" if len(trouble) == 1 else "need"
        return f"{len(trouble)} of {plural(len(components), 'component')} {verb} attention: {named}."
    if not unknown:
        return f"All {len(components)} components are healthy."
    healthy = len(components) - unknown
    verb = "is" if healthy == 1 else "are"
    return f"{plural(healthy, 'component')} {verb} healthy; {grouped(unknown)} cannot be judged yet."


def limits_text(limits: Limits | None) -> str:
    """Both thresholds in words; empty without any."""
    if limits is None:
        return ""
    side = "or more" if limits.worse == "above" else "or less"
    return f"warning at {_shown(limits.warning, limits)} {side}, critical at {_shown(limits.critical, limits)} {side}"


def _shown(value: float, limits: Limits) -> str:
    if limits.unit == "s":
        return age(value) if value % 60 == 0 else f"{grouped(value)}{SPACE}s"
    if limits.unit == "jobs":
        return plural(int(value), "job")
    if limits.unit.startswith("of "):
        return share(value)
    return f"{grouped(value)}{SPACE}{limits.unit}"
