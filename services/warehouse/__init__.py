"""How do other tools read what Belvedere holds: by SQL views, or as Parquet files?"""

from services.warehouse.dumps import Dumped, dump
from services.warehouse.readers import grant, list_readers, make_all_views, revoke

__all__ = ["Dumped", "dump", "grant", "list_readers", "make_all_views", "revoke"]
