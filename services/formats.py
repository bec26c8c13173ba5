"""How is a number, a change, a moment or an age written for people?

Thousands are parted by a narrow no-break space, units by a no-break space, so that nothing wraps or reads as a decimal.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from data.model import Better, Format
from data.types import Grain

THIN = "\u202f"
SPACE = "\u00a0"
MINUS = "\u2212"
NOTHING = "–"
_SYMBOLS = {"dollars": "$", "euros": "€", "pounds": "£"}
_SHORT = {
    "litres a second": "l/s", "metres": "m", "kilometres": "km", "millimetres": "mm", "milliseconds": "ms",
    "seconds": "s", "minutes": "min", "percent": "%", "standard deviations": "SD",
}  # fmt: skip
Tone = Literal["good", "bad", "neutral"]
Number = float | int | None


@dataclass(frozen=True, slots=True)
class Change:
    """How a number moved: `text` ("+12 %"), its `direction` and whether that is good."""

    text: str
    direction: Literal["up", "down", "flat"]
    tone: Tone


def grouped(value: float, decimals: int = 0) -> str:
    """12345.6 with one decimal is `12 345.6`, thin separators, a real minus sign."""
    text = f"{abs(value):,.{decimals}f}".replace(",", THIN)
    negative = value < 0 and float(f"{abs(value):.{decimals}f}") != 0
    return f"{MINUS}{text}" if negative else text


def signed(value: float, decimals: int = 0) -> str:
    """A difference with its sign: `+1.50`, `−0.20`; nothing before zero."""
    text = grouped(value, decimals)
    return f"+{text}" if value > 0 and float(f"{value:.{decimals}f}") != 0 else text


def compact(value: float) -> str:
    """At most four digits: 9 876, 12.3 k, 4.56 M, 7.8 bn."""
    size = abs(value)
    for limit, divisor, suffix in ((1e9, 1e9, "bn"), (1e6, 1e6, "M"), (1e4, 1e3, "k")):
        if size >= limit:
            scaled = value / divisor
            decimals = 2 if abs(scaled) < 10 else 1 if abs(scaled) < 100 else 0
            return f"{grouped(scaled, decimals)}{SPACE}{suffix}"
    return grouped(value, 0 if float(value).is_integer() else 1)


def file_size(count: int) -> str:
    """Bytes as people read them: `812 B`, `4.3 MB`."""
    size = float(count)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{grouped(size, 0 if unit == 'B' or size >= 100 else 1)}{SPACE}{unit}"
        size /= 1000
    return f"{grouped(size, 1)}{SPACE}GB"


def hours(value: float) -> str:
    """A length of time given in hours, in its two largest parts: `2 d 4 h`, `3 h 20 min`, `35 min`, `12 s`."""
    sign, total = (MINUS if value < 0 else ""), abs(value) * 3600
    if total < 59.5:
        return f"{sign}{total:.0f}{SPACE}s"
    minutes = round(total / 60)
    if minutes < 60:
        return f"{sign}{minutes}{SPACE}min"
    if minutes < 48 * 60:
        return sign + _parts(minutes // 60, "h", minutes % 60, "min")
    whole_hours = round(total / 3600)
    days = whole_hours // 24
    if days >= 30:
        return f"{sign}{grouped(days)}{SPACE}d"
    return sign + _parts(days, "d", whole_hours % 24, "h")


def _parts(first: int, unit: str, second: int, smaller: str) -> str:
    head = f"{first}{SPACE}{unit}"
    return f"{head}{SPACE}{second}{SPACE}{smaller}" if second else head


def number(value: Number, form: Format, unit: str = "", decimals: int = 1, short: bool = False) -> str:
    """The value as its metric's format says: percents hold fractions, durations hours. None is a dash.

    `short` is for tiles and axes: a million and more is compact, and counts drop their unit.
    """
    if value is None:
        return NOTHING
    if form == "percent":
        return f"{grouped(value * 100, decimals)}{SPACE}%"
    if form == "duration":
        return hours(value)
    is_long = short and abs(value) >= 1e6
    text = compact(value) if is_long else grouped(value, 0 if form == "integer" else decimals)
    if form == "money":
        return _money(text, unit, short)
    return f"{text}{SPACE}{unit}" if unit and not short else text


def share(part: float, decimals: int = 0) -> str:
    """A part of the whole, 0.62, as it is told beside other words: `62 %`."""
    return number(part, "percent", decimals=decimals)


def short_unit(unit: str) -> str:
    """A unit by its symbol where it has one: `litres a second` is `l/s`, `metres` is `m`."""
    return _SHORT.get(unit, unit)


def _money(text: str, unit: str, short: bool) -> str:
    """`dollars per person` is `$12.50 per person`, where it is short `$12.50`; another unit stands before: `EUR 12`."""
    currency, _, each = unit.partition(" ")
    if currency not in _SYMBOLS:
        return f"{unit}{SPACE}{text}" if unit else text
    minus, amount = (MINUS, text[1:]) if text.startswith(MINUS) else ("", text)
    told = f"{minus}{_SYMBOLS[currency]}{amount}"
    return f"{told}{SPACE}{each}" if each and not short else told


def change(value: Number, before: Number, form: Format, better: Better) -> Change | None:
    """From `before` to `value`; None when either is missing or there is no base to compare with.

    Percent formats move in percentage points, everything else in percent of `before`.
    """
    if value is None or before is None:
        return None
    if form == "percent":
        moved, text = value - before, f"{grouped(abs(value - before) * 100, 1)}{SPACE}pt"
        is_flat = abs(moved) < 0.0005
    else:
        if before == 0:
            return None if value else Change("no change", "flat", "neutral")
        moved = (value - before) / abs(before)
        is_flat = abs(moved) < 0.0005
        text = f"{grouped(abs(moved) * 100, 1 if abs(moved) < 0.0995 else 0)}{SPACE}%"
        if moved >= 9.995:
            return Change(f"{grouped(moved + 1)}{SPACE}×", "up", _tone(moved, better))
    if is_flat:
        return Change("no change", "flat", "neutral")
    if moved > 0:
        return Change(f"+{text}", "up", _tone(moved, better))
    return Change(MINUS + text, "down", _tone(moved, better))


def _tone(moved: float, better: Better) -> Tone:
    if better == "neither":
        return "neutral"
    return "good" if (moved > 0) == (better == "higher") else "bad"


def age(seconds: float) -> str:
    """How long ago: `12 s`, `4 min`, `3 h 5 min`, `2 d 4 h`, `4 years`."""
    if seconds >= 2 * 365 * 86_400:
        return f"{seconds / (365.25 * 86_400):.0f}{SPACE}years"
    return hours(max(seconds, 0) / 3600)


def moment(at: datetime, timezone: str, now: datetime) -> str:
    """A point in time in the workspace's zone: `14:03` today, `12 Mar 14:03` this year, else `12 Mar 2014 14:03`."""
    local, today = at.astimezone(ZoneInfo(timezone)), now.astimezone(ZoneInfo(timezone))
    clock = f"{local:%H:%M}"
    if local.date() == today.date():
        return clock
    return f"{_day(local, local.year != today.year)} {clock}"


