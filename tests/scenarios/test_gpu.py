"""What people met on the GPU (S12 to S20), and what gapprof must say of it; each claim has its number.

Recordings of `python reports/gpu_scenarios.py`, all made on software, which every report says first. Where a
claim needs a GPU, who the adapter was is changed in the recording, and nothing else.
"""

import re
from functools import cache

import msgspec
import pytest
from msgspec.structs import replace

from gapprof import Report
from gapprof.comparison.build import compare
from gapprof.comparison.kin import refuse_strangers
from gapprof.errors import ExitCode, WrongUse
from gapprof.explain.report import build
from gapprof.facts.adapters import SOFTWARE_SENTENCE
from gapprof.pipeline import analysed
from gapprof.recordings import read_run
from gapprof.records.codec import encode_report
from gapprof.records.parting import Between, Parting
from gapprof.records.recording import Entry, Recording
from gapprof.records.sections.gpu import GpuOperators, GpuPlacement, WhereToFile
from gapprof.records.trial import OutputCheck, Trial
from tests.scenarios.reading import REPORTS, cause, check, report, row, text, told
from tests.unit.facts.gpu_runs import AMPERE

STOPS = 16
"""Determinants in the model, each of which stops the run."""
HALTED = "gpu-slower-browser"
NAMES = (
    *("gpu-stops", "gpu-optimised-before", "gpu-legs", "gpu-slower-build", HALTED, "gpu-stall", "gpu-anew"),
    *("gpu-switches", "gpu-tiny", "gpu-busy-page"),
)


@cache
def recording(name: str) -> Recording:
    return read_run(REPORTS / "scenarios" / f"{name}.jsonl")


def section(found: Report) -> GpuOperators:
    assert found.gpu_operators is not None
    return found.gpu_operators


def placed(found: Report) -> GpuPlacement:
    placement = section(found).placement
    assert placement is not None
    return placement


def filed(found: Report) -> WhereToFile:
    where = section(found).where_to_file
    assert where is not None
    return where


def on_hardware(name: str) -> Report:
    """As if the page's adapter had been no software."""

    def seen(entry: Entry) -> Entry:
        if not isinstance(entry, Trial) or entry.seen.adapter is None:
            return entry
        return replace(entry, seen=replace(entry.seen, adapter=AMPERE))

    found = recording(name)
    return build(replace(found, entries=tuple(map(seen, found.entries))))


@pytest.mark.parametrize("name", NAMES)
def test_software_is_the_first_word_and_no_machine_s_path_is_in_a_recording(name: str) -> None:
    found = report(f"scenarios/{name}")
    assert found.headline.lower().startswith(SOFTWARE_SENTENCE.lower())
    assert check(found, "outputs").status == "pass"
    raw = (REPORTS / "scenarios" / f"{name}.jsonl").read_text(encoding="utf-8")
    assert not any(folder in raw for folder in ("/home/", "/root/", "/work/", "/tmp/", "/Users/"))


@pytest.mark.parametrize("name", NAMES)
def test_nobody_is_sent_to_a_method_that_is_for_wasm_alone(name: str) -> None:
    runtime = cause(report(f"scenarios/{name}"), "runtime")
    assert not [row.id for row in (runtime, *runtime.children) if "--twins" in row.advice]


def test_s12_crossings_are_counted_caused_and_priced() -> None:
    found = report("scenarios/gpu-stops")
    placement = placed(found)
    assert (placement.crossings_to_cpu, placement.crossings_to_gpu, placement.opset) == (STOPS, STOPS, 17)
    assert placement.cost_ms is not None, placement.why
    assert placement.cost_ms.point > 0
    assert placement.cost_factor is not None
    assert placement.cost_factor.low > 1
    sentence = told(row(found, "not-on-gpu"), "boundary crossings per run").text
    assert sentence.startswith(
        f"{2 * STOPS} boundary crossings per run ({STOPS} from the GPU, {STOPS} to it), "
    )
    assert f"caused by Det ({STOPS} nodes) of opset 17, cost " in sentence
    assert sentence in text(found)


def test_s12_what_the_stops_cost_is_the_model_s_to_mend() -> None:
    found = report("scenarios/gpu-stops")
    stops = row(found, "not-on-gpu")
    assert stops.factor is not None
    assert stops.factor.low > 1
    assert stops.owner == "model"
    (action,) = (one for one in found.actions if "operators that stop the GPU" in one.text)
    assert (action.owner, action.basis) == ("model", "predicted")
    assert "Det" in action.text
    assert action.then_ms.high < action.now_ms.point
    assert "the best change open to you would win back" in found.headline


