"""Do the stored segments of a dataset still mean what its definition says?

Segments hold columns under the numbers of streams and the decimals of measures of the day they were written. When a
pack changes those, they are made again from the rows before anybody reads them under the new meaning.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from data.model import Dataset
from services.people import all_workspaces, worker_scope

_log = logging.getLogger(__name__)
_NAMES_ONLY = ("dimensions", "times")
_WHOLE = ("kind", "key", "time", "streams", "actor", "place")


def is_stale(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether segments written under the definition `found` mean something else under `wanted`; never for a new one."""
    return bool(found) and _meaning(found) != _meaning(wanted)


def renew(dataset: Dataset) -> None:
    """Make the dataset's segments again from its rows, in every workspace that has any."""
    from data.engine.rebuild import rebuild
    from data.engine.versions import versions

    for workspace in all_workspaces():
        scope = worker_scope(workspace)
        if versions(scope, [dataset.id])[dataset.id].rows:
            _log.warning("%s changed its columns: its segments in %s are made anew", dataset.qualified, workspace.slug)
            rebuild(scope, dataset)


def _meaning(definition: Mapping[str, Any]) -> dict[str, Any]:
    names = {part: sorted(item["name"] for item in definition[part]) for part in _NAMES_ONLY}
    measures = sorted((item["name"], item["decimals"]) for item in definition["measures"])
    durations = sorted((item["name"], item["from_time"], item["to_time"]) for item in definition["durations"])
    return {**names, **{part: definition[part] for part in _WHOLE}, "measures": measures, "durations": durations}
