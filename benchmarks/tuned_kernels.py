"""How much faster tuned wasm kernels are than onnxruntime-web's, by kind of operator, in one interleaved run.

python benchmarks/tuned_kernels.py [zoo:MODEL | RECORDING.jsonl ...]     default: mobilenetv2 and bert-small
"""

import math
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from gapprof.facts.case import Case
from gapprof.facts.profiles import WEB, profile_of
from gapprof.facts.twins import WEB_TARGETS, Twins, kernels_ms, twins
from gapprof.interrupts import held
from gapprof.live import silent
from gapprof.own_kernels.wish import Wish
from gapprof.places import cache_dir, state_dir
from gapprof.recordings import read_run
from gapprof.records.estimate import Estimate
from gapprof.records.recording import Recording
from gapprof.stats.contrast import mean
from gapprof.stats.interval import Interval, exponential, linearised, t_interval
from gapprof.yardstick.ratios import middle
from gapprof.yardstick.report import kernels_of
from gapprof.yardstick.shapes import shape_of
from gapprof.yardstick.whole import TWINS

KINDS = {
    "matrix products and convolutions": (
        *("gemm", "conv", "conv-int8", "conv-int8-narrow", "conv-int8-grouped", "product-int8"),
    ),
    "depthwise, norms, softmax, Gelu": ("depthwise", "depthwise-int8", "layer-norm", "softmax", "gelu"),
}
ROUNDS = 5


def measured(model: str) -> Path:
    """A new run of `gapprof kernels`."""
    path = state_dir() / f"benchmark-{model.removeprefix('zoo:')}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    wish = Wish(
        model=model,
        shapes={},
        inputs=None,
        browser=None,
        rounds=ROUNDS,
        seed=datetime.now(UTC).toordinal(),
        argv=("benchmarks/tuned_kernels.py", model),
        recording_path=path,
        database_path=cache_dir() / "kernels.json",
    )
    with held() as hold:
        TWINS.run(wish, observer=silent, hold=hold)
    return path


def kind_of(parts: tuple[str, ...]) -> str | None:
    """By the part that does the work."""
    tags = {str(type(shape_of(part)).__struct_config__.tag) for part in parts}
    tags |= {"gelu" for part in parts if '"activation":"gelu"' in part and '"type":"combined"' in part}
    tags |= {"gelu" for part in parts if '"function":"gelu"' in part or '"function":"erf"' in part}
    return next((kind for kind, of in KINDS.items() if tags & set(of)), None)


def ratios(recording: Recording) -> Mapping[str, list[dict[int, float]]]:
    """Kind → per shape, round → ln(onnxruntime-web / tuned)."""
    case = Case(recording)
    found, web, profile = case.get(twins), kernels_ms(case, WEB), profile_of(case, WEB)
    least_ms = profile.least_told_ms if profile else 0.0
    by_kind: dict[str, dict[tuple[str, ...], dict[int, float]]] = {}
    for node in found.nodes if found else ():
        kind = kind_of(node.parts)
        if kind is None or found is None or (middle(web.get(node.name, {})) or 0.0) < least_ms:
            continue
        tuned = best(found, node.name)
        rounds = sorted(tuned.keys() & web[node.name].keys())
        values = {n: math.log(web[node.name][n] / tuned[n]) for n in rounds if web[node.name][n] > 0}
        by_kind.setdefault(kind, {}).setdefault(node.parts, values)
    return {kind: list(shapes.values()) for kind, shapes in by_kind.items()}


def best(found: Twins, name: str) -> Mapping[int, float]:
    """The better of the two targets, by its median."""
    node = next(one for one in found.nodes if one.name == name)
    each = [found.node_ms(node, target) for target in WEB_TARGETS]
    return min((one for one in each if one), key=lambda one: middle(one) or math.inf)


def by_round(shapes: Sequence[Mapping[int, float]]) -> dict[int, float]:
    """Round → mean over shapes, in the rounds that all have."""
    rounds = set.intersection(*(set(one) for one in shapes))
    return {number: mean([one[number] for one in shapes]) for number in sorted(rounds)}


def pooled(models: Sequence[Sequence[Mapping[int, float]]]) -> Interval:
    """ln of the geometric mean over the shapes of all models, whose rounds are independent of each other."""
    counts = [len(shapes) for shapes in models]
    columns = [
        {number * len(models) + place: value for number, value in by_round(shapes).items()}
        for place, shapes in enumerate(models)
    ]

    def of_means(*means: float) -> float:
        return math.fsum(n * one for n, one in zip(counts, means, strict=True)) / sum(counts)

    return linearised(of_means, columns)


def told(kind: str, interval: Interval, shapes: int) -> str:
    """One line of the geometric mean of a kind."""
    found = exponential(interval)
    return (
        f"  {kind}: {found.point:.2f}x [{found.low:.2f}, {found.high:.2f}], "
        f"geometric mean over {shapes} shapes"
    )


def _figures(one: Estimate) -> str:
    return f"{one.point:.2f}x [{one.low:.2f}, {one.high:.2f}]"


def main() -> None:
    """One line per kind and model, then the tuning time and the whole model; last all models together."""
    zoo: dict[str, list[list[dict[int, float]]]] = {}
    for given in sys.argv[1:] or ["zoo:mobilenetv2", "zoo:bert-small"]:
        path = Path(given) if given.endswith(".jsonl") else measured(given)
        recording = read_run(path)
        table = kernels_of(recording)
        print(f"{table.model.name}: {table.rounds} rounds, tuned in {table.tuning_s:.1f} s")
        for kind, shapes in ratios(recording).items():
            zoo.setdefault(kind, []).append(shapes)
            print(told(kind, t_interval(list(by_round(shapes).values())), len(shapes)))
        summary = table.summary
        if summary and summary.program and summary.program_ms:
            print(
                f"  whole model: {_figures(summary.program)}, "
                f"{summary.program_ms:.1f} ms for {summary.web_ms:.1f} ms"
            )
            for whose, over in (
                ("onnxruntime-web with our kernels", summary.program_over_library_predicted),
                ("the program by its kernels", summary.program_over_predicted),
            ):
                if over:
                    print(f"  over what was predicted for {whose}: {_figures(over)}")
        elif summary:
            print(f"  whole model: {summary.web_ms:.1f} ms, predicted {summary.predicted_ms:.1f} ms")
    print("all together")
    for kind, models in zoo.items():
        print(told(kind, pooled(models), sum(len(shapes) for shapes in models)))


if __name__ == "__main__":
    main()
