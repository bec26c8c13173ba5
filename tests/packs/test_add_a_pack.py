"""Does docs/how-to/add-a-pack.md work as it is written?"""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from data.settings import ROOT, settings
from tests import zygote

PAGE = ROOT / "docs" / "how-to" / "add-a-pack.md"
_BLOCK = re.compile(r"^```(?P<kind>\w+) ?(?P<about>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass
class Reader:
    """Somebody who does what the page says, in a folder of their own."""

    folder: Path
    last: str = ""

    def csv(self, about: str, text: str) -> None:
        (self.folder / about).write_text(text)

    def yaml(self, about: str, text: str) -> None:
        path = settings().home / "packs" / "trees" / about.removeprefix("append to ")
        path.write_text(path.read_text() + text)

    def sh(self, _about: str, text: str) -> None:
        for line in text.splitlines():
            python, program, *arguments = shlex.split(line)
            assert (python, program) == (".venv/bin/python", "manage.py")
            done = zygote.run([str(ROOT / program), *arguments], cwd=str(self.folder))
            assert done.returncode == 0, f"{line}\n{done.stderr}"
            self.last = done.stdout

    def text(self, _about: str, text: str) -> None:
        assert self.last == text

    def json(self, about: str, text: str) -> None:
        assert json.loads(self.last)[about] == json.loads(text)


@pytest.fixture
def reader(database: str, tmp_path: Path) -> Iterator[Reader]:
    yield Reader(tmp_path)
    shutil.rmtree(settings().home / "packs" / "trees", ignore_errors=True)


def test_the_page_can_be_followed(reader: Reader) -> None:
    blocks = list(_BLOCK.finditer(PAGE.read_text()))
    assert [block["kind"] for block in blocks] == ["csv", "sh", "yaml", "sh", "text", "sh", "sh", "json"]
    for block in blocks:
        getattr(reader, block["kind"])(block["about"], block["text"])
    made = settings().home / "packs" / "trees"
    assert {str(path.relative_to(made)) for path in made.rglob("*") if path.is_file()} == {
        "pack.yaml", "README.md", "mappings/trees.yaml", "sample/trees.csv",
    }  # fmt: skip


def test_every_link_of_the_page_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)", PAGE.read_text()):
        assert (PAGE.parent / target).exists(), target
