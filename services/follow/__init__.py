"""How does a dataset keep up with a table that belongs to somebody else?"""

from services.follow.following import Changes, compare, follow
from services.follow.sources import Follower, followers, following_states

__all__ = ["Changes", "Follower", "compare", "follow", "followers", "following_states"]
