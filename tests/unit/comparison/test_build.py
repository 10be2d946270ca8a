"""Which figures are compared, which are not, and what is then said."""

import json
import math
import re
from pathlib import Path

import jsonschema
import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, PlantedFailure, ladder_ms
from gapprof.comparison.build import compare
from gapprof.comparison.kin import refuse_strangers
from gapprof.digest.changes import before_after
from gapprof.errors import WrongUse
from gapprof.explain.report import build
from gapprof.facts.adapters import is_software, titled
from gapprof.markdown import comparison as markdown
from gapprof.records import schema
from gapprof.records.codec import encode_document
from gapprof.records.comparison import Change, Comparison
from gapprof.records.estimate import Estimate
from gapprof.records.gpu import AdapterIdentity
from gapprof.records.report import CauseRow, CheckRow, Report
from gapprof.records.settings import Settings
from gapprof.records.surface import Surface
from gapprof.reports import read_report
from gapprof.terminal import comparison as terminal
from tests.truth.recorder import FULL, record
from tests.unit.facts.gpu_runs import AMPERE
from tests.unit.gpu.written import SWIFTSHADER

ZOO = sorted(Path(__file__).parents[3].joinpath("reports", "zoo").glob("*.json"))
FACTORS = {"native-threads": 1.5, "native-extended": 1.5, "native-128": 2.0, "web-worker": 1.3, "web": 1.2}


def report(*, seed: int = 0, settings: Settings = FULL, passes: int = 3, rounds: int = 6) -> Report:
    machine = Machine(latency_ms=ladder_ms(FACTORS), launch_noise=0.01, seed=seed)
    return build(record(machine, settings, rounds=rounds, profiled_passes=passes, passes=passes > 0))


def on_gpu(library: float) -> Report:
    """Without a native provider; the library takes so many times what its calls alone take."""
    machine = Machine(
        latency_ms=ladder_ms({"web-session": library}, backend="webgpu"),
        launch_noise=0.01,
        refusals={("native", "device", "gpu"): "no execution provider for a GPU"},
    )
    return build(record(machine, Settings(backend="webgpu")))


def on_adapter(found: Report, adapter: AdapterIdentity) -> Report:
    """The same, by a page that ran on this adapter."""
    status = "fail" if is_software(adapter) else "pass"
    row = CheckRow(id="adapter", kind="subject", status=status, text="", concerns="gpu-abstraction")
    return replace(
        found,
        checks=(*(one for one in found.checks if one.id != "adapter"), row),
        versions={**found.versions, "adapter": titled(adapter), "driver": adapter.driver or "1.0"},
    )


def cause(comparison: Comparison, name: str) -> Change:
    return next(change for change in comparison.causes if change.id == name)


def with_cause(found: Report, name: str, **changes: object) -> Report:
    causes = tuple(replace(row, **changes) if row.id == name else row for row in found.causes)
    return replace(found, causes=causes)


def row(found: Report, name: str) -> CauseRow:
    return next(one for one in found.causes if one.id == name)


@pytest.mark.parametrize("path", ZOO, ids=lambda path: path.stem)
def test_a_published_report_against_its_own_recording_has_nothing_to_tell(path: Path) -> None:
    comparison = compare(read_report(path), read_report(path.with_suffix(".jsonl")))
    assert comparison.headline.startswith("No change in the gap: 1.00x ")
    assert comparison.strangers == comparison.settings == ()
    assert comparison.doubts[0].startswith("Both are reports of one run")
    assert {change.verdict for change in comparison.causes} == {"no-change", "not-applicable"}


@pytest.mark.parametrize("path", ZOO, ids=lambda path: path.stem)
def test_it_is_valid_against_the_schema_that_ships(path: Path) -> None:
    shipped = json.loads(schema.PATH.with_name("comparison.schema.json").read_text(encoding="utf-8"))
    document = json.loads(encode_document(compare(read_report(path), report())))
    jsonschema.validate(document, shipped)
    assert (document["schema"], document["schema_version"]) == ("gapprof/comparison", "1.0")


