"""What would believable data of a pack look like?

Everything follows from the seed, the workspace and the day, so that history and live stream fit together and a retry
gives the same rows.
"""

from services.simulate.simulators import Simulator, get_simulator, has_simulator, load_recipe, tick
from services.simulate.worlds.world import World
from services.simulate.writing import write_history, write_stream

__all__ = [
    "Simulator",
    "World",
    "get_simulator",
    "has_simulator",
    "load_recipe",
    "tick",
    "write_history",
    "write_stream",
]
