"""Which municipalities, zones, sensors and mains has the made-up water utility?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_SEED = 1855
METRES_A_DEGREE = 111_320.0


@dataclass(frozen=True, slots=True)
class Municipality:
    """A town that is supplied, with its two pressure zones."""

    key: str
    name: str
    region: str
    source: str
    lat: float
    lon: float
    people: int
    mains: int
    zones: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Sensor:
    """A measuring device: what it shows at the mean hour, and how far it strays without any reason."""

    key: str
    kind: str
    town: int
    zone: str
    model: str
    every_min: int
    base: float
    sigma: float
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Main:
    """A length of main as it was in the year 2019."""

    town: int
    zone: str
    material: str
    year: int
    length_m: float
    diameter_mm: float
    condition: float
    lat: float
    lon: float


TOWNS = (
    Municipality("M-RIV", "Riverton", "River valley", "river", 41.3312, -90.0521, 48_200, 470,
                 ("Riverton Centre", "Riverton North")),
    Municipality("M-OAK", "Oakfield", "Uplands", "wells", 41.4120, -90.1630, 24_600, 262,
                 ("Oakfield East", "Oakfield Hill")),
    Municipality("M-MIL", "Millbrook", "River valley", "wells", 41.2460, -90.1180, 15_900, 168,
                 ("Millbrook Valley", "Millbrook Heights")),
)  # fmt: skip
ZONES = tuple(zone for town in TOWNS for zone in town.zones)
_MODELS = {
    "pressure": "Barolux P2", "flow": "Magnaflow 40", "level": "Sonar L1", "turbidity": "Clarus T",
    "chlorine": "Halo Cl", "ph": "Ionis 7",
}  # fmt: skip
_BASES = {"pressure": 5.1, "flow": 26.0, "level": 3.4, "turbidity": 0.21, "chlorine": 0.62, "ph": 7.6}
_SIGMAS = {"pressure": 0.07, "flow": 0.9, "level": 0.05, "turbidity": 0.025, "chlorine": 0.035, "ph": 0.04}
# Material with the first and last year it was laid, and its share among the mains.
_MATERIALS = (("CI", 1908, 1962, 0.24), ("AC", 1948, 1975, 0.1), ("DI", 1962, 1996, 0.3), ("PVC", 1979, 2019, 0.36))
_STREETS = (18.0, 0.0, 31.0)  # degrees from north in which the streets of each town run
_DIAMETERS = ((100.0, 0.08), (150.0, 0.47), (200.0, 0.2), (300.0, 0.18), (450.0, 0.07))


def make_sensors() -> tuple[Sensor, ...]:
    """In each zone pressure and flow, in each town level and chlorine, at the river's works turbidity and pH."""
    rng, found, numbers = np.random.default_rng([_SEED, 1]), [], dict[tuple[int, str], int]()
    for town, zone, kind in _posts():
        number = numbers[town, kind] = numbers.get((town, kind), 0) + 1
        place = TOWNS[town]
        lat, lon = (float(v) for v in _near(place, rng))
        scale = place.people / TOWNS[0].people if kind == "flow" else 1.0
        base = _BASES[kind] * scale * (1 + 0.06 * rng.standard_normal() * (kind != "ph"))
        key = f"{place.key[2:]}-{kind[:2].upper()}-{number:02d}"
        every = 10 if town == 0 and kind in ("pressure", "flow") else 15
        found.append(Sensor(key, kind, town, zone, _MODELS[kind], every, base, _SIGMAS[kind] * scale, lat, lon))
    return tuple(found)


def _posts() -> list[tuple[int, str, str]]:
    posts = []
    for town, place in enumerate(TOWNS):
        posts += [(town, zone, kind) for zone in place.zones for kind in ("pressure", "flow")]
        posts += [(town, place.zones[0], kind) for kind in ("level", "chlorine")]
    return posts + [(0, zone, kind) for zone in TOWNS[0].zones for kind in ("turbidity", "ph")]


def make_mains() -> tuple[Main, ...]:
    """Every main as of 2019; the same in all workspaces, so that the pack can say their kilometres."""
    rng, found = np.random.default_rng([_SEED, 2]), []
    for town, place in enumerate(TOWNS):
        for _ in range(place.mains):
            material, first, last, _share = _MATERIALS[rng.choice(4, p=[share for *_, share in _MATERIALS])]
            year = int(rng.integers(first, last + 1))
            diameter = float(rng.choice([d for d, _ in _DIAMETERS], p=[share for _, share in _DIAMETERS]))
            length = round(float(rng.lognormal(5.45, 0.7)), 1)
            condition = round(float(np.clip(10 - (2019 - year) / 14 + rng.normal(0, 0.8), 0.5, 10)), 1)
            lat, lon = (float(v) for v in _near(place, rng))
            zone = place.zones[int(rng.random() < 0.42)]
            found.append(Main(town, zone, material, year, length, diameter, condition, lat, lon))
    return tuple(found)


def make_paths() -> tuple[str, ...]:
    """The ends of each main, `lon lat, lon lat`: its length along one of the two directions of its town's streets."""
    rng, found = np.random.default_rng([_SEED, 3]), []
    for main in MAINS:
        turn = _STREETS[main.town] + 90.0 * int(rng.integers(2))
        east, north = main.length_m / 2 * np.sin(np.radians(turn)), main.length_m / 2 * np.cos(np.radians(turn))
        lon, lat = east / (METRES_A_DEGREE * np.cos(np.radians(main.lat))), north / METRES_A_DEGREE
        ends = ((main.lon - lon, main.lat - lat), (main.lon + lon, main.lat + lat))
        found.append(", ".join(f"{x:.6f} {y:.6f}" for x, y in ends))
    return tuple(found)


def _near(place: Municipality, rng: np.random.Generator) -> tuple[float, float]:
    north, east = rng.normal(0, 1300, 2)
    lon = place.lon + east / (METRES_A_DEGREE * np.cos(np.radians(place.lat)))
    return round(place.lat + north / METRES_A_DEGREE, 6), round(float(lon), 6)


SENSORS = make_sensors()
MAINS = make_mains()
PATHS = make_paths()
