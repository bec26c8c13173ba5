"""Which answers does this process already have, for whom and of which data?

The only cache of the screens. A key is one canonical JSON string of the question, the viewer's rights and the data's
versions, so new data makes a new key and nothing is ever cleared. Equal questions asked at once are answered once.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeVar

from components.shelves import Shelf, Steady
from data.model import Dataset
from data.types import Scope
from services import metrics, model, people, uploads
from services.health import HealthBoard, health_board
from services.ingest import Mapping, ValidationReport, as_dict, check_file
from services.live.boards import Board, boards
from services.live.choices import Choice
from services.live.questions import questions
from services.live.streams import Stream, stream
from services.live.views import Arrival, View, arrival, view
from services.metrics import Freshness
from services.uploads import Upload

MOST_ENTRIES = 2000
MOST_DRAWINGS = 100
MOST_PAGES = 300
VERSIONS_FOR_S = 0.5
PACKS_FOR_S = 30.0
REST_S = 0.8
ONLINE_FOR_S = 5.0
HEALTH_FOR_S = 5.0
UPLOAD_FOR_S = 900.0
STREAM_ROWS = 12
T = TypeVar("T")


_shelf = Shelf(MOST_ENTRIES)
_drawings = Shelf(MOST_DRAWINGS)
_pages = Steady(MOST_PAGES, REST_S)


def key_of(scope: Scope, what: str, **parts: Any) -> str:
    """The canonical key of a question: what is asked, of which workspaces, with which rights, and the given parts."""
    rights = {"workspace": scope.workspace.id, "sees": sorted(scope.workspace_ids), "role": scope.role}
    return json.dumps([what, rights, parts], sort_keys=True, default=str, separators=(",", ":"))


def key_of_data(scope: Scope, what: str, now: datetime, **parts: Any) -> str:
    """The key of a question whose answer is of all data as it is in this minute."""
    return key_of(scope, what, versions=versions(scope, now), minute=_turn(now, 60), **parts)


def _turn(now: datetime, seconds: float) -> int:
    return int(now.timestamp() / seconds)


def known_boards(scope: Scope, now: datetime) -> tuple[Board, ...]:
    """The boards of the packs that the workspace uses and has rows of."""
    return boards(model.model_of(scope), {f.dataset for f in freshness(scope, now) if f.rows})


def freshness(scope: Scope, now: datetime) -> list[Freshness]:
    """Versions, row counts and newest rows of the datasets, at most VERSIONS_FOR_S old and shared by all viewers."""
    key = key_of(scope, "freshness", turn=_turn(now, VERSIONS_FOR_S))
    return _shelf.get(key, lambda: metrics.freshness(scope))


def fresh(scope: Scope, now: datetime) -> Arrival | None:
    """How old the newest data is against what is usual, in words."""
    return arrival(freshness(scope, now), scope.workspace.timezone, now)


def pack_names(scope: Scope, now: datetime) -> tuple[str, ...]:
    """The packs that the workspace uses; at most PACKS_FOR_S old."""
    key = key_of(scope, "packs", turn=_turn(now, PACKS_FOR_S))
    return _shelf.get(key, lambda: tuple(pack.name for pack in model.packs_of(scope)))


def has_rows(scope: Scope, now: datetime) -> bool:
    """Whether the workspace holds any data."""
    return any(f.rows for f in freshness(scope, now))


def versions(scope: Scope, now: datetime) -> dict[str, int]:
    """The data version of each dataset."""
    return {f.dataset: f.version for f in freshness(scope, now)}


@dataclass(frozen=True, slots=True)
class LivePage:
    """What the Live page shows; it is the same as long as the key is."""

    key: str
    view: View
    stream: Stream


def live_page(
    scope: Scope, board: Board, choice: Choice, family: str, now: datetime, patience_s: float = 0.0
) -> LivePage:
    """The answered Live page, computed once for all viewers who see the same: the newest, or one that was the newest
    `patience_s` ago while the next is being made. It is of the choice, the data's versions and the minute.
    """
    asked = {**asdict(choice), "family": family, "pack": board.pack.name}
    key = key_of_data(scope, "live", now, **asked)
    if choice.slug != "custom":
        asked.pop("range")  # moves on with time; the question stays the same

    def make() -> LivePage:
        questioned = questions(board, choice, family)
        results = metrics.answer(scope, list(questioned.queries), now)
        shown = view(board, choice, questioned, results, scope.workspace, now)
        return LivePage(key, shown, _newest_rows(scope, board, now))

    return _pages.get(key_of(scope, "live", **asked), key, make, patience_s)[1]


def remembered(key: str, make: Callable[[], T]) -> T:
    """What was worked out under the key, worked out once for all viewers."""
    return _shelf.get(key, make)


def drawing(key: str, make: Callable[[], T]) -> T:
    """What was drawn under the key, drawn once for all viewers for whom it is the same."""
    return _drawings.get(key, make)


def health(scope: Scope, span: str, now: datetime) -> HealthBoard:
    """How every component is, with its past `day` or `week`; at most HEALTH_FOR_S old and shared by all viewers."""
    people.require(scope, "operate")
    key = key_of(scope, "health", span=span, turn=_turn(now, HEALTH_FOR_S))
    return _shelf.get(key, lambda: health_board(scope, span, now))


def _newest_rows(scope: Scope, board: Board, now: datetime) -> Stream:
    """The newest rows of the board's events, in words; read once for all choices."""
    known = {f.dataset: f.version for f in freshness(scope, now) if f.rows}
    events = board.events(known)
    key = key_of(scope, "stream", dataset=events.qualified, version=known.get(events.qualified), minute=_turn(now, 60))

    def make() -> Stream:
        rows = metrics.recent(scope, events.qualified, STREAM_ROWS)
        return stream(events, rows, scope.workspace.timezone, now)

    return _shelf.get(key, make)


