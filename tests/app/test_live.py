"""Does the Live page show the numbers of its rows, and does every choice on it change what is shown?"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from components import viewer
from data.errors import DatabaseDown
from data.settings import ROOT
from data.types import Role, Scope, Workspace
from services import metrics
from services.ingest import ingest_rows
from tests.support import make_scope

Open = Callable[..., AppTest]
CATEGORIES = ("Noise", "Water", "Roads")


def rows(now: datetime, days: int = 20, each: int = 3) -> list[dict[str, Any]]:
    """Three complaints a day, the older ones resolved after five hours."""
    found = []
    for day in range(days):
        for number in range(each):
            opened = now - timedelta(days=day, minutes=10 + number)
            found.append(
                {
                    "complaint_id": f"c{day}-{number}", "opened_at": opened.isoformat(), "category": CATEGORIES[number],
                    "district": "North", "status": "resolved" if day else "open", "officer": "Olga",
                    **({"resolved_at": (opened + timedelta(hours=5)).isoformat()} if day else {}),
                }
            )  # fmt: skip
    return found


def fill(scope: Scope, now: datetime, **kind: int) -> None:
    ingest_rows(scope, "grievance.complaints", rows(now, **kind), None, now + timedelta(minutes=1))


@pytest.fixture(scope="module")
def warm(database: str) -> None:
    """The engine is compiled by its first question; no page of a test has to wait for that."""
    from data.types import MetricQuery
    from services.queries import resolve_range
    from tests.support import make_workspace

    scope = make_scope(make_workspace())
    now = datetime.now(UTC)
    fill(scope, now)
    span = resolve_range("7d", "UTC", now)
    names = ("grievance.complaints_opened", "grievance.resolution_time_median", "grievance.active_citizens")
    metrics.answer(scope, [MetricQuery(names, span, grain="day", by=("category",), compare="previous", top=2)], now)


@pytest.fixture
def page(warm: None, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens the Live page at an address, for somebody of a role."""

    def opened(role: Role = "administrator", **address: Any) -> AppTest:
        monkeypatch.setattr(viewer, "find_scope", lambda: make_scope(workspace, role))
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
        for key, value in address.items():
            app.query_params[key.replace("__", ".")] = value
        return app.switch_page("pages/monitor/live.py").run()

    return opened


def tile(app: AppTest, title: str) -> Any:
    return next(m for m in app.metric if m.label == title)


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def test_an_empty_workspace_leads_those_who_may_to_the_import(page: Open) -> None:
    app = page()
    assert app.subheader[0].value == "No data in this workspace yet"
    assert [b.label for b in app.button] == ["Import a file"] and not app.metric


def test_an_empty_workspace_tells_others_whom_to_ask(page: Open) -> None:
    app = page("viewer")
    assert not app.button and any("operator" in m.value for m in app.markdown)


def test_the_tiles_count_the_rows_of_the_range(page: Open, scope: Scope) -> None:
    now = datetime.now(UTC)
    fill(scope, now)
    app = page(range="7d")
    assert not app.exception and not app.error
    assert int(tile(app, "Complaints opened").value) in (18, 19, 20, 21), "today may have begun minutes ago"
    median = plain(tile(app, "Median time to resolution").value)
    assert median == "5 h" or median.startswith("4 h 5"), "histograms are right within one in a hundred"


def test_a_metric_without_any_values_says_so_in_words(page: Open, scope: Scope) -> None:
    fill(scope, datetime.now(UTC))
    app = page(family="experience")
    assert "nothing recorded" in tile(app, "Satisfaction").value and tile(app, "Satisfaction").delta == ""
    assert not any(m.value == "–" for m in app.metric)


def test_a_link_with_another_range_metric_family_and_filter_opens_that_view(page: Open, scope: Scope) -> None:
    fill(scope, datetime.now(UTC))
    app = page(range="30d", metric="complaints_resolved", family="business", f__category=["Noise"])
    assert int(tile(app, "Complaints opened").value) == 20
    assert int(tile(app, "Complaints resolved").value) == 19
    assert any("Complaints resolved by day" in m.value for m in app.markdown)
    assert [b.label for b in app.button if "Category is" in b.label] == ["Category is Noise"]


def test_taking_a_filter_out_counts_the_other_rows_again(page: Open, scope: Scope) -> None:
    fill(scope, datetime.now(UTC))
    app = page(range="30d", f__category=["Noise"])
    next(b for b in app.button if b.label == "Category is Noise").click().run()
    assert int(tile(app, "Complaints opened").value) == 60
    assert "f.category" not in app.query_params


def test_another_range_is_in_the_address(page: Open, scope: Scope) -> None:
    fill(scope, datetime.now(UTC))
    app = page()
    app.segmented_control(key="_range_picker").set_value("30d").run()
    assert app.query_params["range"] == "30d"
    assert int(tile(app, "Complaints opened").value) == 60


def test_without_a_comparison_no_tile_has_a_change(page: Open, scope: Scope) -> None:
    fill(scope, datetime.now(UTC))
    assert any(m.delta for m in page(range="7d").metric)
    assert not any(m.delta for m in page(range="7d", compare="none").metric)