def _day(local: date, with_year: bool) -> str:
    text = f"{local.day} {local:%b}"
    return f"{text} {local.year}" if with_year else text


def span(start: datetime, end: datetime, timezone: str) -> str:
    """A half-open range in words, its last day or minute included: `1 – 30 Jun 2014`, `21 Nov 2026 13:00 – 14:00`."""
    zone = ZoneInfo(timezone)
    first, last = start.astimezone(zone), end.astimezone(zone)
    if f"{first:%H%M%S}{last:%H%M%S}" == "0" * 12:
        return days_text(first.date(), last.date() - timedelta(days=1))
    tail = f"{last:%H:%M}" if first.date() == last.date() else f"{_day(last, True)} {last:%H:%M}"
    return f"{_day(first, True)} {first:%H:%M} – {tail}"


def days_text(first: date, last: date) -> str:
    """The days from the first to the last, both included: `1 – 30 Jun 2014`."""
    if first == last:
        return _day(first, True)
    same_year, same_month = first.year == last.year, (first.year, first.month) == (last.year, last.month)
    head = str(first.day) if same_month else _day(first, not same_year)
    return f"{head} – {_day(last, True)}"


def bucket(label: str, grain: Grain) -> str:
    """A bucket's ISO 8601 start as the reader of a tooltip or a row sees it."""
    at = datetime.fromisoformat(label)
    if grain in ("minute", "hour"):
        return f"{at:%a} {_day(at, True)} {at:%H:%M}"
    if grain == "day":
        return f"{at:%a} {_day(at, True)}"
    if grain == "week":
        return f"Week of {_day(at, True)}"
    if grain == "month":
        return f"{at:%B} {at.year}"
    if grain == "quarter":
        return f"Quarter {(at.month - 1) // 3 + 1} of {at.year}"
    return str(at.year)


def inside(title: str) -> str:
    """A title in the middle of a sentence: its first letter small, unless the word is an abbreviation (`CRM`)."""
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]


def plural(n: int, one: str, many: str = "") -> str:
    """`1 row`, `1 200 rows`."""
    return f"{grouped(n)}{SPACE}{one if n == 1 else many or one + 's'}"