def datasets(scope: Scope) -> dict[str, Dataset]:
    """The datasets that files can be imported into, by qualified name: of the workspace's packs, else of all."""
    return model.model_of(scope).datasets() or model.current().datasets()


def likeliest(scope: Scope, upload: Upload, now: datetime) -> list[str]:
    """The datasets that an upload may be imported into, by qualified name, those that it fits best first."""
    known = datasets(scope).values()
    key = key_of(scope, "likeliest", upload=upload.id, datasets=list(datasets(scope)), turn=_turn(now, UPLOAD_FOR_S))
    return _shelf.get(key, lambda: uploads.likeliest(upload, known))


def opened(scope: Scope, upload: Upload, dataset: Dataset, now: datetime) -> uploads.Opened:
    """The mappings that fit an upload and samples of its columns."""
    key = key_of(scope, "opened", upload=upload.id, dataset=dataset.qualified, turn=_turn(now, UPLOAD_FOR_S))
    return _shelf.get(key, lambda: uploads.opened(upload, dataset))


def checked(scope: Scope, upload: Upload, mapping: Mapping, limit: int | None, now: datetime) -> ValidationReport:
    """What an import would make of an upload."""
    parts = {"upload": upload.id, "mapping": as_dict(mapping), "limit": limit, "turn": _turn(now, UPLOAD_FOR_S)}
    dataset = datasets(scope)[mapping.dataset]
    key = key_of(scope, "checked", **parts)
    return _shelf.get(key, lambda: check_file(scope, dataset, upload.path, mapping, limit, now, upload.name))


def values(scope: Scope, dataset: str, dimension: str, now: datetime) -> list[str | None]:
    """The values of a dimension to choose from, the most frequent first."""
    key = key_of(scope, "values", dataset=dataset, dimension=dimension, versions=versions(scope, now))
    return _shelf.get(key, lambda: [value for value, _ in metrics.values(scope, dataset, dimension)])


def online(scope: Scope, now: datetime) -> list[str]:
    """Who uses the workspace now, by account name; at most ONLINE_FOR_S old."""
    key = key_of(scope, "online", turn=_turn(now, ONLINE_FOR_S))
    return _shelf.get(key, lambda: [seen.account for seen in people.presence.online(scope, now)])
