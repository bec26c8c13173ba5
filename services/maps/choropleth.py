"""Which colour has each district, what is said of it, and what stands in the table beside the map?"""

from __future__ import annotations

from collections.abc import Callable

from services.formats import number
from services.maps.choices import SHOWS, MapChoice
from services.maps.colours import Scale, findings, sequential
from services.maps.districts import PER, District, DistrictMap
from services.maps.hexes import text_of
from services.maps.hotspots import KINDS
from services.maps.pictures import Painted, Picture, Swatch, plain_number, probability, titled


def picture(shown: DistrictMap, choice: MapChoice, is_dark: bool) -> Picture | str:
    """The picture of a map of districts, or why there is none."""
    if shown.reason:
        return shown.reason
    if choice.show in ("rate", "smooth") and not shown.exposure_title:
        return shown.note or "Choose by what rates are: a column of numbers of the boundaries, such as people."
    return _hotspots(shown, is_dark) if choice.show == "hotspots" else _numbers(shown, choice, is_dark)


def value_of(one: District, show: str) -> float | None:
    """The number by which a district is coloured."""
    return {"rate": one.rate, "smooth": one.smoothed}.get(show, one.value)


def _numbers(shown: DistrictMap, choice: MapChoice, is_dark: bool) -> Picture | str:
    known = [(one, value) for one in shown.districts if (value := value_of(one, choice.show)) is not None]
    if not known:
        return shown.note or "No area has a number."
    is_rate = choice.show in ("rate", "smooth")
    text: Callable[[float], str] = rate_text if is_rate else lambda n: plain_number(shown.metric, n)
    is_whole = not is_rate and shown.metric.format == "integer"
    scale: Scale = sequential([value for _, value in known], choice.scale, is_dark, text, is_whole)
    cells = tuple(Painted(one.key, scale.place(value), tip(shown, one)) for one, value in known)
    ranked = sorted(known, key=lambda pair: (-pair[1], pair[0].key))
    title = titled(shown.metric)
    if is_rate:
        title = f"{shown.metric.title} per {PER:,} {shown.exposure_title}"
        title += ", smoothed" if choice.show == "smooth" else ""
    return Picture(
        title, tuple(Swatch(step.colour, step.text) for step in scale.steps), cells, _note(shown),
        columns(shown, False), tuple((one.key, *_line(shown, one, False)) for one, _ in ranked),
    )  # fmt: skip


def _hotspots(shown: DistrictMap, is_dark: bool) -> Picture:
    swatches = tuple(Swatch(colour, text) for colour, text in findings(is_dark))
    known = [one for one in shown.districts if one.grade is not None]
    cells = tuple(Painted(one.key, one.grade or 0, tip(shown, one)) for one in known)
    ranked = sorted(known, key=lambda one: (one.q or 0.0, -abs(one.z or 0.0)))
    lines = tuple((one.key, *_line(shown, one, True)) for one in ranked)
    title = f"{SHOWS['hotspots']} of {shown.metric.title.lower()}"
    return Picture(title, swatches, cells, _note(shown), columns(shown, True), lines)


def _note(shown: DistrictMap) -> str:
    return "; ".join(filter(None, (f"{len(shown.districts)} areas", shown.note)))


def columns(shown: DistrictMap, has_spots: bool) -> tuple[str, ...]:
    """What stands in the table for each district."""
    found = ("Area", "Finding", "z", "q") if has_spots else ("Area",)
    rates = (f"Per {PER:,}", "Smoothed", shown.exposure_title) if shown.exposure_title else ()
    return (*found, *rates, shown.metric.title, *(() if _counts_rows(shown) else ("Rows",)))


def _counts_rows(shown: DistrictMap) -> bool:
    """Whether the numbers are those of rows, so that they need not stand there twice."""
    return shown.metric.shape == "count" and all(one.value == one.rows for one in shown.districts)


def _line(shown: DistrictMap, one: District, has_spots: bool) -> tuple[str, ...]:
    found: tuple[str, ...] = ()
    if has_spots and one.grade is not None:
        found = (KINDS[one.grade], f"{one.z:.1f}".replace("-", "−"), probability(one.q))
    rates = (rate_text(one.rate), rate_text(one.smoothed), _amount(one.exposure)) if shown.exposure_title else ()
    rows = () if _counts_rows(shown) else (number(one.rows, "integer"),)
    return (one.key, *found, *rates, plain_number(shown.metric, one.value), *rows)


def tip(shown: DistrictMap, one: District) -> str:
    """What is said of a district: number, rates raw and smoothed, finding."""
    parts = [one.key, f"{shown.metric.title}: {text_of(shown.metric, one.value)}"]
    if one.rate is not None and one.smoothed is not None:
        parts.append(f"Per {PER:,}: {rate_text(one.rate)}, smoothed {rate_text(one.smoothed)}")
        parts.append(f"{shown.exposure_title}: {_amount(one.exposure)}")
    if one.grade is not None:
        parts.append(f"{KINDS[one.grade].capitalize()}: z {one.z:.1f}, q {probability(one.q)}".replace("z -", "z −"))
    return "\n".join(parts)


def rate_text(value: float | None) -> str:
    """A rate with three digits that say something."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _amount(value: float | None) -> str:
    return "–" if value is None else number(value, "integer")
