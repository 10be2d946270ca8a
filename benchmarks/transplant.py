"""What the engine costs onnxruntime-web's own hot functions: V8 against native code, on recorded calls.

python benchmarks/transplant.py [zoo:MODEL | RECORDING.jsonl ...]     default: squeezenet and bert-small
"""

import math
import sys
from pathlib import Path

from gapprof.facts.case import Case
from gapprof.facts.estimates import factor_of
from gapprof.facts.transplant import FunctionFactor, engine_by_twins, left_out, transplanted
from gapprof.interrupts import held
from gapprof.live import silent
from gapprof.pipeline import explained
from gapprof.places import state_dir
from gapprof.recordings import read_run
from gapprof.records.settings import Settings
from gapprof.text import numbers


def measured(model: str) -> Path:
    """A new run of `gapprof explain`, as short as it can be."""
    path = state_dir() / f"transplant-{model.removeprefix('zoo:')}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    settings = Settings(threads=1, rungs="main", transplant=True, twins=True, budget_s=60.0)
    argv = ("benchmarks/transplant.py", model)
    with held() as hold:
        explained(model, settings, argv=argv, path=path, observer=silent, hold=hold)
    return path


def row(one: FunctionFactor) -> str:
    """A function: its part of wasm's time, what replaying takes against what the sampler saw, its factor."""
    return (
        f"  {one.hot.function:6} {one.share:6.1%} {one.hot.calls:7} calls, {one.hot.rows:6} replayed, "
        f"{one.web_us:9.2f} us each, {one.replayed_ms:8.2f} ms a run (sampled {one.hot.self_ms:8.2f} ms): "
        f"{numbers.factor_with_interval(factor_of(one.factor))}"
    )


def main() -> None:
    for name in sys.argv[1:] or ["zoo:squeezenet", "zoo:bert-small"]:
        path = Path(name) if name.endswith(".jsonl") else measured(name)
        case = Case(read_run(path))
        found, twins = case.get(transplanted), case.get(engine_by_twins)
        print(name)
        for one in found.functions if found else ():
            print(row(one))
        for left in case.get(left_out):
            print(f"  {left.function:6} {left.why}")
        if found is None:
            print("  nothing was replayed")
            continue
        print(f"  V8 / {found.target}, {found.share:.0%} of wasm's time: ", end="")
        print(numbers.factor_with_interval(factor_of(found.factor)))
        if twins is not None:
            apart = abs(math.expm1(found.factor.mean - twins.mean))
            print(f"  by twins {numbers.factor_with_interval(factor_of(twins))}, {apart:.1%} apart")


if __name__ == "__main__":
    main()
