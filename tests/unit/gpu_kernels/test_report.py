"""The table of shaders: what the library's dispatches take more than ours, and when that is not said."""

import json
from collections.abc import Iterable, Sequence

import jsonschema
import pytest
from msgspec.structs import replace

from gapprof.errors import WrongUse
from gapprof.facts.adapters import SOFTWARE_SENTENCE
from gapprof.gpu_kernels.judged import best, is_right, settled, took_ms
from gapprof.gpu_kernels.report import kernels_of
from gapprof.gpu_kernels.whole import SHADERS
from gapprof.records.codec import decode_recording, encode_document, encode_entry
from gapprof.records.gpu_kernels import GpuKernelPlan, GpuKernelTime, GpuKernelTrial
from gapprof.records.gpu_yardstick import GpuKernelRow, GpuKernels
from gapprof.records.impossible import impossible
from gapprof.records.recording import End, Recording
from gapprof.records.schema import PATH
from gapprof.records.surface import Surface
from gapprof.terminal.gpu_kernels import drawn
from tests.unit.gpu.written import SWIFTSHADER
from tests.unit.gpu_kernels.runs import CHECK, CONV, DENSE, LARGEST, LIBRARY, OURS_MS, TINY, run, time_of

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
    check = replace(CHECK, max_abs_difference=5.0)
    found = kernels_of(replace(made, entries=(check, *made.entries)))
    assert all(one.available is None for one in found.rows)
    assert found.summary is not None
    assert found.summary.reachable_ms is None
    assert any("output y" in note for note in found.notes)


def test_a_library_that_nobody_compared_gets_no_verdict() -> None:
    made = run()
    found = kernels_of(replace(made, entries=tuple(one for one in made.entries if one != CHECK)))
    assert all(one.available is None for one in found.rows)
    assert "was not compared" in row(found, "first").why
    assert found.summary is not None
    assert (found.summary.available, found.summary.reachable_ms) == (None, None)
    assert any("not compared" in note for note in found.notes)


def changed(made: Recording, rounds: Iterable[int], **changes: object) -> Recording:
    """With other words in the trials of these rounds."""
    return replace(
        made,
        entries=tuple(
            replace(one, **changes) if isinstance(one, GpuKernelTrial) and one.round in rounds else one
            for one in made.entries
        ),
    )


def without(made: Recording, *rounds: int) -> Recording:
    """As if no shader of ours had been run in these rounds."""
    return replace(
        made,
        entries=tuple(
            one for one in made.entries if not (isinstance(one, GpuKernelTrial) and one.round in rounds)
        ),
    )


@pytest.mark.parametrize(
    ("changes", "why"),
    [({"adapter": SWIFTSHADER}, "another adapter"), ({"errors": ("x",)}, "the GPU reported x")],
)
def test_a_trial_on_another_adapter_or_with_errors_counts_for_nothing(
    changes: dict[str, object], why: str
) -> None:
    found = kernels_of(changed(run(), (-1, 0, 1, 2), **changes))
    conv = row(found, "first")
    assert (conv.tuned_ms, conv.available, found.rounds, found.tried) == (None, None, 0, 0)
    assert why in conv.why
    assert any(why in note and "round 1" in note for note in found.notes)
    assert found.summary is not None
    assert found.summary.reachable_ms == pytest.approx(TOTAL_MS, rel=0.01)


def test_one_refused_round_leaves_the_others() -> None:
    found = kernels_of(changed(run(), (1,), errors=("x",)))
    conv = row(found, "first")
    assert conv.available is not None
    assert (conv.available.rounds, found.rounds) == (2, 2)
    assert "over 2 rounds" in text_of(found)


def test_one_round_alone_gives_times_and_says_why_no_ratio() -> None:
    found = kernels_of(without(run(), 1, 2))
    conv = row(found, "first")
    assert found.rounds == 1
    assert conv.tuned_ms is not None
    assert (conv.available, conv.why) == (None, "fewer than two rounds have both")


def test_a_clock_that_stood_still_is_a_time_but_no_ratio() -> None:
    still = replace(time_of(CONV, 1.0), samples_ns=(0.0, 0.0))
    assert took_ms(still) == 0
    assert best([still]) == {}
    conv = row(kernels_of(run(ours={CONV: still})), "first")
    assert (conv.tuned_ms, conv.available) == (0, None)
    assert "took no time" in conv.why


def test_a_run_that_failed_late_still_tells_what_it_found() -> None:
    made = run()
    end = made.entries[-1]
    assert isinstance(end, End)
    failed = replace(end, reason="failed", text="the disk is full")
    text = text_of(kernels_of(replace(made, entries=(*made.entries[:-1], failed))))
    assert "would take 7.0" in text
    assert "The run ended early: the disk is full." in text
    assert "Nothing could be compared" not in text
    early = replace(made, entries=(*made.entries[:3], failed))
    assert "Nothing could be compared: the disk is full." in text_of(kernels_of(early))


def shifted(made: Recording, by_round: Sequence[float]) -> Recording:
    """Convolutions of ours so many times slower than usual in each round."""
    for number, factor in enumerate(by_round):
        times = tuple(
            time_of(shape, ms * (factor if shape == CONV else 1.0)) for shape, ms in OURS_MS.items()
        )
        made = changed(made, (number,), times=times)
    return made


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


def test_a_shape_that_only_the_rounds_did_not_reach_says_that() -> None:
    late = time_of(CONV, 1.0, difference=None)
    assert row(kernels_of(run(ours={CONV: late})), "first").why == "the time was over before it was tried"


def test_why_a_rival_was_refused_is_no_reason_of_what_was_chosen() -> None:
    refused = replace(time_of(CONV, 1.0, difference=None), late=False, why="it does not compile")
    tuning = [refused, time_of(CONV, 2.0, at=1), time_of(DENSE, 4.0), time_of(TINY, 1.0)]
    timeless = replace(time_of(CONV, 1.0), samples_ns=())
    why = row(kernels_of(run(tuning=tuning, ours={CONV: timeless})), "first").why
    assert why == "the GPU's clock told no time of our shader"


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
