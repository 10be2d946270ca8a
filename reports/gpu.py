"""The GPU path on small models: a run of `gapprof explain --backend webgpu` each, with its recording; of one
CNN on WebGL as well.

python reports/gpu.py [NAME ...]      default: all five; writes reports/gpu/NAME.jsonl, .json and .md
python reports/gpu.py table           the table of what is there alone; it is always made anew

Some minutes each on two cores, on whatever adapter this machine has; from software no figure is a GPU's, and
every report says so. All but `resnet20` are made anew by this file, small enough for software.
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from gapprof.facts.adapters import SOFTWARE_SENTENCE
from gapprof.records.report import CauseRow, Report, with_descendants
from gapprof.reports import read_report
from gapprof.subject.blocks.transformer import parted, product
from gapprof.subject.sketch import Sketch
from gapprof.text.numbers import factor_with_interval, ms_with_interval, whole_percent

HERE = Path(__file__).parent / "gpu"
LINKS, LINK_WIDTH, WIDTH = 100, 32, 96
WORDS, TOKEN, HEADS = 16, 32, 2
SIDE = 24
ON_WEBGL = "webgl-cnn"
TITLES: Mapping[str, str] = {
    "resnet20": "a CNN",
    "encoder": "a layer of an encoder",
    "matmul": "two products of matrices",
    "chain": f"{LINKS} tiny dispatches",
    ON_WEBGL: "a small CNN, on WebGL",
}
BUDGETS_S: Mapping[str, int] = {
    "resnet20": 450,
    "encoder": 300,
    "matmul": 300,
    "chain": 200,
    ON_WEBGL: 200,
}
"""For six rounds of each on software with two cores."""
RUNGS: Mapping[str, str] = {
    "replay-native-unsafe": "Dawn, no safety",
    "replay-native": "Dawn",
    "replay-web": "Chromium",
    "web-session": "onnxruntime-web",
    "web-paced": "asked for by events",
}
CAUSES: Mapping[str, str] = {
    "wgsl-safety": "what keeps shaders safe",
    "browser-boundary": "the way through the browser",
    "library-work": "onnxruntime-web's own work",
    "event-loop": "being asked for by events",
}
INTRODUCTION = f"""One run of `gapprof explain --backend webgpu` for each model, but for {ON_WEBGL}, which
ran with `--backend webgl` (`python reports/gpu.py`); beside this lie the recordings and the whole reports.
The calls that onnxruntime-web makes for a model on WebGPU are recorded once and replayed: by Dawn without a
browser, without what keeps shaders safe and with it, and in Chromium. A replay that does not read back what
was recorded, byte for byte, or does not notice a spoilt input, has no time; nothing replays the calls of
WebGL. In brackets: 95 % intervals over rounds of fresh processes."""


def encoder(folder: Path) -> None:
    """A layer of a transformer: attention, norm, dense layers, norm."""
    sketch = Sketch("encoder", seed=5)
    x = sketch.input("x", [1, WORDS, TOKEN])
    split = sketch.ints("split", 1, WORDS, HEADS, TOKEN // HEADS)
    inputs = {name: product(sketch, f"{name}/in", x, TOKEN, TOKEN) for name in ("q", "k", "v")}
    query, value = (parted(sketch, name, inputs[name], split) for name in ("q", "v"))
    key = parted(sketch, "k", inputs["k"], split, (0, 2, 3, 1))
    seen = sketch.node("seen", "Softmax", [sketch.node("scores", "MatMul", [query, key])], axis=-1)
    mixed = sketch.node("mixed", "MatMul", [seen, value])
    mixed = sketch.node("mixed", "Transpose", [mixed], perm=[0, 2, 1, 3])
    joined = sketch.node("joined", "Reshape", [mixed, sketch.ints("joined.shape", 1, WORDS, TOKEN)])
    x = sketch.layer_norm("n1", sketch.node("r1", "Add", [x, joined]), TOKEN)
    wide = sketch.node("wide", "Relu", [sketch.projection("wide", x, TOKEN, 4 * TOKEN)])
    narrow = sketch.projection("narrow", wide, 4 * TOKEN, TOKEN)
    x = sketch.layer_norm("n2", sketch.node("r2", "Add", [x, narrow]), TOKEN)
    sketch.output(x, "y", [1, WORDS, TOKEN])
    sketch.save(folder / "encoder.onnx")


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
        op_type, others = ("Mul", "Add", "Neg")[link % 3], list[str]()
        if op_type != "Neg":
            others = [sketch.weight(f"w{link}", 1 + sketch.normal(1, LINK_WIDTH, spread=0.1))]
        x = sketch.node(f"link{link}", op_type, [x, *others])
    sketch.output(x, "y", [1, LINK_WIDTH])
    sketch.save(folder / "chain.onnx")


def cnn(folder: Path) -> None:
    """Three convolutions, one of them depthwise, and a dense layer."""
    sketch = Sketch("webgl-cnn", seed=7)
    x = sketch.input("x", [1, 3, SIDE, SIDE])
    x = sketch.node("a", "Relu", [sketch.conv("a", x, sketch.filters(16, 3, 3, gain=1.4), stride=2, pad=1)])
    x = sketch.node("b", "Relu", [sketch.conv("b", x, sketch.filters(16, 1, 3, gain=1.4), pad=1, group=16)])
    x = sketch.node("c", "Relu", [sketch.conv("c", x, sketch.filters(32, 16, 1, gain=1.4))])
    x = sketch.node("flat", "Flatten", [x], axis=1)
    sketch.output(sketch.linear("head", x, 32 * (SIDE // 2) ** 2, 10), "y", [1, 10])
    sketch.save(folder / "webgl-cnn.onnx")


MADE: Mapping[str, Callable[[Path], None]] = {
    "encoder": encoder,
    "matmul": matmul,
    "chain": chain,
    ON_WEBGL: cnn,
}


def command(name: str) -> tuple[str, ...]:
    """As typed in the folder where the model lies, if it is none of the zoo's."""
    subject = f"{name}.onnx" if name in MADE else f"zoo:{name}"
    backend = "webgl" if name == ON_WEBGL else "webgpu"
    asked = ("--backend", backend, "--rungs", "main", "--budget", str(BUDGETS_S[name]))
    return ("gapprof", "explain", subject, *asked, "--recording", f"{name}.jsonl", "--quiet")