def test_children_are_compared_as_well() -> None:
    simd = cause(compare(report(seed=1), report(seed=2)), "simd")
    assert {child.id for child in simd.children} >= {"to-128", "with-layout"}
    assert all(child.factor is not None for child in simd.children if child.id in ("to-128", "with-layout"))


def test_what_was_read_off_other_steps_is_another_quantity() -> None:
    without_kernels = compare(report(seed=1), report(seed=2, passes=0))
    assert cause(without_kernels, "runtime").verdict == "not-compared"
    assert "other steps of the ladder" in cause(without_kernels, "runtime").why
    assert without_kernels.residual.verdict == "not-compared"
    assert cause(without_kernels, "threads").verdict == "no-change"


def served(*, simd: bool, both_builds: int = 3) -> Report:
    """A build whose kernels take three times as long without SIMD, as onnxruntime-web 1.18's do."""
    slower = {} if simd else {"web-worker": 3 * FACTORS["web-worker"]}
    factors = {**FACTORS, "web-scalar": 3.0, **slower}
    machine = Machine(latency_ms=ladder_ms(factors), launch_noise=0.005, seed=int(simd), wasm_simd=simd)
    return build(record(machine, side_rounds=both_builds, side=("web-simd-118", "web-scalar")))


@pytest.mark.parametrize(("before", "after", "word"), [(True, False, "more"), (False, True, "less")])
def test_what_a_build_lost_by_having_no_simd_is_compared_with_one_that_has_it(
    before: bool, after: bool, word: str
) -> None:
    """That one is itself what it would be with SIMD, so all steps are the same ones."""
    comparison = compare(served(simd=before), served(simd=after))
    simd = cause(comparison, "simd")
    assert simd.factor is not None
    assert abs(math.log(simd.factor.point)) == pytest.approx(math.log(3), rel=0.05)
    (scalar,) = (child for child in simd.children if child.id == "scalar-build")
    assert [(one.low, one.high) == (1.0, 1.0) for one in (scalar.before, scalar.after) if one] == [
        before,
        after,
    ]
    assert simd.verdict == scalar.verdict == ("grew" if before else "shrank")
    assert comparison.residual.verdict == "no-change"
    assert f"3.0x {word} comes with a wasm build without SIMD" in comparison.headline


def test_of_two_builds_without_simd_one_that_was_not_looked_into_is_not_compared() -> None:
    """Nobody knows how much of its residual is what the other's cause has."""
    comparison = compare(served(simd=False), served(simd=False, both_builds=0))
    assert cause(comparison, "simd").verdict == comparison.residual.verdict == "not-compared"


def slowed(*, passes: int) -> Report:
    """Kernels take twice as long, which is nobody's."""
    factors = {**FACTORS, "web-worker": 2 * FACTORS["web-worker"]}
    machine = Machine(latency_ms=ladder_ms(factors), launch_noise=0.01, seed=1)
    return build(record(machine, FULL, profiled_passes=passes, passes=passes > 0))


def test_what_could_not_be_compared_and_may_hold_what_the_gap_moved_by_is_named_before_what_could() -> None:
    comparison = compare(report(), slowed(passes=0))
    (named,) = re.findall(r"What (.+) could not be compared: it was read off", comparison.headline)
    assert re.fullmatch(r"is not separated yet \(\S+x before, \S+x after\)", named)
    assert comparison.headline.startswith("The gap grew 2.0x, from ")
    assert "Of the rest, no single cause was found to have moved." in comparison.headline
    assert cause(comparison, "runtime").verdict == "not-compared", "its two figures are alike, so it is not"


def test_a_cause_that_has_no_figure_any_more_may_be_what_moved() -> None:
    gone = with_cause(slowed(passes=3), "simd", factor=None, why="no instruction ceiling here")
    told = compare(report(), gone).headline
    assert re.search(
        r"What comes with 128-bit wasm \(\S+x before\) could not be compared: "
        r"not measured after: no instruction ceiling here\.",
        told,
    )
    assert "Of the rest, 2.0x more is not separated yet." in told


