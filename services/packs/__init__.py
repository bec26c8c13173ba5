"""How does a domain become a pack: listed, checked, or begun from a file?"""

from services.packs.catalogue import list_metrics, list_packs
from services.packs.checking import Checked, check_pack
from services.packs.creating import create_pack

__all__ = ["Checked", "check_pack", "create_pack", "list_metrics", "list_packs"]
