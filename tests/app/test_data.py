"""Does a file become rows on the Data page, and does the page show what data there is?"""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from components import viewer
from data.errors import BadInput, NotAllowed, UnknownName
from data.settings import ROOT, settings
from data.types import Role, Scope, Workspace
from services import metrics, uploads
from services.ingest import Mapping, guess_mapping, list_imports
from services.jobs import imports as job
from services.jobs.turns import Turn
from services.model import current, enable_pack, find_dataset
from services.uploads import store
from services.uploads.datasets import dataset_titles, dictionary
from tests.support import make_scope, make_workspace, settings_of

Open = Callable[..., AppTest]
DATASET = "grievance.complaints"
GOOD = [f"{n},2024-05-{n:02} 10:00,2024-05-{n + 1:02} 10:00,Noise,North" for n in range(1, 18)]
BAD = [
    "18,not a date,,Water,South",
    "19,2024-05-03 11:00,2024-05-01 11:00,Roads,North",
    "20,2024-05-01 11:00,,Water,South",
]
FILE = "\n".join(["case_number,opened,closed,type,area", *GOOD, *BAD]).encode()


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def page(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens the Data page at an address, for somebody of a role."""

    def opened(role: Role = "administrator", **address: str) -> AppTest:
        monkeypatch.setattr(viewer, "find_scope", lambda: make_scope(workspace, role))
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
        for key, value in address.items():
            app.query_params[key] = value
        return app.switch_page("pages/manage/data.py").run()

    return opened


@pytest.fixture
def upload(scope: Scope) -> uploads.Upload:
    return uploads.keep(scope, "cases.csv", io.BytesIO(FILE), now())


def work() -> str:
    """What the worker does at its next turn."""
    return job.import_uploads(Turn(now(), lambda: False))


def numbers(app: AppTest) -> dict[str, str]:
    return {m.label: m.value for m in app.metric}


def test_the_datasets_say_how_many_rows_and_what_the_columns_mean(page: Open, scope: Scope) -> None:
    enable_pack(scope, "grievance")
    app = page("viewer")
    assert [s.value for s in app.subheader][:2] == ["Complaints", "Steps of complaints"]
    assert any("No rows yet" in m.value for m in app.markdown)
    meant = app.dataframe[0].value
    assert set(meant["Column"]) >= {"complaint_id", "opened_at", "sla", "satisfaction", "lat, lon"}


def test_the_dictionary_describes_every_column_that_can_be_asked_for() -> None:
    dataset = find_dataset(current(), DATASET)
    found = {d.column: d for d in dictionary(dataset)}
    named = [*dataset.times, *dataset.dimensions, *dataset.measures, *dataset.durations]
    assert {c.name for c in named} <= set(found)
    assert "urgent 24\u00a0h" in found["sla"].detail and found["officer"].detail == "personal"


def test_only_those_who_may_write_are_offered_the_import(page: Open) -> None:
    assert page("analyst").segmented_control[0].options == ["Datasets", "Imports"]
    assert page("operator").segmented_control[0].options[-1] == "Import a file"


def test_an_address_to_the_import_does_not_let_a_viewer_in(page: Open, upload: uploads.Upload) -> None:
    app = page("viewer", view="import", upload=upload.id)
    assert not app.exception and not app.metric and app.segmented_control[0].value == "datasets"


def test_a_file_is_looked_at_mapped_checked_imported_and_counted(
    page: Open, upload: uploads.Upload, scope: Scope
) -> None:
    app = page(view="import", upload=upload.id)
    assert not app.exception and not app.error
    assert numbers(app) == {"Read": "20", "Accepted": "19", "Rejected": "1", "Flagged": "1"}
    problems = app.dataframe[1].value
    assert problems["Column"][0] == "Opened" and problems["Examples"][0] == "line 19: not a date"
    next(b for b in app.button if b.label == "Import this file").click().run()
    app.run()
    assert work() == "1 file"
    app = page(view="import", upload=upload.id)
    assert numbers(app) == {
        "Read": "20", "Inserted": "19", "Updated": "0", "Unchanged": "0", "Rejected": "1", "Flagged": "1",
    }  # fmt: skip
    state = {f.dataset: f.rows for f in metrics.freshness(scope)}
    assert state[DATASET] == 19
    listed = page(view="imports")
    assert any("cases.csv" in m.value and "complaints" in m.value for m in listed.markdown)


def test_the_dataset_that_fits_a_file_best_is_offered_first(upload: uploads.Upload) -> None:
    datasets = current().datasets()
    assert uploads.likeliest(upload, datasets.values())[0] == DATASET
    titles = dataset_titles(datasets)
    assert titles[DATASET] == "Complaints" and len(set(titles.values())) == len(datasets)


def test_the_source_of_a_column_can_be_changed(page: Open, upload: uploads.Upload) -> None:
    app = page(view="import", upload=upload.id)
    opened = next(box for box in app.selectbox if box.label == "Source of opened_at")
    assert opened.value == "opened"
    opened.select("(nothing)").run()
    assert "opened_at" in app.warning[0].value and not app.metric
    next(box for box in app.selectbox if box.label == "Source of opened_at").select("closed").run()
    assert numbers(app)["Rejected"] == "2", "the two without a closing date"


def test_where_no_column_is_like_the_time_the_rest_is_guessed_all_the_same(scope: Scope) -> None:
    content = io.BytesIO(b"case_number,opened,type\n1,soon,Noise\n2,later,Water\n")
    kept = uploads.keep(scope, "cases.csv", content, now())
    found = uploads.opened(kept, find_dataset(current(), DATASET)).choices[-1].mapping
    assert {c.target: c.sources for c in found.columns} == {"complaint_id": ("case_number",), "category": ("type",)}


def test_a_time_column_that_is_chosen_by_hand_is_read_in_its_own_format() -> None:
    mapping = uploads.edited(Mapping(DATASET, ()), "opened_at", "made", "%m/%d/%Y")
    assert mapping.columns[0].formats == ("%m/%d/%Y",)


def test_an_edit_keeps_the_rules_of_the_column() -> None:
    dataset = find_dataset(current(), DATASET)
    days: list[str | None] = ["01/31/2024", "02/01/2024"]
    mapping = guess_mapping(["id", "opened", "made"], {"id": ["1", "2"], "opened": days, "made": days}, dataset)
    before, after = mapping.column("opened_at"), uploads.edited(mapping, "opened_at", "made").column("opened_at")
    assert before and after and after.sources == ("made",) and after.formats == before.formats
    assert uploads.edited(mapping, "opened_at", None).column("opened_at") is None


def test_an_upload_belongs_to_its_workspace(upload: uploads.Upload) -> None:
    neighbour = make_scope(make_workspace())
    with pytest.raises(UnknownName):
        uploads.find(neighbour, upload.id)
    with pytest.raises(UnknownName):
        uploads.find(neighbour, "../../etc/passwd")


def test_a_file_that_is_too_large_is_not_kept(scope: Scope) -> None:
    with settings_of(BELVEDERE_UPLOAD_MB="1"), pytest.raises(BadInput, match="larger than 1 MiB"):
        uploads.keep(scope, "big.csv", io.BytesIO(b"x" * (1 << 21)), now())
    assert not any(store.folder_of(u.id).exists() and u.name == "big.csv" for u in store.all_uploads())


def test_a_viewer_cannot_keep_a_file(workspace: Workspace) -> None:
    with pytest.raises(NotAllowed):
        uploads.keep(make_scope(workspace, "analyst"), "a.csv", io.BytesIO(FILE), now())


def test_a_file_in_the_inbox_can_be_picked(scope: Scope) -> None:
    inbox = uploads.inbox(scope)
    inbox.mkdir(parents=True, exist_ok=True)
    (inbox / "drop.csv").write_bytes(FILE)
    (inbox / "link.csv").symlink_to(inbox / "drop.csv")
    assert uploads.pickable(scope) == ["drop.csv"]
    assert uploads.pick(scope, "drop.csv", now()).path.read_bytes() == FILE
    with pytest.raises(UnknownName):
        uploads.pick(scope, "../settings", now())


def test_the_inbox_of_another_workspace_is_not_seen(scope: Scope) -> None:
    neighbour = make_scope(make_workspace())
    uploads.inbox(neighbour).mkdir(parents=True, exist_ok=True)
    (uploads.inbox(neighbour) / "theirs.csv").write_bytes(FILE)
    assert uploads.pickable(neighbour) == ["theirs.csv"] and "theirs.csv" not in uploads.pickable(scope)
    with pytest.raises(UnknownName):
        uploads.pick(scope, "theirs.csv", now())


def test_an_import_that_fails_says_why_and_leads_back_to_the_mapping(page: Open, scope: Scope) -> None:
    kept = uploads.keep(scope, "cases.csv", io.BytesIO(FILE), now())
    dataset = find_dataset(current(), DATASET)
    mapping = uploads.opened(kept, dataset).choices[-1].mapping
    uploads.submit(scope, kept, DATASET, uploads.edited(mapping, "category", "no_such_column"))
    work()
    app = page(view="import", upload=kept.id)
    assert "no_such_column" in app.error[0].value.replace("\\", "")
    next(b for b in app.button if b.label == "Back to the mapping").click().run()
    app.run()
    assert any(s.value == "4. Check and import" for s in app.subheader)


def test_an_import_goes_on_after_the_worker_was_stopped(upload: uploads.Upload, scope: Scope) -> None:
    found = uploads.opened(upload, find_dataset(current(), DATASET))
    uploads.submit(scope, upload, DATASET, found.choices[-1].mapping)
    stops = iter([False, True])
    assert job.import_uploads(Turn(now(), lambda: next(stops, True))) == ""
    assert uploads.state_of(upload).status == "running"
    assert work() == "1 file" and uploads.state_of(upload).status == "done"
    records = list_imports(scope)
    assert [r.status for r in records] == ["done"] and records[0].account == scope.account
    assert not upload.path.exists(), "what is imported is not kept twice"


def test_uploads_of_last_week_are_forgotten(scope: Scope) -> None:
    old = uploads.keep(scope, "old.csv", io.BytesIO(FILE), now() - timedelta(days=8))
    new = uploads.keep(scope, "new.csv", io.BytesIO(FILE), now())
    work()
    left: list[Any] = [u.id for u in store.all_uploads()]
    assert old.id not in left and new.id in left and settings().home in new.path.parents
