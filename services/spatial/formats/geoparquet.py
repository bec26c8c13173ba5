"""Which areas does a GeoParquet file hold?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from data.errors import BadInput
from services.spatial.areas import Areas, built


def read_geoparquet(path: Path, name: str) -> Areas:
    """Areas of the primary geometry column, encoded as WKB as GeoParquet 1.0 and 1.1 have it."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    import shapely

    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise BadInput(f"{name}: the Parquet file is damaged or cut off: {error}.") from error
    column, about = _described(table.schema.metadata or {}, name)
    if column not in table.column_names:
        raise BadInput(f"{name}: found no column `{column}`, which its `geo` metadata names.")
    if about.get("encoding") != "WKB":
        raise BadInput(f"{name}, `{column}`: found the encoding {about.get('encoding')!r}; expected WKB.")
    try:
        shapes = list(shapely.from_wkb(table.column(column).to_pylist()))
    except (shapely.errors.GEOSException, TypeError) as error:
        raise BadInput(f"{name}, `{column}`: found bytes that are no WKB: {error}.") from error
    others = table.drop_columns([column]).to_pydict()
    crs = about.get("crs")
    return built(name, shapes, others, json.dumps(crs) if crs else None, "row")


def _described(metadata: dict[bytes, bytes], name: str) -> tuple[str, dict[str, Any]]:
    if b"geo" not in metadata:
        raise BadInput(f"{name}: found Parquet without `geo` metadata; expected GeoParquet.")
    try:
        described = json.loads(metadata[b"geo"])
        column = str(described["primary_column"])
        return column, dict(described["columns"][column])
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{name}: found `geo` metadata that cannot be read: {error}.") from error
