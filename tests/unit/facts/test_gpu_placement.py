"""What the processor runs in the GPU's place: counted by operator, priced by its stops, and told why."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from gapprof.explain.report import build
from gapprof.records.gpu import PlacedNode
from gapprof.records.recording import Recording
from gapprof.records.report import Evidence, Report, with_descendants
from gapprof.records.sections.gpu import GpuPlacement
from gapprof.records.surface import Surface
from gapprof.records.trial import Trial
from gapprof.render.markdown import RENDERER as MARKDOWN
from gapprof.render.terminal import RENDERER as TERMINAL
from tests.truth.gpu_parts import Planted, Runs, recording_of
from tests.unit.facts.gpu_runs import CPU, node, timed

NODES = (
    node("before", "Neg"),
    node("there", "MemcpyToHost"),
    node("alone", "FusedGemm", CPU),
    node("also", "FusedGemm", CPU),
    node("back", "MemcpyFromHost"),
    node("after", "Neg"),
)
STOPS_MS = 4.0


def recording(
    *,
    stops: bool = True,
    stops_ms: float = STOPS_MS,
    optimised: dict[str, int] | None = None,
    placed: Sequence[PlacedNode] = NODES,
) -> Recording:
    slower = Planted(inner_reads_ms=stops_ms if stops else 0.0)
    rungs = ("replay-native-unsafe", "replay-native", "replay-web")
    runs = Runs(by_rung=dict.fromkeys(rungs, slower), placed=tuple(placed), inner_reads=int(stops))
    found = recording_of(runs)
    *entries, end = found.entries
    model = replace(found.begin.model, optimised=optimised or {})
    return replace(
        found,
        begin=replace(found.begin, model=model),
        entries=(*entries, timed((("Neg", 1.0), ("Neg", 1.0))), end),
    )


def placed(report: Report) -> GpuPlacement:
    assert report.gpu_operators is not None
    assert report.gpu_operators.placement is not None
    return report.gpu_operators.placement


def evidence(report: Report, kind: str) -> list[Evidence]:
    (row,) = (one for one in with_descendants(report.causes) if one.id == "not-on-gpu")
    return [one for one in row.evidence if one.kind == kind]


def told(report: Report, kind: str) -> list[str]:
    return [one.text for one in evidence(report, kind)]


def test_nodes_are_counted_by_operator_and_processor_and_copies_are_none() -> None:
    found = placed(build(recording()))
    rows = [(one.op_type, one.gpu, one.cpu) for one in found.operators]
    assert rows == [("FusedGemm", 0, 2), ("Neg", 2, 0)]
    assert (found.crossings_to_cpu, found.crossings_to_gpu, found.opset) == (1, 1, 17)


def test_crossings_are_priced_with_an_interval_in_text_and_json() -> None:
    report = build(recording())
    found = placed(report)
    assert found.cost_ms is not None
    assert found.cost_ms.point == pytest.approx(STOPS_MS, rel=0.02)
    (sentence,) = told(report, "crossings")
    assert sentence.startswith(
        "2 boundary crossings per run (1 from the GPU, 1 to it), caused by FusedGemm (2 nodes) of opset 17, "
        "cost 4.0"
    )
    for renderer in (TERMINAL, MARKDOWN):
        text = " ".join(renderer.render(report, Surface(width=200)).split())
        assert "2 boundary crossings per run" in text
        assert "Where nodes run" in text


def test_stops_that_cost_nothing_that_can_be_told_have_no_value() -> None:
    (priced,) = evidence(build(recording()), "crossings")
    assert priced.value == pytest.approx(STOPS_MS, rel=0.02)
    report = build(recording(stops_ms=0.0))
    found = placed(report)
    assert found.cost_ms is not None, "what was seen stays there, with its interval"
    assert found.cost_factor is not None
    assert found.cost_factor.low <= 1
    (unclear,) = evidence(report, "crossings")
    assert "what they cost is unclear" in unclear.text
    assert unclear.value is None


def test_stops_that_cost_something_in_one_round_alone_may_cost_less_than_nothing() -> None:
    """What they cost is read off a difference: its interval ends nowhere."""
    quiet = recording(stops_ms=0.0)
    entries = tuple(
        replace(one, parts=replace(one.parts, unbroken_ms=tuple(ms / 2 for ms in one.parts.whole_ms)))
        if isinstance(one, Trial) and one.parts is not None and one.round == 0
        else one
        for one in quiet.entries
    )
    cost_ms = placed(build(replace(quiet, entries=entries))).cost_ms
    assert cost_ms is not None
    assert cost_ms.low < 0 < cost_ms.point


def test_crossings_for_which_no_run_stops_are_counted_and_not_priced() -> None:
    report = build(recording(stops=False))
    assert placed(report).cost_ms is None
    (sentence,) = told(report, "crossings")
    assert "was not measured apart: no run stops for it" in sentence


def test_a_file_that_was_optimised_for_the_cpu_is_told_with_share_and_what_to_do() -> None:
    report = build(recording(optimised={"FusedGemm": 2, "FusedConv": 1}))
    assert placed(report).optimised_before == {"FusedGemm": 2}
    (sentence,) = told(report, "optimised-before")
    assert sentence.startswith(
        "50 % of nodes (2 of 4) are assigned to the CPU because the file was optimised for the CPU"
    )
    assert sentence.endswith("Use the original .onnx, or convert it again.")
    (action,) = (one for one in report.actions if one.cause == "library")
    assert action.text.startswith("Use the original .onnx, or convert it again")
    assert "FusedGemm" in action.text


def test_only_nodes_that_the_optimiser_made_are_blamed_on_it() -> None:
    """16 determinants are the model's own, and the original file has them as well."""
    nodes = [
        *(node(f"gpu_{at}", "Conv") for at in range(17)),
        node("fused", "FusedConv", CPU),
        *(node(f"det_{at}", "Det", CPU) for at in range(16)),
    ]
    report = build(recording(optimised={"FusedConv": 1}, placed=nodes))
    (found,) = evidence(report, "optimised-before")
    assert found.text.startswith("3 % of nodes (1 of 34) are assigned to the CPU because")
    assert "put FusedConv (1 node) into it" in found.text
    assert found.value == pytest.approx(1 / 34)
    assert any(one.text.startswith("Export the model without operators") for one in report.actions)


def test_operators_that_the_model_itself_has_are_no_sign_of_an_optimiser() -> None:
    report = build(recording())
    assert told(report, "optimised-before") == []
    assert any(one.text.startswith("Export the model without operators") for one in report.actions)
