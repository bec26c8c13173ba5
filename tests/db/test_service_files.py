"""Do public files of shops and service desks become what pandas counts in the raw files, by none of our code?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from data.engine.answers import answer
from data.engine.verify import verify
from data.settings import ROOT
from data.types import MetricQuery, Scope, TimeRange
from services.ingest import ImportSummary, import_file
from services.model import current, find_dataset
from tests.support import make_scope, make_workspace

FOLDER = ROOT.parent / "shared" / "data"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
pytestmark = [
    pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no public data in {FOLDER}"),
    pytest.mark.no_cover,  # being watched takes a third of its time, and every line runs elsewhere too
]


@dataclass
class Imported:
    """A file that was imported into a workspace of its own."""

    scope: Scope
    summary: ImportSummary
    dataset: str
    path: Path

    def ask(self, *names: str, years: tuple[int, int], by: tuple[str, ...] = (), grain: Any = None) -> list[Any]:
        span = TimeRange(*(datetime(year, 1, 1, tzinfo=UTC) for year in years))
        metrics = tuple(f"services.{name}" for name in names)
        found = answer(self.scope, current(), [MetricQuery(metrics, span, grain, by, exact=True)], NOW)[0]
        assert found.cannot_tell == {}
        return [tuple(row.get(key) for key in (*by, *metrics)) for row in found.rows]


def imported(dataset: str, name: str) -> Imported:
    path, scope = FOLDER / name, make_scope(make_workspace(timezone="UTC"))
    summary = import_file(scope, f"services.{dataset}", path, None, None, NOW)
    assert verify(scope, find_dataset(current(), f"services.{dataset}")).mismatches == []
    return Imported(scope, summary, dataset, path)


def test_invoice_lines_become_payments_with_the_revenue_of_the_file(database: str) -> None:
    shop = imported("payments", "services/online_retail.parquet")
    raw = pd.read_parquet(shop.path)
    amount = (raw.Quantity * raw.UnitPrice).round(2)
    assert (shop.summary.inserted, shop.summary.rejected, shop.summary.mapping) == (541_909, 0, "online_retail.yaml")
    back = raw.InvoiceNo.str.startswith("C")
    expected = (amount.sum(), amount[back].sum(), len(raw), raw.CustomerID.nunique(), raw.InvoiceNo.nunique())
    names = ("revenue", "refunded", "payment_lines", "paying_users", "invoices_paid", "revenue_per_user")
    (found,) = shop.ask(*names, years=(2010, 2012))
    assert found[:5] == pytest.approx(expected, abs=0.005) and found[2:5] == expected[2:]
    assert found[5] == pytest.approx(amount.sum() / raw.CustomerID.nunique())
    by_country = dict(shop.ask("revenue", years=(2010, 2012), by=("country",)))
    wanted = amount.groupby(raw.Country).sum()
    assert by_country == pytest.approx(wanted.to_dict(), abs=0.005) and len(wanted) == 38
    months = [value for (value,) in shop.ask("revenue", years=(2011, 2012), grain="month")]
    london = raw.InvoiceDate.dt.tz_localize("Europe/London").dt.tz_convert("UTC")
    theirs = amount[london.dt.year == 2011].groupby(london.dt.month).sum()
    assert months == pytest.approx(theirs.tolist(), abs=0.005)


def test_a_clickstream_becomes_activity_with_its_active_users_of_each_month(database: str) -> None:
    shop = imported("activity", "services/ecom.csv.gz")
    raw = pd.read_csv(shop.path)
    assert (shop.summary.inserted, shop.summary.rejected, shop.summary.flagged) == (31_106, 0, 0)
    month = pd.to_datetime(raw.timestamp).dt.month
    found = shop.ask("activity_events", "active_users", years=(2024, 2025), grain="month")
    wanted = raw.groupby(month).user_id.agg(["size", "nunique"]).reindex(range(1, 13), fill_value=0)
    assert found == [tuple(row) for row in wanted.to_numpy().tolist()]
    assert dict(shop.ask("activity_events", years=(2024, 2025), by=("event",))) == raw.event.value_counts().to_dict()


def test_steps_of_fines_become_activity_case_by_case(database: str) -> None:
    fines = imported("activity", "crm/traffic_fines.csv.gz")
    raw = pd.read_csv(fines.path, dtype=str)
    assert (fines.summary.mapping, fines.summary.inserted) == ("traffic_fines.yaml", 34_724)
    ((events, cases),) = fines.ask("activity_events", "active_users", years=(2006, 2013))
    assert (events, cases) == (34_724, raw.case_id.nunique())
    found = dict(fines.ask("active_users", years=(2006, 2013), by=("event",)))
    assert found == raw.groupby(raw.activity.str.capitalize()).case_id.nunique().to_dict()


def test_visits_to_a_shop_convert_as_often_as_the_file_says(database: str) -> None:
    shop = imported("sessions", "services/online_shoppers_intention.csv.gz")
    raw = pd.read_csv(shop.path)
    assert (shop.summary.inserted, shop.summary.rejected) == (12_330, 0)
    found = shop.ask("visits", "conversion", "bounce_rate", "pages_per_visit", years=(2017, 2018))
    assert found == [
        pytest.approx((12_330, raw.Revenue.mean(), (raw.ProductRelated <= 1).mean(), raw.ProductRelated.mean()))
    ]
    kinds = {"Returning_Visitor": "returning", "New_Visitor": "new", "Other": "other"}
    theirs = raw.groupby(raw.VisitorType.map(kinds)).Revenue.mean().to_dict()
    assert dict(shop.ask("conversion", years=(2017, 2018), by=("visitor",))) == pytest.approx(theirs)
    months = ["Jan", "Feb", "Mar", "Apr", "May", "June", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    counted = [value for (value,) in shop.ask("visits", years=(2017, 2018), grain="month")]
    assert counted == raw.Month.value_counts().reindex(months, fill_value=0).tolist()


def test_subscribers_churn_by_contract_as_in_the_file(database: str) -> None:
    telco = imported("subscriptions", "services/Telco-Customer-Churn.csv.gz")
    raw = pd.read_csv(telco.path)
    assert (telco.summary.inserted, telco.summary.rejected, telco.summary.flagged) == (7_043, 0, 0)
    churned = raw.Churn == "Yes"
    found = telco.ask("subscription_churn", "monthly_charge_mean", "tenure_mean", years=(2018, 2019))
    assert found == [pytest.approx((churned.mean(), raw.MonthlyCharges.mean(), raw.tenure.mean()))]
    by_contract = dict(telco.ask("subscription_churn", years=(2018, 2019), by=("contract",)))
    assert by_contract == pytest.approx(churned.groupby(raw.Contract).mean().to_dict())


def test_the_last_change_of_each_ticket_tells_how_it_stands(database: str) -> None:
    desk = imported("tickets", "crm/incident_event_log.zip")
    raw = pd.read_csv(desk.path, dtype=str).groupby("number", sort=False).tail(1)
    opened, resolved = (
        pd.to_datetime(raw[c].where(raw[c] != "?"), dayfirst=True) for c in ("opened_at", "resolved_at")
    )
    hours = (resolved - opened).dt.total_seconds() / 3600
    assert (desk.summary.read, desk.summary.inserted, desk.summary.rejected) == (141_712, 24_918, 0)
    names = ("tickets_opened", "tickets_resolved", "support_resolution_median", "ticket_reopen_share")
    done = resolved.notna()
    expected = (
        len(raw), int(done.sum()), float(np.sort(hours[done])[int(np.ceil(done.sum() / 2)) - 1]),
        (raw.reopen_count[done].astype(int) >= 1).mean(), (raw.made_sla[done] == "true").mean(),
    )  # fmt: skip
    assert desk.ask(*names, "support_in_time", years=(2016, 2018)) == [pytest.approx(expected)]
    by_priority = dict(desk.ask("tickets_opened", years=(2016, 2018), by=("priority",)))
    words = {"1": "critical", "2": "high", "3": "moderate", "4": "low"}
    assert by_priority == raw.priority.map(words).value_counts().to_dict()
