"""What people met in the field, and what gapprof must say of it; each claim has the scenario's number.

Claimed where their figures are made: S22's download is a stage of the cold start, beside the warm one
(`unit/facts/test_started.py`, `browser/test_cold.py`); S24's memory is a waterfall with a slope per run
(`unit/facts/test_held.py`, `browser/test_memory.py`), but for a lost GPU device. S12 to S20 are the GPU's:
`test_gpu.py`. S09 needs another runtime; of the five checks the third is the GPU's, and for the fourth
(64-bit memory) there is no build.
"""

import math
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine
from gapprof.errors import ExitCode
from gapprof.explain.report import build
from gapprof.native.profile_file import ProfileError, runs_of
from gapprof.pipeline import analysed
from gapprof.records.recording import Recording
from gapprof.records.report import CauseRow
from gapprof.records.trial import OutputCheck, Trial
from tests.scenarios.reading import cause, check, child, factor, report, text, told
from tests.truth.recorder import record


def test_s01_the_gap_is_a_product_and_most_of_it_sits_in_named_convolutions() -> None:
    found = report("zoo/mobilenetv2")
    assert found.gap.ratio is not None
    assert found.residual.factor is not None
    product = math.prod(factor(row) for row in found.causes if row.factor) * found.residual.factor.point
    assert product == pytest.approx(found.gap.ratio.point)
    assert {row.id for row in found.causes if row.verdict == "costs"} >= {"threads", "simd", "library"}
    lost = sum(row.web_ms - row.native_ms for row in found.operators)
    convolutions = [row for row in found.operators if row.op_type in ("Conv", "FusedConv")]
    assert sum(row.web_ms - row.native_ms for row in convolutions) > 0.8 * lost
    assert convolutions[0].name in text(found)


def test_s02_s08_a_build_without_simd_is_read_off_the_bytes_that_were_served() -> None:
    found = report("scenarios/scalar-build")
    row = child(found, "simd", "scalar-build")
    assert row.verdict == "costs"
    assert factor(row) > 1.5
    assert "comes with a wasm build without SIMD" in found.headline
    action = found.actions[0]
    assert action.text.startswith("Serve a build of onnxruntime-web with SIMD")
    assert action.then_ms.point == pytest.approx(action.now_ms.point / factor(row), rel=0.1)


def test_s03_a_build_without_the_browsers_dot_product_is_told_with_a_bound_on_the_saving() -> None:
    found = report("scenarios/no-relaxed-dot")
    assert found.inside is not None
    assert found.inside.relaxed_dot_products == 0
    assert found.inside.browser["relaxed-dot"]
    bound = told(cause(found, "library"), "no relaxed dot product; your browser has it")
    assert "could take at most" in bound.text
    assert bound.value is not None
    assert found.latency_ms.web is not None
    assert 0 < bound.value < found.latency_ms.web.point


def test_s04_every_operator_has_a_floor_and_the_whole_a_verdict() -> None:
    found = report("scenarios/expected")
    kernels = [row for row in found.operators if row.op_type in ("Conv", "FusedConv")]
    assert kernels
    assert all(row.bound in ("compute", "memory") for row in kernels)
    assert all(0 < (row.speed_of_light_ms or 0) < row.web_ms for row in kernels)
    assert found.speed_of_light is not None
    assert found.speed_of_light.above is not None
    assert found.speed_of_light.above.point > 1
    assert "what this browser can do" in found.headline or "expected for 128-bit wasm" in found.headline
    assert (found.overhead["web_marshalling_ms"] or 0) > 0


def test_s06_who_pinned_the_threads_is_told_with_the_place() -> None:
    found = report("scenarios/pinned-threads")
    assert found.observed is not None
    assert (found.observed.threads, found.observed.threads_asked) == (1, 1)
    assert found.observed.threads_by[0] == "page/app.mjs:2:25"
    assert "the page asks for one thread (set at page/app.mjs:2:25)" in text(found)
    assert cause(found, "threads").owner == "page"


def test_s05_threads_that_the_page_may_not_have_are_told_with_reason_and_measured_gain() -> None:
    found = report("scenarios/no-headers")
    asked = check(found, "threads-asked")
    assert (asked.status, asked.text) == ("fail", "2 threads were asked for, the page got 1")
    assert check(found, "isolation").status == "fail"
    assert cause(found, "threads").verdict == "costs"
    gain = told(cause(found, "threads"), "With the headers")
    assert gain.value is not None
    assert gain.value > 1.2
    assert "measured" in gain.text
    action = next(one for one in found.actions if one.cause == "threads")
    assert (action.basis, action.owner) == ("measured", "page")
    assert "COOP and COEP" in action.text


def test_s07_the_same_wasm_outside_the_page_tells_engine_from_browser() -> None:
    found = report("scenarios/node")
    one = told(cause(found, "runtime"), "Node")
    assert one.value is not None
    assert 0.7 < one.value < 1.4
    assert one.text.split(",")[0] in text(found)


def test_s10_casts_that_are_not_in_the_file_are_named_with_their_share() -> None:
    found = report("scenarios/half-precision")
    one = told(cause(found, "library"), "Cast nodes that your file does not have")
    assert one.value is not None
    assert one.value > 0.05
    assert "float32" in one.text
    casts = [row for row in found.operators if row.name.startswith("InsertedPrecisionFreeCast_")]
    shown = sum(row.web_ms for row in casts) / sum(row.web_ms for row in found.operators)
    assert one.value == pytest.approx(shown, rel=0.1)


