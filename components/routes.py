"""What stands on the page of field routes: the plan on a map and in tables, and what would serve the rest?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from components import errands, routes_map, routes_setup, states
from components.markdown import plain
from data.types import Scope
from services.field import plans
from services.field.errands import Errand
from services.field.plans import Planned
from services.formats import moment, plural
from services.people import can
from services.routing.plans import Route

KEY = "plan"
_FORMS = {
    "gpx": ("GPX for devices", "application/gpx+xml"), "csv": ("CSV", "text/csv"),
    "html": ("Sheet to print", "text/html"),
}  # fmt: skip
_SHOWN = 3  # changes that are offered at once for a stop
_SMALL = {"": 30, "Arrive": 65, "Stop": 230, "Begin": 65, "Leave": 65, "Drive, min": 85, "km": 60, "Load": 60,
          "Priority": 75, "Locked": 75}  # fmt: skip


def show(scope: Scope, now: datetime) -> None:
    """The page."""

    def answer(errand: Errand) -> None:
        _plan(scope, plans.planned(errand), now)

    errands.show(scope, "routes", KEY, now, ("A new plan", "Plans"), routes_setup.show, answer)


def _plan(scope: Scope, found: Planned, now: datetime) -> None:
    _summary(scope, found, now)
    _again(scope, found)
    left, right = st.columns([1.25, 1], gap="medium")
    with left:
        routes_map.draw(found, f"routes_{found.errand.id}")
        st.caption(
            f"Lines are straight, ways are not: times and distances are {plain(found.plan.source)}. "
            "Grey rings are stops that nobody serves."
        )
    with right:
        _unserved(scope, found)
        _take_along(scope, found)
    st.subheader("Day by officer", anchor=False)
    picked = [name for route in found.plan.routes for name in _route(found, route)]
    _locks(scope, found, picked)


def _summary(scope: Scope, found: Planned, now: datetime) -> None:
    total, plan = len(found.ask.stops), found.plan
    with st.grid(4, min_column_width=150, gap="xsmall"):
        st.metric("Stops served", f"{found.served} of {total}", border=True)
        st.metric("Officers on the road", sum(bool(route.visits) for route in plan.routes), border=True)
        st.metric("Driving", f"{plan.cost_s / 3600:.1f} h", border=True)
        st.metric("Distance", f"{plan.distance_m / 1000:.0f} km", border=True)
    of = found.errand.as_of
    as_of = f" Data as of {moment(of, scope.workspace.timezone, now)}." if of else ""
    searched = f" Searched for {plan.seconds:.0f} s." if plan.seconds >= 1 else ""
    st.caption(f"{found.ask.on}: {plain(found.ask.source)}.{as_of}{searched}")
    if found.ask.changes:
        st.caption(f"Changed since the first plan: {plain('; '.join(found.ask.changes))}.")
    if found.ask.left_out:
        st.caption(f"Left out for others: {plain(', '.join(found.ask.left_out))}.")


def _go(ask: Callable[[], int]) -> None:
    with states.guard():
        errands.go_to(KEY, ask())


def _again(scope: Scope, found: Planned) -> None:
    now = datetime.now(UTC)
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Improve for 30 s", icon=":material/trending_up:", help="Searches on from this plan; it never gets worse.",
            on_click=_go, args=(partial(plans.improve, scope, found, now),),
        )  # fmt: skip
        if not found.ask.balanced:
            st.button(
                "Share the work evenly", icon=":material/balance:", help="Shortens the longest day, at more driving.",
                on_click=_go, args=(partial(plans.balance, scope, found, now),),
            )  # fmt: skip
        if found.ask.pinned or found.ask.begun:
            st.button("Unlock all stops", icon=":material/lock_open:", on_click=_go,
                      args=(partial(plans.free, scope, found, now),))  # fmt: skip


def _unserved(scope: Scope, found: Planned) -> None:
    """Each stop that nobody serves with the smallest changes that would."""
    if not found.unserved:
        st.success("Every stop is served.", icon=":material/check:")
        return
    st.markdown(f"**{plural(len(found.unserved), 'stop')} not served, and what would serve them**")
    now = datetime.now(UTC)
    with st.container(height=430 if len(found.unserved) > 2 else "content", border=False):
        for one in found.unserved:
            with st.container(border=True, gap="xxsmall"):
                stop = found.stops[one.stop]
                st.markdown(f"**{plain(stop.name or stop.id)}** :small[{plain(one.why)}]")
                if not one.proposals:
                    st.caption("No single change would serve it.")
                for number, proposal in enumerate(one.proposals[:_SHOWN]):
                    st.button(
                        f"Apply: {plain(proposal.sentence)}", key=f"apply_{found.errand.id}_{one.stop}_{number}",
                        type="secondary" if number else "primary", on_click=_go,
                        args=(partial(plans.apply, scope, found, one.stop, number, now),),
                    )  # fmt: skip


def _take_along(scope: Scope, found: Planned) -> None:
    if not can(scope, "export"):
        return
    number = found.errand.id
    with st.container(horizontal=True, gap="small"):
        for form, (title, kind) in _FORMS.items():
            st.download_button(
                title, partial(plans.download, scope, number, form), f"routes_{found.ask.on}_{number}.{form}", kind,
                key=f"take_{form}", on_click="ignore", type="tertiary", icon=":material/download:",
            )  # fmt: skip


def _route(found: Planned, route: Route) -> list[str]:
    """One officer's table; the stops that are picked in it."""
    routes_map.heading(found, route.officer, plans.said(found, route))
    if not route.visits:
        return []
    lines = plans.lines(found, route)
    hidden = {name for name in ("Load", "Locked") if not any(line.get(name) for line in lines)}
    frame = pd.DataFrame(lines)
    shown = [name for name in _SMALL if name not in hidden]
    widths: dict[str, Any] = {name: st.column_config.Column(width=_SMALL[name]) for name in shown}
    widths["km"] = st.column_config.NumberColumn(width=_SMALL["km"], format="%.1f")
    key = f"route_{found.errand.id}_{route.officer}"
    picked: Any = st.dataframe(
        frame, hide_index=True, column_order=shown, column_config=widths, key=key, on_select="rerun",
        selection_mode="multi-row", alt=f"Stops of {route.officer} in order", height="content", placeholder="",
    )  # fmt: skip
    return [str(frame["id"][row]) for row in picked.selection.rows if row < len(frame) and frame["id"][row]]


def _locks(scope: Scope, found: Planned, picked: list[str]) -> None:
    now = datetime.now(UTC)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        told = plural(len(picked), "stop") + " picked" if picked else "Pick stops in the tables to lock them."
        st.caption(told, width="content")
        for label, begun, help in (
            ("Keep with their officer", False, "The stops stay with their officer; the order may change."),
            ("Under way: keep up to here", True, "Everything up to the last picked stop stays first, in this order."),
        ):
            st.button(
                label, icon=":material/lock:", help=help, disabled=not picked, on_click=_go,
                args=(partial(plans.lock, scope, found, picked, begun, now),),
            )  # fmt: skip
