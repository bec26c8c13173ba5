"""How are files imported that somebody puts into a folder?"""

from services.inbox.folders import make_folders
from services.inbox.looking import Watch
from services.inbox.taking import take_files

__all__ = ["Watch", "make_folders", "take_files"]
