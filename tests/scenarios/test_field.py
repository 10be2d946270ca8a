"""What people met in the field, and what gapprof must say of it; each claim has the scenario's number.

Claimed where their figures are made: S22's download is a stage of the cold start, beside the warm one
(`unit/facts/test_started.py`, `browser/test_cold.py`); S24's memory is a waterfall with a slope per run
(`unit/facts/test_held.py`, `unit/facts/test_held_leaks.py`, `browser/test_memory.py`), and a lost device
ends the visit that it is lost in (`browser/test_gpu_trouble.py`). S12 to S20 are the GPU's: `test_gpu.py`.
What is open (S09, 64-bit memory of check 4, what some of these say of a GPU) stands with what is missing in
`reports/scenarios/README.md`.
"""

import math
import re

import pytest

from gapprof.explain.light import EXPECTED
from gapprof.text import numbers
from tests.scenarios.reading import cause, check, child, factor, report, text, told


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
    shown = text(found)
    assert convolutions[0].name in shown
    assert f"{numbers.factor(found.gap.ratio.point)} slower in the browser" in shown
    for row in found.causes:
        assert row.factor is None or numbers.factor_with_interval(row.factor) in shown, row.id
    assert "--twins measures how well V8 compiles them" in cause(found, "runtime").advice


def test_s01_the_nodes_that_hold_four_fifths_of_the_difference_are_counted() -> None:
    found = report("zoo/mobilenetv2")
    nodes = [row for row in found.operators if row.op_type != "overhead"]
    lost = sorted((row.web_ms - row.native_ms for row in nodes), reverse=True)
    count = next(n for n in range(1, len(lost)) if sum(lost[:n]) >= 0.8 * sum(lost))
    assert f"80 % of what operators lose sits in {count} of {len(nodes)}: " in text(found)
    kinds = [row.op_type for row in nodes[:count]]
    assert f"{kinds.count('FusedConv')} FusedConv" in text(found)


def test_s01_by_twins_code_generation_and_the_kernels_of_convolutions_are_told_apart() -> None:
    found = report("scenarios/expected")
    shown = text(found)
    for owner, part in (("runtime", "engine"), ("library", "kernels")):
        row = child(found, owner, part)
        assert row.verdict == "costs"
        assert row.factor is not None
        assert row.title in shown
        assert numbers.factor_with_interval(row.factor) in shown
    assert "not separated yet" not in shown
    assert "--twins" not in cause(found, "runtime").advice
    assert {row.op_type for row in found.operators[:5]} <= {"Conv", "FusedConv"}


def test_s02_s08_a_build_without_simd_is_read_off_the_bytes_that_were_served() -> None:
    found = report("scenarios/scalar-build")
    row = child(found, "simd", "scalar-build")
    assert row.verdict == "costs"
    assert factor(row) > 1.5
    assert "comes with a wasm build without SIMD" in found.headline
    action = found.actions[0]
    assert action.text.startswith("Serve a build of onnxruntime-web with SIMD")
    assert action.text.endswith("; every release since 1.19 has it"), "which version to go to"
    assert action.then_ms.point == pytest.approx(action.now_ms.point / factor(row), rel=0.1)
    shown = text(found)
    assert found.headline in shown
    assert action.text in shown
    assert f"{numbers.bare_ms(action.now_ms.point)} → {numbers.ms(action.then_ms.point)} predicted" in shown


def test_s02_a_quantised_model_under_a_build_without_kernels_for_it_is_told_both_sides_instructions() -> None:
    """Native has a dot product of bytes and the build no vectors: its kernel is a scalar loop."""
    found = report("scenarios/scalar-bytes")
    scalar = child(found, "simd", "scalar-build")
    assert scalar.verdict == "costs"
    assert factor(scalar) > 4, "int8 loses more to a scalar loop than float32 does"
    action = found.actions[0]
    assert action.text.startswith("Serve a build of onnxruntime-web with SIMD; every release since 1.19")
    assert action.then_ms.point == pytest.approx(action.now_ms.point / factor(scalar), rel=0.1)
    told_of_bytes = told(cause(found, "simd"), "of int8")
    assert re.search(
        r"this processor has vp\w+ on \d+ bits \(.+\), \d+ products of bytes", told_of_bytes.text
    )
    assert "the wasm that is served has no vectors at all" in told_of_bytes.text
    assert found.inside is not None
    assert (found.inside.dot_products, found.inside.vector_instructions) == (0, 0)
    busiest = found.inside.functions[0]
    assert max(busiest.operators, key=lambda one: busiest.operators[one]) == "QLinearConv"
    assert (busiest.vectors_in_loops, busiest.sampled > 0.5) == (0, True)
    shown = text(found)
    assert told_of_bytes.text in shown
    assert "no vectors in its loops" in shown
    assert f"{numbers.bare_ms(action.now_ms.point)} → {numbers.ms(action.then_ms.point)} predicted" in shown


