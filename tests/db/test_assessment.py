"""Are sessions scored once, again when something comes late, by the norms of their day, for their workspace alone?"""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

import data.assessment as stored
from data.database import transaction
from data.engine.batches import Batch, write_batch
from data.engine.compact import compact
from data.engine.days import to_ms
from data.engine.verify import verify
from data.errors import BadInput, NotAllowed, UnknownName
from data.types import CannotTell, Scope, TimeRange
from services.assessment.definitions import PERCENTILES
from services.assessment.loading import scoring
from services.assessment.pipeline import datasets, score
from services.assessment.portraits import portrait
from services.assessment.profiles import profile
from services.assessment.renewing import renew
from services.assessment.selection import fairness
from services.assessment.writing import columns_of_rows
from services.ingest import ingest_rows
from services.jobs import assessment as job
from services.jobs.turns import Turn
from services.model import enable_pack
from services.simulate import get_simulator, write_history
from tests.support import make_scope, make_workspace

NOW = datetime(2026, 4, 8, 15, 30, tzinfo=UTC)
SCORES = ("session_metrics", "traits", "results")


def rows_of(scope: Scope, name: str) -> dict[str, dict[str, Any]]:
    dataset = datasets()[name]
    with transaction(scope) as tx:
        return {row[dataset.key or ""]: row for row in stored.all_rows(tx, scope, dataset)}


def raw(scope: Scope, days: int = 4) -> None:
    """Trials and sessions of some days, without scores."""
    first = NOW.date() - timedelta(days=days)
    batches = get_simulator(scope.workspace, "assessment").history(first, NOW.date(), NOW, "raw", first)
    with transaction(scope) as tx:
        for batch in batches:
            if batch.dataset.name in ("trials", "sessions"):
                write_batch(tx, scope, batch)


def go_trials(session: str, first: int, count: int, at: datetime) -> list[dict[str, Any]]:
    """Go and no-go without an error, one in four of them no-go."""
    return [
        {
            "occurred_at": (at + timedelta(seconds=number)).isoformat(), "session": session, "task": "go_no_go",
            "condition": "go" if number % 4 else "no_go", "response": "press" if number % 4 else "none",
            "trial_no": number, "reaction_ms": 300 + number if number % 4 else None, "participant": "p",
        }
        for number in range(first, first + count)
    ]  # fmt: skip


def session_row(session: str, at: datetime, minutes: int | None, **more: Any) -> dict[str, Any]:
    ended = None if minutes is None else (at + timedelta(minutes=minutes)).isoformat()
    status = "started" if ended is None else "completed"
    row = {"session": session, "started_at": at.isoformat(), "completed_at": ended, "status": status}
    return row | {"participant": "p", "norm_group": "managers", "battery": "attention"} | more


def send(scope: Scope, dataset: str, rows: list[dict[str, Any]]) -> None:
    sent = ingest_rows(scope, f"assessment.{dataset}", rows, None, NOW)
    assert sent.rejected == 0


@pytest.fixture(scope="module")
def told(database: str) -> Scope:
    """A workspace with the history of four months."""
    scope = make_scope(make_workspace())
    enable_pack(scope, "assessment")
    list(write_history(scope, "assessment", 120, NOW))
    return scope


@pytest.mark.no_cover  # being watched takes a third of its time, and every line runs elsewhere too
def test_scoring_the_made_up_history_changes_nothing(told: Scope) -> None:
    before = {name: rows_of(told, name) for name in SCORES}
    first = score(told, NOW)
    assert first.everything and first.scored >= len(before["results"]) > 300
    unfinished = first.scored - len(before["results"])
    assert first.removed == 0 and first.written.get("results", 0) == unfinished <= 2
    assert {k: v for k, v in rows_of(told, "traits").items() if k in before["traits"]} == before["traits"]
    again = score(told, NOW + timedelta(seconds=1))
    assert (again.everything, again.scored, again.written) == (False, 0, {})
    assert score(told, NOW, everything=True).written == {}


