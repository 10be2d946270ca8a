"""How trials of real runs scatter, kept as data for machines whose causes are planted.

python -m tests.truth.fit_noise        reads reports/zoo/*.jsonl, writes tests/truth/noise.json

ln(figure) of a trial = its rung + what the round does to its side + what is left. Rungs and rounds are taken
off by their means; what is left is made as wide again as that made it narrower. Written once, before any
estimator is tuned on it, of the recordings that lay there on 27 November 2026; later ones scatter otherwise.
"""

import json
import math
from collections import defaultdict
from pathlib import Path

import numpy as np

from gapprof.facts.case import Case
from gapprof.facts.cells import complete_rounds, counting, figure_ms
from gapprof.facts.ladder import is_native, planned
from gapprof.records.codec import decode_recording

HERE = Path(__file__).parent
ZOO = HERE.parents[1] / "reports" / "zoo"
MODELS = ("mobilenetv2", "resnet20", "bert-small")
NOISE = HERE / "noise.json"


def scatter(path: Path) -> dict[str, dict[str, list[float]]]:
    """Side → `rounds`: what each complete round does to it; `trials`: what is left of each trial; in ln."""
    with path.open("rb") as lines:
        case = Case(decode_recording(lines, source=path.name))
    return {side: _of_one_side(case, native=native) for side, native in (("native", True), ("web", False))}


def _of_one_side(case: Case, *, native: bool) -> dict[str, list[float]]:
    by_rung: dict[str, list[tuple[int, float]]] = defaultdict(list)
    steps, rounds = case.get(planned), case.get(complete_rounds)
    for trial in case.get(counting):
        figure = figure_ms(trial)
        main = trial.round in rounds and trial.rung in steps and steps[trial.rung].rung.role != "side"
        if main and figure is not None and is_native(case, trial.rung) == native:
            by_rung[trial.rung].append((trial.round, math.log(figure)))
    left = [
        (number, value - float(np.mean([one for _, one in values])))
        for values in by_rung.values()
        for number, value in values
    ]
    effect = {one: float(np.mean([value for number, value in left if number == one])) for one in rounds}
    rest = np.array([value - effect[number] for number, value in left])
    freedom = len(left) - len(by_rung) - len(rounds) + 1
    widened = rest * math.sqrt(len(left) / freedom)
    return {
        "rounds": [round(value, 6) for value in effect.values()],
        "trials": sorted(round(float(value), 6) for value in widened),
    }


def main() -> None:
    """Fit all, write all."""
    found = {name: scatter(ZOO / f"{name}.jsonl") for name in MODELS}
    NOISE.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
