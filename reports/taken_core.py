"""What a page loses to a model in a worker, beside what it loses to anybody else who takes a core as the
model does: `benchmarks/busy_core.py` for models of the zoo, with every figure of every visit.

python reports/taken_core.py [NAME ...]     default: mobilenetv2; a quarter of an hour each
python reports/taken_core.py table          the table of what is there; it measures nothing

Writes reports/taken_core/NAME.json and README.md.
"""

import math
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median

from msgspec import Struct, json

from gapprof.facts.estimates import factor_of
from gapprof.records.estimate import Estimate
from gapprof.stats.contrast import Contrast
from gapprof.text.names import markdown
from gapprof.text.numbers import change_with_interval, ms

HERE = Path(__file__).parent / "taken_core"
BENCHMARK = Path(__file__).parents[1] / "benchmarks" / "busy_core.py"
MODELS = ("mobilenetv2",)
ROUNDS = 12
WAYS = (
    "at rest",
    "model in a worker",
    "process outside",
    "process in the browser's session",
)
MEASURES = {
    "components": "a component, from due to painted",
    "event-p50": "from a click to the frame that answers it, median",
    "frame-p95": "between frames, 95th percentile",
}
INTRODUCTION = """# A core that is taken

While a model runs in a worker, run after run, a machine of two cores has one left for all else that a
browser does. Is it the worker that slows a page then, or the core? Beside the page at rest and the page with
its model in a worker stand the page at rest and a process outside that runs the same model in native
onnxruntime, on one thread as well, and the same with that process in the browser's own session, to which the
system's scheduler gives cores as a whole. Fresh browsers, in rounds; `python reports/taken_core.py` makes
them anew.
"""


class Figures(Struct, frozen=True, kw_only=True):
    """As `benchmarks/busy_core.py --out` writes them."""

    model: str
    machine: str
    cores: int
    onnxruntime: str
    ms: Mapping[str, Mapping[str, Mapping[int, float]]]
    """Measure → way → round → ms."""

    def times(self, measure: str, way: str, base: str) -> Estimate:
        """How many times as long, over the rounds that have both."""
        here, there = self.ms[measure][way], self.ms[measure][base]
        shared = sorted(here.keys() & there.keys())
        return factor_of(Contrast({number: math.log(here[number] / there[number]) for number in shared}))


def measured(name: str) -> None:
    """One model."""
    options = ("--rounds", str(ROUNDS), "--out", f"{name}.json")
    subprocess.run(
        [sys.executable, str(BENCHMARK), *options, f"zoo:{name}"], cwd=HERE, check=True, timeout=3600
    )


def published() -> dict[str, Figures]:
    """Name → what was measured."""
    return {path.stem: json.decode(path.read_bytes(), type=Figures) for path in sorted(HERE.glob("*.json"))}


def table(found: Mapping[str, Figures]) -> Iterator[str]:
    """A line for each measure and way."""
    rest, worker, process, beside = WAYS
    yield INTRODUCTION
    for name, figures in found.items():
        rounds = len(figures.ms["components"][rest])
        machine = f"{figures.cores} cores of {markdown(figures.machine)}"
        yield f"{markdown(name)}, {rounds} rounds, {machine}, onnxruntime {markdown(figures.onnxruntime)}:"
        yield ""
        yield "| | | median | times as long as at rest | model in a worker, times as long |"
        yield "| :-- | :-- | --: | --: | --: |"
        for measure, title in MEASURES.items():
            for way in WAYS:
                middle = ms(median(figures.ms[measure][way].values()))
                above = "" if way == rest else change_with_interval(figures.times(measure, way, rest))
                against = way in (process, beside)
                other = change_with_interval(figures.times(measure, worker, way)) if against else ""
                yield f"| {title} | {way} | {middle} | {above} | {other} |"
        yield ""


def main() -> None:
    """Measure what was named, and the table of all."""
    HERE.mkdir(exist_ok=True)
    names = sys.argv[1:] or list(MODELS)
    for name in names if names != ["table"] else ():
        measured(name)
    (HERE / "README.md").write_text("\n".join(table(published())), encoding="utf-8")


if __name__ == "__main__":
    main()
