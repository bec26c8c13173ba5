"""Where does the page of one thing open?"""

from __future__ import annotations

from urllib.parse import urlencode

from data.model import Dataset, Model, Pack
from data.types import Scope
from services.entities.kinds import Kind, kinds, may_see, naming
from services.model import model_of

PAGE = "lookup"
NAME_OF_ADDRESS = r"name=([^&]*)"  # what a table shows of an address


def address(kind: Kind, name: str) -> str:
    """The address of the thing's page."""
    return address_of(kind.slug, name)


def address_of(slug: str, name: str) -> str:
    """The address of a thing's page by the slug of its kind."""
    # A plus for a space would be shown as one where the name is read from the address.
    return f"/{PAGE}?" + urlencode({"kind": slug, "name": name}).replace("+", "%20")


def links(scope: Scope, dataset: Dataset) -> dict[str, Kind]:
    """The columns of a dataset whose values have a page that the viewer may open."""
    return {column: kind for column, kind in naming(model_of(scope), dataset).items() if may_see(scope, kind)}


def kind_in(scope: Scope, pack: Pack, column: str) -> Kind | None:
    """The kind of thing that a column of the pack's rows names, where the viewer may open its page."""
    found = (kind for kind in kinds(Model((pack,))) if column == kind.entity.column)
    return next((kind for kind in found if may_see(scope, kind)), None)
