"""What becomes of a file that somebody uploads: kept, mapped, checked, imported by the worker?"""

from services.uploads.mapping import Choice, Opened, edited, likeliest, opened, sources_by_target
from services.uploads.requests import State, Turn, again, next_waiting, state_of, submit
from services.uploads.store import Upload, find, inbox, keep, pick, pickable
from services.uploads.wording import place_rules, rules

__all__ = [
    "Choice", "Opened", "State", "Turn", "Upload", "again", "edited", "find", "inbox", "keep", "likeliest",
    "next_waiting", "opened", "pick", "pickable", "place_rules", "rules", "sources_by_target", "state_of", "submit",
]  # fmt: skip