def test_s02_a_thread_option_that_is_ignored_on_the_web_is_told_with_what_to_set() -> None:
    shown = text(report("scenarios/lost-link"))
    assert "Its session's intraOpNumThreads 16 is ignored on the web: onnxruntime-web never reads it" in shown
    assert "set ort.env.wasm.numThreads before the first session is created" in shown
    assert "is ignored on the web" not in text(report("scenarios/pinned-threads"))


def test_s08_a_page_whose_module_has_no_vectors_and_no_shared_memory_is_told_both() -> None:
    found = report("scenarios/lost-link")
    assert found.observed is not None
    assert (found.observed.simd, found.observed.shared_memory) == (False, False)
    assert "without SIMD, on a memory that is not shared" in text(found)
    assert "with SIMD, on shared memory" in text(report("scenarios/pinned-threads"))


def test_s03_a_build_without_the_browsers_dot_product_is_told_with_a_bound_on_the_saving() -> None:
    found = report("scenarios/no-relaxed-dot")
    assert found.inside is not None
    assert found.inside.same_outputs, "hooks changed what the model answers"
    assert found.inside.joined is not None
    assert found.inside.joined >= 0.9
    assert found.inside.relaxed_dot_products == 0
    assert found.inside.browser["relaxed-dot"]
    bound = told(cause(found, "library"), "no relaxed dot product; your browser has it")
    assert "could take at most" in bound.text
    assert bound.value is not None
    assert found.latency_ms.web is not None
    assert 0 < bound.value < found.latency_ms.web.point
    shown = text(found)
    assert bound.text in shown
    assert "no dot products" not in shown
    assert "none of them relaxed" in shown


def test_s04_every_operator_has_a_floor_and_the_whole_a_verdict() -> None:
    found = report("scenarios/expected")
    kernels = [row for row in found.operators if row.op_type in ("Conv", "FusedConv")]
    assert kernels
    assert all(row.bound in ("compute", "memory") for row in kernels)
    assert all(0 < (row.speed_of_light_ms or 0) < row.web_ms for row in kernels)
    light = found.speed_of_light
    assert light is not None
    assert light.above is not None
    assert light.above.low > EXPECTED
    assert light.verdict == "above"
    told_of_it = f"Its kernels take {numbers.factor_with_interval(light.above)} what this browser can do"
    assert told_of_it in found.headline
    assert "xpected" not in found.headline
    shown = text(found)
    assert found.headline in shown
    assert "at best bound by" in shown
    heavy = max(kernels, key=lambda row: row.web_ms - row.native_ms)
    assert f"{numbers.bare_ms(heavy.speed_of_light_ms or 0)} {heavy.bound}" in shown
    marshalling_ms, dispatch_ms = found.overhead["web_marshalling_ms"], found.overhead["web_dispatch_ms"]
    assert marshalling_ms is not None
    assert dispatch_ms is not None
    assert min(marshalling_ms, dispatch_ms) > 0
    fixed = told(child(found, "runtime", "marshalling-and-dispatch"), "in the browser on getting in and out")
    assert fixed.text == (
        f"A run spends {numbers.ms(marshalling_ms)} in the browser on getting in and out and "
        f"{numbers.ms(dispatch_ms)} on going from node to node (profiled passes)."
    )
    assert fixed.text in shown


def test_s04_kernels_that_take_what_any_would_are_called_expected() -> None:
    """Weights that come from memory once a run: the library's loops wait for them as the tuned ones do."""
    found = report("scenarios/as-expected")
    light = found.speed_of_light
    assert light is not None
    assert light.above is not None
    assert light.verdict == "expected"
    assert light.above.high <= EXPECTED
    assert light.share > 0.8
    times = numbers.factor_with_interval(light.above)
    verdict = f"Expected for 128-bit wasm on this CPU: its kernels take {times} what this browser can do"
    assert verdict in found.headline
    kernels = [row for row in found.operators if row.op_type == "Gemm"]
    assert {row.bound for row in kernels} == {"memory"}
    assert found.headline in text(found)


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
    gained = re.search(r"(\S+)x \[(\S+), (\S+)\] faster, measured\.$", gain.text)
    assert gained is not None, gain.text
    times, low, high = map(float, gained.groups())
    assert 1 < low < times < high
    assert times == pytest.approx(gain.value, abs=0.05)
    action = next(one for one in found.actions if one.cause == "threads")
    assert (action.basis, action.owner) == ("measured", "page")
    assert "COOP and COEP" in action.text
    shown = text(found)
    for words in (asked.text, check(found, "isolation").text, gain.text, action.text.partition(",")[0]):
        assert words in shown
    assert f"→ {numbers.ms(action.then_ms.point)} measured" in shown