def test_what_was_not_compared_is_a_row_with_both_figures() -> None:
    comparison = compare(report(seed=1), report(seed=2, passes=0))
    runtime = cause(comparison, "runtime")
    assert runtime.factor is None
    for text in (
        terminal.drawn(comparison, Surface(width=120)),
        markdown.written(comparison, detail=False),
    ):
        assert f"{before_after(runtime)} " in text
        assert text.count("not compared") == 2
    assert "could not be compared" not in comparison.headline, "the gap did not move"


def test_figures_that_profiled_passes_stand_behind_wait_for_three_of_them() -> None:
    comparison = compare(report(seed=1), report(seed=2, passes=2))
    assert "2 after; 3 decide" in cause(comparison, "runtime").why
    assert cause(comparison, "threads").verdict == "no-change"


def test_a_measured_figure_is_not_held_against_an_estimated_one() -> None:
    comparison = compare(with_cause(report(), "simd", method="estimated"), report(seed=1))
    assert cause(comparison, "simd").why == "estimated before, measured after"


def test_a_cause_that_lost_its_figure_says_why() -> None:
    gone = with_cause(report(seed=1), "simd", factor=None, why="no instruction ceiling here")
    simd = cause(compare(report(), gone), "simd")
    assert (simd.verdict, simd.why) == ("not-compared", "not measured after: no instruction ceiling here")


def test_a_cause_of_one_report_alone_is_not_compared() -> None:
    known = report(seed=1)
    unknown = replace(known, causes=(*known.causes, replace(row(known, "simd"), id="later", title="Later")))
    assert cause(compare(known, unknown), "later").why == "only the second report knows this cause"


def test_one_round_has_nothing_to_compare_with() -> None:
    comparison = compare(report(), report(seed=1, rounds=1))
    assert comparison.headline == "The gap was not compared: one round alone has no interval (after)."
    assert comparison.gap.verdict == "not-compared"


def test_a_page_that_got_work_to_do_is_compared_with_one_that_had_none() -> None:
    """A step between two names of one environment is exactly 1, and that is a figure."""
    quiet = replace(FULL, page="quiet")
    comparison = compare(report(settings=quiet), report(seed=1))
    (page,) = (child for child in cause(comparison, "contention").children if child.id == "page")
    assert page.before == Estimate(point=1.0, low=1.0, high=1.0, level=0.95, rounds=6)
    assert page.verdict == "grew"
    assert [(one.what, one.before, one.after) for one in comparison.settings] == [("page", "quiet", "busy")]


def test_shapes_and_session_options_are_told_as_they_were_given() -> None:
    first = report()
    options = {"graphOptimizationLevel": "basic"}
    asked = replace(first.settings, shapes={"x": (1, 3)}, session_options=options)
    found = compare(first, replace(first, settings=asked)).settings
    assert [(one.what, one.before, one.after) for one in found] == [
        ("shapes", "none", "x=1,3"),
        ("session options", "none", "graphOptimizationLevel=basic"),
    ]


def test_a_side_that_ran_in_one_run_only_has_no_gap_to_compare() -> None:
    web = [rung for rung in ladder_ms({}) if rung.startswith("web")]
    failing = Machine(failures=tuple(PlantedFailure(rung=rung, message="no kernel") for rung in web))
    comparison = compare(report(), build(record(failing, passes=False)))
    assert comparison.headline.startswith("The gap was not compared: not measured after.")
    assert comparison.latencies[0].verdict == "not-compared"
    assert any(doubt.startswith("The second run is failed: ") for doubt in comparison.doubts)


def test_times_of_different_outputs_are_not_compared_in_a_sentence() -> None:
    differing = replace(report(seed=1), status="outputs-differ", status_why="logits differ by 3.1")
    assert compare(report(), differing).headline.startswith("The outputs of the second run differ")