def test_scores_of_raw_trials_are_those_of_the_made_up_history(scope: Scope) -> None:
    raw(scope)
    done = score(scope, NOW + timedelta(hours=1))
    first = NOW.date() - timedelta(days=4)
    found = rows_of(scope, "results")
    assert done.scored == len(found) == len(rows_of(scope, "sessions")) > 10
    batches = get_simulator(scope.workspace, "assessment").history(first, NOW.date(), NOW, "raw", first)
    made = next(batch for batch in batches if batch.dataset.name == "results")
    expected = dict(zip(made.columns["session"], made.columns["valid"], strict=True))
    assert {session: found[session]["valid"] for session in expected} == expected
    assert {row["scored_at"] for row in found.values()} == {to_ms(NOW + timedelta(hours=1))}


def test_late_trials_score_the_session_again_and_no_other(scope: Scope) -> None:
    at = NOW - timedelta(days=40)
    for name in ("one", "two"):
        send(scope, "sessions", [session_row(name, at, 5)])
        send(scope, "trials", go_trials(name, 1, 12 if name == "one" else 32, at))
    assert score(scope, NOW).written["results"] == 2
    before = rows_of(scope, "results")
    assert (before["one"]["reason"], before["two"]["reason"]) == ("too_few", None)
    send(scope, "trials", go_trials("one", 13, 20, at))
    later = NOW + timedelta(minutes=1)
    done = score(scope, later)
    assert (done.sessions, done.scored, done.written["results"]) == (1, 1, 1)
    after = rows_of(scope, "results")
    one = after["one"]
    assert (one["valid"], one["trial_count"], one["scored_at"]) == ("valid", 32, to_ms(later))
    assert after["two"] == before["two"]
    metrics = rows_of(scope, "session_metrics")
    assert metrics["one/commission_errors"]["value"] == 0 and metrics["one/go_reaction"]["value"] == 316


def test_traits_that_no_longer_follow_are_removed(scope: Scope) -> None:
    at = NOW - timedelta(days=3)
    send(scope, "sessions", [session_row("one", at, 5)])
    send(scope, "trials", go_trials("one", 1, 32, at))
    score(scope, NOW)
    assert {row["trait"] for row in rows_of(scope, "traits").values()} == {"self_control", "speed"}
    begun = at + timedelta(minutes=1)
    quick = [row | {"reaction_ms": 20, "response": "press"} for row in go_trials("one", 33, 40, begun)]
    send(scope, "trials", quick)
    done = score(scope, NOW)
    assert done.removed == 2 and rows_of(scope, "traits") == {}
    assert rows_of(scope, "results")["one"]["reason"] == "too_fast"


def test_a_running_session_waits_until_it_is_over_or_idle(scope: Scope) -> None:
    at = NOW - timedelta(minutes=50)
    send(scope, "sessions", [session_row("open", at, None)])
    send(scope, "trials", go_trials("open", 1, 32, at))
    assert score(scope, NOW).scored == 0 and rows_of(scope, "results") == {}
    assert score(scope, NOW + timedelta(minutes=20)).scored == 1
    done = rows_of(scope, "results")["open"]
    assert done["completed_at"] == to_ms(at + timedelta(seconds=32))
    send(scope, "sessions", [session_row("open", at, 3)])
    assert score(scope, NOW + timedelta(minutes=21)).written["results"] == 1
    assert rows_of(scope, "results")["open"]["completed_at"] == to_ms(at + timedelta(minutes=3))


def test_the_job_scores_every_workspace_and_none_sees_the_other(scope: Scope) -> None:
    other = make_scope(make_workspace())
    for one, name in ((scope, "mine"), (other, "theirs")):
        send(one, "sessions", [session_row(name, NOW - timedelta(days=1), 5)])
        send(one, "trials", go_trials(name, 1, 32, NOW - timedelta(days=1)))
    said = job.score_sessions(Turn(NOW, lambda: False))
    assert said.endswith("sessions scored")
    assert set(rows_of(scope, "results")) == {"mine"} and set(rows_of(other, "results")) == {"theirs"}
    with pytest.raises(UnknownName, match="No scored session of `q`"):
        profile(scope, "q")
    with pytest.raises(NotAllowed):
        score(make_scope(scope.workspace, "analyst"), NOW)


