"""Recordings of symptoms that people meet in the field: one run of gapprof each, read by tests/scenarios.

python reports/scenarios.py [NAME ...]      default: every one; NAME.jsonl and README.md in reports/scenarios/

What each plants is made in symptoms.py.
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from faulty_page import NAME as FAULTY_PAGE
from places import without_places
from symptoms import (
    PORT,
    in_half_precision,
    one_row_through_dense_layers,
    with_a_burner,
    with_a_long_loop,
    with_a_lost_link,
    with_a_page_to_spoil,
    with_a_served_page,
    with_burning_page,
    with_busy_tab,
    with_littering_page,
    with_page_that_reads_back,
    with_pinned_threads,
    with_real_inputs,
    with_the_optimiser_off,
    with_working_page,
    without_simd,
)

HERE = Path(__file__).parent
TABLE = HERE / "scenario_table.py"
ALWAYS = ("--allow-noisy", "--quiet", "--recording", "recording.jsonl")
MODEL = "zoo:resnet20"
SHORT = ("--budget", "30", "--rungs", "main")
LONGER = ("--budget", "90", "--rungs", "main")
"""Enough for three traced passes."""
LONGEST = ("--budget", "150", "--rungs", "main")
"""Enough to tell two causes apart whose pages differ from visit to visit."""
VERIFIED = ("--verify", "--budget", "60")
"""Enough for six rounds of what predicts, and as many of what keeps it."""
WELL_VERIFIED = ("--verify", "--budget", "150")
"""Enough to tell a step that is small from nothing."""
WITH_WEBGL = "--browser-arg=--enable-unsafe-swiftshader"
"""On a processor that stands in for the GPU."""
NOT_ISOLATED = ("--no-isolation", "--threads", "2")
ON_WORKING_PAGE = ("--page", "working.html", *VERIFIED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A symptom: what is made for it, and what is then run."""

    shows: str
    options: tuple[str, ...]
    model: str = MODEL
    """Empty: the page's own."""
    make: Callable[[Path], None] = lambda _: None
    """Makes files in an empty folder, which is the working directory of the run."""
    beside: str = ""
    """A program that goes on in that folder beside the run; empty: none."""

    @property
    def command(self) -> tuple[str, ...]:
        """What is run in that folder."""
        return ("gapprof", "explain", *([self.model] if self.model else []), *self.options, *ALWAYS)