def test_data_of_long_ago_is_reached_by_one_click(page: Open, scope: Scope) -> None:
    then = datetime(2014, 6, 30, 12, tzinfo=UTC)
    ingest_rows(scope, "grievance.complaints", rows(then), None, datetime.now(UTC))
    app = page()
    assert any(s.value.startswith("No rows in ") for s in app.subheader) and not app.metric
    go = next(b for b in app.button if b.label.startswith("Go to the newest data"))
    assert "1 – 30 Jun 2014" in go.label
    go.click().run()
    app.run()
    assert (app.query_params["from"], app.query_params["to"]) == ("2014-06-01", "2014-06-30")
    assert int(tile(app, "Complaints opened").value) == 60


def test_filters_that_match_nothing_can_be_taken_out(page: Open, scope: Scope) -> None:
    fill(scope, datetime.now(UTC))
    app = page(range="30d", f__category=["Elephants"])
    next(b for b in app.button if b.label == "Remove the filters").click().run()
    app.run()
    assert int(tile(app, "Complaints opened").value) == 60


def test_a_filter_on_one_thing_leads_to_what_is_known_of_it(page: Open, scope: Scope) -> None:
    fill(scope, datetime.now(UTC))
    one = page(range="30d", f__district=["North"])
    assert any(link.proto.label == "All about North" for link in one.get("page_link"))
    assert not page(range="30d", f__category=["Noise"]).get("page_link"), "a category has no page"
    assert not page("viewer", range="30d", f__district=["North"]).get("page_link"), "viewers see no rows"


NONSENSE = (
    {"range": "nonsense"}, {"metric": "no_such"}, {"compare": "x"}, {"family": "y"}, {"every": "0s"}, {"bucket": "~"},
    {"range": "custom", "from": "yesterday"},
)  # fmt: skip


@pytest.mark.parametrize("address", NONSENSE)
def test_an_address_that_makes_no_sense_shows_the_default(page: Open, scope: Scope, address: dict[str, str]) -> None:
    fill(scope, datetime.now(UTC))
    app = page(**address)
    assert not app.exception and not app.error and tile(app, "Complaints opened").value


def test_an_unknown_dimension_in_the_address_is_told(page: Open, scope: Scope) -> None:
    fill(scope, datetime.now(UTC))
    app = page(f__colour=["red"])
    assert not app.exception
    assert any("cannot be filtered" in c.value for c in app.caption)


def test_the_rows_behind_a_number_are_listed_page_by_page(page: Open, scope: Scope) -> None:
    fill(scope, datetime.now(UTC))
    app = page(range="30d", rows="complaints_opened")
    shown = app.dataframe[0].value
    assert len(shown) == 50 and shown["opened_at"].is_monotonic_decreasing
    assert any(plain(m.value).startswith("60 rows. Complaints, opened ") for m in app.markdown)
    next(b for b in app.button if b.label == "Older").click().run()
    older = app.dataframe[0].value
    assert len(older) == 10 and older["opened_at"].max() <= shown["opened_at"].min()
    next(box for box in app.selectbox if box.label == "Order of all rows").select("complaint_id").run()
    first = app.dataframe[0].value
    assert not app.exception and list(first["complaint_id"]) == sorted(first["complaint_id"]) and len(first) == 50
    next(b for b in app.button if b.label == "Further").click().run()
    assert min(app.dataframe[0].value["complaint_id"]) > max(first["complaint_id"])


def test_rows_take_the_ability_and_personal_columns_another(page: Open, scope: Scope) -> None:
    fill(scope, datetime.now(UTC))
    assert not page("viewer", range="30d", rows="complaints_opened").dataframe
    analyst = page("analyst", range="30d", rows="complaints_opened")
    assert "officer" not in analyst.dataframe[0].value.columns
    assert any("Officer" in c.value and "personal" in c.value for c in analyst.caption)
    assert "officer" in page("manager", range="30d", rows="complaints_opened").dataframe[0].value.columns


def test_a_metric_over_many_values_pools_the_rest(page: Open, scope: Scope) -> None:
    now = datetime.now(UTC)
    many = [dict(row, category=f"Kind {n % 12}") for n, row in enumerate(rows(now, 12))]
    ingest_rows(scope, "grievance.complaints", many, None, now + timedelta(minutes=1))
    app = page(range="30d", view="x")
    assert not app.exception and not math.isnan(float(tile(app, "Complaints opened").value))


def test_while_the_database_is_down_the_live_part_says_so(
    page: Open, scope: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(scope, datetime.now(UTC))

    def down(*_: Any) -> None:
        raise DatabaseDown

    monkeypatch.setattr(metrics, "answer", down)
    app = page(range="90d")
    assert not app.exception and "tried again" in app.error[0].value
    monkeypatch.undo()


def test_the_browsers_way_back_undoes_a_choice_and_another_page_keeps_it(page: Open) -> None:
    app = page(range="30d")
    app.query_params.pop("range")
    app.run()
    assert "range" not in app.query_params, "the address was emptied on the same page"
    app.query_params["range"] = "30d"
    app.run()
    app.query_params.clear()
    app.switch_page("pages/manage/people.py").run()
    app.switch_page("pages/monitor/live.py").run()
    assert app.query_params["range"] in ("30d", ["30d"]), "another page emptied it: it comes back"
