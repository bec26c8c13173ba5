"""A rate is told only where its exposure fits the rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from data.types import MetricQuery, Scope, TimeRange
from services.ingest import ingest_rows
from services.metrics import answer
from services.model import current

pytestmark = pytest.mark.usefixtures("database")
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
RATE = "grievance.complaints_per_1000"


def ask(scope: Scope) -> tuple[object, dict[str, str]]:
    span = TimeRange(NOW - timedelta(days=2), NOW)
    found = answer(scope, [MetricQuery((RATE,), span)], NOW)[0]
    return (found.rows[0].get(RATE) if found.rows else None), found.cannot_tell


def send(scope: Scope, key: str, district: str) -> None:
    row = {"complaint_id": key, "opened_at": (NOW - timedelta(hours=3)).isoformat(), "district": district}
    ingest_rows(scope, "grievance.complaints", [row], key, NOW)


def test_a_rate_divides_by_all_people_while_every_district_is_known(scope: Scope) -> None:
    amounts = dict(current().pack("grievance").exposures[0].amounts)
    send(scope, "a", next(iter(amounts)))
    assert ask(scope) == (pytest.approx(1000 / sum(amounts.values())), {})


def test_a_rate_has_no_answer_once_rows_name_a_district_without_people(scope: Scope) -> None:
    send(scope, "a", next(iter(dict(current().pack("grievance").exposures[0].amounts))))
    ask(scope)
    send(scope, "b", "NYCC50")
    value, reasons = ask(scope)
    assert value is None
    assert "population is not known" in reasons[RATE]
