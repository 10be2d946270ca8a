"""The corner points of the ladder, timed by a plain script that shares no measuring code with gapprof.

    python benchmarks/independent_ladder.py [FOLDER [MODEL ...]]    default: three models, kept in no folder
    python benchmarks/independent_ladder.py FOLDER again            its figures anew; measures nothing

Default: zoo:mobilenetv2 zoo:resnet20 zoo:bert-small. A model goes through `gapprof explain`, and right after
it through the script: each rung is a fresh process or browser, visited in shuffled rounds; a figure is the
median of single runs. Shared with gapprof are the model, its inputs, and the CPUID ceiling (there is no other
way to hold onnxruntime to 128 bits). The ratios of both stand side by side. FOLDER gets for each model the
recording of `explain` (MODEL.jsonl), and both sides' figures with every run of the script (MODEL.json).
"""

import functools
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from corners.in_browser import in_browser
from corners.kept import Compared, Corners, Visit, apart, compared, medians, rungs_of
from corners.natively import natively

from gapprof import Report, analyze
from gapprof.measure.lock import sole_measurer
from gapprof.measure.machine import machine_facts
from gapprof.records.subject import NativeRefusal, Subject
from gapprof.subject.open import open_subject

MODELS = ("zoo:mobilenetv2", "zoo:resnet20", "zoo:bert-small")
ROUNDS = 6
THREADS = 1
BUDGET_S = 90
"""Of the run of `explain`."""


def by_itself(model: str, subject: Subject) -> Corners:
    """All rounds of one model."""
    began, visits = datetime.now(UTC), _visits(subject)
    order = random.Random(model)
    rounds: list[dict[str, tuple[float, ...]]] = []
    versions: dict[str, str] = {}
    for number in range(ROUNDS):
        print(f"{model}: round {number + 1} of {ROUNDS}", file=sys.stderr, flush=True)
        found = {rung: visits[rung]() for rung in order.sample(list(visits), len(visits))}
        rounds.append({rung: one.runs_ms for rung, one in found.items()})
        for one in found.values():
            versions |= one.versions
    return Corners(
        model=model,
        model_sha256=subject.facts.sha256,
        threads=THREADS,
        began_utc=began.isoformat(timespec="seconds"),
        cpu=machine_facts().cpu,
        versions=versions,
        rounds=tuple(rounds),
    )


def _visits(subject: Subject) -> Mapping[str, Callable[[], Visit]]:
    own = functools.partial(natively, subject.original.path, subject, optimise=True, threads=THREADS)
    common = functools.partial(natively, _common_graph(subject), subject, optimise=False, threads=THREADS)
    return {
        "native-threads": functools.partial(own, isa="full"),
        "native-extended": functools.partial(common, isa="full"),
        "native-all-128": functools.partial(own, isa="128"),
        "native-128": functools.partial(common, isa="128"),
        "web": functools.partial(in_browser, subject, threads=THREADS),
    }


def _common_graph(subject: Subject) -> Path:
    """The file that both sides run without optimisation."""
    if isinstance(subject.common, NativeRefusal):
        raise SystemExit(subject.common.message)
    return subject.common.path


def explained(model: str, recording: Path) -> Report:
    """One whole run, whatever its status."""
    print(f"{model}: gapprof explain", file=sys.stderr, flush=True)
    words = [sys.executable, "-m", *command(model, recording)]
    done = subprocess.run(words, check=False, stdout=subprocess.DEVNULL, timeout=1800)
    if not recording.is_file():
        raise SystemExit(f"{model}: gapprof ended with {done.returncode} and wrote no recording")
    return analyze(recording)


def command(model: str, recording: Path) -> tuple[str, ...]:
    """As typed."""
    options = ("--threads", str(THREADS), "--rungs", "main", "--budget", str(BUDGET_S), "--allow-noisy")
    return ("gapprof", "explain", model, *options, "--quiet", "--recording", recording.as_posix())


def stem(model: str) -> str:
    """Of its files."""
    return Path(model.removeprefix("zoo:")).stem


def told(found: Compared, report: Report) -> str:
    """Both sides, rung by rung and ratio by ratio."""
    report_ms, off = rungs_of(report), apart(found)
    rungs = (
        f"  {rung:26s} {value:9.3f} ms   gapprof {report_ms[rung]:9.3f} ms"
        for rung, value in medians(found).items()
    )
    figures = (
        f"  {what:26s} {value:9.3f}      gapprof {found.reported[what]:9.3f}      {off[what]:+.1%}"
        for what, value in found.by_itself.items()
    )
    return "\n".join((f"{found.model}, {found.threads} thread", *rungs, *figures))


def written(path: Path, found: Compared) -> None:
    """As JSON, beside the recording; a round's visits stay in their order."""
    path.write_bytes(msgspec.json.encode(found) + b"\n")


def again(path: Path) -> None:
    """The figures of a model anew, from its recording and the runs of the script."""
    corners = msgspec.json.decode(path.read_bytes(), type=Corners)
    written(path, compared(corners, analyze(path.with_suffix(".jsonl"))))


def main() -> None:
    """Both sides of the comparison, one model after another; `again` in the place of a model measures
    nothing."""
    models = sys.argv[2:] or MODELS
    if models == ["again"]:
        for path in sorted(Path(sys.argv[1]).glob("*.json")):
            again(path)
        return
    with tempfile.TemporaryDirectory() as nowhere:
        folder = Path(sys.argv[1] if len(sys.argv) > 1 else nowhere)
        folder.mkdir(parents=True, exist_ok=True)
        for model in models:
            report = explained(model, folder / f"{stem(model)}.jsonl")
            with tempfile.TemporaryDirectory() as staged, sole_measurer():
                subject = open_subject(model, shapes={}, inputs=None, seed=0, workdir=Path(staged))
                found = compared(by_itself(model, subject), report)
            written(folder / f"{stem(model)}.json", found)
            print(told(found, report), flush=True)


if __name__ == "__main__":
    main()
