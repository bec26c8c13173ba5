"""A pack whose readings come by MQTT, and a process that listens for them until it is killed.

`python -m tests.db.meters` listens with the settings of its environment.
"""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from data.database import transaction
from data.types import Scope
from services.mqtt import run_subscriber

PACK = """\
pack: meters
title: Meters
description: Readings of meters.
owner: Somebody
datasets:
  readings:
    title: Readings
    kind: append
    time: at
    times: {at: At}
    dimensions: {meter: Meter, nr: Number}
    measures: {litres: {title: Litres, unit: litres, decimals: 2, minimum: 0}}
  valves:
    title: Valves
    kind: keyed
    key: valve
    time: at
    times: {at: At}
    dimensions: {state: {title: State, values: [open, shut]}}
subscriptions:
  readings: {topic: "{workspace}/meters/{meter}", dataset: readings, id: nr}
  batches: {topic: "{workspace}/batches/#", dataset: readings}
  valves: {topic: "fixed/{valve}", dataset: valves, workspace: meterville}
  foreign: {topic: "{workspace}/foreign/{device}", dataset: readings, mapping: foreign}
metrics:
  readings_count:
    {title: Readings, description: Readings., shape: count, dataset: readings, at: at, unit: readings, format: integer,
     better: neither, family: technical}
"""
MAPPING = """\
dataset: meters.readings
columns:
  at: {from: ts, formats: [unix_s]}
  meter: {from: device, case: upper}
  nr: seq
  litres: values.flow
"""


def write_pack(home: Path) -> None:
    """The pack, among those of the data folder."""
    folder = home / "packs" / "meters"
    (folder / "mappings").mkdir(parents=True, exist_ok=True)
    (folder / "pack.yaml").write_text(PACK)
    (folder / "mappings" / "foreign.yaml").write_text(MAPPING)


def stored(scope: Scope, what: str = "nr") -> list[str]:
    """A column of the readings of a workspace, in its order."""
    with transaction(scope) as tx:
        return [row[0] for row in tx.execute(f"SELECT {what} FROM meters.readings ORDER BY 1".encode()).fetchall()]


if __name__ == "__main__":
    logging.basicConfig(level="INFO")
    run_subscriber(threading.Event())