def test_s13_there_is_a_table_of_nodes_by_operator_and_processor() -> None:
    found = report("scenarios/gpu-stops")
    rows = {one.op_type: (one.gpu, one.cpu) for one in placed(found).operators}
    assert rows["Det"] == (0, STOPS)
    assert sum(gpu for gpu, _ in rows.values()) >= STOPS
    assert f"Where nodes run GPU CPU Det 0 {STOPS}" in text(found)
    raw = msgspec.json.decode(encode_report(found))
    assert {"op_type": "Det", "gpu": 0, "cpu": STOPS} in raw["gpu_operators"]["placement"]["operators"]


def test_s14_a_read_back_that_waits_for_queued_work_is_not_blamed() -> None:
    found = report("scenarios/gpu-slower-build")
    waits = section(found).waits
    assert waits is not None
    assert waits.queue_ms.low > waits.transfer_ms.high, "it is the queue that takes the time"
    assert "go to work that was queued before" in text(found)
    sentence = told(cause(found, "gpu-abstraction"), "wait for what it reads at its end").text
    assert "is queued GPU work" in sentence
    assert sentence in text(found)
    assert row(found, "read-back").verdict != "costs", "the copy itself is not what takes the time"


def test_s15_operators_are_ranked_by_the_gpu_s_own_time() -> None:
    rows = section(report("scenarios/gpu-legs")).rows
    took = [one.gpu_ms.point for one in rows if one.gpu_ms is not None]
    assert took == sorted(took, reverse=True)
    assert {one.nodes for one in rows if one.gpu_ms is not None} == {("/a/MatMul",), ("/b/MatMul",)}


def test_s15_with_other_outputs_than_native_s_no_time_compares() -> None:
    def spoilt(entry: Entry) -> Entry:
        wrong = isinstance(entry, OutputCheck) and entry.rung.startswith("web")
        return replace(entry, exact=False, max_abs_difference=1.0) if wrong else entry

    found = recording("gpu-legs")
    outcome = analysed(replace(found, entries=tuple(map(spoilt, found.entries))))
    assert (outcome.report.status, outcome.code) == ("outputs-differ", ExitCode.OUTPUTS_DIFFER)


def test_s15_how_far_they_are_apart_and_from_which_node_on_is_told() -> None:
    def spoilt(entry: Entry) -> Entry:
        wrong = isinstance(entry, OutputCheck) and entry.rung == "web-paced"
        return replace(entry, exact=False, max_abs_difference=1.0, cosine=0.52) if wrong else entry

    found = recording("gpu-legs")
    entries = tuple(map(spoilt, found.entries))
    output = next(one for one in entries if isinstance(one, OutputCheck) and one.cosine == 0.52)
    before = replace(output, output="/a/MatMul_output_0", exact=True, cosine=1.0)
    parting = Parting(
        rung=output.rung,
        reference=output.reference,
        took_s=4.0,
        looks=1,
        between=(
            Between(place=1, node="/b/MatMul", op_type="MatMul", given=(before.output,), check=output),
            Between(place=0, node="/a/MatMul", op_type="MatMul", given=(), check=before),
        ),
        healed=False,
    )
    told = analysed(replace(found, entries=(*entries, parting))).report
    sentence = (
        "cosine 0.5200); they part first at /b/MatMul (MatMul), whose result does not agree (cosine 0.5200): "
        "what it is given agrees with native-cpu's"
    )
    assert sentence in told.headline
    assert sentence in text(told)
    assert "the times do not compare" in told.headline
    raw = msgspec.json.decode(encode_report(told))["outputs_apart"]
    assert (raw["cosine"], raw["node"], raw["op_type"]) == (0.52, "/b/MatMul", "MatMul")


def test_s16_a_file_that_was_optimised_for_the_cpu_is_told_with_its_share() -> None:
    found = report("scenarios/gpu-optimised-before")
    placement = placed(found)
    assert placement.optimised_before == {"FusedGemm": 3}
    sentence = told(row(found, "not-on-gpu"), "optimised for the CPU before").text
    assert " % of nodes (3 of " in sentence
    assert "put FusedGemm (3 nodes) into it" in sentence
    assert sentence.endswith("Use the original .onnx, or convert it again.")
    assert sentence in text(found)
    assert "optimised for the CPU before" not in text(report("scenarios/gpu-stops"))


