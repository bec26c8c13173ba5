"""What do the scoring files of a pack say, and is everything in them that they name?"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Literal, cast

from services.assessment.checking import check_scoring
from services.assessment.definitions import (
    Mapping,
    MetricNorm,
    NormGroup,
    Norms,
    Renorming,
    Score,
    Scoring,
    Task,
    Trait,
    TraitNorm,
)
from services.assessment.forms import SCORING
from services.model.checking import check_form
from services.model.nodes import Node, read_nodes
from services.model.packs import pack_folders
from services.model.problems import BadPack, Place, Problem
from services.model.reading import Form

PACK = "assessment"
FOLDER = "scoring"


@lru_cache(maxsize=1)
def scoring() -> Scoring:
    """The definitions that come with the pack, read once a process. Raises BadPack."""
    return load_scoring(pack_folders()[PACK] / FOLDER)


def load_scoring(folder: Path) -> Scoring:
    """The definitions in a folder; raises BadPack with everything that is wrong with them."""
    root = _read(folder)
    problems = list(check_form(SCORING, root, "scoring"))
    if not problems:
        problems = list(check_scoring(Form(SCORING, root), root))
    if problems:
        raise BadPack(sorted(problems, key=lambda problem: (problem.place.file, problem.place.line)))
    return _build(Form(SCORING, root), str(zlib.crc32("".join(_texts(root)).encode())))


def _texts(node: Node) -> Iterator[str]:
    for name, child in (node.children or {}).items():
        yield f"{name}:"
        yield from _texts(child)
    for item in node.items or ():
        yield from _texts(item)
    yield f"{node.text};"


def _read(folder: Path) -> Node:
    """All files as one node; blocks of the same name add up, a name in two of them is a problem."""
    root: dict[str, Node] = {}
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.yaml")):
        shown = f"{folder.parent.name}/{folder.name}/{path.name}"
        for name, child in (read_nodes(path, shown).children or {}).items():
            before = root.get(name)
            if before is None:
                root[name] = child
                continue
            both = {**(before.children or {}), **(child.children or {})}
            twice = (before.children or {}).keys() & (child.children or {}).keys()
            problems += [Problem(child.place, f"`{one}`", f"is already in {before.place}.") for one in sorted(twice)]
            root[name] = Node(before.place, children=both)
    if problems:
        raise BadPack(problems)
    return Node(Place(f"{folder.parent.name}/{folder.name}", 1), children=root)


def _build(form: Form, fingerprint: str) -> Scoring:
    session, renorming = form.form("session"), form.form("renorming")
    assert session is not None and renorming is not None
    norms = [_norms(name, inner) for name, inner in form.forms("norms").items()]
    return Scoring(
        tuple(_task(name, inner) for name, inner in form.forms("tasks").items()),
        tuple(_score(name, inner) for name, inner in form.forms("metrics").items()),
        session.amount("least_valid_share", 1.0), int(session.text("idle_minutes")),
        tuple(_mapping(name, inner) for name, inner in form.forms("mappings").items()),
        tuple(sorted(norms, key=lambda found: found.from_on)),
        Renorming(*(int(renorming.text(field)) for field in ("window_days", "least_people", "prior_people"))),
        fingerprint,
    )  # fmt: skip


def _task(name: str, form: Form) -> Task:
    run = form.maybe("longest_run")
    return Task(
        name, form.text("title"), form.text("description"), form.text("kind"), int(form.text("trials")),
        int(form.text("least_trials")), form.text("source"), int(form.text("least_in_condition", "5")),
        form.amount("fastest_ms", 150.0), form.amount("slowest_ms", 10_000.0), form.amount("trim_deviations", 3.0),
        form.amount("too_fast_share", 0.2), form.number("too_fast_median_ms"), form.maybe("same_answer"),
        form.amount("same_share", 0.95), int(run) if run else None,
    )  # fmt: skip


def _score(name: str, form: Form) -> Score:
    scale: Literal["plain", "log"] = "log" if form.text("scale") == "log" else "plain"
    return Score(name, form.text("title"), form.text("task"), form.text("measure"), form.text("unit"), scale)


def _mapping(version: str, form: Form) -> Mapping:
    traits = tuple(
        Trait(
            name, inner.text("title"), inner.text("description"), inner.amounts("weights"),
            inner.amount("least_weight", 1.0), inner.amount("benchmark", 50.0),
        )
        for name, inner in form.forms("traits").items()
    )  # fmt: skip
    selection = cast(tuple[str, ...], form.names("selection"))
    return Mapping(version, traits, selection, form.amount("selection_score", 50.0))


def _norms(version: str, form: Form) -> Norms:
    groups = {name: _group(name, inner) for name, inner in form.forms("groups").items()}
    return Norms(version, date.fromisoformat(form.text("from")), form.text("mapping"), groups)


def _group(name: str, form: Form) -> NormGroup:
    metrics = {
        metric: MetricNorm(
            int(inner.text("n")), inner.amount("mean", 0.0), inner.amount("sd", 1.0), inner.amount("reliability", 0.0)
        )
        for metric, inner in form.forms("metrics").items()
    }
    traits = {
        trait: TraitNorm(int(inner.text("n")), inner.amount("mean_r", 0.0), inner.numbers("points"))
        for trait, inner in form.forms("traits").items()
    }
    return NormGroup(name, form.text("title"), metrics, traits)