def measured(name: str) -> None:
    """One run, in a folder with nothing but the model; its recording comes here, less the path of this
    checkout, and the reports are made from that."""
    with tempfile.TemporaryDirectory() as made:
        if name in MADE:
            MADE[name](Path(made))
        done = subprocess.run([sys.executable, "-m", *command(name)], cwd=made, check=False, timeout=1800)
        recording = Path(made) / f"{name}.jsonl"
        if not recording.is_file():
            sys.exit(f"{name}: gapprof ended with {done.returncode} and wrote no recording")
        found = recording.read_bytes().replace(f"{HERE.parents[1]}/".encode(), b"")
    (HERE / recording.name).write_bytes(found)
    files = ("--json", f"{name}.json", "--markdown", f"{name}.md")
    analyze = [sys.executable, "-m", "gapprof", "analyze", recording.name, *files, "--quiet"]
    subprocess.run(analyze, cwd=HERE, check=False, timeout=600)


def table() -> Iterator[str]:
    """Of what was published."""
    found = {name: read_report(path) for name in TITLES if (path := HERE / f"{name}.json").is_file()}
    software = [name for name, report in found.items() if is_software(report)]
    yield "# On the GPU"
    yield ""
    if software:
        yield f"**{SOFTWARE_SENTENCE[0].upper()}{SOFTWARE_SENTENCE[1:]}** ({', '.join(software)})."
        yield ""
    yield INTRODUCTION
    yield ""
    yield from _made_on(found)
    yield ""
    yield f"| model | | adapter | {' | '.join(RUNGS.values())} | dispatches | of their time joined |"
    yield f"| :-- | :-- | :-- |{' --: |' * (len(RUNGS) + 2)}"
    for name, report in found.items():
        yield f"| [{name}]({name}.md) | {TITLES[name]} | {' | '.join(_times(report))} |"
    yield ""
    yield 'How many times slower for each cause; unclear where its report does not decide, and "–" where it'
    yield "does not tell."
    yield ""
    yield f"| model | adapter | {' | '.join(CAUSES.values())} | outputs | status |"
    yield f"| :-- | :-- |{' --: |' * len(CAUSES)} :-- | :-- |"
    for name, report in found.items():
        rows = {row.id: row for row in with_descendants(report.causes)}
        causes = " | ".join(_cell(rows.get(cause)) for cause in CAUSES)
        told = f"{_adapter(report)} | {causes} | {_check(report, 'outputs')} | {report.status}"
        yield f"| [{name}]({name}.md) | {told} |"
    if missing := [name for name in TITLES if name not in found]:
        yield ""
        yield f"Still to come: {', '.join(missing)}."


def is_software(report: Report) -> bool:
    """Whether a processor stood in for a GPU."""
    return _check(report, "adapter") == "fail"


def _made_on(found: Mapping[str, Report]) -> Iterator[str]:
    """Programs, adapter and processor, each with the models that they ran."""
    made: dict[str, list[str]] = {}
    for name, report in found.items():
        programs = ", ".join(f"{program} {version}" for program, version in report.versions.items())
        machine = report.machine
        on = f"{machine.usable_cores} cores of {machine.cpu}, {machine.system} {machine.architecture}"
        made.setdefault(f"{on}; {programs}", []).append(name)
    for words, names in made.items():
        yield f"Measured on {words} ({', '.join(names)})."


def _times(report: Report) -> Iterator[str]:
    yield _adapter(report)
    rungs = {row.id: row.latency_ms for row in report.rungs}
    for name in RUNGS:
        took = rungs.get(name)
        yield "–" if took is None else ms_with_interval(took)
    operators = report.gpu_operators
    joined = None if operators is None else operators.joined_share
    yield "–" if operators is None else str(operators.dispatches)
    yield "–" if joined is None else whole_percent(joined)


def _adapter(report: Report) -> str:
    return "software" if is_software(report) else report.versions.get("adapter", "unknown")


def _cell(cause: CauseRow | None) -> str:
    if cause is None or cause.factor is None:
        return "–"
    return f"{factor_with_interval(cause.factor)}{' (unclear)' if cause.verdict == 'unclear' else ''}"


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
