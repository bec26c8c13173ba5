"""How are files imported that somebody puts into a folder?"""

from services.inbox.folders import InboxState, inbox_state, make_folders
from services.inbox.looking import Watch
from services.inbox.taking import take_files

__all__ = ["InboxState", "Watch", "inbox_state", "make_folders", "take_files"]
