"""Which rows does a pack's simulator make for a span of time?"""

from __future__ import annotations

import zlib
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import numpy as np

from data.engine.batches import Batch
from data.engine.days import day_start, to_ms
from data.errors import UnknownName, unknown
from data.model import Pack
from data.types import Scope, Workspace
from services.model.checking import check_form
from services.model.nodes import Node
from services.model.packs import pack_folders, read_pack_nodes
from services.model.problems import BadPack, Problem
from services.model.reading import Form
from services.model.registry import current
from services.simulate.arrivals import Day, arrivals
from services.simulate.checks import check_recipe
from services.simulate.grammar import SIMULATOR, WORLD
from services.simulate.lifecycles import Lives, join_lives, lives, take_lives
from services.simulate.recipes import Recipe, build_recipe
from services.simulate.rows import case_columns, step_columns
from services.simulate.worlds import make_world
from services.simulate.worlds.world import World

_KEPT_DAYS = 400


class Simulator(World):
    """A world of cases and their steps, made from a recipe; days are made once and kept."""

    def __init__(self, recipe: Recipe, workspace: Workspace) -> None:
        self.recipe, self.workspace, self.anchors = recipe, workspace, (recipe.cases,)
        self._day = lru_cache(maxsize=_KEPT_DAYS)(self._make_day)

    def _make_day(self, ordinal: int) -> Lives:
        zone, day = self.workspace.timezone, date.fromordinal(ordinal)
        start, end = (to_ms(day_start(d, zone)) for d in (day, day + timedelta(days=1)))
        place = zlib.crc32(self.workspace.slug.encode())
        rng = np.random.default_rng([self.recipe.seed, place, ordinal])
        scale = self.recipe.workspaces.get(self.workspace.slug, 1.0)
        cases = arrivals(self.recipe, Day(ordinal, start, end - start, scale), rng)
        return lives(self.recipe, cases, zone, rng)

    def lives_of(self, first: date, last: date) -> Lives:
        """All cases that begin on the local days from `first` to `last`, both included, with their whole future."""
        return join_lives([self._day(ordinal) for ordinal in range(first.toordinal(), last.toordinal() + 1)])

    def history(self, first: date, last: date, until: datetime, key: str, first_day: date) -> list[Batch]:
        """The cases that begin on these days as they stand at `until`, and what happened to any case on those days."""
        cases = self.cases(first, last, until, key)
        steps = self.steps(self.before(first), self.end_of(last, until), key, first=first_day)
        return [cases, steps] if steps else [cases]

    def cases(self, first: date, last: date, now: datetime, key: str) -> Batch:
        """Cases that begin on these days and by `now`, as they stand then."""
        lived = self.lives_of(first, last)
        begun = take_lives(lived, lived.cases.opened_ms <= to_ms(now))
        return Batch(self.recipe.cases, key, case_columns(self.recipe, begun, to_ms(now)))

    def steps(self, since: datetime, now: datetime, key: str, first: date = date.min) -> Batch | None:
        """What happened in (since, now] to cases that began on `first` or later; None without a dataset of steps."""
        touched = self._touched(since, now, first)
        return self._steps(touched, since, now, key)

    def since(self, since: datetime, now: datetime, key: str, first: date = date.min) -> list[Batch]:
        """What happened in (since, now] to cases that began on `first` or later: the cases as they stand at `now`, and
        the steps. None of both when nothing happened."""
        touched = self._touched(since, now, first)
        cases = Batch(self.recipe.cases, key, case_columns(self.recipe, touched, to_ms(now)))
        steps = self._steps(touched, since, now, key)
        return [batch for batch in (cases, steps) if batch is not None and batch.size > 0]

    def _steps(self, touched: Lives, since: datetime, now: datetime, key: str) -> Batch | None:
        if self.recipe.steps is None:
            return None
        columns = step_columns(self.recipe, touched, to_ms(since), to_ms(now))
        return Batch(self.recipe.steps, key, columns)

    def _touched(self, since: datetime, now: datetime, first: date = date.min) -> Lives:
        earliest = self.local_day(since) - timedelta(days=self.recipe.longest_days + 1)
        found = []
        for ordinal in range(max(first, earliest).toordinal(), self.local_day(now).toordinal() + 1):
            lived = self._day(ordinal)
            touched = np.zeros(lived.cases.n, np.bool_)
            for moment in lived.at_ms.values():
                touched |= (moment > to_ms(since)) & (moment <= to_ms(now))
            found.append(take_lives(lived, touched))
        return join_lives(found)


def load_recipe(pack: Pack, folder: Path) -> Recipe | None:
    """The recipe of a pack's simulator, or None when it has none. Raises BadPack."""
    node = _node(folder)
    if node is None or "world" in (node.children or {}):
        return None
    problems = list(check_form(SIMULATOR, node, f"simulator of `{pack.name}`"))
    if not problems:
        problems = list(check_recipe(Form(SIMULATOR, node), node, pack))
    if problems:
        raise BadPack(problems)
    return build_recipe(Form(SIMULATOR, node), pack)


def has_simulator(pack: Pack, folder: Path) -> bool:
    """Can rows of the pack be made up? Raises BadPack."""
    return load_recipe(pack, folder) is not None or _world_form(pack, folder) is not None


def _node(folder: Path) -> Node | None:
    return (read_pack_nodes(folder).children or {}).get("simulator")


def _world_form(pack: Pack, folder: Path) -> Form | None:
    node = _node(folder)
    if node is None or "world" not in (node.children or {}):
        return None
    subject = f"simulator of `{pack.name}`"
    problems = list(check_form(WORLD, node, subject))
    found = Form(WORLD, node)
    if not problems and found.text("world") != pack.name:
        message = f"found the world `{found.text('world')}`, which belongs to the pack of that name."
        problems = [Problem(node.place, subject, message)]
    if problems:
        raise BadPack(problems)
    return found


@lru_cache(maxsize=16)
def _simulator(pack: Pack, folder: Path, workspace: Workspace) -> World | None:
    form = _world_form(pack, folder)
    if form is not None:
        return make_world(pack, workspace, dict(form.amounts("workspaces")).get(workspace.slug, 1.0))
    recipe = load_recipe(pack, folder)
    return Simulator(recipe, workspace) if recipe else None


def get_simulator(workspace: Workspace, pack: str) -> World:
    """The simulator of an installed pack for a workspace; raises UnknownName when there is none."""
    packs = {found.name: found for found in current().packs}
    if pack not in packs:
        raise unknown("pack", pack, packs)
    found = _simulator(packs[pack], pack_folders()[pack], workspace)
    if found is None:
        raise UnknownName(f"Pack `{pack}` has no simulator: its YAML has no `simulator`.")
    return found


def tick(scope: Scope, pack: str, since: datetime, now: datetime) -> list[Batch]:
    """What happened in the scope's workspace in (since, now]: the changed cases and their steps, to be written in one
    transaction. The same span gives the same rows; its key makes a retry count once."""
    return get_simulator(scope.workspace, pack).since(since, now, f"tick {since.isoformat()} {now.isoformat()}")