def intervals(told: str) -> list[tuple[float, float, float]]:
    """Every factor of a sentence with its interval."""
    found = re.findall(r"(\d[\d.]*)x \[([\d.]+), ([\d.]+)\]", told)
    return [(float(times), float(low), float(high)) for times, low, high in found]


def test_s07_the_same_wasm_outside_the_page_tells_engine_from_browser() -> None:
    """The page holds its main thread half of the time, with the model on it: it is not the engine."""
    found = report("scenarios/node")
    one = told(cause(found, "runtime"), "against Node")
    ((_, low, high),) = intervals(one.text)
    assert 0.9 < low < 1 < high < 1.1
    split = told(cause(found, "runtime"), "Outside any page, in Node")
    (engine, _, _), (page, least, _) = intervals(split.text)
    assert least > 1.5
    assert page == pytest.approx(split.value, abs=0.05)
    assert found.gap.ratio is not None
    assert engine * page == pytest.approx(found.gap.ratio.point, rel=0.05)
    shown = text(found)
    assert one.text in shown
    assert split.text in shown


def test_s10_casts_that_are_not_in_the_file_are_named_with_their_share() -> None:
    found = report("scenarios/half-precision")
    one = told(cause(found, "library"), "Cast nodes that your file does not have")
    assert one.value is not None
    assert one.value > 0.05
    casts = [row for row in found.operators if row.name.startswith("InsertedPrecisionFreeCast_")]
    taken_ms = sum(row.web_ms for row in casts)
    assert one.value == pytest.approx(taken_ms / sum(row.web_ms for row in found.operators), rel=0.1)
    share = numbers.percent(one.value)
    assert one.text.startswith(f"{share} of the browser's time is {len(casts)} Cast nodes")
    assert one.text.endswith(f"float32, or in int8: they take {numbers.ms(taken_ms)} of a profiled run.")
    assert one.text in text(found)


def test_s10_a_type_that_needs_no_casts_is_a_change_with_what_it_would_win() -> None:
    """As much as the casts take, and no more: the kernels between them are the same."""
    found = report("scenarios/half-precision")
    casts = [row for row in found.operators if row.name.startswith("InsertedPrecisionFreeCast_")]
    (action,) = (one for one in found.actions if "inserted cast" in one.text)
    assert action.text == f"Deploy the model in float32, which saves {len(casts)} inserted casts"
    assert (action.owner, action.cause, action.basis) == ("model", "library", "predicted")
    run_ms = next(one.latency_ms for one in found.rungs if one.id == "web-worker")
    assert run_ms is not None
    left = 1 - sum(row.web_ms for row in casts) / run_ms.point
    assert action.then_ms.point == pytest.approx(action.now_ms.point * left, rel=0.03)
    shown = text(found)
    assert action.text in shown
    assert f"{numbers.bare_ms(action.now_ms.point)} → {numbers.ms(action.then_ms.point)} predicted" in shown


def test_s11_int8_operators_are_marked_and_told_with_both_sides_instructions() -> None:
    found = report("scenarios/no-relaxed-dot")
    nodes = [row for row in found.operators if row.op_type != "overhead"]
    heavy = max(nodes, key=lambda row: row.web_ms - row.native_ms)
    assert (heavy.op_type, heavy.dtype) == ("QLinearConv", "uint8")
    shown = text(found)
    assert f"{heavy.name} (QLinearConv, int8)" in shown
    bytes_told = told(cause(found, "simd"), "of int8")
    assert bytes_told.text in shown
    assert "By its flags this processor has vp" in bytes_told.text
    assert found.inside is not None
    assert f"this build holds {found.inside.dot_products} i32x4.dot_i16x8_s" in bytes_told.text
    assert "none of the relaxed dot products of bytes that the int8 path would need" in bytes_told.text
    assert "Held to 128 bits, native takes" in bytes_told.text


