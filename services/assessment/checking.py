"""Is every task, metric, trait and version that the scoring files name there, and can their numbers be meant?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from services.assessment.definitions import EVERYBODY, PERCENTILES
from services.assessment.forms import MEASURES
from services.model.nodes import Node
from services.model.problems import Place, Problem, expected_one_of
from services.model.reading import Form


class _Findings:
    """The files that are looked through."""

    def __init__(self, root: Node) -> None:
        self.root = root

    def place(self, path: tuple[str, ...]) -> Place:
        """Where the thing at `path` stands, or the nearest thing around it."""
        return self.root.place_of(path)

    def known(self, name: str, among: Iterable[str], *path: str) -> Iterator[Problem]:
        """A problem when the name is not among these."""
        if name not in (names := list(among)):
            yield Problem(self.place(path), " ".join(path), expected_one_of(name, names))

    def holds(self, right: bool, message: str, *path: str) -> Iterator[Problem]:
        """A problem when something is not right."""
        if not right:
            yield Problem(self.place(path), " ".join(path), message)


def check_scoring(form: Form, root: Node) -> Iterator[Problem]:
    """Every finding beyond the form of single fields."""
    check = _Findings(root)
    yield from _tasks(check, form)
    yield from _metrics(check, form)
    yield from _mappings(check, form)
    yield from _norms(check, form)


def _tasks(check: _Findings, form: Form) -> Iterator[Problem]:
    for name, task in form.forms("tasks").items():
        path = ("tasks", name)
        least, whole = int(task.text("least_trials")), int(task.text("trials"))
        yield from check.holds(1 <= least <= whole, f"found {least}, expected 1 to {whole}.", *path, "least_trials")
        fast, slow = task.amount("fastest_ms", 150), task.amount("slowest_ms", 10_000)
        yield from check.holds(0 <= fast < slow, f"found {fast:g}, expected less than {slow:g}.", *path, "fastest_ms")
        for field in ("too_fast_share", "same_share"):
            yield from _part(check, task.amount(field, 1), *path, field)
        yield from check.holds(task.amount("trim_deviations", 3) > 0, "expected more than 0.", *path, "trim_deviations")
    session = form.form("session")
    if session:
        yield from _part(check, session.amount("least_valid_share", 1), "session", "least_valid_share")


def _part(check: _Findings, part: float, *path: str) -> Iterator[Problem]:
    yield from check.holds(0 <= part <= 1, f"found {part:g}, expected a part between 0 and 1.", *path)


def _metrics(check: _Findings, form: Form) -> Iterator[Problem]:
    tasks = form.forms("tasks")
    for name, metric in form.forms("metrics").items():
        task = metric.text("task")
        yield from check.known(task, tasks, "metrics", name, "task")
        if task in tasks:
            yield from check.known(
                metric.text("measure"), MEASURES[tasks[task].text("kind")], "metrics", name, "measure"
            )


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _mappings(check: _Findings, form: Form) -> Iterator[Problem]:
    metrics = form.forms("metrics")
    for version, mapping in form.forms("mappings").items():
        path, traits = ("mappings", version), mapping.forms("traits")
        for name, trait in traits.items():
            for metric, weight in trait.amounts("weights"):
                at = (*path, "traits", name, "weights", metric)
                yield from check.known(metric, metrics, *at)
                yield from check.holds(weight != 0, "found a weight of 0; leave the metric out.", *at)
            yield from _part(check, trait.amount("least_weight", 1), *path, "traits", name, "least_weight")
        for chosen in mapping.names("selection"):
            yield from check.known(chosen or "", traits, *path, "selection")


def _day(check: _Findings, form: Form, *path: str) -> Iterator[Problem]:
    found = form.text("from")
    yield from check.holds(_is_day(found), f"found `{found}`, expected a day like 2025-01-01.", *path, "from")


def _norms(check: _Findings, form: Form) -> Iterator[Problem]:
    mappings = form.forms("mappings")
    for version, norms in form.forms("norms").items():
        path, mapping = ("norms", version), norms.text("mapping")
        yield from _day(check, norms, *path)
        yield from check.known(mapping, mappings, *path, "mapping")
        groups = norms.forms("groups")
        yield from check.holds(EVERYBODY in groups, f"group `{EVERYBODY}` is missing.", *path, "groups")
        traits = mappings[mapping].forms("traits") if mapping in mappings else {}
        for name, group in groups.items():
            yield from _group(check, group, traits, *path, "groups", name)


def _group(check: _Findings, group: Form, traits: dict[str, Form], *path: str) -> Iterator[Problem]:
    metrics = group.forms("metrics")
    for name, norm in metrics.items():
        yield from check.holds(norm.amount("sd", 0) > 0, "expected more than 0.", *path, "metrics", name, "sd")
        yield from _part(check, norm.amount("reliability", 0), *path, "metrics", name, "reliability")
    for name, norm in group.forms("traits").items():
        at = (*path, "traits", name)
        yield from check.known(name, traits, *at)
        points = norm.numbers("points")
        rising = len(points) == len(PERCENTILES) and list(points) == sorted(set(points))
        yield from check.holds(rising, f"expected {len(PERCENTILES)} rising numbers.", *at, "points")
        yield from check.holds(-1 <= norm.amount("mean_r", 0) <= 1, "expected -1 to 1.", *at, "mean_r")
    for name, trait in traits.items():
        yield from check.holds(name in group.forms("traits"), f"trait `{name}` has no norm.", *path, "traits")
        for metric, _ in trait.amounts("weights"):
            yield from check.holds(
                metric in metrics, f"metric `{metric}` of trait `{name}` has no norm.", *path, "metrics"
            )
