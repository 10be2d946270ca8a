"""A page that burns its main thread by a known share of the time, against itself at rest in the same launch.

python benchmarks/planted_contention.py [FOLDER [CASE ...]]     default: every case, kept in no folder
python benchmarks/planted_contention.py FOLDER again            its figures anew; measures nothing

The direct A/B: one page, one launch, requests in turn while its timer burns and while it does not, so that
what differs between launches cancels; launch after launch until the interval of the factor is narrow enough,
within a bound of time. `explain` knows nothing of that: it compares its own rounds on its own quiet page with
rounds on a page that always burns, and says what is contention. Both run the same file of the model with the
same session options in the same setting of the page, which is read from the recording that `explain` wrote.

In a worker the model's runs are nobody's business where there is a core to spare, but where the page that
burns is the one that asks for them, its requests are late all the same: so runs alone are compared as well.
Nothing is late where the worker asks by itself (`asking-worker`). FOLDER gets for each case a recording
(CASE.jsonl), and both sides' figures with all requests of its A/B (CASE.json).
"""

import contextlib
import sys
import tempfile
from pathlib import Path

import msgspec
from contention.case import CASES, EVERY_MS, Case, page
from contention.judged import judged
from contention.launches import job_as_recorded, launched
from contention.planting import Planted, Planting

from gapprof import analyze, explain
from gapprof.recordings import read_run
from gapprof.records.estimate import Estimate
from gapprof.records.subject import Subject
from gapprof.subject.open import open_subject

BUDGET_S = 240.0
"""Of the run of `explain`."""


def measured(case: Case, recording: Path) -> Planted:
    """`explain`, then the A/B in the same setting; what else they write goes to a folder of its own."""
    recording = recording.absolute()
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        file = Path(f"burning-{case.duty * 100:.0f}.html")
        file.write_text(page(case.duty))
        report = explain(
            case.model,
            recording=recording,
            where=case.where,
            page=str(file),
            threads=1,
            rungs="main",
            budget_s=BUDGET_S,
            allow_noisy=True,
        )
        found, subject = read_run(recording), _subject(case, Path(name) / "staged")
        job = job_as_recorded(found, subject)
        launches = launched(job, case.where)
    planting = Planting(
        model=case.model,
        where=case.where,
        duty=case.duty,
        every_ms=EVERY_MS,
        model_sha256=subject.facts.sha256,
        setting=job.setting,
        optimise=job.optimise,
        launches=launches,
    )
    return judged(planting, report)


def _subject(case: Case, folder: Path) -> Subject:
    folder.mkdir()
    return open_subject(case.model, shapes={}, inputs=None, seed=0, workdir=folder)


def told(found: Planted) -> str:
    """One line."""
    explained = "no figure" if found.explained is None else _bounds(found.explained)
    return (
        f"{found.model}, {found.where}, {found.duty:.0%}: directly {_bounds(found.direct)} "
        f"in {found.direct.rounds} launches; explain {explained}, {found.verdict}; {found.outcome}; "
        f"runs alone {_bounds(found.direct_runs)}"
    )


def _bounds(one: Estimate) -> str:
    return f"{one.point:.3f} [{one.low:.3f}, {one.high:.3f}]"


def written(path: Path, found: Planted) -> None:
    """As JSON, beside the recording."""
    data = msgspec.json.format(msgspec.json.encode(found, order="deterministic"), indent=1)
    path.write_bytes(data + b"\n")


def again(path: Path) -> None:
    """The figures of a case anew, from its recording and the requests of its A/B."""
    planting = msgspec.json.decode(path.read_bytes(), type=Planting)
    written(path, judged(planting, analyze(path.with_suffix(".jsonl"))))


def main() -> None:
    """One line per case, as it is known; `again` in the place of a case measures nothing."""
    names = sys.argv[2:] or [case.name for case in CASES]
    if names == ["again"]:
        for path in sorted(Path(sys.argv[1]).glob("*.json")):
            again(path)
        return
    with tempfile.TemporaryDirectory() as nowhere:
        folder = Path(sys.argv[1] if len(sys.argv) > 1 else nowhere)
        folder.mkdir(parents=True, exist_ok=True)
        for case in CASES:
            if case.name in names:
                found = measured(case, folder / f"{case.name}.jsonl")
                written(folder / f"{case.name}.json", found)
                print(told(found), flush=True)


if __name__ == "__main__":
    main()
