"""Which packs are there, and what do their files say?"""

from __future__ import annotations

from pathlib import Path

from data.model import Model, Pack
from data.settings import ROOT, settings
from services.model.building import build_pack
from services.model.checking import check_form
from services.model.drafts import Draft
from services.model.grammar import PACK
from services.model.nodes import Node, read_nodes
from services.model.problems import BadPack, Place, Problem
from services.model.reading import Form
from services.model.rules import RULES

MAIN_FILE = "pack.yaml"


def pack_folders() -> dict[str, Path]:
    """Folder of every pack by name: those that come with Belvedere, then those in the data folder. Raises BadPack."""
    found: dict[str, Path] = {}
    for home in (ROOT / "data" / "packs", settings().home / "packs"):
        for main in sorted(home.glob(f"*/{MAIN_FILE}")):
            folder = main.parent
            if folder.name in found:
                place = Place(_shown(main), 1)
                raise BadPack([Problem(place, f"pack `{folder.name}`", f"is already in {_shown(found[folder.name])}.")])
            found[folder.name] = folder
    return found


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def read_pack_nodes(folder: Path) -> Node:
    """All YAML files of a pack as one node: pack.yaml first, then the others by name.

    A field may stand in one of them only, but datasets, metrics and exposures add up. Raises BadPack.
    """
    paths = [folder / MAIN_FILE, *sorted(p for p in folder.glob("*.yaml") if p.name != MAIN_FILE)]
    root: dict[str, Node] = {}
    problems: list[Problem] = []
    for path in paths:
        node = read_nodes(path, _shown(path))
        if node.children is None:
            raise BadPack([Problem(node.place, "file", f"found {node.kind}, expected named fields.")])
        for name, child in node.children.items():
            root[name] = _joined(root[name], child, name, problems) if name in root else child
    if problems:
        raise BadPack(problems)
    return Node(Place(_shown(folder / MAIN_FILE), 1), children=root)


def _joined(first: Node, second: Node, name: str, problems: list[Problem]) -> Node:
    if name == "simulator" or first.children is None or second.children is None:
        problems.append(Problem(second.place, f"`{name}`", f"is already in {first.place}."))
        return first
    twice = [key for key in second.children if key in first.children]
    problems.extend(
        Problem(second.children[key].place, f"`{key}`", f"is already in {first.children[key].place}.") for key in twice
    )
    return Node(first.place, children={**first.children, **second.children})


def load_pack(folder: Path) -> Pack:
    """The pack in a folder; raises BadPack with everything that is wrong with it."""
    root = read_pack_nodes(folder)
    problems = list(check_form(PACK, root, f"pack `{folder.name}`"))
    if problems:
        raise BadPack(problems)
    draft = Draft(build_pack(Form(PACK, root)), root, folder.name)
    problems = [problem for rule in RULES for problem in rule(draft)]
    if problems:
        raise BadPack(sorted(problems, key=lambda p: (p.place.file, p.place.line)))
    return draft.pack


def load_model() -> Model:
    """Every pack there is; ids are 0 until installed. Raises BadPack."""
    return Model(tuple(load_pack(folder) for folder in pack_folders().values()))
