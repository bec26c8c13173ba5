"""Do stored summaries say what the engine answers, and are they made once, again when needed, and for nobody else?"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from data.database import owner_transaction
from data.engine.answers import answer
from data.errors import BadInput
from data.settings import ROOT
from data.types import MetricQuery, Scope, TimeRange
from services.cli import collect as commands
from services.ingest import import_file
from services.model import current, model_of
from services.rollups import Period, Summary, collect, span_of, stored
from services.rollups.parts import divide
from services.rollups.periods import BUCKETS_AT_ONCE, edges_of, pieces
from tests.support import make_scope, make_workspace

NOW = datetime(2026, 3, 20, 15, 30, tzinfo=UTC)
LATER = NOW + timedelta(days=60)
ZONE = "America/New_York"
SAMPLES = ROOT / "data" / "packs" / "services" / "sample"


def load(scope: Scope, *names: str) -> Scope:
    for name in names:
        import_file(scope, f"services.{name}", SAMPLES / f"{name}.csv", None, None, LATER)
    return scope


@pytest.fixture
def filled(scope: Scope) -> Scope:
    return load(scope, "appointments", "payments", "activity")


def span(period: Period, last: date, days_back: int, now: datetime = LATER) -> TimeRange:
    found = span_of(period, last, days_back, ZONE, now)
    assert found is not None
    return found


MARCH = date(2026, 3, 19)


def summaries(scope: Scope, period: Period, asked: TimeRange, names: Sequence[str]) -> dict[str, list[Summary]]:
    return {name: list(stored(scope, period, name, asked)) for name in names}


def metrics(scope: Scope) -> tuple[str, ...]:
    return tuple(model_of(scope).metrics())


@pytest.mark.parametrize(("period", "days_back"), [("hour", 1), ("day", 20), ("week", 30), ("month", 40)])
def test_every_summary_is_what_the_engine_answers(filled: Scope, period: Period, days_back: int) -> None:
    asked = span(period, MARCH, days_back)
    done = collect(filled, period, asked, LATER)
    names = metrics(filled)
    result = answer(filled, current(), [MetricQuery(names, asked, grain=period)], LATER)[0]
    found = summaries(filled, period, asked, names)
    assert done.written == len(names) * len(result.rows) and done.buckets == len(result.rows) > 0
    for name in names:
        assert [one.value for one in found[name]] == [row[name] for row in result.rows], name
        assert [one.bucket_at.isoformat() for one in found[name]] == [
            datetime.fromisoformat(row["bucket"]).astimezone(UTC).isoformat() for row in result.rows
        ]
    assert any(one.value for some in found.values() for one in some)


def test_what_is_no_sum_has_the_parts_it_is_made_of(filled: Scope) -> None:
    asked = span("day", MARCH, 25)
    collect(filled, "day", asked, LATER)
    _, divided = divide(model_of(filled))
    shapes = {one.metric.qualified: one.metric.shape for one in divided}
    counted = dict.fromkeys(("average", "share", "ratio"), 0)
    for name, shape in shapes.items():
        for one in stored(filled, "day", name, asked):
            assert one.additive == (shape in ("count", "sum"))
            if shape in counted and one.value is not None:
                assert one.numerator is not None and one.denominator
                assert math.isclose(one.value, one.numerator / one.denominator, rel_tol=1e-9), name
                counted[shape] += 1
    assert min(counted.values()) > 5


def test_parts_put_together_give_the_mean_of_the_whole_span(filled: Scope) -> None:
    asked, name = span("day", MARCH, 25), "services.appointment_satisfaction"
    collect(filled, "day", asked, LATER)
    days = list(stored(filled, "day", name, asked))
    whole = answer(filled, current(), [MetricQuery((name,), asked)], LATER)[0].rows[0][name]
    total = sum(one.numerator or 0 for one in days) / sum(one.denominator or 0 for one in days)
    assert math.isclose(total, whole) and len({one.value for one in days}) > 3


def test_the_second_time_nothing_is_written_and_force_writes_all_of_it(filled: Scope) -> None:
    asked = span("day", MARCH, 5)
    first = collect(filled, "day", asked, LATER)
    again, forced = collect(filled, "day", asked, LATER), collect(filled, "day", asked, LATER, force=True)
    assert (again.written, again.unchanged) == (0, first.written) and forced.written == first.written


def test_new_rows_change_the_summaries_of_their_dataset_and_no_others(filled: Scope) -> None:
    asked = span("day", MARCH, 5)
    collect(filled, "day", asked, LATER)
    rows = "paid_at,payment_kind,product,amount,person\n2026-03-18T12:00:00Z,payment,Course,45.00,u-1\n"
    path = ROOT / ".pytest_cache" / "one_payment.csv"
    path.write_text(rows)
    before = {one.bucket_at: one.value for one in stored(filled, "day", "services.revenue", asked)}
    import_file(filled, "services.payments", path, None, None, LATER)
    done = collect(filled, "day", asked, LATER)
    after = {one.bucket_at: one.value for one in stored(filled, "day", "services.revenue", asked)}
    changed = {day for day in after if after[day] != before[day]}
    assert changed == {datetime(2026, 3, 18, 4, tzinfo=UTC)}
    _, divided = divide(model_of(filled))
    touched = [one for one in divided if "services.payments" in one.datasets]
    assert done.written == len(touched) * 6 and len(touched) < len(divided) / 2


def test_a_bucket_that_is_not_over_is_computed_again(filled: Scope) -> None:
    asked, name = span("day", NOW.date(), 1, NOW), "services.appointments_booked"
    collect(filled, "day", asked, NOW)
    assert [one.complete for one in stored(filled, "day", name, asked)] == [True, False]
    collect(filled, "day", asked, LATER)
    assert [one.complete for one in stored(filled, "day", name, asked)] == [True, True]
    assert collect(filled, "day", asked, LATER).written == 0


def test_nothing_is_made_of_days_to_come_and_days_have_their_own_number_of_hours() -> None:
    assert span_of("day", date(2026, 3, 21), 0, ZONE, NOW) is None
    for last in (date.min, date.max):
        with pytest.raises(BadInput, match="a year from 1900 to 2099"):
            span_of("week", last, 7, ZONE, NOW)
    future = span("week", date(2026, 3, 29), 20, NOW)
    assert future.to_at == datetime(2026, 3, 23, 4, tzinfo=UTC)
    hours = [len(edges_of("hour", span("hour", day, 0), ZONE)) - 1 for day in (date(2026, 3, 8), date(2026, 3, 9))]
    assert hours == [23, 24]
    months = edges_of("month", span("month", date(2026, 3, 5), 10), ZONE)
    assert [edge.astimezone(UTC).date() for edge in months] == [date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1)]
    year = edges_of("day", span("day", MARCH, 400), ZONE)
    cut = list(pieces(year))
    assert sum(len(piece) - 1 for piece in cut) == 401 and all(len(piece) <= BUCKETS_AT_ONCE + 1 for piece in cut)
    assert all(first[-1] == second[0] for first, second in pairwise(cut))


def test_summaries_of_metrics_that_are_gone_or_mean_something_else_do_not_stay(filled: Scope) -> None:
    asked, name = span("day", MARCH, 2), "services.revenue"
    collect(filled, "day", asked, LATER)
    with owner_transaction() as tx:
        tx.execute("UPDATE belvedere.summaries SET metric = 'services.was_once' WHERE metric = 'services.refunded'")
        tx.execute("UPDATE belvedere.summaries SET definition = 'another', value = -1 WHERE metric = %s", (name,))
    done = collect(filled, "day", asked, LATER)
    assert done.removed == 3 and done.written == 6
    assert list(stored(filled, "day", "services.was_once", asked)) == []
    assert all(one.value != -1 for one in stored(filled, "day", name, asked))


def test_another_workspace_neither_sees_nor_changes_them(filled: Scope) -> None:
    asked, name = span("day", MARCH, 2), "services.payment_lines"
    collect(filled, "day", asked, LATER)
    other = load(make_scope(make_workspace()), "payments")
    assert list(stored(other, "day", name, asked)) == []
    mine = list(stored(filled, "day", name, asked))
    collect(other, "day", asked, LATER, force=True)
    assert list(stored(filled, "day", name, asked)) == mine != []


def command(scope: Scope, *more: str) -> Result:
    app = typer.Typer()
    commands.register(app)
    return CliRunner().invoke(app, ["--workspace", scope.workspace.slug, *more])


def test_the_command_backfills_by_date_and_days_back_and_shows_the_health(filled: Scope) -> None:
    done = command(filled, "--period", "daily", "--date", "2026-03-19", "--days-back", "9", "--system-health", "--json")
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    told = found["workspaces"][filled.workspace.slug]
    assert told["buckets"] == 10 and told["written"] == 10 * len(metrics(filled))
    assert {"name", "state", "message"} <= set(found["health"][0])
    asked = span("day", MARCH, 9)
    assert len(list(stored(filled, "day", "services.revenue", asked))) == 10
    again = command(filled, "--period", "daily", "--date", "2026-03-19", "--days-back", "9")
    assert f"10 buckets; summaries: 0 written, {told['written']:,} unchanged, 0 removed." in again.stdout
    refused = command(filled, "--period", "yearly")
    assert refused.exit_code == 2 and "yearly" in refused.stderr
