"""What does the application note about itself, and how do these notes become rows like all others?

`note` only appends to a list in memory. A thread of the web process and one of the worker (`collector.py`) write what
was noted every few seconds into the workspace `system`, through the same batches as any data.
"""

from services.observing.notes import note, noted_request, quietly, timed

PACK = SLUG = "system"
"""The pack of these notes, and the slug of the workspace they are written to."""

__all__ = ["PACK", "SLUG", "note", "noted_request", "quietly", "timed"]
