"""How do rows get in: from files by a mapping, or sent by another program?"""

from data.imports import ImportRecord, Reject, find_import
from services.ingest.check import check_file, preview
from services.ingest.guess import Look, choose_mapping, guess_from, guess_mapping, look_at, sample_of
from services.ingest.importer import import_file
from services.ingest.listing import list_imports, rejects_csv, rejects_of
from services.ingest.mappings.find import find_shipped, shipped_mappings
from services.ingest.mappings.grammar import Column, Mapping, Order, Place, as_dict
from services.ingest.mappings.load import check_targets, load_mapping, load_mapping_file, mapping_of, targets
from services.ingest.mappings.write import mapping_text
from services.ingest.readers import open_source
from services.ingest.records import ImportSummary, IngestResult, Preview, Progress, ValidationReport
from services.ingest.rows import ingest_rows
from services.ingest.together import Sent, ingest_together

__all__ = [
    "Column",
    "ImportRecord",
    "ImportSummary",
    "IngestResult",
    "Look",
    "Mapping",
    "Order",
    "Place",
    "Preview",
    "Progress",
    "Reject",
    "Sent",
    "ValidationReport",
    "as_dict",
    "check_file",
    "check_targets",
    "choose_mapping",
    "find_import",
    "find_shipped",
    "guess_from",
    "guess_mapping",
    "import_file",
    "ingest_rows",
    "ingest_together",
    "list_imports",
    "load_mapping",
    "load_mapping_file",
    "look_at",
    "mapping_of",
    "mapping_text",
    "open_source",
    "preview",
    "rejects_csv",
    "rejects_of",
    "sample_of",
    "shipped_mappings",
    "targets",
]  # fmt: skip