def test_a_profile_holds_a_person_against_a_benchmark(told: Scope) -> None:
    result = next(r for r in rows_of(told, "results").values() if r["outcome"] == "recommended")
    found = profile(told, result["participant"], result["session"])
    traits = {row["trait"]: row for row in rows_of(told, "traits").values() if row["session"] == result["session"]}
    assert {line.trait: line.score for line in found.traits} == {name: row["score"] for name, row in traits.items()}
    # A profile is worked out from the metrics as they are stored: at the edge the last place may be one apart.
    stored = {name: pytest.approx(row["percentile"], abs=0.1001) for name, row in traits.items()}
    assert {line.trait: line.percentile for line in found.traits} == stored
    for line in found.traits:
        assert line.low == pytest.approx(line.score - 1.96 * line.se, abs=0.02)
        assert line.versus == (
            "above" if line.low > line.benchmark else "below" if line.high < line.benchmark else "at"
        )
    assert found.norm_group == result["norm_group"] and len(found.metrics) >= 9
    others = profile(told, result["participant"], result["session"], norm_group="all", norm_version="n1")
    assert (others.norm_group, others.norm_version) == ("all", "n1")
    assert [line.score for line in others.traits] != [line.score for line in found.traits]


def test_reading_a_profile_takes_the_right_and_is_audited(told: Scope) -> None:
    with pytest.raises(NotAllowed):
        profile(make_scope(told.workspace, "analyst"), "p-0007")
    with transaction(told) as tx:
        statement = "SELECT count(*) FROM belvedere.audit WHERE action = 'read_personal' AND workspace_id = %s"
        before = tx.execute(statement, (told.workspace.id,)).fetchone()
    careless = profile(told, "p-0007")
    with transaction(told) as tx:
        after = tx.execute(statement, (told.workspace.id,)).fetchone()
    assert before and after and after[0] == before[0] + 1
    assert (careless.valid, careless.reason, careless.traits) == (False, "too_fast", ())
    with pytest.raises(UnknownName, match="norm group"):
        profile(told, "p-0007", norm_group="astronauts")


def test_the_careless_are_found_by_their_flags(told: Scope) -> None:
    results = list(rows_of(told, "results").values())
    reasons = {who: {r["reason"] for r in results if r["participant"] == who} for who in ("p-0007", "p-0011", "p-0013")}
    assert reasons == {"p-0007": {"too_fast"}, "p-0011": {"straight_lining"}, "p-0013": {"too_few"}}
    assert sum(r["participant"] == "p-0007" for r in results) >= 16
    remote = [r["valid"] == "flagged" for r in results if r["device"] == "phone"]
    desk = [r["valid"] == "flagged" for r in results if r["setting"] == "supervised"]
    assert sum(remote) / len(remote) > 3 * sum(desk) / len(desk)


def test_new_norms_score_what_came_since_and_leave_what_was_before(told: Scope) -> None:
    score(told, NOW)
    before = rows_of(told, "traits")
    made = renew(told, "own", date(2026, 4, 5), NOW)
    assert made.people > 200 and made.norms.groups["all"].metrics["mean_span"].n > 100
    after, start = rows_of(told, "traits"), to_ms(datetime(2026, 4, 5, tzinfo=UTC))
    versions = {row["norm_version"] for row in after.values() if row["completed_at"] >= start}
    assert versions == {"own"}
    earlier = {entry: row for entry, row in before.items() if row["completed_at"] < start}
    assert {entry: after[entry] for entry in earlier} == earlier and len(earlier) < len(before) == len(after)
    assert score(told, NOW).written == {} and score(told, NOW, everything=True).written == {}
    with pytest.raises(BadInput, match="already norms `own`"):
        renew(told, "own", date(2026, 4, 6), NOW)
    with pytest.raises(BadInput, match="not in the future"):
        renew(told, "next", date(2026, 5, 1), NOW)
    with pytest.raises(BadInput, match=r"found nobody with a valid session from .* until 2020-01-01"):
        renew(told, "next", date(2020, 1, 1), NOW)


