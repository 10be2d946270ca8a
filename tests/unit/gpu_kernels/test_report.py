"""The table of shaders: what the library's dispatches take more than ours, and when that is not said."""

import json

import jsonschema
import pytest
from msgspec.structs import replace

from gapprof.errors import WrongUse
from gapprof.facts.adapters import SOFTWARE_SENTENCE
from gapprof.gpu_kernels.judged import best, is_right
from gapprof.gpu_kernels.report import kernels_of
from gapprof.gpu_kernels.whole import table
from gapprof.records.codec import decode_recording, encode_document, encode_entry
from gapprof.records.gpu_kernels import GpuKernelPlan, GpuKernelTime, GpuKernelTrial
from gapprof.records.gpu_yardstick import GpuKernelRow, GpuKernels
from gapprof.records.impossible import impossible
from gapprof.records.recording import Recording
from gapprof.records.schema import PATH
from gapprof.records.surface import Surface
from gapprof.records.trial import OutputCheck
from gapprof.terminal.gpu_kernels import drawn
from tests.unit.gpu.written import SWIFTSHADER
from tests.unit.gpu_kernels.runs import CONV, DENSE, LARGEST, LIBRARY, TINY, run, time_of

TOTAL_MS = sum(ms for _, ms in LIBRARY)


def row(kernels: GpuKernels, name: str) -> GpuKernelRow:
    return next(one for one in kernels.rows if name in one.nodes)


def text_of(kernels: GpuKernels) -> str:
    return " ".join(drawn(kernels, Surface(width=120)).split())


def test_nodes_of_one_shape_are_one_row_with_a_ratio_over_the_rounds() -> None:
    found = row(kernels_of(run()), "first")
    assert found.nodes == ("first", "second")
    assert found.library_ms == pytest.approx(8.0, rel=0.01)
    assert found.tuned_ms == pytest.approx(4.0, rel=0.01)
    assert found.share == pytest.approx(8.0 / TOTAL_MS, rel=0.01)
    assert found.available is not None
    assert 1.9 < found.available.low < found.available.point < found.available.high < 2.1
    assert (found.available.rounds, found.why) == (3, "")


def test_a_shader_of_ours_that_is_slower_is_no_speed_up_and_saves_nothing() -> None:
    found = kernels_of(run())
    dense = row(found, "dense")
    assert dense.available is not None
    assert dense.available.high < 1
    assert found.summary is not None
    assert found.summary.reachable_ms == pytest.approx(TOTAL_MS - 4.0, rel=0.01)
    assert found.summary.covered == pytest.approx((TOTAL_MS - 1.0) / TOTAL_MS, rel=0.01)


def test_what_has_no_shader_is_a_row_that_says_why() -> None:
    found = row(kernels_of(run()), "norm")
    assert found.library_ms == pytest.approx(1.0, rel=0.01)
    assert (found.tuned_ms, found.available, found.what) == (None, None, "")
    assert found.why == "no shader of ours is written for it"


def test_what_takes_little_more_than_a_dispatch_is_too_small_to_tell() -> None:
    found = row(kernels_of(run()), "tiny")
    assert found.too_small_to_tell
    assert found.available is None


@pytest.mark.parametrize(
    "wrong",
    [time_of(CONV, 1.0, difference=0.01 * LARGEST), time_of(CONV, 1.0, odd=1)],
    ids=["far", "unwritten"],
)
def test_a_shader_that_gives_something_else_gets_no_figure(wrong: GpuKernelTime) -> None:
    found = kernels_of(run(ours={CONV: wrong}))
    conv = row(found, "first")
    assert (conv.tuned_ms, conv.available) == (None, None)
    assert "not what numpy gives" in conv.why
    assert conv.library_ms == pytest.approx(8.0, rel=0.01)
    assert found.summary is not None
    assert found.summary.reachable_ms == pytest.approx(TOTAL_MS, rel=0.01)


def test_where_all_choices_were_wrong_that_is_said_and_counted() -> None:
    tuning = [
        time_of(CONV, 1.0, odd=3),
        time_of(CONV, 1.0, at=1, odd=3),
        time_of(DENSE, 4.0),
        time_of(TINY, 1.0),
    ]
    found = kernels_of(run(tuning=tuning, ours={CONV: None}))
    assert (found.written, found.tried, found.wrong) == (4, 4, 2)
    assert "not what numpy gives" in row(found, "first").why


