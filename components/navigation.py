"""Which pages are there, and which of them does a role get to see?

A page is one file in pages/<section>/, and its file name is its address. One line here makes it appear.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from components import shell
from data.types import Scope
from services.people import Ability, can, require

_PAGES = Path(__file__).resolve().parent.parent / "pages"


@dataclass(frozen=True, slots=True)
class Screen:
    """A page: its file below pages/ without .py, its title and Material icon, its section in the menu, who sees it, and
    the pack of which the workspace must have rows or the use for the menu to offer it."""

    path: str
    title: str
    icon: str
    section: str
    ability: Ability = "read"
    pack: str = ""

    @property
    def slug(self) -> str:
        """The page's address and file name."""
        return self.path.rpartition("/")[2]

    @property
    def file(self) -> str:
        """The path that st.page_link and st.switch_page take."""
        return f"pages/{self.path}.py"


# The address "/" leads to the first one that a viewer may see.
SCREENS: tuple[Screen, ...] = (
    Screen("monitor/live", "Live", "monitoring", "Monitor"),
    Screen("explore/heatmap", "Heat map", "map", "Explore"),
    Screen("explore/routes", "Field routes", "route", "Explore", "plan"),
    Screen("explore/lookup", "Look up", "frame_inspect", "Explore", "rows"),
    Screen("explore/profiles", "Trait profiles", "psychology", "Explore", "personal", "assessment"),
    Screen("learn/effects", "Effects", "science", "Learn", "rows"),
    Screen("monitor/health", "Health", "monitor_heart", "Monitor", "operate"),
    Screen("manage/data", "Data", "database", "Manage"),
    Screen("manage/connections", "Connections", "cable", "Manage", "operate"),
    Screen("manage/account", "Your account", "account_circle", "Manage"),
    Screen("manage/people", "People", "group", "Manage", "manage"),
    Screen("manage/audit", "Audit", "history", "Manage", "manage"),
    Screen("manage/jobs", "Jobs", "schedule", "Manage", "manage"),
)


def screens_for(scope: Scope, screens: Sequence[Screen] = SCREENS) -> list[Screen]:
    """The pages of a viewer, in order."""
    return [screen for screen in screens if can(scope, screen.ability)]


def menu_for(scope: Scope, packs: Container[str] = ()) -> dict[str, list[Any]]:
    """The pages of a viewer by section, as st.navigation takes them, and a hidden start page that opens the first.

    Pages of packs that the workspace does not use are not in the menu; a link to them works. A link to a page of other
    roles leads to a page of its title that says who may see it.
    """
    menu: dict[str, list[Any]] = {}
    for screen in screens_for(scope):
        file, icon = _PAGES / f"{screen.path}.py", f":material/{screen.icon}:"
        seen: Literal["visible", "hidden"] = "visible" if not screen.pack or screen.pack in packs else "hidden"
        menu.setdefault(screen.section, []).append(
            st.Page(file, title=screen.title, icon=icon, url_path=screen.slug, visibility=seen)
        )
    first = next(page for pages in menu.values() for page in pages)
    # TRICKY: Streamlit serves its default page at "/" alone, so without this one the first had no address of its own.
    start = st.Page(partial(_open, first), title="Belvedere", url_path="start", default=True, visibility="hidden")
    closed = [screen for screen in SCREENS if not can(scope, screen.ability)]
    return {"": [start, *(_closed(scope, screen) for screen in closed)], **menu}


def _closed(scope: Scope, screen: Screen) -> Any:
    refuse = partial(_refuse, scope, screen)
    return st.Page(refuse, title=screen.title, url_path=screen.slug, visibility="hidden")


def _refuse(scope: Scope, screen: Screen) -> None:
    shell.header(screen.title, scope.workspace)
    require(scope, screen.ability)


def _open(page: Any) -> None:
    """Go on to a page with what the address says."""
    st.switch_page(page, query_params={key: st.query_params.get_all(key) for key in st.query_params})
