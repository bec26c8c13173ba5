"""Are the ways in shown for the right workspace, and does trying again lose or double nothing?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data.database import transaction
from data.engine.verify import verify
from data.errors import BadInput, NotAllowed, UnknownName
from data.settings import settings
from data.types import Scope
from services import connections, model
from services.connections import Retried
from services.inbox.folders import FAILED, put_away
from services.ingest.messages import Taken, store_messages
from services.model import current, enable_pack, find_dataset
from services.mqtt import match, routes_of
from services.mqtt.payloads import messages_of
from services.mqtt.state import MqttState, keep_state
from tests.db.meters import PACK, stored, write_pack
from tests.support import fresh_database, make_scope, make_workspace, settings_of

NOW = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)
AT = "2026-03-01T11:00:00Z"


@pytest.fixture(scope="module")
def server() -> Iterator[Path]:
    with fresh_database(), settings_of(BELVEDERE_MQTT_URL="mqtt://nowhere"):
        write_pack(settings().home)
        model.forget_current()
        yield settings().home
    model.forget_current()


@pytest.fixture
def town(server: Path) -> Scope:
    scope = make_scope(make_workspace(), "operator")
    enable_pack(scope, "meters")
    return scope


def send(town: Scope, topic: str, *payloads: str) -> Taken:
    """What the subscriber does with messages."""
    taken = Taken()
    for payload in payloads:
        for route, fields in match(routes_of(current()), f"{town.workspace.slug}/{topic}"):
            messages = messages_of(route, fields, f"{town.workspace.slug}/{topic}", payload.encode())
            taken += store_messages(town, route.dataset, route.mapping, messages, NOW)
    return taken


def reading(nr: str, **more: object) -> str:
    return json.dumps({"nr": nr, "at": AT, "litres": 1.25, **more})


def actions(scope: Scope) -> list[tuple[str, dict[str, object]]]:
    with transaction(make_scope(scope.workspace)) as tx:
        query = "SELECT action, detail FROM belvedere.audit WHERE workspace_id = %s ORDER BY id"
        return tx.execute(query, (scope.workspace.id,)).fetchall()


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_message_that_was_refused_is_stored_once_when_its_cause_is_mended(
    town: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(town, "meters/m1", reading("n1"), reading("n2", litres="much"), "{broken")
    assert connections.count(town) == 2
    ids = [letter.id for letter in connections.letters(town)]
    assert connections.retry(town, ids, NOW) == Retried(refused=2), "nothing was mended"
    assert connections.count(town) == 2 and not set(ids) & {letter.id for letter in connections.letters(town)}
    with transaction(town) as tx:
        tx.execute("""UPDATE belvedere.rejects SET raw = replace(raw, '"much"', '7') WHERE raw LIKE '%much%'""")
        mended = json.dumps({"nr": "n3", "at": AT})
        tx.execute("UPDATE belvedere.rejects SET raw = %s WHERE raw = '{broken'", (mended,))
    ids = [letter.id for letter in connections.letters(town)]
    # killed between storing and taking away: the same letters are tried once more
    with monkeypatch.context() as patched:
        patched.setattr("data.messages.remove_dead_letters", _killed)
        with pytest.raises(KeyboardInterrupt):
            connections.retry(town, ids[:1], NOW)
    assert connections.count(town) == 2
    assert connections.retry(town, ids, NOW) == Retried(stored=2)
    assert connections.count(town) == 0 and connections.retry(town, ids, NOW) == Retried()
    assert stored(town, "concat_ws(' ', meter, nr, litres)") == ["m1 n1 1.25", "m1 n2 7.00", "m1 n3"]
    readings = find_dataset(current(), "meters.readings")
    assert verify(town, readings).mismatches == []
    assert [action for action, _ in actions(town)].count("dead_letter_retried") == 4


def test_a_message_whose_topic_nobody_wants_any_more_stays(town: Scope) -> None:
    send(town, "meters/m1", "{broken")
    with transaction(town) as tx:
        tx.execute(
            "UPDATE belvedere.rejects SET file_name = 'gone/topic' WHERE workspace_id = %s", (town.workspace.id,)
        )
    (letter,) = connections.letters(town)
    assert connections.retry(town, [letter.id], NOW) == Retried(left=1) and connections.count(town) == 1


def test_discarding_is_of_ones_own_workspace_and_in_the_audit_without_what_was_said(town: Scope) -> None:
    neighbour = make_scope(make_workspace(), "operator")
    send(town, "meters/m1", "{secret", "[]")
    ids = [letter.id for letter in connections.letters(town)]
    assert connections.discard(neighbour, ids) == 0 and connections.opened(neighbour, ids[0]) is None
    assert connections.retry(neighbour, ids, NOW) == Retried() and connections.letters(neighbour) == []
    assert connections.count(town) == 2
    assert connections.opened(town, ids[1]).raw == "{secret"  # type: ignore[union-attr]
    assert connections.discard(town, ids[1:]) == 1 and connections.count(town) == 1
    done = actions(town)
    assert [action for action, _ in done] == ["dead_letter_opened", "dead_letter_discarded"]
    assert "secret" not in json.dumps([detail for _, detail in done])


def test_pages_of_refused_messages_meet_without_gap_and_the_table_has_all(
    town: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.connections.refused.PAGE", 2)
    send(town, "meters/m1", *[f"{{bad {n}" for n in range(5)])
    pages = [[letter.raw for letter in connections.letters(town, page)] for page in (1, 2, 3, 4)]
    assert pages == [["{bad 4", "{bad 3"], ["{bad 2", "{bad 1"], ["{bad 0"], []]
    lines = list(connections.taken_along(town))
    assert [line[-1] for line in lines] == ["raw", *[f"{{bad {n}" for n in (4, 3, 2, 1, 0)]]
    assert actions(town)[-1] == ("dead_letters_exported", {"messages": 5})


def test_only_operators_look_and_act(town: Scope) -> None:
    manager = make_scope(town.workspace, "manager")
    acts: list[Callable[[], object]] = [
        lambda: connections.count(manager), lambda: connections.letters(manager),
        lambda: connections.discard(manager, [1]), lambda: connections.retry(manager, [1], NOW),
        lambda: connections.opened(manager, 1), lambda: connections.mqtt_lines(manager, NOW),
        lambda: connections.folder_lines(manager), lambda: connections.again(manager, "meters.readings", "x"),
        lambda: connections.followed_lines(manager), lambda: connections.rest(manager, "x.y", True),
        lambda: connections.compare_now(manager, "x.y"),
    ]  # fmt: skip
    for act in acts:
        with pytest.raises(NotAllowed):
            act()


def test_a_subscription_shows_what_came_into_this_workspace_and_at_which_rate(town: Scope) -> None:
    state, slug = MqttState("connected"), town.workspace.slug
    name = next(r.subscription.name for r, _ in match(routes_of(current()), f"{slug}/meters/m1"))
    for minutes, rows in ((9, 500), (3, 20), (1, 5), (0, 7)):
        at = NOW - timedelta(minutes=minutes)
        state = state.with_route(f"{slug} meters.readings/{name}", Taken(rows, inserted=rows - 1, rejected=1), at)
        state = state.with_route(f"elsewhere meters.readings/{name}", Taken(90), at)
    keep_state(state)
    line = next(line for line in connections.mqtt_lines(town, NOW).lines if line.name == name)
    assert (line.rows, line.rejected, line.last_at, line.per_minute) == (532, 4, NOW, 5.0)
    assert line.topic.startswith(slug) and len(state.routes[f"{slug} meters.readings/{name}"]["minutes"]) == 3
    fixed = [found.name for found in connections.mqtt_lines(town, NOW).lines if "fixed" in found.topic]
    assert fixed == [] and "fixed/" in PACK, "that one is of another workspace"


def test_a_failed_file_is_put_back_and_others_are_out_of_reach(town: Scope, server: Path) -> None:
    place = server / "inbox" / town.workspace.slug / "meters.readings"
    place.mkdir(parents=True)
    (place / "march.csv").write_text("at\n")
    put_away(place / "march.csv", FAILED, "No column `nr`.")
    (line,) = connections.folder_lines(town)
    assert (line.waiting, line.failed, line.files[0].said) == (0, 1, "No column `nr`.")
    neighbour = make_scope(make_workspace(), "operator")
    assert connections.folder_lines(neighbour) == []
    for scope, name in ((neighbour, "march.csv"), (town, "../march.csv"), (town, "march.csv.reason.txt")):
        with pytest.raises(UnknownName):
            connections.again(scope, "meters.readings", name)
    (place / "march.csv").write_text("another")
    with pytest.raises(BadInput, match="waits in the folder already"):
        connections.again(town, "meters.readings", "march.csv")
    (place / "march.csv").unlink()
    connections.again(town, "meters.readings", "march.csv")
    (line,) = connections.folder_lines(town)
    assert (line.waiting, line.failed) == (1, 0) and list((place / FAILED).iterdir()) == []
    assert actions(town) == [("file_retried", {"file": "march.csv"})]