SCENARIOS = {
    "no-headers": Scenario(
        shows="threads are asked for on a page without COOP and COEP (S05)",
        options=(*NOT_ISOLATED, "--verify", *SHORT),
    ),
    "node": Scenario(
        shows="the same wasm in Node, outside any page, for a page that is at work (S07)",
        options=("--page", "burning.html", "--threads", "1", "--budget", "90", "--rungs", "engine"),
        make=with_burning_page,
    ),
    "every-rung": Scenario(
        shows="every rung that this machine can give, under its own flags of V8 and in its own builds",
        options=("--budget", "30", "--rungs", "all"),
    ),
    "scalar-build": Scenario(
        shows="the wasm that is served has lost SIMD (S02, S08)",
        options=("--web-dist", "dist", "--budget", "30", "--rungs", "web-simd-118,web-scalar"),
        make=without_simd,
    ),
    "scalar-bytes": Scenario(
        shows="a quantised model, and a build whose wasm has lost SIMD (S02)",
        options=(
            "--web-dist",
            "dist",
            "--instrument",
            "--budget",
            "30",
            "--rungs",
            "web-simd-118,web-scalar",
        ),
        model="zoo:int8-cnn",
        make=without_simd,
    ),
    "half-precision": Scenario(
        shows="float16, which onnxruntime casts back and forth (S10)",
        options=SHORT,
        model="half.onnx",
        make=in_half_precision,
    ),
    "baseline-tier": Scenario(
        shows="the browser holds wasm in its baseline tier (S23)",
        options=("--js-flags=--liftoff-only", *SHORT),
    ),
    "debugger-open": Scenario(
        shows="a latency that somebody saw who had DevTools open (S23)",
        options=("--observed-ms", "9.5", *SHORT),
    ),
    "real-inputs": Scenario(
        shows="eight images at once, as real inputs have them",
        options=("--inputs", "inputs.npz", *SHORT),
        make=with_real_inputs,
    ),
    "no-relaxed-dot": Scenario(
        shows="products of bytes, and a build without the browser's instruction for them (S03)",
        options=("--instrument", "--threads", "1", "--where", "worker", *SHORT),
        model="zoo:int8-cnn",
    ),
    "expected": Scenario(
        shows="whether each operator's time is what this processor can do at 128 bits (S04)",
        options=("--twins", "--threads", "1", "--where", "worker", *SHORT),
    ),
    "as-expected": Scenario(
        shows="kernels that take about what this processor's memory takes to bring their weights (S04)",
        options=("--twins", "--threads", "1", "--where", "worker", *SHORT),
        model="dense.onnx",
        make=one_row_through_dense_layers,
    ),
    "capped-profile": Scenario(
        shows="a model of so many operators that onnxruntime's profile has no room for its runs (check 5)",
        options=("--threads", "1", "--where", "worker", *SHORT),
        model="loop.onnx",
        make=with_a_long_loop,
    ),
    "burning-page": Scenario(
        shows="a page whose timer holds the main thread half of the time, with the model on it",
        options=("--page", "burning.html", "--threads", "1", *LONGER),
        make=with_burning_page,
    ),
    "page-by-url": Scenario(
        shows="a page that somebody else serves, at work and not isolated, where two threads are asked for",
        options=("--page", f"http://127.0.0.1:{PORT}/burning.html", "--threads", "2", *LONGEST),
        make=with_a_served_page,
        beside="server.py",
    ),
    "reading-back": Scenario(
        shows="a page that reads pixels back from its adapter, and a model on the processor (check 3)",
        options=("--page", "readback.html", "--where", "main", "--threads", "1", WITH_WEBGL, *LONGER),
        make=with_page_that_reads_back,
    ),
    "littering-page": Scenario(
        shows="a page that keeps the garbage collector at work, with the model on its main thread",
        options=("--page", "littering.html", "--threads", "1", *LONGER),
        make=with_littering_page,
    ),
    "busy-tab": Scenario(
        shows="another tab keeps the cores busy",
        options=("--page", "calm.html", "--tab", "busy.html", "--threads", "2", *LONGER),
        make=with_busy_tab,
    ),
    "outside-burner": Scenario(
        shows="a program outside the browser takes half of a core from everything alike",
        options=("--page", "working.html", "--threads", "1", *LONGER),
        make=with_a_burner,
        beside="burner.py",
    ),
    "faults": Scenario(
        shows="single visits that crash, hang, abort and run out of memory, and a run that goes on",
        options=("--page", FAULTY_PAGE, "--threads", "1", *SHORT),
        make=with_a_page_to_spoil,
        beside=str(HERE / "faults.py"),
    ),
    "pinned-threads": Scenario(
        shows="a page's own code pins the number of threads (S06)",
        options=("--page", "app", *SHORT),
        model="",
        make=with_pinned_threads,
    ),
    "lost-link": Scenario(
        shows="a page's own wasm has neither SIMD nor shared memory, and its threads are ignored (S02, S08)",
        options=("--page", "app", *SHORT),
        model="",
        make=with_a_lost_link,
    ),
    "verify-headers": Scenario(
        shows="what COOP and COEP would bring is predicted, made and measured",
        options=(*NOT_ISOLATED, "--where", "worker", *ON_WORKING_PAGE, "--rungs", "main"),
        make=with_working_page,
    ),
    "verify-worker": Scenario(
        shows="what a worker would bring a quiet page, next to nothing, is predicted, made and measured",
        options=("--threads", "1", "--where", "main", *VERIFIED, "--rungs", "web-in-worker"),
    ),
    "verify-busy-page": Scenario(
        shows="what a worker brings a page at work is predicted by no step: it is made and measured",
        options=("--page", "burning.html", "--threads", "1", *VERIFIED, "--rungs", "main"),
        make=with_burning_page,
    ),
    "verify-build": Scenario(
        shows="what a build with SIMD would bring is predicted from onnxruntime-web 1.18, made and measured",
        options=("--web-dist", "dist", *VERIFIED, "--rungs", "web-simd-118,web-scalar"),
        make=without_simd,
    ),
    "verify-graph": Scenario(
        shows="what an optimised file would bring an app without optimiser is predicted, made and measured",
        options=("--page", "app", *WELL_VERIFIED, "--rungs", "main"),
        model="",
        make=with_the_optimiser_off,
    ),
}


def record(name: str, scenario: Scenario) -> None:
    """One run, in a folder of its own; the recording comes here, less where this checkout and Python lie."""
    with tempfile.TemporaryDirectory() as folder:
        scenario.make(Path(folder))
        meanwhile = beside(Path(folder), scenario.beside) if scenario.beside else nullcontext()
        with meanwhile:
            done = subprocess.run(
                [sys.executable, "-m", *scenario.command],
                cwd=folder,
                check=False,
                timeout=1800,
            )
        recording = Path(folder) / "recording.jsonl"
        if not recording.is_file():
            sys.exit(f"{name}: gapprof ended with {done.returncode} and wrote no recording")
        (HERE / "scenarios" / f"{name}.jsonl").write_bytes(without_places(recording.read_bytes()))


@contextmanager
def beside(folder: Path, program: str) -> Iterator[None]:
    """That program goes on until the run is over."""
    with subprocess.Popen([sys.executable, program], cwd=folder) as running:
        try:
            yield
        finally:
            running.kill()


def publish(scenarios: Mapping[str, Scenario]) -> None:
    """Record what was named, or all of these; then the table of everything that is there."""
    (HERE / "scenarios").mkdir(exist_ok=True)
    for name in sys.argv[1:] or scenarios:
        record(name, scenarios[name])
    subprocess.run([sys.executable, str(TABLE)], check=True, timeout=600)


def main() -> None:
    """Those of this file."""
    publish(SCENARIOS)


if __name__ == "__main__":
    main()
