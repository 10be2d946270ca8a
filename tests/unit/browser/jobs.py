"""A visit of a page, for tests that run none."""

from msgspec.structs import replace

from gapprof.records.job import Job, Pace
from tests.settings import QUIET

JOB = Job(
    rung="web",
    round=0,
    seed=5,
    setting=replace(QUIET, threads=2),
    model_path="/run/common/model.onnx",
    external_data=("weights.bin",),
    optimise=False,
    inputs_path="/run/inputs.npz",
    outputs_path="",
    pace=Pace(
        warmup_ms=1.0,
        warmup_runs=2,
        batch=3,
        samples=7,
        requests=21,
        think_ms=(8.0, 24.0),
        deadline_s=60.0,
        stretch_ms=550.0,
    ),
)
