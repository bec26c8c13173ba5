"""What would believable data of a pack look like?

Everything follows from the seed, the workspace and the day, so that history and live stream fit together and a retry
gives the same rows.
"""

from services.simulate.simulators import Simulator, find_simulator, get_simulator, tick

__all__ = ["Simulator", "find_simulator", "get_simulator", "tick"]
