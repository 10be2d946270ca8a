"""The study of this machine class: many models through one lattice, with its tables.

python reports/study.py          goes on with the study in reports/study/ where it was stopped; given
                                 --anew, measures again what was measured otherwise
python reports/study.py table    makes the tables of what is there anew, and measures nothing
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from gapprof.errors import ExitCode
from gapprof.explain.study import studied_model
from gapprof.facts.paper import CLASSES
from gapprof.markdown.study import document
from gapprof.recordings import read_run
from gapprof.records.codec import encode_document
from gapprof.records.study import StudiedModel, Study

HERE = Path(__file__).parent / "study"
FOLDER = Path("reports") / "study"
"""As typed from the top of a checkout: recordings name no machine's paths."""


def measured(options: Sequence[str]) -> int:
    """Two and a half hours or more on two cores, for all models; a stopped one goes on. Its exit code."""
    command = [sys.executable, "-m", "gapprof", "study", "--out", str(FOLDER), *options]
    return subprocess.run(command, cwd=HERE.parent.parent, check=False).returncode


def anew(one: StudiedModel) -> StudiedModel:
    """The same row from its recording; a row without one stays."""
    path = HERE / f"{one.stem}.jsonl"
    if not one.status or not path.is_file():
        return one
    return studied_model(read_run(path), stem=one.stem, paper_class=CLASSES.get(one.stem, ""))


def tables() -> Study:
    """Of what is there."""
    study = msgspec.json.decode((HERE / "study.json").read_bytes(), type=Study)
    rows = tuple(anew(one) for one in study.models)
    return Study(
        gapprof_version=study.gapprof_version,
        machine=study.machine,
        cores=study.cores,
        browsers=tuple(sorted({row.browser for row in rows if row.browser})),
        models=rows,
        state=study.state,
    )


if __name__ == "__main__":
    if sys.argv[1:] != ["table"] and measured(sys.argv[1:]) == ExitCode.WRONG_USE:
        sys.exit(ExitCode.WRONG_USE)
    found = tables()
    (HERE / "README.md").write_text(document(found), encoding="utf-8")
    (HERE / "study.json").write_bytes(encode_document(found))
