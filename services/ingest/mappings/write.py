"""How is a mapping written down?"""

from __future__ import annotations

import yaml

from services.ingest.mappings.grammar import Mapping, as_dict


def mapping_text(mapping: Mapping) -> str:
    """The mapping as YAML; loading it gives an equal mapping."""
    return yaml.safe_dump(as_dict(mapping), sort_keys=False, allow_unicode=True, width=120)
