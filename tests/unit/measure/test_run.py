"""The whole run against machines whose causes are known: no clock, no process, no browser."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from gapprof.backends.replay import replay
from gapprof.backends.synthetic import Machine, PlantedFailure, ladder_ms
from gapprof.errors import EnvironmentUnusable, ModelUnusable
from gapprof.explain.report import build
from gapprof.guard import Guard
from gapprof.measure.journal import open_journal
from gapprof.measure.run import measure
from gapprof.recordings import read_recording
from gapprof.records.backend import Backend
from gapprof.records.codec import decode_recording, encode_report
from gapprof.records.job import Chain, Job
from gapprof.records.model import ModelFacts
from gapprof.records.progress import Observer, Progress
from gapprof.records.recording import MachineFacts, Recording, RoundStarted, Sampled
from gapprof.records.report import CauseRow
from gapprof.records.settings import Settings
from gapprof.records.subject import NativeRefusal, StagedModel, Subject
from gapprof.records.trial import Failure, Profile, Trace, TraceSlice, Trial
from tests.truth.recorder import begin

MACHINE = MachineFacts(
    system="Linux",
    architecture="x86_64",
    cpu="a synthetic CPU",
    logical_cores=4,
    usable_cores=4,
    memory_bytes=1 << 34,
    cpu_flags=(),
    kernel="6.1",
    python="3.11",
)
FACTORS = {
    "native-threads": 1.8,
    "native-extended": 1.3,
    "native-all-128": 3.0,
    "native-128": 3.0,
    "web-worker": 1.4,
    "web-paced": 1.05,
    "web-busy": 1.3,
}

Run = Callable[..., Recording]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Measure on a given backend; a second run of the same test gets a recording of its own."""

    def measured(
        backend: Backend,
        settings: Settings | None = None,
        *,
        machine: MachineFacts = MACHINE,
        common: StagedModel | NativeRefusal | None = None,
        name: str = "run",
        observer: Observer = lambda progress: None,
    ) -> Recording:
        folder = tmp_path / name
        folder.mkdir()
        model = folder / "model.onnx"
        facts = ModelFacts(
            name="planted",
            sha256="0" * 64,
            size_bytes=1,
            parameters=1,
            opset=17,
            producer="",
            inputs=(),
            outputs=(),
            nodes=(),
            original_nodes=2,
        )
        subject = Subject(
            facts=facts,
            original=StagedModel(path=model),
            common=common or StagedModel(path=model),
            inputs_path=folder / "inputs.npz",
            other_inputs_path=folder / "other.npz",
            chain=Chain(path="chain.onnx", nodes=200, first_link_path="first_link.onnx"),
            first_nodes={"Bar": "the bar"},
        )
        realise: Mapping[str, Backend] = dict.fromkeys(("native", "chromium", "node"), backend)
        with Guard() as guard:
            return measure(
                subject,
                settings or Settings(rungs="main"),
                argv=("gapprof", "explain", "planted"),
                recording_path=folder / "recording.jsonl",
                workdir=folder,
                guard=guard,
                observer=observer,
                realise=realise,
                machine=machine,
            )

    return measured


def test_a_quiet_machine_takes_six_rounds_and_every_main_rung_in_each(run: Run) -> None:
    recording = run(Machine(latency_ms=ladder_ms(FACTORS)))
    rounds = list(recording.of(RoundStarted))
    assert len(rounds) == 6
    assert len({frozenset(entry.order) - {"web-busy"} for entry in rounds}) == 1
    assert len({entry.order for entry in rounds}) > 1, "visit orders are shuffled"
    (sampled,) = recording.of(Sampled)
    assert (sampled.rounds, sampled.limited_by) == (6, "precision")


def test_the_first_ranking_waits_for_no_second_visit(run: Run) -> None:
    first, *later = (entry.order for entry in run(Machine(latency_ms=ladder_ms(FACTORS))).of(RoundStarted))
    assert len(first) == len(set(first))
    for order in later:
        twice = {rung for rung in order if order.count(rung) == 2}
        assert twice == {"native", "native-threads", "native-extended"}


def test_of_the_ends_alone_there_are_three_rounds_and_a_report_that_says_so(run: Run) -> None:
    recording = run(
        Machine(latency_ms=ladder_ms(FACTORS)), Settings(rungs="ends", page="app.html", allow_noisy=True)
    )
    assert {trial.rung for trial in recording.of(Trial) if trial.round >= 0} == {
        *("native", "web-paced", "web", "web-busy")
    }
    assert [one.rounds for one in recording.of(Sampled)] == [3]
    report = build(recording)
    assert report.gap.ratio is not None
    assert report.status == "ok"
    refused = {row.id: row.refusal for row in report.rungs}
    assert refused["native-128"] == "not asked for"