@pytest.mark.parametrize(
    ("by", "verdict"), [(1.0, "no-change"), (1.015, "no-change"), (1.034, "unclear"), (1.06, "grew")]
)
def test_what_only_its_own_interval_would_call_a_change_is_unclear(by: float, verdict: str) -> None:
    """At 95 % the ratio of two such figures is known to 2.8 %, at the level of all nine rows to 4.4 %."""

    def with_web(point: float) -> Report:
        web = Estimate(point=point, low=point / 1.023, high=point * 1.023, level=0.95, rounds=6)
        found = report()
        return replace(found, latency_ms=replace(found.latency_ms, web=web))

    comparison = compare(with_web(20.0), with_web(20.0 * by))
    assert comparison.latencies[0].verdict == verdict


def test_a_gap_that_may_have_changed_is_called_unclear_in_the_sentence() -> None:
    def with_gap(point: float) -> Report:
        ratio = Estimate(point=point, low=point / 1.023, high=point * 1.023, level=0.95, rounds=6)
        found = report()
        return replace(found, gap=replace(found.gap, ratio=ratio))

    told = compare(with_gap(9.0), with_gap(9.0 * 1.034)).headline
    assert told == "Whether the gap changed is unclear: 1.03x [1.01, 1.06]."


def test_a_level_holds_for_all_rows_that_can_move() -> None:
    assert compare(report(), report(seed=1)).level == pytest.approx(1 - 0.05 / 9)


def test_what_would_not_have_shown_is_said() -> None:
    gap = compare(report(), report(seed=1)).gap
    assert gap.resolves is not None
    assert gap.factor is not None
    assert 1.02 <= gap.resolves < 1.05


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"system": "Darwin"}, "system Linux and Darwin"),
        ({"architecture": "arm64"}, "architecture x86_64 and arm64"),
        ({"cpu": "Another"}, "processor Synthetic and Another"),
        ({"usable_cores": 2}, "usable cores 4 and 2"),
    ],
    ids=str,
)
def test_another_machine_is_refused_with_what_differs(change: dict[str, object], told: str) -> None:
    other = report(seed=1)
    comparison = compare(report(), replace(other, machine=replace(other.machine, **change)))
    with pytest.raises(WrongUse, match=told) as refused:
        refuse_strangers(comparison)
    assert "--allow-different" in refused.value.hint
    assert any(doubt.startswith("Not the same: ") for doubt in comparison.doubts)


def test_another_model_is_refused() -> None:
    other = report(seed=1)
    other = replace(other, model=replace(other.model, sha256="f" * 64))
    with pytest.raises(WrongUse, match="the model's sha256 000000000000 and ffffffffffff"):
        refuse_strangers(compare(report(), other))


@pytest.mark.parametrize("program", ["onnxruntime", "onnxruntime-web", "wasm", "browser"])
def test_another_version_is_refused(program: str) -> None:
    other = report(seed=1)
    assert other.versions[program]
    with pytest.raises(WrongUse, match=f"{program} .* and 2.0"):
        refuse_strangers(compare(report(), replace(other, versions={**other.versions, program: "2.0"})))


def test_a_report_that_names_no_versions_is_compared_with_a_doubt() -> None:
    comparison = compare(replace(report(), versions={}), report(seed=1))
    refuse_strangers(comparison)
    assert "The first report does not say of which versions of onnxruntime and browser it is." in (
        comparison.doubts
    )


def test_how_long_it_was_measured_is_no_difference() -> None:
    longer = replace(FULL, budget_s=600.0, precision_percent=1.0, rungs="all")
    assert compare(report(), report(seed=1, settings=longer)).settings == ()


def test_a_version_that_moved_between_the_runs_is_named() -> None:
    newer = report(seed=1)
    moved = replace(newer, versions={**newer.versions, "onnxruntime-web": "1.31.0"})
    found = compare(report(), moved)
    assert found.headline.endswith("Between the runs onnxruntime-web moved from 1.30.0 to 1.31.0.")
    assert [(one.what, one.before, one.after) for one in found.strangers] == [
        ("onnxruntime-web", "1.30.0", "1.31.0")
    ]


