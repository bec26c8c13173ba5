"""Are made-up complaints believable, and does the same span always give the same rows?"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from services.model import BadPack, load_pack
from services.simulate import load_recipe
from tests.packs.worlds import FOLDER, cases, frame, world

FIRST, LAST = date(2026, 3, 2), date(2026, 4, 12)  # six whole weeks, a change of clocks among them
LATER = datetime(2026, 9, 1, tzinfo=UTC)
NOW = datetime(2026, 4, 8, 15, 30, tzinfo=UTC)


def local(times: pd.Series) -> pd.Series:
    return times.dt.tz_localize("UTC").dt.tz_convert("America/Chicago")


def test_the_same_workspace_and_days_give_the_same_rows_and_another_workspace_others() -> None:
    again = world.__wrapped__()
    pd.testing.assert_frame_equal(cases(FIRST, FIRST, NOW), frame(again.cases(FIRST, FIRST, NOW, "key")))
    assert not cases(FIRST, FIRST, NOW).lat.equals(cases(FIRST, FIRST, NOW, "elsewhere").lat)


def test_a_smaller_workspace_gets_its_part() -> None:
    ratio = len(cases(FIRST, LAST, LATER, "demo-county")) / len(cases(FIRST, LAST, LATER))
    assert 0.17 < ratio < 0.23


def test_days_are_local_days_also_when_clocks_change() -> None:
    for day in (date(2026, 3, 8), date(2026, 11, 1)):
        times = local(cases(day, day, LATER + timedelta(days=300)).opened_at)
        assert set(times.dt.date) == {day}
        assert set(times.dt.hour) == set(range(24)) - ({2} if day.month == 3 else set())


def test_keys_are_unique_and_every_value_is_one_of_the_closed_list() -> None:
    rows, dataset = cases(FIRST, LAST, NOW), world().recipe.cases
    assert rows.complaint_id.is_unique and len(rows) > 10_000
    for dimension in dataset.dimensions:
        if dimension.values and dimension.name in rows:
            assert set(rows[dimension.name].dropna()) <= set(dimension.values), dimension.name
    assert rows.satisfaction.dropna().between(1, 5).all()


def test_times_follow_each_other_and_none_lies_after_now() -> None:
    rows = cases(FIRST, LAST, NOW)
    times = rows[["opened_at", "assigned_at", "resolved_at", "closed_at"]]
    assert (times.max() <= pd.Timestamp(NOW).tz_localize(None)).all()
    for early, late in (("opened_at", "assigned_at"), ("assigned_at", "resolved_at"), ("resolved_at", "closed_at")):
        both = rows.dropna(subset=[early, late])
        assert len(both) > 1000 and (both[early] <= both[late]).all()


def test_the_status_says_what_the_times_say() -> None:
    rows = cases(FIRST, LAST, NOW)
    resolved = rows.status.isin(["resolved", "closed"])
    assert (rows.resolved_at.notna() == resolved).all()
    assert (rows.closed_at.notna() == (rows.status == "closed")).all()
    assert (rows.assigned_at.isna() == (rows.status == "open")).all()
    assert (rows.officer.isna() == rows.assigned_at.isna()).all()
    assert rows.satisfaction[rows.status.isin(["open", "assigned", "escalated"])].isna().all()


def test_weeks_and_days_have_a_rhythm() -> None:
    opened = local(cases(FIRST, LAST, LATER).opened_at)
    by_day = opened.dt.day_of_week.value_counts()
    assert by_day[0] > 1.2 * by_day[6]
    by_hour = opened.dt.hour.value_counts()
    assert by_hour[10] > 3 * by_hour[3]
    assert (local(cases(FIRST, LAST, LATER).resolved_at.dropna()).dt.day_of_week == 6).mean() < 0.02


def test_nights_are_loud_and_noise_lies_at_the_bar_street() -> None:
    rows = cases(FIRST, LAST, LATER)
    noise = rows[rows.category == "Noise"]
    assert local(noise.opened_at).dt.hour.isin([21, 22, 23, 0, 1]).mean() > 0.4
    old_town = noise[noise.district == "Old Town"]
    near = np.hypot(old_town.lat - 41.3329, (old_town.lon + 90.0498) * 0.75) < 0.003
    assert near.mean() > 0.5


def test_a_storm_brings_fallen_trees_to_the_river_and_fades() -> None:
    story = next(story for story in world().recipe.stories if story.name == "storm")
    start = next(o for o in range(date(2026, 5, 1).toordinal(), 2**30) if story.strength(o) == 1)
    assert [story.strength(start + i) for i in range(-1, 5)] == [0, 1, 0.5, 0.25, 0.125, 0]
    calm, wild = (cases(date.fromordinal(o), date.fromordinal(o), LATER) for o in (start - 1, start))
    trees = [(rows.category == "Fallen tree").sum() for rows in (calm, wild)]
    assert trees[1] > 8 * max(trees[0], 1)
    fallen = wild[wild.category == "Fallen tree"]
    assert (fallen.district == "Riverside").mean() > 2 * (calm.district == "Riverside").mean()


def test_a_slow_department_takes_longer_while_its_story_lasts() -> None:
    story = next(story for story in world().recipe.stories if story.name == "slow department")
    days = [date.fromordinal(o) for o in range(date(2026, 1, 1).toordinal(), date(2026, 6, 30).toordinal())]
    medians = []
    for slow in (True, False):
        some = [day for day in days if (story.strength(day.toordinal()) > 0) == slow][:25]
        rows = pd.concat([cases(day, day, LATER) for day in some])
        rows = rows[rows.department == "Building control"].dropna(subset=["resolved_at"])
        medians.append((rows.resolved_at - rows.opened_at).median())
    assert medians[0] > 1.6 * medians[1]


def test_numbers_lie_where_a_city_would_find_them() -> None:
    rows = cases(FIRST, LAST, LATER)
    hours = (rows.resolved_at - rows.opened_at).dt.total_seconds() / 3600
    assert 30 < hours.median() < 80 and 120 < hours.quantile(0.9) < 300
    assert 3.6 < rows.satisfaction.mean() < 4.3 and 0.15 < rows.satisfaction.notna().mean() < 0.3
    assert 0 < rows.category.isna().mean() < 0.02 and rows.citizen.nunique() > 0.5 * len(rows)


def test_steps_are_what_the_cases_went_through() -> None:
    since = world().before(FIRST)
    steps = frame(world().steps(since, NOW, "key", first=FIRST))
    rows = cases(FIRST, NOW.date(), NOW)
    opened = steps[steps.event == "opened"].set_index("complaint").occurred_at
    pd.testing.assert_series_equal(
        opened.sort_index(), rows.set_index("complaint_id").opened_at.sort_index(), check_names=False
    )
    last = steps[steps.event == "resolved"].groupby("complaint").occurred_at.max()
    known = rows.dropna(subset=["resolved_at"]).set_index("complaint_id").resolved_at
    assert (last.loc[known.index] == known).all()
    assert steps.occurred_at.is_monotonic_increasing
    reopened = (steps.event == "reopened").sum() / (steps.event == "resolved").sum()
    escalated = (steps.event == "escalated").sum() / (steps.event == "opened").sum()
    assert 0.02 < reopened < 0.06 and 0.04 < escalated < 0.15


@pytest.mark.parametrize("cut", [1, 60, 3600, 50_000])
def test_spans_that_meet_give_every_step_once(cut: int) -> None:
    start, end = NOW - timedelta(days=1), NOW
    whole = frame(world().steps(start, end, "key"))
    middle = start + timedelta(seconds=cut)
    parts = [frame(world().steps(*span, "key")) for span in ((start, middle), (middle, end))]
    pd.testing.assert_frame_equal(whole, pd.concat(parts, ignore_index=True), check_dtype=False)


def test_history_and_then_the_stream_end_where_a_later_history_ends() -> None:
    before, after = NOW, NOW + timedelta(hours=30)
    then = cases(FIRST, LAST, before).set_index("complaint_id")
    changed = frame(world().since(before, after, "key", FIRST)[0]).set_index("complaint_id")
    together = pd.concat([then.drop(changed.index, errors="ignore"), changed]).sort_index()
    pd.testing.assert_frame_equal(
        together, cases(FIRST, LAST, after).set_index("complaint_id").sort_index(), check_dtype=False
    )
    assert 500 < len(changed) < len(then) / 2


def test_a_span_without_anything_gives_no_batches() -> None:
    quiet = datetime(2026, 4, 8, 15, 30, 0, 1, tzinfo=UTC)
    assert world().since(quiet, quiet, "key") == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  cases: complaints", "  cases: complaint", "found `complaint`, expected `complaints` or `complaint_events`"),
        ("      rhythm: night\n", "      rhythm: nigth\n", "Did you mean `night`?"),
        ("after: assigned", "after: assinged", "Did you mean `assigned`?"),
        ("weekdays: [1.14,", "weekdays: [", "expected seven numbers, Monday first"),
        ("per_day: 390", "per_day: 0", "found 0, expected 1 to 999999"),
        ("{area: Harbour,", "{area: Harbor,", "Did you mean `Harbour`?"),
        ("limit: sla", "limit: slo", "Did you mean `sla`?"),
        ("lost: {reopened:", "lost: {reopend:", "Did you mean `reopened`?"),
        ("only: {department: Building control}", "only: {departement: x}", "Did you mean `department`?"),
        ("seed: 311", "seed: many", "found `many`, expected a whole number"),
        ("noise: 0.07", "nose: 0.07", "unknown field: found `nose`"),
        ("      weight: 15", "      weight: -15", "kinds: expected weights of 0 and more"),
        (
            "urgent: 4, high: 18, normal: 60, low: 18",
            "urgent: 0",
            "choices priority: expected at least one weight above 0",
        ),
        ("chance: 0.994", "chance: 99.4", "found 99.4, expected a part between 0 and 1"),
        ("day: {0: 1.5,", "day: {25: 1.5,", "rhythms day: expected hours of the day from 0 to 23"),
        ("lasts_days: 4", "lasts_days: 400", "found 400 of every 53 days"),
        ("{from: 7, to: 19}", "{from: 19, to: 7}", "found 19 to 7, expected hours of one day in their order"),
        ("category: 0.006", "category: 1", "found 1, expected a part below 1"),
        ("count: 54000", "count: 0", "found 0, expected 1 or more"),
    ],
)
def test_what_is_wrong_with_a_simulator_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = (FOLDER / "simulator.yaml").read_text()
    assert old in text
    folder = tmp_path / "grievance"
    folder.mkdir()
    for path in FOLDER.glob("*.yaml"):
        (folder / path.name).write_text(path.read_text())
    (folder / "simulator.yaml").write_text(text.replace(old, new, 1))
    with pytest.raises(BadPack, match=r"simulator.yaml:\d+: simulator") as caught:
        load_recipe(load_pack(folder), folder)
    assert message in str(caught.value)
