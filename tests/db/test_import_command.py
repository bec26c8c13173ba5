"""Does `manage.py import` print what other tools rely on?"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from data.settings import ROOT
from data.types import Scope
from tests import zygote

CSV = "id,opened,kind\na,2024-05-01,Noise\nb,never,Noise\n"
MAPPING = "dataset: grievance.complaints\ncolumns: {complaint_id: id, opened_at: opened, category: kind}\n"


def _manage(*arguments: str) -> subprocess.CompletedProcess[str]:
    return zygote.run([str(ROOT / "manage.py"), "import", "grievance.complaints", *arguments], cwd="/")


def test_json_is_one_object_with_the_agreed_names(scope: Scope, tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text(CSV)
    (tmp_path / "m.yaml").write_text(MAPPING)
    here = ["--mapping", str(tmp_path / "m.yaml"), "--workspace", scope.workspace.slug, "--json"]
    done = _manage(str(tmp_path / "f.csv"), *here)
    found = json.loads(done.stdout)
    assert done.returncode == 0 and done.stderr == "" and found.pop("seconds") > 0
    assert Path(found.pop("rejects_file")).read_text().count("not a time") == 1
    assert found == {"read": 2, "inserted": 1, "updated": 0, "unchanged": 0, "rejected": 1, "flagged": 0}
    (tmp_path / "good.csv").write_text("id,opened,kind\na,2024-05-01,Noise\n")
    again = json.loads(_manage(str(tmp_path / "good.csv"), *here).stdout)
    assert (again["unchanged"], again["rejects_file"]) == (1, None)


def test_people_read_a_sentence_and_a_bar_on_standard_error(scope: Scope, tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text("id,opened,kind\na,2024-05-01,Noise\nb,2024-05-02,Noise\n")
    done = _manage(str(tmp_path / "f.csv"), "--workspace", scope.workspace.slug)
    assert "2 read, 2 inserted" in done.stdout and "by the mapping guess" in done.stdout
    assert "f.csv" in done.stderr


def test_errors_go_to_standard_error_with_exit_code_2(scope: Scope, tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text("a,b\n")
    done = _manage(str(tmp_path / "f.csv"), "--workspace", scope.workspace.slug, "--json")
    assert (done.returncode, done.stdout) == (2, "") and "a header and no records" in done.stderr
    wrong = _manage(str(tmp_path / "f.csv"), "--workspace", "nowhere", "--json")
    assert (wrong.returncode, wrong.stdout) == (2, "") and "No workspace `nowhere`" in wrong.stderr