def test_a_shape_that_the_time_did_not_reach_says_so_and_is_counted() -> None:
    tuning = [time_of(CONV, 2.0), time_of(DENSE, 1.0, difference=None), time_of(TINY, 1.0)]
    found = kernels_of(run(tuning=tuning, ours={DENSE: None}))
    assert (found.written, found.tried, found.wrong, found.unmeasured) == (3, 2, 0, 1)
    assert "2 of 3 shaders were ready in time" in text_of(found)
    dense = row(found, "dense")
    assert (dense.tuned_ms, dense.available) == (None, None)
    assert dense.why == "the time was over before it was tried"
    assert "1 shapes were not timed" in text_of(found)


def test_the_fastest_that_is_right_is_chosen() -> None:
    times = [
        time_of(CONV, 1.0, odd=1),
        time_of(CONV, 3.0, at=1),
        time_of(CONV, 2.0, at=2),
        time_of(DENSE, 1.0, difference=None),
    ]
    assert best(times) == {CONV: times[2]}
    assert [is_right(one) for one in times] == [False, True, True, False]


def test_of_a_software_adapter_nothing_is_claimed() -> None:
    found = kernels_of(run(adapter=SWIFTSHADER))
    assert found.software
    assert all(one.available is None for one in found.rows)
    assert all(one.why for one in found.rows)
    assert row(found, "first").why == SOFTWARE_SENTENCE
    assert found.summary is not None
    assert (found.summary.available, found.summary.reachable_ms) == (None, None)
    text = drawn(found, Surface(width=120))
    assert text.startswith(SOFTWARE_SENTENCE)
    assert "No verdict is given." in text
    assert "slower than ours" not in text


def test_a_library_that_computes_something_else_gets_no_verdict() -> None:
    made = run()
    check = OutputCheck(
        rung="web",
        reference="native",
        output="y",
        dtype="float32",
        elements=10,
        same_shape=True,
        same_nan_positions=True,
        nan_count=0,
        max_abs_difference=5.0,
        max_abs_reference=10.0,
        exact=False,
    )
    found = kernels_of(replace(made, entries=(check, *made.entries)))
    assert all(one.available is None for one in found.rows)
    assert found.summary is not None
    assert found.summary.reachable_ms is None
    assert any("output y" in note for note in found.notes)


def test_the_first_line_says_what_the_whole_would_take() -> None:
    text = text_of(kernels_of(run()))
    assert "dispatches take 11.0 ms a run on nvidia ampere (NVIDIA A100, vulkan)" in text
    assert "would take 7.0" in text


def test_the_document_is_valid_and_the_recording_comes_back() -> None:
    made = run()
    lines = [encode_entry(entry) + b"\n" for entry in (made.begin, *made.entries)]
    again = decode_recording(lines, source="here")
    assert again.entries == made.entries
    document = json.loads(encode_document(kernels_of(again)))
    jsonschema.validate(document, json.loads(PATH.with_name("gpu-kernels.schema.json").read_text()))


def test_a_run_that_was_stopped_before_its_rounds_has_no_rows() -> None:
    made = run()
    found = kernels_of(replace(made, entries=made.entries[:2]))
    assert (found.status, found.summary, found.rows) == ("interrupted", None, ())
    assert "Interrupted before" in text_of(found)


def test_a_shape_that_nobody_knows_is_wrong_use() -> None:
    made = run()
    plan = next(made.of(GpuKernelPlan))
    (first, *rest) = plan.nodes
    strange = replace(plan, nodes=(replace(first, parts=('{"type":"unheard-of"}',)), *rest))
    entries = tuple(strange if entry is plan else entry for entry in made.entries)
    with pytest.raises(WrongUse, match="does not know"):
        table(Recording(begin=made.begin, entries=entries), "x.jsonl")


def test_times_that_no_run_can_have_are_found_out() -> None:
    trial = next(run().of(GpuKernelTrial))
    (first, *rest) = trial.times
    assert impossible(trial) == ""
    for changed in (
        replace(first, samples_ns=(1e16,)),
        replace(first, compile_ms=-1.0),
        replace(first, odd=-1),
        replace(first, largest=-1.0),
    ):
        assert impossible(replace(trial, times=(changed, *rest)))