def test_other_weights_come_into_force_with_norms_made_for_them(scope: Scope, monkeypatch: pytest.MonkeyPatch) -> None:
    raw(scope, 12)
    score(scope, NOW)
    base = scoring()
    old = base.mapping("m1")
    speed = next(trait for trait in old.traits if trait.name == "speed")
    quick = replace(speed, name="quickness", weights=(("simple_reaction_time", -1.0),), least_weight=1)
    second = replace(old, version="m2", traits=(quick,), selection=("quickness",))
    changed = replace(base, mappings=(old, second), renorming=replace(base.renorming, least_people=5))
    monkeypatch.setattr("services.assessment.pipeline.scoring", lambda: changed)
    made = renew(scope, "second", date(2026, 4, 7), NOW, "m2")
    norm = made.norms.groups["all"].traits
    assert list(norm) == ["quickness"] and norm["quickness"].n >= 20
    since = to_ms(datetime(2026, 4, 7, tzinfo=UTC))
    rows = list(rows_of(scope, "traits").values())
    found = {(row["completed_at"] >= since, row["mapping_version"], row["norm_version"]) for row in rows}
    assert found == {(False, "m1", "n1"), (True, "m2", "second")}
    assert {row["trait"] for row in rows if row["completed_at"] >= since} == {"quickness"}
    with pytest.raises(UnknownName, match="Did you mean `m2`"):
        renew(scope, "third", date(2026, 4, 8), NOW, "m22")


def test_a_slow_transaction_is_not_passed_over(scope: Scope) -> None:
    at, trials = NOW - timedelta(days=2), datasets()["trials"]
    send(scope, "sessions", [session_row("one", at, 5), session_row("two", at, 5)])
    columns = columns_of_rows(trials, [row | {"occurred_at": to_ms(at)} for row in go_trials("one", 1, 32, at)])
    with transaction(scope) as tx:
        write_batch(tx, scope, Batch(trials, "slow", columns))
        assert score(scope, NOW).scored == 0
    assert score(scope, NOW).scored == 1 and set(rows_of(scope, "results")) == {"one"}


@pytest.mark.parametrize("grace_s", [300, 0])
def test_merging_segments_hides_nothing_and_looks_like_nothing_new(scope: Scope, grace_s: float) -> None:
    at, trials = NOW - timedelta(days=2), datasets()["trials"]
    for hours, name in ((0, "one"), (3, "two")):
        send(scope, "sessions", [session_row(name, at + timedelta(hours=hours), 5)])
        send(scope, "trials", go_trials(name, 1, 20, at + timedelta(hours=hours)))
    assert score(scope, NOW).scored == 2
    with transaction(scope) as tx:
        before = stored.changes(tx, scope, [trials])[0]
    send(scope, "trials", go_trials("one", 21, 12, at))
    compact(scope, trials, quiet_s=0, settled_s=0, grace_s=grace_s)
    with transaction(scope) as tx:
        spans = stored.changed_spans(tx, scope, trials, before)
    late = at + timedelta(seconds=22), at + timedelta(seconds=32, milliseconds=1)
    whole = at + timedelta(seconds=1), at + timedelta(hours=3, seconds=20, milliseconds=1)
    assert spans == [(late[0] - timedelta(seconds=1), late[1]) if grace_s else whole]
    done = score(scope, NOW)
    assert (done.sessions, done.scored) == (1, 1) and rows_of(scope, "results")["one"]["valid"] == "valid"


def test_segments_hold_what_scoring_wrote(told: Scope) -> None:
    assert [name for name, dataset in datasets().items() if verify(told, dataset).mismatches] == []


def test_fairness_is_checked_from_the_same_numbers_as_the_metrics(told: Scope) -> None:
    span = TimeRange(NOW - timedelta(days=120), NOW)
    found = fairness(told, "age_group", span, NOW)
    assert not isinstance(found.impacts, CannotTell)
    assessed: dict[str, int] = {}
    for row in rows_of(told, "results").values():
        if row["outcome"] != "not assessed":
            assessed[row["age_group"]] = assessed.get(row["age_group"], 0) + 1
    counted = {impact.group: impact.assessed for impact in found.impacts}
    assert all(0 <= assessed[group] - count <= 2 for group, count in counted.items()) and len(counted) == 3
    assert {impact.group: impact.verdict for impact in found.impacts}["under 35"] in ("reference", "no sign")
    with pytest.raises(UnknownName):
        fairness(told, "hair", span, NOW)
    with pytest.raises(NotAllowed):
        fairness(make_scope(told.workspace, "viewer"), "gender", span, NOW)


