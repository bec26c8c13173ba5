"""Do the made-up worlds tell their stories, and does the same span always give the same rows?"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.engine.batches import Batch
from data.settings import ROOT
from data.types import Workspace
from services.model import BadPack, load_pack
from services.simulate import has_simulator
from services.simulate.worlds import make_world
from services.simulate.worlds.meetings import FADES_DAYS, broken_on, fading
from services.simulate.worlds.world import World
from tests.packs.small import GOOD, write_pack
from tests.packs.worlds import frame

FIRST, NOW = date(2026, 3, 2), datetime(2026, 4, 8, 15, 30, tzinfo=UTC)
NAMES = ("services", "meetings")
Frames = dict[str, pd.DataFrame]


@lru_cache(maxsize=8)
def world(name: str, slug: str = "riverton", scale: float = 1.0) -> World:
    pack = load_pack(ROOT / "data" / "packs" / name)
    return make_world(pack, Workspace(1, slug, slug, "municipality", None, "America/Chicago"), scale)


def frames(batches: list[Batch]) -> Frames:
    return {batch.dataset.name: frame(batch) for batch in batches}


@lru_cache(maxsize=8)
def history(name: str, now: datetime = NOW, first: date = FIRST) -> Frames:
    return frames(world(name).history(first, now.date(), now, "key", first))


def keys(name: str) -> dict[str, str | None]:
    return {dataset.name: dataset.key for dataset in world(name).anchors}


@pytest.mark.no_cover  # being watched takes a third of its time, and every line runs elsewhere too
def test_the_same_workspace_and_days_give_the_same_rows_and_another_workspace_others() -> None:
    for name in NAMES:
        again = frames(world.__wrapped__(name).history(FIRST, FIRST, NOW, "key", FIRST))
        first = frames(world(name).history(FIRST, FIRST, NOW, "key", FIRST))
        for dataset, rows in first.items():
            pd.testing.assert_frame_equal(rows, again[dataset])
        other = frames(world(name, "elsewhere").history(FIRST, FIRST, NOW, "key", FIRST))
        biggest = max(first, key=lambda dataset: len(first[dataset]))
        assert not first[biggest].equals(other[biggest])


@pytest.mark.parametrize("name", NAMES)
def test_keys_are_unique_and_nothing_lies_after_now_but_what_is_planned(name: str) -> None:
    planned = {"starts_at", "next_month_at", "due_at"}
    for dataset in world(name).anchors:
        rows = history(name)[dataset.name]
        assert dataset.key is None or rows[dataset.key].is_unique
        for time in dataset.times:
            if dataset.name == "meetings" or time.name not in planned:
                assert not (rows[time.name] > pd.Timestamp(NOW).tz_localize(None)).any(), time.name


@pytest.mark.parametrize("name", NAMES)
def test_history_in_parts_and_then_the_stream_end_where_a_later_history_ends(name: str) -> None:
    after = NOW + timedelta(hours=26)
    made, middle = world(name), date(2026, 3, 20)
    parts = [
        frames(made.history(FIRST, middle, NOW, "a", FIRST)),
        frames(made.history(middle + timedelta(days=1), NOW.date(), NOW, "b", FIRST)),
        frames(made.since(NOW, NOW + timedelta(hours=1), "c", FIRST)),
        frames(made.since(NOW + timedelta(hours=1), after, "d", FIRST)),
    ]
    later = history(name, after)
    for dataset, key in keys(name).items():
        found = pd.concat([part[dataset] for part in parts if dataset in part], ignore_index=True)
        if key:
            found = found.drop_duplicates(key, keep="last")
        columns = [column for column in found if column != "quality"]
        assert _sorted(found[columns]).equals(_sorted(later[dataset][columns])), dataset


def _sorted(rows: pd.DataFrame) -> pd.DataFrame:
    plain = rows.astype(object).where(rows.notna(), None).astype(str)
    return plain.sort_values(list(plain)).reset_index(drop=True)


def test_in_family_counselling_fewer_come_the_further_ahead_they_booked_and_elsewhere_not() -> None:
    rows = history("services")["appointments"]
    rows = rows[rows.appointment_status.isin(["completed", "no show"])]
    days = (rows.starts_at - rows.booked_at).dt.total_seconds() / 86_400
    missed = rows.appointment_status == "no show"
    family = rows.programme == "Family counselling"
    far, near = days >= 15, days < 4
    assert missed[family & far].mean() > missed[family & near].mean() + 0.1
    assert missed[~family & far].mean() < missed[~family & near].mean() + 0.06
    assert missed[family & far].mean() > 2 * missed[~family & far].mean()


def test_who_was_active_in_a_month_and_who_came_back_follows_from_the_activity() -> None:
    months, activity = history("services")["active_months"], history("services")["activity"]
    april = pd.Timestamp("2026-04-01T05:00")
    active = set(activity.person[(activity.occurred_at >= april)])
    rows = months[months.month_at == april]
    assert active <= set(rows.person) and len(active) > 0.97 * len(rows)
    march = months[months.next_month_at == april]
    assert set(march.person[march.returned == "yes"]) == set(march.person) & set(rows.person)
    assert (march.returned_at.notna() == (march.returned == "yes")).all()


def test_who_pays_has_an_account_and_refunds_follow_their_payment() -> None:
    payments, users = history("services")["payments"], history("services")["users"]
    assert set(payments.person) <= set(users.person_id)
    back = payments[payments.payment_kind == "refund"]
    paid = payments[payments.payment_kind == "payment"].set_index("invoice")
    known = back[back.invoice.isin(paid.index)]
    assert len(known) > 5 and (known.amount < 0).all()
    assert (paid.loc[known.invoice].paid_at.to_numpy() < known.paid_at.to_numpy()).all()
    assert np.allclose(paid.loc[known.invoice].amount, -known.amount)


def test_the_habit_of_a_team_fades_and_begins_again() -> None:
    day = date.fromordinal(date(2026, 3, 1).toordinal() // FADES_DAYS * FADES_DAYS)
    assert fading(day, FADES_DAYS) == 1 and fading(day - timedelta(days=1), FADES_DAYS) < 0.35
    told = []
    for start in (day - timedelta(days=25), day):
        rows = frames(world("meetings").history(start, start + timedelta(days=20), NOW, "key", start))["debriefings"]
        rows = rows[rows.team == "Enterprise East"]
        told.append(rows.completed_at.notna().mean())
    assert told[0] < 0.45 < 0.75 < told[1]


def test_deals_do_not_reach_the_crm_while_everything_comes_from_it() -> None:
    bad = next(day for day in (FIRST + timedelta(days=n) for n in range(70)) if broken_on(day))
    later = datetime(2026, 7, 1, tzinfo=UTC)
    rows = frames(world("meetings").history(bad, bad + timedelta(days=4), later, "key", bad))["sync_runs"]
    fails = (rows.sync_status == "failed").groupby([rows.direction, rows.object]).mean()
    assert fails[("to CRM", "deals")] > 0.6 and fails.drop(("to CRM", "deals")).max() < 0.1
    assert set(rows.error[rows.sync_status == "failed"]) >= {"field mapping"}
    assert (rows.failed_records[rows.sync_status == "succeeded"] == 0).all()


def test_the_model_is_too_sure_about_budgets_and_not_about_companies() -> None:
    rows = history("meetings")["extractions"]
    rows = rows[rows.confirmed.notna()]
    gap = (rows.confidence.astype(float) - (rows.predicted == rows.confirmed)).groupby(rows.field).mean()
    assert gap["budget"] > 0.1 and gap["decision date"] > 0.08 and abs(gap["company"]) < 0.04


@pytest.mark.parametrize(
    ("simulator", "message"),
    [
        ("{world: services}", "found the world `services`, which belongs to the pack of that name"),
        ("{world: servces}", "Did you mean `services`?"),
        ("{world: services, per_day: 3}", "unknown field: found `per_day`"),
    ],
)
def test_a_pack_has_only_the_world_that_is_its_own(tmp_path: Path, simulator: str, message: str) -> None:
    folder = write_pack(tmp_path, f"{GOOD}simulator: {simulator}\n")
    with pytest.raises(BadPack) as caught:
        has_simulator(load_pack(folder), folder)
    assert message in str(caught.value)
