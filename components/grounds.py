"""What is said above a map, and told below it, whichever layer it has?"""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from components import bad_places, mapped, nowhere, patterns, places
from data.model import Metric
from data.types import Scope
from services.live.boards import Board
from services.maps.areas import Selected
from services.maps.choices import MapChoice
from services.maps.hexes import HexMap


def above(scope: Scope, board: Board, metric: Metric, choice: MapChoice, said: str, now: datetime) -> HexMap | None:
    """The hexagons of the choice, under how many rows they hold; None where there is no map, which is said then."""
    shown = mapped.hex_map(scope, board, metric, choice, now)
    st.caption(f"{said} {shown.coverage.sentence()} {shown.as_of}.")
    # The container is there in any case: without it a map that is drawn on would begin anew when there is no note.
    with st.container():
        bad_places.note(scope, board, metric, choice, now)
    if shown.reason:
        nowhere.show(scope, board, shown, choice, now)
        return None
    return shown


def below(scope: Scope, board: Board, metric: Metric, choice: MapChoice, area: Selected | None, now: datetime) -> None:
    """What happens in the part that is picked or selected, and what else is known of the map."""
    places.show(scope, board, metric, choice, now, area)
    patterns.show(scope, board, metric, choice, now)
