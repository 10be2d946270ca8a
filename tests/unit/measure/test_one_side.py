"""What a run leaves where a side, or both, cannot run the model or cannot be had."""

from pathlib import Path

import pytest

from gapprof.backends.synthetic import Machine, PlantedFailure, ladder_ms
from gapprof.errors import EnvironmentUnusable, ModelUnusable
from gapprof.explain.report import build
from gapprof.recordings import read_recording
from gapprof.records.job import Job
from gapprof.records.subject import NativeRefusal
from gapprof.records.trial import Failure, Trial
from tests.unit.measure.whole_run import FACTORS, Run


def test_a_model_that_only_native_can_run_gives_that_sides_report(run: Run) -> None:
    refuses = tuple(
        PlantedFailure(rung=rung, message="no kernel for Foo in node bar", kind="model", phase="create")
        for rung in ("web", "web-paced")
    )
    report = build(run(Machine(latency_ms=ladder_ms(FACTORS), failures=refuses)))
    assert report.status == "failed"
    assert report.latency_ms.native is not None
    assert report.gap.ratio is None
    assert "bar" in report.gap.why


def test_where_a_page_names_the_operator_alone_a_node_of_the_file_is_named(run: Run) -> None:
    page = PlantedFailure(rung="web", message="No Op registered for Bar with 1", kind="model", phase="create")
    report = build(run(Machine(latency_ms=ladder_ms(FACTORS), failures=(page,))))
    assert (
        report.gap.why == "the browser gave no figure: node 'the bar' (Bar): No Op registered for Bar with 1"
    )


REFUSED = NativeRefusal(message="native onnxruntime cannot load the model: node 'a' (Foo): no", hint="mend a")
NATIVE_FAILS = PlantedFailure(rung="native", message="node 'a' (Foo): no", kind="model", phase="create")


def test_a_model_that_only_the_page_can_run_gives_that_sides_report(run: Run) -> None:
    machine = Machine(latency_ms=ladder_ms(FACTORS), failures=(NATIVE_FAILS,))
    recording = run(machine, common=REFUSED)
    report = build(recording)
    assert (report.status, report.gap.ratio, report.latency_ms.native) == ("failed", None, None)
    assert report.gap.why == "native gave no figure: node 'a' (Foo): no"
    assert report.latency_ms.web is not None
    assert report.latency_ms.web.low <= report.latency_ms.web.point <= report.latency_ms.web.high
    assert {trial.rung for trial in recording.of(Trial)} == {
        *("web", "web-graph", "web-main", "web-paced", "web-busy")
    }
    refusals = {row.id: row.refusal for row in report.rungs}
    assert refusals["native-128"] == "node 'a' (Foo): no"
    assert refusals["web-worker"] == f"there is no common graph: {REFUSED.message}"
    assert refusals["web-graph"] is None


def test_without_a_common_graph_both_sides_are_compared_on_the_original_file(run: Run) -> None:
    report = build(run(Machine(latency_ms=ladder_ms(FACTORS)), common=REFUSED))
    assert report.gap.ratio is not None
    assert report.gap.ratio.point == pytest.approx(1.8 * 1.3 * 3.0 * 1.4 * 1.05)
    refused = {row.id for row in report.rungs if row.refusal is not None}
    assert {"native-extended", "native-128", "web-worker"} <= refused
    assert not refused & {"native", "native-threads", "web-graph", "web"}


def test_a_side_that_runs_nothing_costs_no_estimate_of_its_vectors(run: Run) -> None:
    machine = Machine(latency_ms=ladder_ms(FACTORS), failures=(NATIVE_FAILS,))
    preflight = run(machine, common=REFUSED).preflight
    assert preflight is not None
    assert (preflight.estimated_isa_ratio, preflight.estimated_isa_why) == (None, "")


def test_what_both_sides_refuse_is_told_with_the_hint_of_the_first_look(run: Run) -> None:
    page = PlantedFailure(rung="web", message="No Op registered for Foo", kind="model", phase="create")
    machine = Machine(latency_ms=ladder_ms(FACTORS), failures=(NATIVE_FAILS, page))
    with pytest.raises(ModelUnusable, match=r"native: node 'a' \(Foo\): no; web: No Op") as caught:
        run(machine, common=REFUSED)
    assert caught.value.hint == "mend a"


def test_a_model_that_nobody_can_run_is_the_models_fault(run: Run) -> None:
    refuses = tuple(
        PlantedFailure(rung=rung, message="no kernel for Foo", kind="model") for rung in ("web", "native")
    )
    with pytest.raises(ModelUnusable, match="no kernel for Foo"):
        run(Machine(latency_ms=ladder_ms(FACTORS), failures=refuses))


def test_a_browser_that_does_not_start_is_the_environments_fault(run: Run) -> None:
    dead = PlantedFailure(rung="web", message="the browser ended", kind="environment", phase="start")
    with pytest.raises(EnvironmentUnusable, match="the browser ended"):
        run(Machine(latency_ms=ladder_ms(FACTORS), failures=(dead,)))


def full_gpu(rounds: range) -> Machine:
    """Whose page runs at first."""
    full = PlantedFailure(
        rung="web-paced",
        message="the GPU is out of memory",
        kind="environment",
        rounds=frozenset(rounds),
    )
    return Machine(latency_ms=ladder_ms(FACTORS), failures=(full,))


def test_a_page_that_the_machine_never_lets_run_after_its_first_visit_leaves_it_to_other_backends(
    run: Run, tmp_path: Path
) -> None:
    with pytest.raises(EnvironmentUnusable, match="the GPU is out of memory"):
        run(full_gpu(range(20)))
    kept = read_recording(tmp_path / "run" / "recording.jsonl")
    assert {failure.round for failure in kept.of(Failure)} == {0, 1}
    assert kept.end is not None
    assert (kept.end.reason, kept.end.text) == ("failed", "the GPU is out of memory")


def test_a_page_that_ran_in_a_round_has_its_report(run: Run) -> None:
    assert build(run(full_gpu(range(1, 20)))).latency_ms.web is not None


@pytest.mark.parametrize("rung", ["web", "native"])
def test_one_crash_in_a_first_visit_is_bad_luck(run: Run, rung: str) -> None:
    crashed: list[str] = []

    class Unlucky(Machine):
        """Crashes in the very first visit of one rung."""

        def timed(self, job: Job) -> Trial | Failure:
            if job.rung == rung and not crashed:
                crashed.append(rung)
                return Failure(
                    rung=rung, round=-1, started_s=0, ended_s=0, phase="timed", kind="crash", message="gone"
                )
            return super().timed(job)

    report = build(run(Unlucky(latency_ms=ladder_ms(FACTORS))))
    assert report.status == "ok", report.status_why
    assert report.gap.ratio is not None
