"""What happens to the made-up water utility: readings, incidents, calibrations, works on mains, reports?"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.engine.batches import Batch
from data.engine.days import to_ms
from data.model import Pack
from data.types import Workspace
from services.simulate.worlds.daily import DailyWorld
from services.simulate.worlds.draws import texts
from services.simulate.worlds.tables import HOUR_MS, NEVER, Ints, Table, batch_of
from services.simulate.worlds.water_incidents import drawn_incidents, incident_table, told_incidents
from services.simulate.worlds.water_network import MAINS, PATHS, SENSORS, TOWNS
from services.simulate.worlds.water_readings import drift_ends_on, drift_of, readings_of, supplied_m3

CALIBRATED_EVERY, RENEWED_EVERY = 60, 10
_FIRST_RENEWAL, _STRIDE = date(2020, 1, 1).toordinal(), 7


class WaterWorld(DailyWorld):
    """Three towns of one utility. What stands since before the history is written with its first day."""

    seed = 1904
    longest_days = 30

    def make_day(self, day: date, rng: np.random.Generator) -> list[Table]:
        """Everything that begins on a day."""
        start = self.midnight_ms(day)
        length = self.midnight_ms(date.fromordinal(day.toordinal() + 1)) - start
        tables = [self._readings(day, start, length, rng), self._calibrations(day, start)]
        tables += [self._incidents(day, start, length, rng), self._works(day, start)]
        tables += [self._reports(day, start), self._volumes(day, start + length - 1, rng)]
        return [table for table in tables if table.n]

    def history(self, first: date, last: date, until: datetime, key: str, first_day: date) -> list[Batch]:
        """As of every world; with the first day also what stood there before."""
        found = {batch.dataset.name: batch for batch in super().history(first, last, until, key, first_day)}
        if first == first_day:
            for table in self._standing(first_day):
                every, later = np.ones(table.n, np.bool_), found.get(table.dataset.name)
                parts = [table.shown(every, to_ms(until)), *([later.columns] if later else [])]
                batch = batch_of(table.dataset, key, parts)
                assert batch is not None
                found[table.dataset.name] = batch
        return [found[name] for name in self.datasets if name in found]

    def _standing(self, day: date) -> list[Table]:
        """Sensors, mains and municipalities as they are when a day begins."""
        before = date.fromordinal(day.toordinal() - 1)
        numbers = list(range(len(SENSORS)))
        sensors = self._sensors(numbers, [self._calibrated_ms(n, _last_calibration(n, before)) for n in numbers])
        slots = list(range(len(MAINS)))
        monday = date.fromordinal(before.toordinal() - before.weekday())
        return [sensors, self._mains(slots, [_renewals(slot, before) for slot in slots]), self._reports(monday)]

    def _readings(self, day: date, start: int, length: int, rng: np.random.Generator) -> Table:
        shown = readings_of(day, length, rng)
        at = start + shown.into_ms
        columns: dict[str, NDArray[Any]] = {"measured_at": at, "value": shown.value, "score": shown.score}
        named = {
            "sensor": [s.key for s in SENSORS], "kind": [s.kind for s in SENSORS],
            "zone": [s.zone for s in SENSORS], "municipality": [TOWNS[s.town].name for s in SENSORS],
        }  # fmt: skip
        columns |= {name: np.array(values, object)[shown.sensor] for name, values in named.items()}
        return Table(self.datasets["readings"], at, columns)

    def _calibrated_ms(self, number: int, on: date) -> int:
        return self.midnight_ms(on) + int((9 + number * 0.31) * HOUR_MS)

    def _calibrations(self, day: date, start: int) -> Table:
        due = [n for n in range(len(SENSORS)) if _is_calibrated(n, day)]
        return self._sensors(due, [start + int((9 + n * 0.31) * HOUR_MS) for n in due])

    def _sensors(self, numbers: list[int], calibrated: list[int]) -> Table:
        sensors, at = [SENSORS[n] for n in numbers], np.array(calibrated, np.int64)
        days = [self.local_day_of(ms) for ms in calibrated]
        yesterday = [date.fromordinal(day.toordinal() - 1) for day in days]
        offsets = [round(drift_of(d, n) + 0.003 * (n % 5 - 2), 3) for d, n in zip(yesterday, numbers, strict=True)]
        installed = [self.midnight_ms(date(2021 + n % 4, 1 + n % 12, 3 + n)) + 9 * HOUR_MS for n in numbers]
        columns: dict[str, NDArray[Any]] = {
            "sensor_id": texts([s.key for s in sensors]), "installed_at": np.array(installed, np.int64),
            "calibrated_at": at, "kind": texts([s.kind for s in sensors]),
            "municipality": texts([TOWNS[s.town].name for s in sensors]), "zone": texts([s.zone for s in sensors]),
            "model": texts([s.model for s in sensors]), "status": texts(["in use"] * len(sensors)),
            "battery": np.array([_battery(n, d) for n, d in zip(numbers, days, strict=True)], np.float64),
            "offset": np.array(offsets, np.float64),
            "interval_min": np.array([s.every_min for s in sensors], np.float64),
            "lat": np.array([s.lat for s in sensors], np.float64),
            "lon": np.array([s.lon for s in sensors], np.float64),
        }  # fmt: skip
        return Table(self.datasets["sensors"], at, columns)

    def local_day_of(self, ms: int) -> date:
        """The local day of an instant in UTC milliseconds."""
        return self.local_day(datetime.fromtimestamp(ms / 1000, UTC))

    def _incidents(self, day: date, start: int, length: int, rng: np.random.Generator) -> Table:
        drawn = [*told_incidents(day, rng), *drawn_incidents(day, self.scale, rng)]
        found = sorted(drawn, key=lambda one: one.opens_h)
        before = date.fromordinal(day.toordinal() - 1)  # a main that is laid anew today breaks, if at all, before that
        mains = {one.main: _name(one.main, _renewals(one.main, before)) for one in found if one.main is not None}
        return incident_table(self.datasets["incidents"], f"INC-{day:%y%m%d}", found, (start, length), rng, mains)

    def _works(self, day: date, start: int) -> Table:
        """Every ten days a main is laid in place of another."""
        number, into = divmod(day.toordinal() - _FIRST_RENEWAL, RENEWED_EVERY)
        if into or number < 0:
            return self._mains([], [])
        slot = number * _STRIDE % len(MAINS)
        done = start + 11 * HOUR_MS
        renewals = _renewals(slot, day)
        return self._mains([slot, slot], [renewals - 1, renewals], abandoned={0: done}, begins=np.array([done, done]))

    def _mains(
        self, slots: list[int], renewals: list[int], abandoned: dict[int, int] | None = None, begins: Ints | None = None
    ) -> Table:
        mains, gone = [MAINS[slot] for slot in slots], abandoned or {}
        laid = np.array([self._laid_ms(s, r) for s, r in zip(slots, renewals, strict=True)], np.int64)
        ended = np.array([gone.get(i, NEVER) for i in range(len(slots))], np.int64)
        new = [r > 0 for r in renewals]
        columns: dict[str, NDArray[Any]] = {
            "pipeline_id": texts([_name(s, r) for s, r in zip(slots, renewals, strict=True)]),
            "installed_at": laid, "abandoned_at": ended, "element": texts(["pipe"] * len(slots)),
            "material": texts(["PVC" if n else m.material for n, m in zip(new, mains, strict=True)]),
            "status": texts(["abandoned" if i in gone else "in service" for i in range(len(slots))]),
            "municipality": texts([TOWNS[m.town].name for m in mains]), "zone": texts([m.zone for m in mains]),
            "ownership": texts(["utility"] * len(slots)), "network": texts(["register"] * len(slots)),
            "length_m": np.array([m.length_m for m in mains], np.float64),
            "diameter_mm": np.array([m.diameter_mm for m in mains], np.float64),
            "roughness": np.array([150.0 if n else 100.0 for n in new], np.float64),
            "condition": np.array([10.0 if n else m.condition for n, m in zip(new, mains, strict=True)], np.float64),
            "path": texts([PATHS[slot] for slot in slots]),
            "lat": np.array([m.lat for m in mains], np.float64), "lon": np.array([m.lon for m in mains], np.float64),
        }  # fmt: skip
        return Table(self.datasets["pipelines"], laid if begins is None else begins, columns)

    def _laid_ms(self, slot: int, renewals: int) -> int:
        if not renewals:
            return self.midnight_ms(date(MAINS[slot].year, 7, 1))
        return self.midnight_ms(date.fromordinal(_renewal_days(slot)[renewals - 1])) + 11 * HOUR_MS

    def _reports(self, day: date, start: int | None = None) -> Table:
        """Every Monday the municipalities report their figures."""
        towns = TOWNS if day.weekday() == 0 else ()
        at = np.full(len(towns), (self.midnight_ms(day) if start is None else start) + 6 * HOUR_MS)
        growth = 1 + 0.006 * (day.toordinal() - date(2026, 1, 1).toordinal()) / 365.25
        columns: dict[str, NDArray[Any]] = {
            "municipality_id": texts([t.key for t in towns]), "municipality": texts([t.name for t in towns]),
            "joined_at": np.full(len(towns), self.midnight_ms(date(1987, 1, 1))), "reported_at": at,
            "region": texts([t.region for t in towns]), "source": texts([t.source for t in towns]),
            "people": np.round([t.people * growth for t in towns]),
            "connections": np.round([t.people * growth / 2.6 for t in towns]),
            "lat": np.array([t.lat for t in towns], np.float64), "lon": np.array([t.lon for t in towns], np.float64),
        }  # fmt: skip
        return Table(self.datasets["municipalities"], at, columns)

    def _volumes(self, day: date, ends: int, rng: np.random.Generator) -> Table:
        rows = [(t.name, *part) for n, t in enumerate(TOWNS) for part in supplied_m3(n, day, rng).items()]
        at = np.full(len(rows), ends)
        columns: dict[str, NDArray[Any]] = {
            "ended_at": at, "municipality": texts([row[0] for row in rows]),
            "component": texts([row[1] for row in rows]), "volume_m3": np.array([row[2] for row in rows]),
        }  # fmt: skip
        return Table(self.datasets["volumes"], at, columns)


def _is_calibrated(number: int, day: date) -> bool:
    """Every sixty days in turn, and where a drift is found; while one grows, nobody has looked yet."""
    if drift_ends_on(day) == number:
        return True
    turn = (day.toordinal() + number * CALIBRATED_EVERY // len(SENSORS)) % CALIBRATED_EVERY == 0
    return turn and not drift_of(day, number)


def _last_calibration(number: int, day: date) -> date:
    """The newest day of a calibration that is not after `day`."""
    back = (day - timedelta(days=n) for n in range(4 * CALIBRATED_EVERY))
    return next(one for one in back if _is_calibrated(number, one))


def _battery(number: int, day: date) -> float:
    """It falls from 100 to 20 in four years and is changed then."""
    return float(100 - (day.toordinal() + number * 131) % 1461 * 80 // 1461)


def _renewal_days(slot: int) -> list[int]:
    """The days (ordinals) on which the main of a slot is laid anew, until the year 2060: works go round all slots."""
    first = slot * pow(_STRIDE, -1, len(MAINS)) % len(MAINS)
    return [_FIRST_RENEWAL + number * RENEWED_EVERY for number in range(first, 1500, len(MAINS))]


def _name(slot: int, renewals: int) -> str:
    return f"W-{slot:04d}-{renewals}"


def _renewals(slot: int, day: date) -> int:
    return sum(on <= day.toordinal() for on in _renewal_days(slot))


def make(pack: Pack, workspace: Workspace, scale: float) -> WaterWorld:
    """The world for a workspace."""
    return WaterWorld(pack, workspace, scale)