def test_s11_without_a_look_inside_the_build_the_report_claims_nothing_of_it() -> None:
    shown = text(report("zoo/int8-cnn"))
    assert "(QLinearConv, int8)" in shown
    assert "--instrument counts the relaxed dot products of bytes in this build" in shown
    assert "of int8" not in text(report("zoo/resnet50"))


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


def test_s21_s22_warm_stands_beside_cold_and_each_says_what_is_in_it() -> None:
    found = report("whole/mobilenetv2")
    starts = {start.cache: start for start in found.cold.starts}
    cold, warm = starts["cold"], starts["warm"]
    for start in (cold, warm):
        assert start.web_ms is not None
        assert start.web_ms == pytest.approx(sum(row.web_ms or 0.0 for row in start.rows))
    assert cold.fetched_bytes > 10 * warm.fetched_bytes
    assert warm.cached_bytes > 0.9 * cold.fetched_bytes
    steady = found.latency_ms.web
    first = next(row.web_ms for row in cold.rows if row.stage == "first-run")
    assert steady is not None
    assert first is not None
    assert first > 1.3 * steady.point
    shown = text(found)
    for heading in ("Cold start, ms", "Warm start, ms"):
        _, _, after = shown.partition(heading)
        _, _, after = after.partition("wasm compiled")
        assert "session created" in after
    assert (
        f"A warm start takes {numbers.factor((warm.web_ms or 0) / (cold.web_ms or 1))} what a cold one"
        in shown
    )
    assert f"{numbers.size(cold.fetched_bytes)} come over loopback here" in shown
    assert (
        f"Of a warm start's files {numbers.size(warm.cached_bytes)} come out of the browser's cache" in shown
    )


def test_s23_wasm_in_the_baseline_tier_is_told_and_is_the_runtimes() -> None:
    found = report("scenarios/baseline-tier")
    tier = check(found, "tier")
    assert tier.status == "fail"
    assert "--liftoff-only" in tier.text
    flags = child(found, "runtime", "flags")
    assert flags.verdict == "costs"
    assert factor(flags) > 1.3
    assert any("--liftoff-only" in action.text for action in found.actions)
    shown = text(found)
    assert f"Failed check: {tier.text}" in shown
    assert "--liftoff-only keeps wasm in V8's baseline tier, which does not optimise." in shown
    assert "Run without --liftoff-only" in shown


def test_s23_a_latency_that_was_seen_with_devtools_open_is_told_as_that() -> None:
    """What somebody saw who looked: the page as deployed is far from it, and so is every other condition."""
    found = report("scenarios/debugger-open")
    seen = found.reproduction
    assert seen is not None
    rows = {one.conditions: one for one in seen.rows}
    opened, deployed = rows["DevTools open (its debugger is on)",], rows[()]
    assert (opened.verdict, deployed.verdict) == ("holds", "no")
    assert opened.ms.low > deployed.ms.high
    assert opened.ms.point > 1.5 * deployed.ms.point
    assert [one.conditions for one in seen.rows if one.verdict == "holds"] == [opened.conditions]
    shown = text(found)
    assert f"{numbers.ms(seen.observed_ms)} comes about: DevTools open (its debugger is on)." in shown
    assert "An open DevTools, by its debugger, would cost" in shown
    assert check(found, "debugger").status == "pass"
    assert found.latency_ms.web is not None
    assert found.latency_ms.web.high < seen.observed_ms, "the figures of the report are without it"


def test_s25_a_page_that_works_beside_the_model_costs_what_it_costs() -> None:
    busy, quiet = report("compare/busy"), report("compare/quiet")
    row = child(busy, "contention", "page")
    assert row.verdict == "costs"
    assert cause(quiet, "contention").verdict == "unclear"
    assert told(cause(busy, "contention"), "ms per second of the page").value is not None
    action = next(one for one in busy.actions if one.text.startswith("Let the page do less"))
    shown = text(busy)
    assert row.factor is not None
    assert f"The page's own work {numbers.factor_with_interval(row.factor)}" in shown
    assert told(cause(busy, "contention"), "ms per second of the page").text in shown
    assert action.text in shown


def test_s25_what_inference_costs_the_page_is_said_in_frames() -> None:
    found = report("qoe/mobilenetv2")
    assert found.qoe is not None
    frames = next(row for row in found.qoe.rows if row.id == "frame-rate")
    assert frames.main_times is not None
    assert frames.main_times.high < 1
    lost = numbers.percent(1 - frames.main_times.point)
    assert f"Inference on the main thread costs {lost} [" in text(found)
    assert "] of the page's frames." in text(found)
