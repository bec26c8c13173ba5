"""What can be taken away from here, in which formats, and what is left out for whom?"""

from services.exports.rows import FORMATS, Download, Request, RowFormat, download
from services.exports.visible import hidden_columns, personal_columns, require_visible, visible_columns

__all__ = [
    "FORMATS", "Download", "Request", "RowFormat", "download", "hidden_columns", "personal_columns", "require_visible",
    "visible_columns",
]  # fmt: skip
