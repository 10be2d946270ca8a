"""What the table of shaders does not claim, and the reason that it gives."""

import pytest
from msgspec.structs import replace

from gapprof.facts.adapters import SOFTWARE_SENTENCE
from gapprof.gpu_kernels.judged import best, took_ms
from gapprof.gpu_kernels.report import kernels_of
from gapprof.records.gpu_kernels import GpuKernelTime
from gapprof.records.recording import End
from gapprof.records.surface import Surface
from gapprof.terminal.gpu_kernels import drawn
from tests.unit.gpu.written import SWIFTSHADER
from tests.unit.gpu_kernels.runs import CHECK, CONV, DENSE, LARGEST, TINY, changed, run, time_of, without
from tests.unit.gpu_kernels.table import TOTAL_MS, row, text_of


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


def test_a_shape_that_only_the_rounds_did_not_reach_says_that() -> None:
    late = time_of(CONV, 1.0, difference=None)
    assert row(kernels_of(run(ours={CONV: late})), "first").why == "the time was over before it was tried"


def test_why_a_rival_was_refused_is_no_reason_of_what_was_chosen() -> None:
    refused = replace(time_of(CONV, 1.0, difference=None), late=False, why="it does not compile")
    tuning = [refused, time_of(CONV, 2.0, at=1), time_of(DENSE, 4.0), time_of(TINY, 1.0)]
    timeless = replace(time_of(CONV, 1.0), samples_ns=())
    why = row(kernels_of(run(tuning=tuning, ours={CONV: timeless})), "first").why
    assert why == "the GPU's clock told no time of our shader"