@pytest.mark.parametrize(
    ("before", "after", "heading"),
    [
        (SWIFTSHADER, SWIFTSHADER, "Software adapter: shows the plumbing, not your GPU. "),
        (SWIFTSHADER, AMPERE, "Of the first run: software adapter: shows the plumbing, not your GPU. "),
        (AMPERE, SWIFTSHADER, "Of the second run: software adapter: shows the plumbing, not your GPU. "),
    ],
)
def test_software_is_called_so_in_the_first_words_and_in_every_format(
    before: AdapterIdentity, after: AdapterIdentity, heading: str
) -> None:
    found = compare(on_adapter(on_gpu(1.0), before), on_adapter(on_gpu(2.0), after))
    assert found.headline.startswith(heading)
    assert heading.strip() in " ".join(terminal.drawn(found, Surface()).split())
    assert heading.strip() in markdown.written(found, detail=False)


def test_of_a_gpu_nothing_is_said_to_be_software() -> None:
    found = compare(on_adapter(on_gpu(1.0), AMPERE), on_adapter(on_gpu(2.0), AMPERE))
    assert "oftware" not in found.headline
    refuse_strangers(found)


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (SWIFTSHADER, "adapter nvidia ampere .* and google swiftshader .*kind of adapter a GPU and software"),
        (replace(AMPERE, architecture="hopper"), "adapter nvidia ampere .* and nvidia hopper"),
        (replace(AMPERE, driver="2.0"), "driver 1.0 and 2.0"),
    ],
)
def test_another_gpu_is_refused(other: AdapterIdentity, told: str) -> None:
    with pytest.raises(WrongUse, match=told):
        refuse_strangers(compare(on_adapter(on_gpu(1.0), AMPERE), on_adapter(on_gpu(1.0), other)))


def test_an_adapter_in_the_words_of_an_older_report_is_refused_with_how_to_make_that_anew() -> None:
    new, other = on_adapter(on_gpu(1.0), AMPERE), on_adapter(on_gpu(1.0), replace(AMPERE, architecture="ada"))
    older = replace(new, versions={**new.versions, "adapter": "nvidia ampere (driver 1.0)"})
    with pytest.raises(WrongUse, match="adapter nvidia ampere") as same:
        refuse_strangers(compare(older, new))
    with pytest.raises(WrongUse, match="adapter nvidia ampere") as another:
        refuse_strangers(compare(older, other))
    hints = [caught.value.hint for caught in (same, another)]
    assert ["gapprof analyze" in hint for hint in hints] == [True, False]
    assert all("--allow-different" in hint for hint in hints)


def test_a_report_from_before_adapters_had_names_still_says_whether_it_is_of_software() -> None:
    old, new = on_adapter(on_gpu(1.0), SWIFTSHADER), on_adapter(on_gpu(1.0), AMPERE)
    with pytest.raises(WrongUse, match="kind of adapter software and a GPU"):
        refuse_strangers(compare(replace(old, versions={}), new))


def test_the_processor_and_a_gpu_differ_by_what_was_asked_alone() -> None:
    assert compare(report(), on_adapter(report(), AMPERE)).strangers == ()


def test_another_driver_is_named_in_words() -> None:
    newer = on_adapter(on_gpu(1.0), replace(AMPERE, driver="2.0"))
    found = compare(on_adapter(on_gpu(1.0), AMPERE), newer)
    assert found.headline.endswith("Between the runs the graphics driver moved from 1.0 to 2.0.")


def test_where_the_gap_is_not_compared_causes_that_moved_are_told_all_the_same() -> None:
    """As on a GPU without a native provider for it."""
    found = compare(on_gpu(1.0), on_gpu(2.0))
    assert found.headline.startswith("The gap was not compared: ")
    assert "; yet 2.0x more comes with the wasm runtime" in found.headline
