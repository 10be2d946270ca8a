"""The table of shaders: what the library's dispatches take more than ours."""

import json

import jsonschema
import pytest
from msgspec.structs import replace

from gapprof.errors import WrongUse
from gapprof.gpu_kernels.judged import best, is_right, settled
from gapprof.gpu_kernels.report import kernels_of
from gapprof.gpu_kernels.whole import SHADERS
from gapprof.records.codec import decode_recording, encode_document, encode_entry
from gapprof.records.gpu_kernels import GpuKernelPlan, GpuKernelTrial
from gapprof.records.impossible import impossible
from gapprof.records.recording import Recording
from gapprof.records.schema import PATH
from tests.unit.gpu_kernels.runs import CONV, DENSE, TINY, run, shifted, time_of, without
from tests.unit.gpu_kernels.table import TOTAL_MS, row, text_of


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


def test_the_fastest_that_is_right_is_chosen() -> None:
    times = [
        time_of(CONV, 1.0, odd=1),
        time_of(CONV, 3.0, at=1),
        time_of(CONV, 2.0, at=2),
        time_of(DENSE, 1.0, difference=None),
    ]
    assert best(times) == {CONV: times[2]}
    assert [is_right(one) for one in times] == [False, True, True, False]


def test_a_row_beaten_at_its_own_95_percent_alone_saves_nothing() -> None:
    """Two rows are told, so that each is held to 97.5 %."""
    found = kernels_of(shifted(run(), (1.42, 1.55, 1.69)))
    conv = row(found, "first")
    assert conv.available is not None
    assert conv.available.low > 1
    assert found.summary is not None
    assert found.summary.reachable_ms == pytest.approx(TOTAL_MS, rel=0.01)


def test_what_is_hardly_slower_is_not_beaten() -> None:
    found = kernels_of(shifted(run(), (1.980, 1.981, 1.982)))
    conv = row(found, "first")
    assert conv.available is not None
    assert conv.available.low > 1
    assert found.summary is not None
    assert found.summary.reachable_ms == pytest.approx(found.summary.gpu_ms)
    assert "were not seen to make that less" in text_of(found)


def test_a_shape_is_settled_when_all_its_shaders_were_timed_or_refused() -> None:
    refused = replace(time_of(CONV, 1.0, difference=None), late=False, why="the GPU refuses it")
    late = time_of(DENSE, 1.0, at=1, difference=None)
    untimed = replace(time_of(TINY, 1.0), samples_ns=())
    times = [time_of(CONV, 2.0, at=1), refused, time_of(DENSE, 2.0), late, untimed]
    assert settled(times) == {CONV}


def test_where_all_came_from_the_database_nothing_is_said_of_tuning() -> None:
    text = text_of(kernels_of(without(run(), -1)))
    assert "all from the database" in text
    assert "0 of 0" not in text
    assert "ready in time and held" not in text


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
    found = kernels_of(replace(made, entries=made.entries[:3]))
    assert (found.status, found.summary, found.rows) == ("interrupted", None, ())
    assert "Interrupted before" in text_of(found)


def test_a_shape_that_nobody_knows_is_wrong_use() -> None:
    made = run()
    plan = next(made.of(GpuKernelPlan))
    (first, *rest) = plan.nodes
    strange = replace(plan, nodes=(replace(first, parts=('{"type":"unheard-of"}',)), *rest))
    entries = tuple(strange if entry is plan else entry for entry in made.entries)
    with pytest.raises(WrongUse, match="does not know"):
        SHADERS.recorded(Recording(begin=made.begin, entries=entries), "x.jsonl")


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