@pytest.mark.parametrize("name", NAMES)
def test_s17_from_software_nothing_can_be_filed_and_who_it_was_is_told(name: str) -> None:
    found = report(f"scenarios/{name}")
    where = filed(found)
    assert (where.vendor, where.architecture, where.fallback) == ("google", "swiftshader", True)
    assert where.project is None
    assert where.run_ms is not None
    assert where.submitting_ms is not None
    assert where.gpu_busy_ms is not None
    assert where.compiling_ms is not None
    assert f"Where to file it Nothing can be filed from this: {SOFTWARE_SENTENCE}." in text(found)


def test_s17_on_hardware_the_part_that_costs_says_whose_it_is() -> None:
    where = filed(on_hardware("gpu-slower-build"))
    assert where.project == "library"
    assert "github.com/microsoft/onnxruntime" in where.text


def test_s18_safety_checks_have_a_factor_or_are_unclear() -> None:
    found = report("scenarios/gpu-legs")
    rungs = {one.id: one.latency_ms for one in found.rungs}
    assert rungs["replay-native-no-robustness"] is not None
    one = told(cause(found, "gpu-abstraction"), "Clamping indices")
    bounds = re.search(r"\[([\d.]+), ([\d.]+)\]", one.text)
    assert bounds is not None, one.text
    low, high = map(float, bounds.groups())
    assert ("unclear" in one.text) == (one.value is None) == (low <= 1 <= high)
    assert one.text in text(found)
    whole = row(found, "wgsl-safety")
    assert whole.factor is not None
    assert whole.verdict == "unclear" or not whole.factor.low <= 1 <= whole.factor.high


def test_s19_what_the_calls_take_with_and_without_a_browser_is_told_beside_the_kernels() -> None:
    """Where nothing is planted, a difference is reported only where the rounds have one."""
    found = report("scenarios/gpu-legs")
    one = told(cause(found, "gpu-abstraction"), "In the browser its calls alone take")
    boundary = row(found, "browser-boundary")
    assert boundary.factor is not None
    assert boundary.factor.low < 1 < boundary.factor.high
    assert "and the two cannot be told apart; the GPU is at work for" in one.text
    assert one.value is None
    assert "longest in /" in one.text
    assert "(MatMul)" in one.text
    assert one.text in text(found)


def test_s19_part_is_the_browser_s_and_the_rest_the_kernels() -> None:
    found = report(f"scenarios/{HALTED}")
    one = told(cause(found, "gpu-abstraction"), "In the browser its calls alone take")
    assert "come with the browser and the Dawn in it" in one.text
    assert "they take without one as well; the GPU is at work for" in one.text
    assert "(MatMul)" in one.text
    assert one.text in text(found)
    times = {row.id: row.latency_ms for row in found.rungs}
    web, native = times["replay-web"], times["replay-native"]
    assert web is not None
    assert native is not None
    assert one.value == pytest.approx(web.point - native.point, rel=0.2)
    boundary = row(found, "browser-boundary")
    assert boundary.verdict == "costs"
    assert [one.id for one in boundary.children if one.verdict == "costs"] == ["same-work"]
    assert filed(on_hardware(HALTED)).project == "browser"


def test_s20_what_makes_a_build_slower_is_what_the_library_does_between_its_calls() -> None:
    found = report("scenarios/gpu-slower-build")
    one = told(cause(found, "library"), "its own WebGPU provider")
    assert "1.27.0" in one.text
    assert "another build" in one.text
    assert "Only the browser's leg is slower: onnxruntime-web takes " in one.text
    assert one.value is not None
    assert one.text in text(found)
    assert cause(found, "runtime").verdict == "costs"
    work, calls = row(found, "library-work"), row(found, "browser-boundary")
    assert work.factor is not None
    assert calls.factor is not None
    assert work.factor.low > calls.factor.high
    assert [one.id for one in work.children if one.verdict == "costs"] == ["after-submits"]
    assert "comes with what onnxruntime-web does between its WebGPU calls" in found.headline


def test_s20_two_versions_side_by_side_name_the_one_that_moved() -> None:
    before, after = report("scenarios/gpu-legs"), report("scenarios/gpu-slower-build")
    comparison = compare(before, after)
    with pytest.raises(WrongUse, match=r"onnxruntime-web 1\.30\.0 and 1\.30\.1"):
        refuse_strangers(comparison)
    assert "onnxruntime-web moved from 1.30.0 to 1.30.1" in comparison.headline
    assert "comes with the wasm runtime" in comparison.headline
    runtime = next(one for one in comparison.causes if one.id == "runtime")
    assert runtime.verdict == "grew"
    work = next(one for one in runtime.children if one.id == "library-work")
    assert work.verdict == "grew"