def test_profiles_follow_timed_visits_of_the_last_first_rounds(run: Run) -> None:
    recording = run(Machine(latency_ms=ladder_ms(FACTORS)), Settings(rungs="main", page="busy"))
    profiles = [(entry.rung, entry.round) for entry in recording.of(Profile)]
    assert sorted(profiles) == sorted(
        (rung, number) for rung in ("native-extended", "native-128", "web-worker") for number in (3, 4, 5)
    )
    trials = {(trial.rung, trial.round): trial.ended_s for trial in recording.of(Trial)}
    assert all(one.started_s >= trials[one.rung, one.round] for one in recording.of(Profile))
    assert {entry.rung for entry in recording.of(Trace)} == {"web"}


BUSY_TIMER = TraceSlice(
    thread="CrRendererMain",
    name="TimerFire",
    detail="tick (probes_web/pages/busy.mjs:9)",
    count=30,
    wall_ms=450.0,
    cpu_ms=None,
)
"""In one second."""


def contention(recording: Recording) -> CauseRow:
    return next(row for row in build(recording).causes if row.id == "contention")


def test_where_the_page_is_quiet_the_built_in_busy_page_is_traced_once_in_its_stead(run: Run) -> None:
    recording = run(Machine(latency_ms=ladder_ms(FACTORS), work={"web-busy": (BUSY_TIMER,)}))
    assert [(entry.rung, entry.round) for entry in recording.of(Trace)] == [("web-busy", 0)]
    (told,) = (one for one in contention(recording).evidence if one.kind == "trace")
    assert told.text.startswith("On the built-in busy page: TimerFire tick (probes_web/pages/busy.mjs:9)")
    assert told.value == pytest.approx(450.0)


def test_beside_a_page_of_the_users_the_built_in_one_is_not_traced(run: Run) -> None:
    recording = run(Machine(latency_ms=ladder_ms(FACTORS)), Settings(rungs="main", page="app.html"))
    assert [(entry.rung, entry.round) for entry in recording.of(Trace)] == [("web", n) for n in range(3)]


def test_once_the_budget_is_long_spent_nothing_stands_in_for_the_page(run: Run) -> None:
    spent = Settings(rungs="main", budget_s=1e-9)
    assert list(run(Machine(latency_ms=ladder_ms(FACTORS)), spent).of(Trace)) == []


def test_noise_beyond_the_precision_buys_more_rounds_decided_once(run: Run) -> None:
    noisy = Machine(latency_ms=ladder_ms(FACTORS), launch_noise=0.06, seed=3)
    recording = run(noisy, Settings(rungs="main", budget_s=10_000.0))
    (sampled,) = recording.of(Sampled)
    rounds = list(recording.of(RoundStarted))
    assert sampled.rounds > 6
    assert len(rounds) == sampled.rounds


def test_side_rungs_are_visited_with_their_parents_in_rounds_of_their_own(run: Run) -> None:
    recording = run(Machine(latency_ms=ladder_ms(FACTORS)), Settings(rungs="native-avx2"))
    side = [entry for entry in recording.of(RoundStarted) if entry.kind == "side"]
    assert len(side) == 3
    assert set(side[0].order) == {"native-avx2", "native-extended"}


def test_a_crash_is_retried_once_and_the_rest_goes_on(run: Run) -> None:
    once = PlantedFailure(rung="web-graph", message="the page crashed", rounds=frozenset({2}))
    recording = run(Machine(latency_ms=ladder_ms(FACTORS), failures=(once,)))
    assert [(f.rung, f.round, f.attempt) for f in recording.of(Failure)] == [
        ("web-graph", 2, 0),
        ("web-graph", 2, 1),
    ]
    counted = {t.round for t in recording.of(Trial) if t.rung == "web-graph" and not t.struck}
    assert counted == {0, 1, 3, 4, 5}
    assert build(recording).gap.ratio is not None


def test_one_bad_round_does_not_lose_a_rung_that_is_visited_twice_in_it(run: Run) -> None:
    once = PlantedFailure(rung="native-extended", message="it crashed", rounds=frozenset({1}))
    recording = run(Machine(latency_ms=ladder_ms(FACTORS), failures=(once,)))
    assert {t.round for t in recording.of(Trial) if t.rung == "native-extended"} == {0, 2, 3, 4, 5}


