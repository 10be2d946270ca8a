"""What tuned kernels are published to win over onnxruntime-web's, by the recordings of the tables."""

from functools import cache

import pytest

from gapprof.recordings import read_run
from gapprof.records.recording import Recording
from gapprof.stats.interval import exponential
from gapprof.yardstick.report import kernels_of
from tests.scripts import script
from tests.unit.published import REPORTS

TUNED = script("benchmarks/tuned_kernels.py")
KERNELS = sorted((REPORTS / "kernels").glob("*.jsonl"))
PROGRAMS = ("mobilenetv2", "resnet50", "bert-small")
"""An image net, a large one, and an encoder."""
F32_ERROR = 1e-5
"""Of the largest output: a hundred times the last bit of an f32, as sums run in another order."""
read = cache(read_run)


def recordings() -> list[Recording]:
    return [read(path) for path in KERNELS]


@pytest.mark.parametrize(
    ("kind", "least"),
    [("matrix products and convolutions", 1.5), ("depthwise, norms, softmax, Gelu", 3.0)],
)
def test_tuned_kernels_beat_the_library_s_by_their_geometric_mean_over_the_zoo(
    kind: str, least: float
) -> None:
    """With the whole interval."""
    models = [found[kind] for recording in recordings() if kind in (found := TUNED.ratios(recording))]
    assert sum(len(shapes) for shapes in models) >= 10
    assert exponential(TUNED.pooled(models)).low >= least


@pytest.mark.parametrize("model", PROGRAMS)
def test_a_whole_model_of_tuned_kernels_beats_onnxruntime_web_with_outputs_like_native_s(model: str) -> None:
    summary = kernels_of(read(REPORTS / "kernels" / f"{model}.jsonl")).summary
    assert summary is not None
    assert summary.program is not None, summary.program_why
    assert summary.program.low > 1
    assert summary.program_error is not None
    assert summary.program_error <= F32_ERROR


@pytest.mark.parametrize("model", PROGRAMS)
def test_both_predictions_of_a_whole_model_are_held_against_a_run_of_it(model: str) -> None:
    """Neither is more than 10 % off beyond doubt."""
    summary = kernels_of(read(REPORTS / "kernels" / f"{model}.jsonl")).summary
    assert summary is not None
    for over in (summary.program_over_library_predicted, summary.program_over_predicted):
        assert over is not None
        assert over.low < 1.1
        assert over.high > 1 / 1.1