def test_the_stream_goes_on_where_the_history_ended(scope: Scope) -> None:
    world = get_simulator(scope.workspace, "assessment")
    first = NOW.date() - timedelta(days=3)
    until = NOW + timedelta(hours=30)
    whole = {b.dataset.name: b for b in world.history(first, world.local_day(until), until, "k", first)}
    parts: dict[str, list[Batch]] = {}
    for batch in world.history(first, NOW.date(), NOW, "k", first):
        parts.setdefault(batch.dataset.name, []).append(batch)
    at = NOW
    while at < until:
        for batch in world.since(at, min(at + timedelta(hours=7), until), "k", first):
            parts.setdefault(batch.dataset.name, []).append(batch)
        at += timedelta(hours=7)
    assert sum(batch.size for batch in parts["trials"]) == whole["trials"].size
    told = {key for batch in parts["sessions"] for key in batch.columns["session"]}
    assert told == set(whole["sessions"].columns["session"]) and len(told) > 10
    assert world.since(NOW, NOW + timedelta(hours=7), "k", first)[0].key == "k"
    assert asdict(world.workspace) == asdict(scope.workspace)


def test_a_portrait_has_the_ends_of_each_interval_as_percentiles(told: Scope) -> None:
    result = next(r for r in rows_of(told, "results").values() if r["outcome"] == "recommended")
    found = portrait(told, result["participant"], result["session"]).profile
    norm = scoring().norms_of(found.norm_version).groups[found.norm_group]
    for line in found.traits:
        trait = norm.traits[line.trait]
        for edge, percentile in (
            (line.low, line.percentile_low),
            (line.benchmark, line.percentile_benchmark),
            (line.high, line.percentile_high),
        ):
            # Between two points of the norm group a percentile lies between theirs.
            value = (edge - 50) / 10
            below = [p for p, point in zip(PERCENTILES, trait.points, strict=True) if point <= value - 0.001]
            above = [p for p, point in zip(PERCENTILES, trait.points, strict=True) if point >= value + 0.001]
            assert max(below, default=0) - 0.05 <= percentile <= min(above, default=100) + 0.05
        assert line.percentile_low <= line.percentile <= line.percentile_high and line.people == trait.n


def test_a_portrait_says_what_cannot_be_told_and_shows_valid_sessions_alone(told: Scope) -> None:
    results = rows_of(told, "results").values()
    hasty = next(row for row in results if row["reason"] == "too_fast")
    careless = portrait(told, hasty["participant"], hasty["session"])
    assert careless.profile.traits == () and len(careless.untold) == 7
    assert careless.untold[0].reason == "The session cannot be believed: answered faster than anybody can."
    valid = {}
    for row in results:
        if row["valid"] == "valid":
            valid.setdefault(row["participant"], []).append(row["session"])
    once = next(person for person, sessions in valid.items() if len(sessions) == 1)
    assert isinstance(portrait(told, once).trend, CannotTell)
    often = max(valid, key=lambda person: len(valid[person]))
    shown = portrait(told, often)
    assert not isinstance(shown.trend, CannotTell)
    assert {p.session for p in shown.trend} <= set(valid[often]) and len({p.session for p in shown.trend}) > 1
    mine = {p.trait: p.score for p in shown.trend if p.session == shown.profile.session}
    assert mine == pytest.approx({line.trait: line.score for line in shown.profile.traits}, abs=0.01)
    partial = next(p for p in (portrait(told, person) for person in valid) if p.profile.valid and p.untold)
    assert partial.untold[0].reason.startswith("Not done, or not valid: ")


def test_a_stranger_and_an_analyst_see_no_portrait(told: Scope) -> None:
    with pytest.raises(NotAllowed):
        portrait(make_scope(told.workspace, "analyst"), "p-0007")
    with pytest.raises(UnknownName, match="No scored session"):
        portrait(make_scope(make_workspace()), "p-0007")
