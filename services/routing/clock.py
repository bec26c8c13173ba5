"""How are times of a day written and read?"""

from __future__ import annotations

import re

from services.routing.plans import DAY_S


def clock_of(seconds: int) -> str:
    """`17:05`; with `(+1)` on the next day. Seconds are left out."""
    days, rest = divmod(seconds, DAY_S)
    text = f"{rest // 3600:02d}:{rest % 3600 // 60:02d}"
    return f"{text} ({days:+d})" if days else text


def minutes_up(seconds: int) -> int:
    """Whole minutes, rounded up, so that what is promised is enough."""
    return -(-seconds // 60)


def whole_minutes_s(seconds: int) -> int:
    """Seconds, rounded up to whole minutes."""
    return 60 * minutes_up(seconds)


def seconds_of(text: str) -> int:
    """Seconds after midnight of `8:30`, `08:30` or `24:00`; a day may be 48 hours long. Raises ValueError."""
    match = re.fullmatch(r"(\d{1,2}):([0-5]\d)(?::([0-5]\d))?", text.strip())
    if match is None or int(match[1]) > 48:
        raise ValueError(f"{text!r} is no time of day")
    return int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3] or 0)
