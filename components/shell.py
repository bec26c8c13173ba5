"""What stands at the top of a page: its title, whose data it shows, and whether it is fresh and still refreshing?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

import streamlit as st

from components.palette import DARK, palette
from data.types import Workspace
from services.formats import plural
from services.live.views import Arrival

# A refresh that has not come after this many turns counts as lost. The browser finds that out without the server: the
# line carries an animation that turns it over unless the next refresh replaces it first.
_LOST_AFTER_TURNS = 3
_SLACK_S = 8
# What the theme has no setting for; sent once with the page, not at every refresh.
_STYLE = """<style>
.bv-status{display:flex;flex-wrap:wrap;gap:.1rem 1.2rem;font-size:.85rem;line-height:1.5rem;min-height:1.5rem}
.bv-status i{display:inline-block;width:.65em;height:.65em;border-radius:50%;margin-right:.45em;background:currentColor}
.bv-status .bv-lost{font-weight:600;font-size:0;visibility:hidden;animation:bv-show 1ms linear var(--bv-wait) forwards}
.bv-status .bv-fresh{animation:bv-hide 1ms linear var(--bv-wait) forwards}
@keyframes bv-show{to{font-size:.85rem;visibility:visible}}
@keyframes bv-hide{to{font-size:0;visibility:hidden}}
.bv-wide{overflow-x:auto}
.bv-stream{width:100%;border-collapse:collapse;font-size:.85rem}
.bv-stream caption{text-align:left;font-weight:600;padding-bottom:.4rem;font-size:1rem}
.bv-stream th{text-align:left;font-weight:600;opacity:.75;padding:.2rem .6rem .2rem 0;white-space:nowrap}
.bv-stream td{padding:.22rem .6rem .22rem 0;border-top:1px solid rgb(128 128 128 / .22);max-width:16rem;overflow:hidden;
text-overflow:ellipsis;white-space:nowrap}
.bv-facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(8rem,1fr));gap:.6rem 1.2rem}
.bv-facts div{overflow-wrap:anywhere}.bv-facts small{opacity:.75}
@media (max-width:640px){.st-key-map_choices>div{flex:1 1 calc(50% - .5rem)!important;width:auto!important;min-width:0}}
@media (hover:none){[data-testid="stElementContainer"]:has([data-testid="stDataFrame"])
{margin-top:1.9rem}}
@media print{[data-testid="stSidebar"],[data-testid="stHeader"],[class*="st-key-no_print"]{display:none!important}}
.bv-rank{display:inline-block;width:6rem;height:.6em;border-radius:3px;background:rgb(128 128 128 / .22);
overflow:hidden}
.bv-rank i{display:block;height:100%}
[class*="st-key-rows_"] button p{text-align:left}
[class*="st-key-rows_"] button{justify-content:flex-start}
.st-key-tiles [class*="st-key-rows_"] button{min-height:2.95rem}
[data-testid="stSidebarNavLink"]:focus-visible{outline:2px solid;outline-offset:-2px}
.st-key-tiles [data-testid="stMetricValue"],.st-key-tiles [data-testid="stMetricValue"] *{white-space:normal;
overflow:visible;text-overflow:clip}
.st-key-tiles [data-testid="stMetricDeltaDescription"],
.st-key-tiles [data-testid="stMetricDeltaDescription"] *{opacity:1;white-space:normal;overflow:visible;
text-overflow:clip}
</style>"""


# The theme writes white on the accent; the accent of the dark mode is light.
_DARK_STYLE = """<style>
[data-testid^="stBaseButton-primary"]:enabled, [data-testid^="stBaseButton-primary"]:enabled *, [data-baseweb="tag"],
[data-baseweb="tag"] *{color:#12171d}
</style>"""


def styles() -> None:
    """The few rules of style that the theme cannot hold; called once for each page."""
    st.html(_STYLE + (_DARK_STYLE if palette() is DARK else ""))


def header(title: str, workspace: Workspace) -> None:
    """The page's title with the workspace and its time zone."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.title(title, anchor=False, width="content")
        st.caption(f"{workspace.name}, times in {workspace.timezone.replace('_', ' ')}", width="content")


def status(
    workspace: Workspace, now: datetime, every_s: int | None, fresh: Arrival | None, online: Sequence[str], notes: str
) -> None:
    """One line: is the page refreshing, when was it last, how old is the data, who else is here."""
    colours = palette()
    clock = f"{now.astimezone(ZoneInfo(workspace.timezone)):%H:%M:%S}"
    parts = [_connection(every_s, clock, colours.good, colours.target)]
    if fresh:
        look = f"color:{colours.target};font-weight:600" if fresh.is_late else ""
        late = ", later than usual" if fresh.is_late else ""
        parts.append(f'<span style="{look}" title="{escape(fresh.explanation)}">{escape(fresh.text)}{late}</span>')
    parts.append(f"<span>{escape(notes)}</span>")
    if online:
        names = escape(", ".join(online))
        parts.append(f'<span title="{names}">{plural(len(online), "person", "people")} online: {names}</span>')
    st.html(f"<div class='bv-status' role='status' aria-live='off'>{''.join(parts)}</div>")


def _connection(every_s: int | None, clock: str, good: str, lost: str) -> str:
    if every_s is None:
        return f"<span>Paused, last refreshed {clock}</span>"
    wait = every_s * _LOST_AFTER_TURNS + _SLACK_S
    fresh = f"<span class='bv-fresh'><i style='color:{good}'></i>Live, refreshed {clock}</span>"
    gone = f"<span class='bv-lost' style='color:{lost}'><i></i>Not connected: no refresh since {clock}</span>"
    return f"<span style='--bv-wait:{wait}s'>{fresh}{gone}</span>"
