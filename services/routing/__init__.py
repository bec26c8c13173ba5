"""Field routes: who visits which hotspots, cases or inspections today, and what would let the rest be served?

`solve` plans a day, `improve` searches on from a plan, `explain` says what each unserved stop needs.
"""

from services.routing.choosing import Candidate, choose
from services.routing.explaining import Explanation, Proposal, explain
from services.routing.plans import Break, Day, Officer, Place, Plan, Stop, Travel
from services.routing.reading import TravelWish, read_day, travel_for
from services.routing.sheets import gpx, sheet, table
from services.routing.solving import Wish, improve, solve

__all__ = [
    "Break", "Candidate", "Day", "Explanation", "Officer", "Place", "Plan", "Proposal", "Stop", "Travel", "TravelWish",
    "Wish", "choose", "explain", "gpx", "improve", "read_day", "sheet", "solve", "table", "travel_for",
]  # fmt: skip
