"""What is known of one thing or person: a sensor, an officer, a beneficiary?"""

from services.entities.addresses import NAME_OF_ADDRESS, PAGE, address, address_of, kind_in, links
from services.entities.finding import Found, find
from services.entities.kinds import Kind, kinds, may_see, naming
from services.entities.looking import Sight, look

__all__ = [
    "NAME_OF_ADDRESS", "PAGE", "Found", "Kind", "Sight", "address", "address_of", "find", "kind_in", "kinds", "links",
    "look", "may_see", "naming",
]  # fmt: skip