def test_s11_int8_loses_more_to_the_width_than_float_does_and_says_in_which_nodes() -> None:
    """Native has a dot product of bytes for it, wasm of this build has none."""
    narrow, wide = report("zoo/int8-cnn"), report("zoo/resnet50")
    assert factor(cause(narrow, "simd")) > factor(cause(wide, "simd"))
    heavy = max(narrow.operators, key=lambda row: row.web_ms - row.native_ms)
    assert heavy.op_type == "QLinearConv"
    assert heavy.causes["simd"] > 0.5 * (heavy.web_ms - heavy.native_ms)


def test_s21_s22_warm_and_cold_are_never_one_number() -> None:
    found = report("zoo/mobilenetv2")
    stages = {row.stage: row for row in found.cold.rows}
    assert {"browser", "page", "import", "fetch", "create", "first_run"} <= set(stages)
    first, steady = stages["first_run"].web_ms, found.latency_ms.web
    assert first is not None
    assert steady is not None
    assert first > 1.3 * steady.point
    assert all(row.why for row in found.cold.rows if row.native_ms is None or row.web_ms is None)


def test_s23_wasm_in_the_baseline_tier_is_told_and_is_the_runtimes() -> None:
    found = report("scenarios/baseline-tier")
    tier = check(found, "tier")
    assert tier.status == "fail"
    assert "--liftoff-only" in tier.text
    flags = child(found, "runtime", "flags")
    assert flags.verdict == "costs"
    assert factor(flags) > 1.3
    assert any("--liftoff-only" in action.text for action in found.actions)


def test_s23_an_open_debugger_strikes_the_number() -> None:
    recording = changed(lambda trial: replace(trial, seen=replace(trial.seen, debugger_domain=True)))
    found = build(recording)
    assert (found.status, check(found, "debugger").status) == ("unreliable", "fail")


def test_s25_a_page_that_works_beside_the_model_costs_what_it_costs() -> None:
    busy, quiet = report("compare/busy"), report("compare/quiet")
    row = child(busy, "contention", "page")
    assert row.verdict == "costs"
    assert cause(quiet, "contention").verdict == "unclear"
    assert told(cause(busy, "contention"), "ms per second of the page").value is not None
    assert any(action.text.startswith("Let the page do less") for action in busy.actions)


def test_check_1_a_variant_with_other_outputs_proves_nothing() -> None:
    recording = record(Machine(), rounds=4, outputs=(wrong("web-worker"), wrong("web-paced")))
    outcome = analysed(recording)
    assert (outcome.report.status, outcome.code) == ("outputs-differ", ExitCode.OUTPUTS_DIFFER)


def test_check_2_what_was_really_served_is_compared() -> None:
    recording = changed(
        lambda trial: (
            replace(trial, seen=replace(trial.seen, wasm_sha256="another"))
            if trial.rung == "web-graph"
            else trial
        )
    )
    assert check(build(recording), "wasm-served").status == "fail"


def test_check_5_a_profile_that_stopped_at_the_event_cap_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "profile.json"
    file.write_text("[\n]\n")
    with pytest.raises(ProfileError, match="buffer is full"):
        runs_of(file, wanted=3)


def changed(change: Callable[[Trial], Trial]) -> Recording:
    recording = record(Machine(), rounds=4)
    entries = tuple(change(one) if isinstance(one, Trial) else one for one in recording.entries)
    return replace(recording, entries=entries)


def wrong(rung: str) -> OutputCheck:
    return OutputCheck(
        rung=rung,
        reference="native-128",
        output="y",
        dtype="float32",
        elements=10,
        same_shape=True,
        same_nan_positions=True,
        nan_count=0,
        max_abs_difference=1.0,
        max_abs_reference=1.0,
        exact=False,
    )


def page_parts(name: str) -> dict[str, CauseRow]:
    """What the page's own work is made of in a scenario's report."""
    page = child(report(f"scenarios/{name}"), "contention", "page")
    return {row.id: row for row in page.children}


def test_a_page_that_burns_its_main_thread_is_told_by_its_timer() -> None:
    parts = page_parts("burning-page")
    work = parts["main-thread-work"]
    assert work.verdict == "costs"
    assert max(parts.values(), key=factor).id == "main-thread-work"
    assert any("planted (page/burning.html:" in one.text for one in work.evidence)
    assert parts["gc"].verdict == parts["browser-threads"].verdict == "unclear"
    assert parts["other-tabs"].verdict == "not-applicable"


def test_garbage_collection_is_told_as_such_and_not_as_the_script_that_made_it_run() -> None:
    parts = page_parts("littering-page")
    assert parts["gc"].verdict == "costs"
    assert factor(parts["gc"]) > factor(parts["main-thread-work"]) ** 10
    assert any(one.text.startswith("Make less garbage") for one in report("scenarios/littering-page").actions)


def test_another_tab_is_named_and_not_held_against_the_page() -> None:
    found, parts = report("scenarios/busy-tab"), page_parts("busy-tab")
    assert parts["other-tabs"].verdict == "costs"
    assert max(parts.values(), key=factor).id == "other-tabs"
    assert any("other tabs" in one.text for one in parts["other-tabs"].evidence)
    assert "Close other tabs that are at work" in [one.text for one in found.actions]


@pytest.mark.parametrize("name", ["burning-page", "busy-tab"])
def test_the_schedulers_figures_and_the_threads_own_clocks_agree(name: str) -> None:
    assert check(report(f"scenarios/{name}"), "scheduler-balance").status == "pass"
