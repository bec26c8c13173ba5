"""Do the pages for operators tell what is so, and do their buttons do what they say?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from data import followed
from data.database import transaction
from data.settings import settings
from data.types import Scope
from services import connections, model
from services.health import probes
from services.health.grading import graded
from services.inbox.folders import FAILED, put_away
from services.ingest.messages import store_messages
from services.model import current, enable_pack
from services.mqtt import match, routes_of
from services.mqtt.payloads import messages_of
from services.mqtt.state import MqttState, keep_state
from services.observing.collector import Collector
from services.observing.notes import notes
from tests.app.visits import opened, sign_in
from tests.db.desk import write_pack as write_desk
from tests.db.meters import write_pack as write_meters
from tests.support import fresh_database, make_workspace, settings_of


@pytest.fixture(scope="module")
def packs() -> Iterator[None]:
    with fresh_database(), settings_of(BELVEDERE_MQTT_URL="mqtt://nowhere"):
        write_meters(settings().home)
        write_desk(settings().home)
        model.forget_current()
        make_workspace("desktown")
        yield
    model.forget_current()


@pytest.fixture
def town(packs: None, monkeypatch: pytest.MonkeyPatch) -> Scope:
    """An operator of the town whose desk is followed, and who is signed in."""
    scope = sign_in(monkeypatch, f"op-{datetime.now(UTC).timestamp():.6f}", "operator", "desktown")
    enable_pack(scope, "meters")
    enable_pack(scope, "desk")
    return scope


def html(app: AppTest) -> str:
    return " ".join(element.proto.body for element in app.get("html"))


def test_the_health_page_says_what_needs_attention_first_and_what_to_do(
    town: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probes, "disk", lambda: graded("disk", 0.5, probes.DISK, "Half of the disk."))
    notes.is_on = True
    past = datetime.now(UTC) - timedelta(minutes=7)
    notes.add("checks", int(past.timestamp() * 1000), {"component": "mqtt", "state": "critical"})
    Collector("web").turn()
    notes.is_on = False
    keep_state(MqttState("failed", "The <b>broker</b> refuses."))
    app = opened("monitor/health")
    assert not app.exception
    (sentence,) = [error.value for error in app.error]
    assert "needs attention" in sentence and "MQTT (critical)" in sentence
    shown = html(app)
    assert shown.index("aria-label='MQTT: critical'") < shown.index("aria-label='Disk")
    assert "What to do:" in shown and "&lt;b&gt;broker" in shown and "<b>broker" not in shown
    assert "(7" in shown and "nobody looked" in shown, "since seven minutes, and before nobody looked"


def test_refused_messages_are_shown_opened_tried_again_and_discarded(town: Scope) -> None:
    topic = f"{town.workspace.slug}/meters/m1"
    for route, fields in match(routes_of(current()), topic):
        for payload in ("{<script>", "[]"):
            messages = messages_of(route, fields, topic, payload.encode())
            store_messages(town, route.dataset, route.mapping, messages, datetime.now(UTC))
    app = opened("manage/connections")
    assert not app.exception and not app.error
    table = next(frame.value for frame in app.dataframe if "Reason" in frame.value)
    assert list(table["Topic"]) == [topic] * 2
    oldest = connections.letters(town)[1].id
    app.multiselect(key="letters_chosen").set_value([oldest]).run()
    app.button(key="letters_show").click().run()
    assert [code.value for code in app.code] == ["{<script>"]
    app.button(key="letters_retry").click().run()
    assert not app.exception and connections.count(town) == 2, "still no JSON: kept with its reason"
    app.toggle(key="letters_all").set_value(True).run()
    app.button(key="letters_discard").click().run()
    assert not app.exception and connections.count(town) == 0
    assert any("None. A message" in caption.value for caption in app.caption)


def test_a_followed_table_rests_goes_on_and_is_compared(town: Scope) -> None:
    app = opened("manage/connections")
    line = connections.followed_lines(town)[0]
    app.selectbox(key="followed").select(line.dataset.qualified).run()
    app.button(key="rest").click().run()
    assert connections.followed_lines(town)[0].status == "resting" and app.button(key="compare").disabled
    app.button(key="rest").click().run()
    assert connections.followed_lines(town)[0].status != "resting"
    app.button(key="compare").click().run()
    assert followed.followed(town, line.dataset.id).compare_asked_at is not None
    with transaction(town) as tx:
        found = tx.execute("SELECT action FROM belvedere.audit WHERE action LIKE 'following%' ORDER BY id").fetchall()
    assert [action for (action,) in found] == ["following_paused", "following_resumed", "following_compared"]


def test_a_failed_file_is_put_back_from_the_page(town: Scope) -> None:
    place = settings().home / "inbox" / town.workspace.slug / "meters.readings"
    place.mkdir(parents=True)
    (place / "march.csv").write_text("at\n")
    put_away(place / "march.csv", FAILED, "No column `nr`.")
    app = opened("manage/connections")
    app.selectbox(key="failed_file").select("meters.readings/march.csv").run()
    next(button for button in app.button if button.label == "Try this file again").click().run()
    assert not app.exception and (place / "march.csv").is_file()
