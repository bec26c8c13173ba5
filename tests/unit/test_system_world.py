"""Can the stories of the made-up installation be found in its rows?"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache

import pandas as pd

from data.settings import ROOT
from data.types import Workspace
from services.model import load_pack
from services.observing.notes import DATASETS
from services.simulate.worlds import make_world
from services.simulate.worlds.system import BROKEN_EVERY, GUESSED_EVERY, SLOW_DAYS, SLOW_EVERY
from tests.packs.worlds import frame

FIRST, LAST = date(2026, 2, 1), date(2026, 4, 8)
NOW = datetime(2026, 4, 8, 15, 30, tzinfo=UTC)
PACK = load_pack(ROOT / "data" / "packs" / "system")


@lru_cache(maxsize=1)
def history() -> dict[str, pd.DataFrame]:
    world = make_world(PACK, Workspace(1, "demo-platform", "Demo", "department", None, "America/Chicago"), 1.0)
    return {b.dataset.name: with_day(frame(b)) for b in world.history(FIRST, LAST, NOW, "key", FIRST)}


def with_day(rows: pd.DataFrame) -> pd.DataFrame:
    local = rows.occurred_at.dt.tz_localize("UTC").dt.tz_convert("America/Chicago")
    return rows.assign(ordinal=[moment.toordinal() for moment in local], hour=local.dt.hour)


def test_every_dataset_that_is_noted_is_one_of_the_pack() -> None:
    assert set(DATASETS) == {dataset.name for dataset in PACK.datasets} == set(history())


def test_a_webhook_fails_on_some_days_and_mails_do_not() -> None:
    rows = history()["deliveries"]
    broken, failed = rows.ordinal % BROKEN_EVERY < 2, rows.outcome != "delivered"
    assert failed[broken & (rows.channel == "webhook")].mean() > 0.5
    assert failed[~broken].mean() < 0.05 and failed[broken & (rows.channel == "mail")].mean() < 0.2


def test_questions_are_slow_on_some_days() -> None:
    rows = history()["questions"]
    slow = rows.ordinal % SLOW_EVERY < SLOW_DAYS
    assert rows[slow].ms.median() > 3 * rows[~slow].ms.median()


def test_one_night_somebody_guesses_passwords_of_admin() -> None:
    rows = history()["sign_ins"]
    night = rows[(rows.ordinal % GUESSED_EVERY == 0) & rows.hour.isin([2, 3])]
    assert len(night) > 80 and (night.outcome == "let in").mean() < 0.1 and (night.account == "admin").mean() > 0.6
    other = rows[rows.ordinal % GUESSED_EVERY != 0]
    assert 0.8 < (other.outcome == "let in").mean() < 0.97


def test_people_work_by_day_and_on_weekdays_and_caches_add_up() -> None:
    views = history()["page_views"]
    weekend = (views.ordinal + 6) % 7 >= 5
    assert len(views[weekend]) < 0.15 * len(views) and views.hour.between(7, 18).mean() > 0.75
    caches = history()["caches"]
    assert (
        caches.hits + caches.misses == caches.lookups
    ).all() and 0.5 < caches.hits.sum() / caches.lookups.sum() < 0.9
