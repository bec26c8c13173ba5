"""What do a question and its answer look like, as the API reference shows them?"""

from __future__ import annotations

from typing import Any

METRICS: list[dict[str, Any]] = [
    {
        "pack": "grievance", "name": "complaints_opened", "metric": "grievance.complaints_opened",
        "title": "Complaints opened", "unit": "complaints", "format": "integer", "better": "lower", "target": None,
        "description": "Complaints that reached the city in the period.", "dataset": "grievance.complaints",
        "shape": "count", "family": "business", "owner": "Complaints office",
    }
]  # fmt: skip

QUERY: dict[str, Any] = {
    "metrics": ["complaints_opened", "resolution_time_median"],
    "range": {"last": "30d"},
    "grain": "day",
    "by": ["category"],
    "where": {"priority": ["urgent", "high"]},
    "compare": "previous",
    "top": 5,
}

ANSWER: dict[str, Any] = {
    "rows": [
        {
            "bucket": "2026-11-20T00:00:00-05:00", "category": "Noise", "complaints_opened": 412,
            "complaints_opened__previous": 390, "resolution_time_median": 5.3, "resolution_time_median__previous": 5.9,
        }
    ],
    "as_of": "2026-11-20T23:58:11Z", "received_at": "2026-11-20T23:58:12Z", "engine": "segments", "elapsed_ms": 3.1,
    "versions": {"grievance.complaints": 118}, "plan": {}, "cannot_tell": {},
}  # fmt: skip

DASHBOARD: dict[str, Any] = {
    "workspace": "demo", "days": 30, "from": "2026-10-22T04:00:00Z", "to": "2026-11-21T05:00:00Z",
    "compare": "previous",
    "packs": [
        {
            "pack": "grievance", "title": "Grievance",
            "tiles": [
                {
                    "metric": "grievance.complaints_opened", "title": "Complaints opened", "family": "business",
                    "value": 12840, "previous": 12011, "change": 0.069, "direction": "up", "tone": "bad",
                    "unit": "complaints", "format": "integer", "better": "lower", "target": None, "on_target": None,
                    "as_of": "2026-11-20T23:58:11Z", "age_s": 109.0, "late": False, "reason": None,
                }
            ],
        }
    ],
}  # fmt: skip

ROWS: dict[str, Any] = {
    "dataset": "grievance.complaints", "from": "2026-11-20T05:00:00Z", "to": "2026-11-21T05:00:00Z",
    "filters": ["category is Noise"], "columns": ["complaint_id", "opened_at", "category", "status"],
    "omitted": ["officer", "citizen"], "total": 412, "as_of": "2026-11-20T23:58:11Z",
    "rows": [
        {"complaint_id": "C-10412", "opened_at": "2026-11-20T23:58:11Z", "category": "Noise", "status": "open"}
    ],
    "next": "eyJhdCI6...",
}  # fmt: skip

INGEST_ROWS: dict[str, Any] = {
    "rows": [
        {
            "complaint_id": "C-10413", "opened_at": "2026-11-21T08:15:00-05:00", "category": "Noise",
            "subcategory": "Loud music", "district": "Harbour", "priority": "high", "status": "open",
            "lat": 40.7127, "lon": -74.0059,
        }
    ]
}  # fmt: skip

INGESTED: dict[str, Any] = {
    "dataset": "grievance.complaints", "key": "batch-2026-11-21-0815", "repeated": False, "version": 119,
    "read": 3, "inserted": 1, "updated": 1, "unchanged": 0, "rejected": 1, "flagged": 0, "seconds": 0.012,
    "rejects": [
        {
            "line": 3, "field": "opened_at", "reason": "not a time", "found": "yesterday",
            "expected": "ISO 8601, like 2026-11-21T08:15:00-05:00",
        }
    ],
}  # fmt: skip

EVENT: dict[str, Any] = {
    "event": "page_view", "feature": "appointments", "person": "u-1041", "device": "phone", "session": "v-88213"
}  # fmt: skip

ENGAGEMENT: dict[str, Any] = {
    "event": "listen", "entity_kind": "meeting", "entity": "m-2041", "seller": "s-17", "session": "v-4410",
    "seconds": 84,
}  # fmt: skip

SPOOLED: dict[str, Any] = {
    "spooled": True, "dataset": "grievance.complaints", "key": "batch-2026-11-21-0815", "read": 3, "bytes": 512,
    "message": "The database does not answer. The rows are safe on disk.", "seconds": 0.004,
}  # fmt: skip

STREAM = """id: grievance.complaints=119,grievance.complaint_events=64
event: version
data: {"dataset":"grievance.complaints","version":119,"rows":12841,"as_of":"2026-11-21T13:15:00Z","received_at":null}

event: heartbeat
data: {"at":"2026-11-21T13:15:32Z","live":true}

"""


def error(code: str, message: str, **detail: Any) -> dict[str, Any]:
    """An error as every route gives it."""
    return {"error": {"code": code, "message": message, **detail}}
