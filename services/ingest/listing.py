"""Which files were imported here, and which of their rows were refused?"""

from __future__ import annotations

from pathlib import Path

import data.imports
from data.imports import ImportRecord, Reject
from data.types import Scope
from services.people import require


def list_imports(scope: Scope, limit: int = 100) -> list[ImportRecord]:
    """The imports of the active workspace, newest first."""
    require(scope, "read")
    return data.imports.list_imports(scope, limit)


def rejects_of(scope: Scope, import_id: int, limit: int = 100, after: int | None = None) -> list[tuple[int, Reject]]:
    """Refused rows of one import in file order, each with the id that is the next page's `after`.

    Refused rows are shown as they stood in the file, so this takes the right to write. Raises NotAllowed.
    """
    require(scope, "write")
    return data.imports.rejects_of(scope, import_id, limit, after)


def rejects_csv(scope: Scope, import_id: int) -> Path | None:
    """The refused rows of one import as a CSV file, written anew when it is gone; None when there are none.

    Raises NotAllowed, and UnknownName for an import of another workspace.
    """
    require(scope, "write")
    data.imports.find_import(scope, import_id)
    path = data.imports.rejects_path(import_id)
    return path if path.is_file() else data.imports.write_rejects_csv(scope, import_id)