def test_a_rung_that_fails_twice_running_is_given_up(run: Run) -> None:
    always = PlantedFailure(rung="web-graph", message="the page crashed")
    recording = run(Machine(latency_ms=ladder_ms(FACTORS), failures=(always,)))
    assert {f.round for f in recording.of(Failure)} == {0, 1}
    assert build(recording).status == "partial"


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


def test_without_a_wish_every_rung_has_the_threads_that_the_page_was_seen_to_choose(run: Run) -> None:
    recording = run(Machine(latency_ms=ladder_ms(FACTORS), own_rule_threads=3))
    assert recording.preflight is not None
    assert recording.preflight.page_threads == 3
    planned = {step.rung.id: step.setting.threads for step in recording.preflight.ladder if step.setting}
    assert {planned["native-threads"], planned["web-worker"], planned["web"], planned["web-isolated"]} == {3}


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


def test_wrong_outputs_in_the_browser_are_found_before_any_time_counts(run: Run) -> None:
    wrong = Machine(latency_ms=ladder_ms(FACTORS), wrong_outputs=frozenset({"web-paced", "web-graph"}))
    assert build(run(wrong)).status == "outputs-differ"


def test_an_interrupted_run_keeps_what_was_measured_and_says_so(run: Run, tmp_path: Path) -> None:
    def impatient(progress: Progress) -> None:
        if progress.round == 3:
            raise KeyboardInterrupt

    recording = run(Machine(latency_ms=ladder_ms(FACTORS)), observer=impatient)
    assert recording.end is not None
    assert recording.end.reason == "interrupted"
    with (tmp_path / "run" / "recording.jsonl").open("rb") as lines:
        kept = decode_recording(lines, source="recording")
    assert kept == recording
    assert build(kept).rounds == 3


@pytest.mark.parametrize("system", ["Darwin", "Windows"])
def test_recorded_trials_give_the_same_full_report_on_any_platform(
    run: Run, system: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = run(Machine(latency_ms=ladder_ms(FACTORS), noise=0.01))
    monkeypatch.setattr("platform.system", lambda: system)
    monkeypatch.setattr("sys.platform", {"Darwin": "darwin", "Windows": "win32"}[system])
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    replayed = run(replay(measured), name="again")
    here, there = build(measured), build(replayed)
    assert here.causes == there.causes
    assert here.operators == there.operators
    assert (here.status, there.status) == ("ok", "ok"), there.status_why


def test_the_same_seed_and_samples_give_the_same_bytes(run: Run) -> None:
    first = run(Machine(latency_ms=ladder_ms(FACTORS), noise=0.02))
    assert encode_report(build(first)) == encode_report(build(first))
    orders = [entry.order for entry in first.of(RoundStarted)]
    again = run(Machine(latency_ms=ladder_ms(FACTORS), noise=0.02), name="again")
    assert [entry.order for entry in again.of(RoundStarted)] == orders


def test_the_planted_chain_is_recovered(run: Run) -> None:
    report = build(run(Machine(latency_ms=ladder_ms(FACTORS))))
    assert report.gap.ratio is not None
    assert report.gap.ratio.point == pytest.approx(1.8 * 1.3 * 3.0 * 1.4 * 1.05)
    found = {cause.id: cause.factor.point for cause in report.causes if cause.factor}
    assert found["threads"] == pytest.approx(1.8)
    assert found["simd"] == pytest.approx(3.0)
    assert found["library"] == pytest.approx(1.3)
    assert report.residual.factor is not None
    product = np.prod([*found.values(), report.residual.factor.point])
    assert product == pytest.approx(report.gap.ratio.point)


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


@pytest.mark.usefixtures("small_disk")
def test_a_full_disk_is_told_as_that_and_what_was_written_is_kept(run: Run, tmp_path: Path) -> None:
    with pytest.raises(EnvironmentUnusable, match="the recording cannot be written: File too large"):
        run(Machine(latency_ms=ladder_ms(FACTORS)))
    kept = read_recording(tmp_path / "run" / "recording.jsonl")
    assert list(kept.of(Trial))
    assert kept.end is None


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_disk_that_is_full_from_the_start_is_told_as_that() -> None:
    with (
        pytest.raises(EnvironmentUnusable, match="No space left"),
        open_journal(Path("/dev/full"), begin()),
    ):
        pytest.fail("there is no first line")
