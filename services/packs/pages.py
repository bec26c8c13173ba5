"""How do the reference pages of the grammar and of a pack's metrics read?

`python -m services.packs.pages` writes docs/reference/grammar.md and docs/reference/metrics-<pack>.md.
"""

from __future__ import annotations

from collections.abc import Iterator

from data.model import Dataset, Exposure, Metric, Pack
from data.settings import ROOT
from services.model import load_pack
from services.model.forms import KINDS, Block, Field
from services.model.grammar import BLOCKS, SHAPE_RULES
from services.packs.catalogue import base_dataset
from services.simulate.grammar import SIMULATOR_BLOCKS

FOLDER = ROOT / "docs" / "reference"
BUILT_IN = ROOT / "data" / "packs"
_HEAD = """# The grammar of packs

Made from `services/model/grammar.py` and `services/simulate/grammar.py` by `make docs`. How to write a pack:
[add a pack](../how-to/add-a-pack.md).

A pack is a folder with `pack.yaml`, in `data/packs` or in `packs` of the data folder. Its fields may be spread over
several YAML files of the folder. There are no evaluated expressions, and no other fields than these: an unknown one is
refused with file, line, what was found and what was probably meant.
"""
_SHAPES = """
## Shapes of metrics

Beside these, every metric has `title`, `description`, `unit`, `format`, `better` and `family`, and may have `target`,
`owner` and `decimals`. Only counts and sums are ever added up over time or groups; every other shape is computed anew
for each row of an answer.

| shape | meaning | needs | may have |
|---|---|---|---|
"""


def pages() -> dict[str, str]:
    """Every page by its file name."""
    packs = [load_pack(path.parent) for path in sorted(BUILT_IN.glob("*/pack.yaml"))]
    return {"grammar.md": grammar_page()} | {f"metrics-{pack.name}.md": metrics_page(pack) for pack in packs}


def grammar_page() -> str:
    """The reference page of the grammar."""
    parts = [_HEAD, *(_block(block) for block in BLOCKS), _SHAPES, *_shapes(), "\n## The simulator\n"]
    return "".join(parts + [_block(block) for block in SIMULATOR_BLOCKS])


def _block(block: Block) -> str:
    rows = "".join(_field(field) for field in block.fields)
    return f"\n## `{block.name}`\n\n{block.meaning}\n\n| field | holds | meaning |\n|---|---|---|\n{rows}"


def _field(field: Field) -> str:
    holds = ", ".join(f"`{choice}`" for choice in field.choices) or KINDS[field.kind]
    if field.inner:
        many = field.kind == "blocks"
        holds = (
            f"named blocks: [{field.inner.name}](#{field.inner.name})"
            if many
            else f"a [{field.inner.name}](#{field.inner.name})"
        )
    needed = ", needed" if field.required else ""
    return f"| `{field.name}` | {holds}{needed} | {field.meaning} |\n"


def _shapes() -> Iterator[str]:
    for shape, rule in SHAPE_RULES.items():
        needs, may = (", ".join(f"`{name}`" for name in names) for names in (rule.needs, rule.may))
        yield f"| `{shape}` | {rule.meaning} | {needs} | {may} |\n"


def metrics_page(pack: Pack) -> str:
    """The reference page of one pack: datasets with their columns, then metrics by family."""
    head = (
        f"# {pack.title}: data and metrics\n\nMade from `data/packs/{pack.name}` by `make docs`. {pack.description}\n"
    )
    families = dict.fromkeys(metric.family for metric in pack.metrics)
    parts = [head, *(_dataset(dataset) for dataset in pack.datasets), "\n## Metrics\n"]
    parts += [_family(pack, family) for family in families]
    return "".join(parts + [_exposure(exposure) for exposure in pack.exposures])


def _dataset(dataset: Dataset) -> str:
    kind = f"keyed by `{dataset.key}`" if dataset.key else "events that never change"
    rows = [f"| `{t.name}` | time{', the primary one' if t.name == dataset.time else ''} | {t.description} |"
            for t in dataset.times]  # fmt: skip
    for dimension in dataset.dimensions:
        values = f" One of {', '.join(dimension.values)}." if dimension.values else ""
        rows.append(f"| `{dimension.name}` | {_kind_of(dataset, dimension.name)} | {dimension.description}{values} |")
    rows += [f"| `{dataset.actor}` | actor | Who it is about; counted by `distinct`. |"] if dataset.actor else []
    rows += [f"| `{m.name}` | measure, {m.unit} | {m.description} |" for m in dataset.measures]
    rows += [f"| `{d.name}` | duration, hours | {d.description} |" for d in dataset.durations]
    rows += ["| `lat`, `lon` | place | Degrees (WGS 84). |"] if dataset.place else []
    table = "\n".join(["| column | is a | meaning |", "|---|---|---|", *rows])
    kept = f" Rows are kept {dataset.keep_days:,} days." if dataset.keep_days else ""
    return f"\n## `{dataset.qualified}`\n\n{dataset.description} ({kind}){kept}\n\n{table}\n"


def _kind_of(dataset: Dataset, name: str) -> str:
    if name in {flag.name for flag in dataset.flags}:
        return "flag"
    personal = next(d.personal for d in dataset.dimensions if d.name == name)
    return "dimension, personal" if personal else "dimension"


def _family(pack: Pack, family: str) -> str:
    rows = "".join(_metric(pack, metric) for metric in pack.metrics if metric.family == family)
    head = "| metric | unit | better | target | shape | meaning |\n|---|---|---|---|---|---|\n"
    return f"\n### {family.capitalize()}\n\n{head}{rows}"


def _metric(pack: Pack, metric: Metric) -> str:
    target = "" if metric.target is None else f"{metric.target:g}"
    if metric.target is not None and metric.format == "percent":
        target = f"{metric.target * 100:g} %"
    about = f"{metric.shape} of `{base_dataset(pack, metric)}`"
    return f"| `{metric.name}` | {metric.unit} | {metric.better} | {target} | {about} | {metric.description} |\n"


def _exposure(exposure: Exposure) -> str:
    rows = "".join(f"| {value} | {amount:,.0f} |\n" for value, amount in exposure.amounts)
    head = f"| {exposure.dimension} | {exposure.unit} |\n|---|---|\n"
    return f"\n## Exposure `{exposure.name}`\n\n{exposure.title}, by {exposure.dimension}.\n\n{head}{rows}"


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
