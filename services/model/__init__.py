"""What can be counted here: the semantic model that every page, call and job reads."""

from services.model.enabled import enable_pack, model_of, packs_of
from services.model.packs import load_model, load_pack, pack_folders
from services.model.problems import BadPack, Problem
from services.model.registry import current, definition, find_dataset, find_metric, forget_current, install

__all__ = [
    "BadPack", "Problem", "current", "definition", "enable_pack", "find_dataset", "find_metric", "forget_current",
    "install", "load_model", "load_pack", "model_of", "pack_folders", "packs_of",
]  # fmt: skip
