"""Where do rows wait that were accepted while the database was down?"""

from services.spool.drain import drain
from services.spool.state import SpoolState, spool_said, spool_state
from services.spool.store import Kept, SpoolFull, is_waiting_for, put

__all__ = ["Kept", "SpoolFull", "SpoolState", "drain", "is_waiting_for", "put", "spool_said", "spool_state"]
