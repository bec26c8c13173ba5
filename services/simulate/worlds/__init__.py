"""Which packs have a made-up world that is written in Python, because it is more than cases and their steps?"""

from __future__ import annotations

from importlib import import_module

from data.model import Pack
from data.types import Workspace
from services.simulate.worlds.world import World

WORLDS = ("services", "meetings", "water", "assessment", "system")
"""Packs by name; each has a module here with `make`."""


def make_world(pack: Pack, workspace: Workspace, scale: float) -> World:
    """The world of one of these packs for a workspace; `scale` is a factor on how much happens."""
    made: World = import_module(f"{__name__}.{pack.name}").make(pack, workspace, scale)
    return made
