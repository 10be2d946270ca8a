"""Every section of a report at once, as no single run has them: built by hand, or of published runs."""

from functools import cache
from pathlib import Path

from msgspec.structs import replace

from gapprof.facts.byte_products import KIND as PRODUCTS_OF_BYTES
from gapprof.records.codec import decode_report
from gapprof.records.report import DISPATCH_BOUND, CheckRow, Evidence, Report
from gapprof.records.sections.light import OperatorLoss, SpeedOfLight, StreamSpeed
from gapprof.records.sections.outputs import OutputsApart
from gapprof.records.sections.quality import QoE
from gapprof.records.sections.scaling import Scaling
from tests.unit.render.rows import about
from tests.unit.render.sections import gpu_operators, inside, reproduction, watched_page

_PUBLISHED = Path(__file__).parents[3] / "reports"
_KINDS = ("ceiling", "caveat", DISPATCH_BOUND, PRODUCTS_OF_BYTES)
"""Of evidence: those that have places of their own, and one that has not."""


def with_every_section(report: Report) -> Report:
    """Each with whatever it says where something is missing, too."""
    ran, felt = _published("whole/mobilenetv2.json"), _published("qoe/mobilenetv2.json")
    assert ran.scaling is not None
    assert felt.qoe is not None
    on_gpu = gpu_operators()
    assert on_gpu.placement is not None
    return replace(
        report,
        status="partial",
        settings=replace(
            report.settings,
            backends_refused={"webgpu": "no adapter"},
            shapes={"input": (1, 3)},
            session_options={"executionMode": "parallel"},
        ),
        versions={"browser": "Chrome/1", "build": "plain", "adapter": "an adapter", "driver": "a driver"},
        passes=3,
        page=_page(report),
        causes=tuple(
            replace(cause, evidence=tuple(Evidence(kind=kind, text="so", value=1.0) for kind in _KINDS))
            for cause in report.causes
        ),
        checks=(*report.checks, *_checks()),
        cold=ran.cold,
        memory=ran.memory,
        scaling=_with_gaps(ran.scaling),
        qoe=_without_a_page(felt.qoe),
        speed_of_light=_light(),
        inside=inside(),
        observed=watched_page(),
        reproduction=reproduction(),
        gpu_operators=replace(
            on_gpu, placement=replace(on_gpu.placement, optimised_before={"Det": 1}, cost_ms=None)
        ),
        outputs_apart=_outputs_apart(),
    )


@cache
def _published(path: str) -> Report:
    return decode_report((_PUBLISHED / path).read_bytes(), source=path)


def _page(report: Report) -> dict[str, object]:
    return {
        **report.page,
        "page": "https://shop.example/",
        "on_the_cores_by_name": [{"holder": "a program", "share": 0.1, "ms_per_inference": 0.4}],
        "work_ms_per_s": [{"thread": "main", "name": "FunctionCall", "detail": "app.js", "ms_per_s": 4.0}],
    }


def _checks() -> tuple[CheckRow, ...]:
    """Those of a GPU, which are quoted elsewhere; one that fails, and one that nobody could make."""
    return (
        CheckRow(id="adapter", kind="subject", status="pass", text="it is an adapter", concerns="web"),
        CheckRow(id="gpu-build", kind="subject", status="pass", text="it is a build", concerns="web"),
        CheckRow(id="outputs-engine", kind="subject", status="fail", text="they differ", concerns="engine"),
        CheckRow(id="warm", kind="harness", status="unknown", text="nobody looked", concerns="report"),
    )


def _with_gaps(found: Scaling) -> Scaling:
    """A cell without a figure, and a recommendation that nothing verifies."""
    assert found.recommendation is not None
    spared = (found.deployed, found.recommendation.cell)
    lost = next(row.id for row in found.cells if row.id not in spared)
    return replace(
        found,
        cells=tuple(replace(row, ms=None) if row.id == lost else row for row in found.cells),
        recommendation=replace(found.recommendation, now_ms=None),
    )


def _without_a_page(found: QoE) -> QoE:
    return replace(
        found,
        pages=tuple(replace(row, request_ms=None) if row.page == "busier" else row for row in found.pages),
    )


def _light() -> SpeedOfLight:
    return SpeedOfLight(
        verdict="expected",
        above=about(1.2),
        share=0.9,
        kernels_ms=20.0,
        told_ms=18.0,
        reachable_ms=15.0,
        floor_ms=9.0,
        losses=(OperatorLoss(op_type="Conv", ms=3.0, share=0.15),),
        operations_per_s={"f32": 30e9},
        streams=(StreamSpeed(footprint_bytes=1 << 20, bytes_per_s=20e9),),
    )


def _outputs_apart() -> OutputsApart:
    return OutputsApart(
        rung="web",
        reference="native",
        output="logits",
        max_relative_difference=0.3,
        cosine=0.9,
        node="head/Gemm",
        op_type="Gemm",
        node_cosine=0.9,
        looked_at=12,
    )
