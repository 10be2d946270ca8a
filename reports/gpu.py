"""The GPU path on four small models: a run of `gapprof explain --backend webgpu` each, with its recording.

python reports/gpu.py [NAME ...]      default: all four; writes reports/gpu/NAME.jsonl, .json and .md
python reports/gpu.py table           the table of what is there alone; it is always made anew

About four minutes each on two cores, on whatever adapter this machine has; from software no figure is a
GPU's, and every report says so. `matmul` and `chain` are made anew by this file.
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from gapprof.facts.adapters import SOFTWARE_SENTENCE
from gapprof.records.report import CauseRow, Report
from gapprof.reports import read_report
from gapprof.subject.sketch import Sketch
from gapprof.text.numbers import factor_with_interval, ms, whole_percent

HERE = Path(__file__).parent / "gpu"
LINKS, LINK_WIDTH, WIDTH = 100, 32, 96
ZOO: Mapping[str, str] = {"resnet20": "a CNN", "bert-small": "an encoder"}
TITLES: Mapping[str, str] = {**ZOO, "matmul": "two products of matrices", "chain": f"{LINKS} tiny dispatches"}
OPTIONS = {"jsonl": "--recording", "json": "--json", "md": "--markdown"}
RUNGS = ("replay-native-unsafe", "replay-native", "replay-web", "web")
CAUSES = ("wgsl-safety", "browser-boundary", "library", "runtime")


def matmul(folder: Path) -> None:
    """Two products of matrices."""
    sketch = Sketch("matmul", seed=3)
    x = sketch.input("x", [WIDTH, WIDTH])
    for name in ("a", "b"):
        weight = sketch.weight(f"{name}.weight", sketch.normal(WIDTH, WIDTH, spread=WIDTH**-0.5))
        x = sketch.node(name, "MatMul", [x, weight])
    sketch.output(x, "y", [WIDTH, WIDTH])
    sketch.save(folder / "matmul.onnx")


def chain(folder: Path) -> None:
    """Operators that nothing merges and that forget nothing of the input, each a very small dispatch."""
    sketch = Sketch("chain", seed=4)
    x = sketch.input("x", [1, LINK_WIDTH])
    for link in range(LINKS):
        op_type = ("Mul", "Add", "Neg")[link % 3]
        other = (
            []
            if op_type == "Neg"
            else [sketch.weight(f"w{link}", 1 + sketch.normal(1, LINK_WIDTH, spread=0.1))]
        )
        x = sketch.node(f"link{link}", op_type, [x, *other])
    sketch.output(x, "y", [1, LINK_WIDTH])
    sketch.save(folder / "chain.onnx")


MADE: Mapping[str, Callable[[Path], None]] = {"matmul": matmul, "chain": chain}


def measured(name: str) -> None:
    """One run, in a folder with nothing but the model: nothing in the recording says where that lies."""
    with tempfile.TemporaryDirectory() as made:
        folder, subject = Path(made), f"zoo:{name}"
        if name in MADE:
            MADE[name](folder)
            subject = f"{name}.onnx"
        files = [word for kind, option in OPTIONS.items() for word in (option, f"{name}.{kind}")]
        command = [
            sys.executable,
            "-m",
            "gapprof",
            "explain",
            subject,
            "--backend",
            "webgpu",
            "--rungs",
            "main",
        ]
        done = subprocess.run([*command, *files, "--quiet"], cwd=folder, check=False, timeout=1800)
        for kind in OPTIONS:
            written = folder / f"{name}.{kind}"
            if written.is_file():
                (HERE / written.name).write_bytes(written.read_bytes())
        if not (folder / f"{name}.json").is_file():
            sys.exit(f"gapprof explain {subject} ended with {done.returncode} and wrote no report")


def table() -> Iterator[str]:
    """Of what was published."""
    found = {name: read_report(path) for name in TITLES if (path := HERE / f"{name}.json").is_file()}
    yield "# On the GPU"
    yield ""
    yield "One run of `gapprof explain --backend webgpu` for each model (`python reports/gpu.py`); beside"
    yield "this lie the recordings and the whole reports. The same recorded WebGPU calls are replayed in Dawn"
    yield "without a browser, without its safety and with it, and in Chromium, and all are held against"
    yield "onnxruntime-web itself. In brackets: 95 % intervals over rounds of fresh processes."
    yield ""
    for adapter, software in {_adapter(one): _software(one) for one in found.values()}.items():
        yield f"Adapter: {adapter}.{f' **{SOFTWARE_SENTENCE}.**' if software else ''}"
    yield ""
    yield "| model | | Dawn, no safety | Dawn | Chromium | onnxruntime-web | dispatches | GPU time joined |"
    yield f"| :-- | :-- |{' --: |' * 6}"
    for name, report in found.items():
        yield f"| [{name}]({name}.md) | {TITLES[name]} | {' | '.join(_times(report))} |"
    yield ""
    yield 'How many times slower for each cause; "–": not measured, or it cannot be here.'
    yield ""
    yield f"| model | {' | '.join(_title(found, cause) for cause in CAUSES)} | outputs | status |"
    yield f"| :-- |{' --: |' * len(CAUSES)} :-- | :-- |"
    for name, report in found.items():
        causes = " | ".join(_cell(_cause(report, cause)) for cause in CAUSES)
        yield f"| [{name}]({name}.md) | {causes} | {_check(report, 'outputs')} | {report.status} |"
    missing = [name for name in TITLES if name not in found]
    if missing:
        yield ""
        yield f"Still to come: {', '.join(missing)}."


def _adapter(report: Report) -> str:
    return report.versions.get("adapter", "unknown")


def _software(report: Report) -> bool:
    return report.gpu_operators is not None and report.gpu_operators.software


def _times(report: Report) -> Iterator[str]:
    rungs = {row.id: row.latency_ms for row in report.rungs}
    for name in RUNGS:
        took = rungs.get(name)
        yield "–" if took is None else f"{ms(took.point)} [{took.low:.3g}, {took.high:.3g}]"
    operators = report.gpu_operators
    joined = None if operators is None else operators.joined_share
    yield "–" if operators is None else str(operators.dispatches)
    yield "–" if joined is None else whole_percent(joined)


def _causes(rows: tuple[CauseRow, ...]) -> Iterator[CauseRow]:
    for row in rows:
        yield row
        yield from _causes(row.children)


def _cause(report: Report, name: str) -> CauseRow | None:
    return next((row for row in _causes(report.causes) if row.id == name), None)


def _title(found: Mapping[str, Report], cause: str) -> str:
    rows = (_cause(report, cause) for report in found.values())
    return next((row.title for row in rows if row is not None), cause)


def _cell(cause: CauseRow | None) -> str:
    if cause is None or cause.factor is None:
        return "–"
    return factor_with_interval(cause.factor)


def _check(report: Report, name: str) -> str:
    return next((one.status for one in report.checks if one.id == name), "–")


def main() -> None:
    """Measure what was named, or all; then the table."""
    HERE.mkdir(exist_ok=True)
    for name in sys.argv[1:] or TITLES:
        if name != "table":
            measured(name)
    (HERE / "README.md").write_text("\n".join(table()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
