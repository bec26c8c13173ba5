"""Do the metrics of the packs `services` and `meetings` say what their READMEs say, on rows counted by hand?"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from data.types import MetricQuery, Scope, TimeRange
from services.ingest import ingest_rows
from services.metrics import answer

NOW = datetime(2026, 5, 1, tzinfo=UTC)
APRIL = TimeRange(datetime(2026, 4, 1, 4, tzinfo=UTC), datetime(2026, 5, 1, 4, tzinfo=UTC))
AT = "2026-04-08T15:00:00Z"


def put(scope: Scope, dataset: str, rows: list[dict[str, Any]]) -> None:
    done = ingest_rows(scope, dataset, rows, dataset, NOW)
    assert (done.inserted, done.rejected) == (len(rows), 0), list(done.rejects)


def ask(scope: Scope, *names: str, by: str = "") -> list[tuple[Any, ...]]:
    query = MetricQuery(names, APRIL, by=(by,) if by else (), exact=True)
    found = answer(scope, [query], NOW)[0]
    assert found.rows == answer(scope, [query], NOW, "sql")[0].rows
    return [tuple(row[name] for name in ((by,) if by else ()) + names) for row in found.rows]


def extraction(number: int, field: str, said: str | None, truth: str | None, confidence: float) -> dict[str, Any]:
    return {
        "extraction_id": f"x{number}", "extracted_at": AT, "confirmed_at": AT if truth else None, "field": field,
        "predicted": said, "confirmed": truth, "confidence": confidence, "seller": "s1", "team": "t",
    }  # fmt: skip


ACCURACY = ("meetings.extraction_accuracy", "meetings.accuracy_promised", "meetings.confidence_gap")


def test_accuracy_and_calibration_come_from_rows_with_a_truth_alone(scope: Scope) -> None:
    put(scope, "meetings.extractions", [
        extraction(1, "budget", "10k", "10k", 0.9), extraction(2, "budget", "10k", "20k", 0.8),
        extraction(3, "budget", None, "5k", 0.4), extraction(4, "budget", "1k", None, 0.1),
        extraction(5, "company", "Alder", "Alder", 0.95), extraction(6, "company", "alder", "Alder", 0.55),
    ])  # fmt: skip
    by_field = {field: values for field, *values in ask(scope, *ACCURACY, by="field")}
    assert by_field["budget"] == pytest.approx([1 / 3, 2.1 / 3, 1.1 / 3])
    assert by_field["company"] == pytest.approx([0.5, 0.75, 0.25])
    bands = dict(ask(scope, "meetings.extraction_accuracy", by="confidence_band"))
    assert bands == {"under 0.5": 0.0, "0.5 to 0.7": 0.0, "0.8 to 0.9": 0.0, "0.9 and more": 1.0}
    assert ask(scope, "meetings.extraction_coverage", "meetings.accuracy_where_sure") == [(pytest.approx(5 / 6), 1.0)]


def test_without_any_truth_there_is_no_accuracy(scope: Scope) -> None:
    put(scope, "meetings.extractions", [extraction(n, "need", "speed", None, 0.9) for n in range(3)])
    assert ask(scope, *ACCURACY, "meetings.extractions_made") == [(None, None, None, 3)]
    put(scope, "meetings.detections", [{"detection_id": "d", "detected_at": AT, "detected_as": "meeting"}])
    judged = ("meetings.detection_accuracy", "meetings.detection_recall", "meetings.detection_precision")
    assert ask(scope, *judged) == [(None, None, None)]


def test_meetings_are_found_and_people_recognised_as_often_as_people_say(scope: Scope) -> None:
    pairs = (
        [("meeting", "meeting")] * 6 + [("other", "meeting")] * 2 + [("meeting", "other")] + [("other", "other")] * 3
    )
    put(scope, "meetings.detections", [
        {"detection_id": f"d{i}", "detected_at": AT, "detected_as": said, "was": was}
        for i, (said, was) in enumerate(pairs)
    ])  # fmt: skip
    judged = ("meetings.detection_accuracy", "meetings.detection_recall", "meetings.detection_precision")
    assert ask(scope, *judged) == [pytest.approx((9 / 12, 6 / 8, 6 / 7))]
    leads = [("l1", "l1"), ("l2", "l9"), ("none", "none"), ("none", "l3"), ("l4", None)]
    put(scope, "meetings.participants", [
        {"participant_id": f"p{i}", "seen_at": AT, "matched_lead": said, "true_lead": true}
        for i, (said, true) in enumerate(leads)
    ])  # fmt: skip
    assert ask(scope, "meetings.matching_accuracy") == [(0.5,)]


def test_debriefings_count_when_they_are_due_and_runs_by_their_direction(scope: Scope) -> None:
    states = ["completed", "completed", "late", "missed", "open"]
    put(scope, "meetings.debriefings", [
        {"debriefing_id": f"b{i}", "requested_at": "2026-04-07T15:00:00Z", "due_at": AT, "debriefing_status": state}
        for i, state in enumerate(states)
    ])  # fmt: skip
    assert ask(scope, "meetings.debriefing_completion", "meetings.debriefing_punctuality") == [(0.6, 0.4)]
    runs = [("to CRM", "failed", 10, 10), ("to CRM", "succeeded", 10, 0), ("from CRM", "succeeded", 5, 0),
            ("from CRM", "partial", 15, 2)]  # fmt: skip
    put(scope, "meetings.sync_runs", [
        {"started_at": AT, "direction": way, "sync_status": state, "records": n, "failed_records": lost}
        for way, state, n, lost in runs + [("from CRM", "succeeded", 0, 0)] * 2
    ])  # fmt: skip
    names = ("meetings.sync_success_to_crm", "meetings.sync_success_from_crm", "meetings.sync_success_gap")
    assert ask(scope, *names, "meetings.record_failure_rate") == [(0.5, 0.75, 0.25, pytest.approx(12 / 40))]


def appointment(number: int, booked: str, status: str) -> dict[str, Any]:
    return {
        "appointment_id": f"a{number}", "booked_at": f"{booked}T15:00:00Z", "starts_at": AT, "minutes": 30,
        "appointment_status": status, "beneficiary": f"b{number}",
    }  # fmt: skip


def test_no_shows_are_of_expected_appointments_and_split_by_how_long_ahead_they_were_booked(scope: Scope) -> None:
    states = [
        ("2026-04-08", "completed"), ("2026-04-07", "completed"), ("2026-04-07", "no show"),
        ("2026-04-04", "completed"), ("2026-03-24", "no show"), ("2026-03-10", "no show"),
        ("2026-03-10", "completed"), ("2026-03-10", "cancelled"), ("2026-04-07", "booked"),
    ]  # fmt: skip
    put(scope, "services.appointments", [appointment(i, *state) for i, state in enumerate(states)])
    names = ("services.no_show_rate", "services.appointment_completion", "services.no_show_excess_far_ahead")
    assert ask(scope, *names) == [pytest.approx((3 / 7, 4 / 8, 2 / 3 - 3 / 7))]
    assert dict(ask(scope, "services.no_show_rate", by="booked_ahead")) == {
        "same day": 0.0, "1-3 days": 0.5, "4-7 days": 0.0, "2-4 weeks": 1.0, "over 4 weeks": 0.5,
    }  # fmt: skip
    shifts = [{"shift_at": AT, "programme": "p", "available_minutes": 100}] * 2
    put(scope, "services.shifts", shifts)
    assert ask(scope, "services.staff_utilisation", "services.minutes_missed") == [(0.6, 90.0)]


def test_retention_is_of_those_who_were_active_the_month_before(scope: Scope) -> None:
    months = [("p1", "03-01", "yes"), ("p2", "03-01", "no"), ("p3", "03-01", "yes"), ("p1", "04-01", "no")]
    following = {"03-01": "2026-04-01T04:00:00Z", "04-01": "2026-05-01T04:00:00Z"}
    put(scope, "services.active_months", [
        {"person_month": f"{person} {month}", "person": person, "month_at": f"2026-{month}T05:00:00Z",
         "next_month_at": following[month], "returned": returned}
        for person, month, returned in months
    ])  # fmt: skip
    names = ("services.people_to_keep", "services.retention", "services.monthly_churn")
    assert ask(scope, *names) == [pytest.approx((3, 2 / 3, 1 / 3))]


def test_revenue_is_less_refunds_and_shared_among_those_who_paid_or_were_active(scope: Scope) -> None:
    lines = [("p1", 30.0, "payment"), ("p1", -10.0, "refund"), ("p2", 25.5, "payment"), (None, 4.5, "payment")]
    put(scope, "services.payments", [
        {"paid_at": AT, "person": person, "amount": amount, "payment_kind": kind, "invoice": "i"}
        for person, amount, kind in lines
    ])  # fmt: skip
    put(scope, "services.activity", [{"occurred_at": AT, "event": "login", "person": f"p{i % 4}"} for i in range(10)])
    names = ("revenue", "refunded", "revenue_per_user", "revenue_per_active_user", "revenue_per_invoice")
    assert ask(scope, *(f"services.{name}" for name in names)) == [(50.0, -10.0, 25.0, 12.5, 50.0)]
