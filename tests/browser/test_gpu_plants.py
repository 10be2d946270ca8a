"""What may go wrong on the way to the GPU, planted in Chromium and in Dawn: found under its name, only there.

Most visits leave workgroups' memory as it is: software compiles shaders several times faster so.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pytest
from msgspec.structs import replace

from gapprof import assets
from gapprof.backends import chromium, dawn, web_replay
from gapprof.browser import tasks, tensors
from gapprof.browser.visit import Equipment, Visit
from gapprof.facts.case import Case
from gapprof.facts.crossing import Crossing, crossing
from gapprof.facts.gpu_calls import is_copy, is_elsewhere
from gapprof.gpu import graphics, toggles
from gapprof.gpu.crossing import LEAST_RUNS, crossed_in
from gapprof.gpu.stage import recording_calls
from gapprof.gpu.steady import summary
from gapprof.gpu.trace import parsed
from gapprof.gpu.visited import Gpu, visited
from gapprof.guard import Guard
from gapprof.records.backend import Backend
from gapprof.records.calls import RecordedCalls
from gapprof.records.crossing import TracedCrossing
from gapprof.records.gpu_runs import RunParts
from gapprof.records.job import Job
from gapprof.records.recording import Recording
from gapprof.records.report import CauseRow, Report, with_descendants
from gapprof.records.settings import Settings
from gapprof.records.trial import Trial
from gapprof.subject.chain import write_dispatch_chain
from tests.browser.gpu_models import MANY_LINKS, job_of
from tests.browser.gpu_plants import (
    CARRIED_BYTES,
    LATE_MS,
    STALL_MS,
    carrying_job,
    library_with,
    report_of,
    stopping_job,
)
from tests.browser.gpu_zero_init import large_memory
from tests.truth.recorder import begin

QUICK = toggles.without("zero-init")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    calls: RecordedCalls
    trials: dict[str, Trial]
    report: Report

    def row(self, name: str) -> CauseRow:
        return next(one for one in with_descendants(self.report.causes) if one.id == name)

    def parts(self, rung: str) -> RunParts:
        found = self.trials[rung].parts
        assert found is not None
        assert (found.why, found.differing_bytes) == ("", 0), "runs in another order compute the same"
        assert found.compared_bytes > 0
        return found


@pytest.fixture(scope="module")
def guard() -> Iterator[Guard]:
    with Guard() as on_duty:
        yield on_duty


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("plants")


def on_gpu(job: Job, *, samples: int = 3) -> Job:
    """As few runs as tell: what is planted is large."""
    setting = replace(job.setting, device="gpu", browser_args=toggles.browser_args(QUICK))
    pace = replace(job.pace, warmup_ms=0.0, warmup_runs=1, batch=1, samples=samples)
    return replace(job, setting=setting, pace=pace)


def timed(backend: Backend, job: Job) -> Trial:
    found = backend.timed(job)
    assert isinstance(found, Trial), found
    return found


def session(job: Job, guard: Guard, dist: Path | None = None) -> Trial:
    settings = Settings(web_dist=str(dist)) if dist is not None else Settings()
    return timed(chromium.BACKEND.open(settings, guard), job)


def explained(job: Job, guard: Guard, *, dist: Path | None = None) -> Found:
    """Recorded, placed and replayed in both places."""
    settings = Settings(web_dist=str(dist)) if dist is not None else Settings()
    calls = recording_calls(settings, guard)(job)
    assert isinstance(calls, RecordedCalls), calls
    replays = replace(job, setting=replace(job.setting, toggles=QUICK.enabled, browser_args=()))
    native = timed(dawn.BACKEND.open(Settings(), guard), replays)
    trials = {"replay-native-unsafe": native, "replay-native": native}
    trials["replay-web"] = timed(web_replay.BACKEND.open(Settings(), guard), replays)
    return Found(calls=calls, trials=trials, report=report_of(calls, trials))


def with_session(found: Found, trial: Trial) -> Found:
    """The same replays, beside the library's own runs of that trial."""
    trials = {**found.trials, "web-session": trial}
    return Found(calls=found.calls, trials=trials, report=report_of(found.calls, trials))


@pytest.fixture(scope="module")
def tiny(guard: Guard, folder: Path) -> Found:
    """A thousand dispatches of next to no work."""
    job = on_gpu(job_of("long-chain", folder))
    return explained(replace(job, calls_path=str(folder / "tiny.calls")), guard)


@pytest.fixture(scope="module")
def stopping(guard: Guard, folder: Path) -> Found:
    job = on_gpu(stopping_job(folder), samples=15)  # so short that each may be held up
    return explained(replace(job, calls_path=str(folder / "stopping.calls")), guard)


@pytest.fixture(scope="module")
def carrying(guard: Guard, folder: Path) -> Found:
    """Run by the library as well, where somebody listens."""
    job = on_gpu(carrying_job(folder))
    found = explained(replace(job, calls_path=str(folder / "carrying.calls")), guard)
    return with_session(found, session(job, guard))


@pytest.fixture(scope="module")
def anew(guard: Guard, folder: Path) -> Found:
    dist = library_with("anew", folder / "anew")
    job = on_gpu(job_of("chain", folder))
    return explained(replace(job, calls_path=str(folder / "anew.calls")), guard, dist=dist)


def said(row: CauseRow) -> str:
    return " ".join(one.text for one in row.evidence)


def test_a_thousand_tiny_dispatches_take_their_time_to_submit(tiny: Found, stopping: Found) -> None:
    """Software computes them in about as long, so little of it is seen to be waited for there.

    Other work makes runs longer, and never shorter: the shortest ones are compared.
    """
    assert f"Each run makes {MANY_LINKS} dispatches" in said(tiny.row("gpu-abstraction"))
    assert tiny.row("submission").factor is not None
    assert submitting_ms(tiny, "replay-native") > 5 * submitting_ms(stopping, "replay-native")
    assert submitting_ms(tiny, "replay-web") > 5 * submitting_ms(stopping, "replay-web")
    for rung in ("replay-native", "replay-web"):
        parts, whole_ms = tiny.parts(rung), median(tiny.trials[rung].samples_ms)
        assert min(parts.reading_ms) < 0.2 * whole_ms
        assert min(parts.uploading_ms) < 0.2 * whole_ms


def submitting_ms(found: Found, rung: str) -> float:
    courses = found.trials[rung].courses
    return min(one.before_ms + one.submits_ms + one.between_ms for one in courses)


def test_what_is_not_planted_is_not_found(tiny: Found) -> None:
    for name in ("not-on-gpu", "pipelines-made-anew"):
        assert tiny.row(name).verdict == "not-applicable", tiny.row(name).why
    assert tiny.parts("replay-web").unbroken_ms == ()
    assert set(tiny.parts("replay-web").pipelines_ms) == {0.0}
    assert not any("Export the model without" in one.text for one in tiny.report.actions)


def test_a_read_back_is_told_apart_from_the_work_that_it_waits_for(tiny: Found) -> None:
    """Where it is longer than the same read-back from an idle queue, and not otherwise."""
    parts = tiny.parts("replay-web")
    waited, alone = median(parts.end_waits_ms), median(parts.reading_ms)
    assert alone > 0
    assert ("is queued GPU work" in said(tiny.row("gpu-abstraction"))) == (waited > alone)


def test_the_library_is_listened_to_after_it_was_timed(carrying: Found) -> None:
    trial = carrying.trials["web-session"]
    assert len(trial.courses) == chromium.LISTENED_RUNS
    submits = carrying.calls.summary.runs[-1].submits
    assert {one.submits for one in trial.courses} == {submits}
    names = [one.id for one in carrying.row("library-work").children]
    assert names == ["before-first-submit", "submission-gaps", "after-submits"]
    assert "From its begin to its last submit a run" in said(carrying.row("library-work"))


def test_pipelines_of_the_start_are_counted_and_waited_for(tiny: Found) -> None:
    summary = tiny.calls.summary
    assert summary.setup_pipelines + summary.runs[0].pipelines == summary.pipelines > 0
    assert "Cold: " in said(tiny.row("gpu-abstraction"))
    assert tiny.parts("replay-web").setup_pipelines_ms > 0


def crossings(job: Job, guard: Guard) -> tuple[tuple[Crossing, TracedCrossing], ...]:
    """Of the model, and of the first link of the chain that goes with it, traced in one page."""
    browser, dist, chained = assets.find_browser(), assets.web_dist(), job.chain
    assert chained is not None
    equipment = Equipment(executable=browser, probes=assets.probes_web(), guard=guard)
    block, pieces = tensors.packed(Path(job.inputs_path))

    async def run(visit: Visit) -> tuple[TracedCrossing, TracedCrossing]:
        base, module = visit.serving.base, assets.gpu_entry_point(dist, assets.GPU_BUILD)
        many = replace(tasks.open_task(job, base=base, module=module, inputs=pieces), outputs_url=None)
        few = tasks.chain_task(many, base=base, path=chained.first_link_path)
        return await crossed_in(visit, many, job), await crossed_in(visit, few, job)

    found = visited(
        Gpu(equipment=equipment, graphics=graphics.here(browser)), job, run, dist=dist, inputs=block
    )
    both = [(crossing(Case(Recording(begin=begin(), entries=(one,)))), one) for one in found]
    return tuple((one, traced) for one, traced in both if one is not None)


@pytest.mark.long
def test_a_thousand_dispatches_take_the_gpus_process_longer_than_one(
    guard: Guard, folder: Path, tiny: Found, tmp_path: Path
) -> None:
    """Though nothing is validated: what is traced there is decoding and recording as well."""
    job = replace(on_gpu(job_of("long-chain", folder)), chain=write_dispatch_chain(tmp_path))
    bare = toggles.browser_args(toggles.without("zero-init", "validation"))
    both = crossings(replace(job, setting=replace(job.setting, browser_args=bare)), guard)
    (many, _), (few, _) = both
    for one, traced in both:
        assert (one.absent, one.untimed) == ((), ())
        assert one.runs >= LEAST_RUNS
        assert min(one.cpu_ms.values()) > 0
        assert one.total_ms * one.runs < 2 * sum(traced.runs_ms), "two threads"
    assert many.cpu_ms["decoding"] > few.cpu_ms["decoding"]
    assert many.flushes is not None
    assert few.flushes is not None
    assert 1 <= few.flushes < many.flushes <= 2 * (tiny.calls.summary.runs[-1].submits + 1)


@pytest.mark.long
def test_a_stall_between_submits_is_a_gap(guard: Guard, folder: Path, tiny: Found) -> None:
    job = on_gpu(job_of("long-chain", folder))
    trial = session(job, guard, library_with("stall", folder / "stall"))
    assert len(trial.courses) == chromium.LISTENED_RUNS
    assert all(one.between_ms >= one.largest_ms >= STALL_MS for one in trial.courses)
    without = with_session(tiny, session(job, guard))
    for rung in ("web-session", "replay-web"):
        courses = without.trials[rung].courses
        assert any(one.largest_ms < STALL_MS for one in courses), "but for a machine's own"
    found = with_session(tiny, trial)
    assert_costs_more(found, without, "submission-gaps")
    assert "at one stretch for" in said(found.row("library-work"))


def assert_costs_more(planted: Found, without: Found, name: str) -> None:
    more, less = planted.row(name), without.row(name)
    assert more.verdict == "costs", more.why
    assert more.factor is not None
    assert less.factor is not None
    assert more.factor.point > less.factor.point


def test_work_before_the_first_submit_is_no_gap_between_submits(
    guard: Guard, folder: Path, carrying: Found
) -> None:
    trial = session(on_gpu(carrying_job(folder)), guard, library_with("late", folder / "late"))
    assert len(trial.courses) == chromium.LISTENED_RUNS
    assert all(one.before_ms >= LATE_MS for one in trial.courses)
    assert any(one.largest_ms < LATE_MS for one in trial.courses), "but for a machine's own"
    assert any(one.before_ms < LATE_MS for one in carrying.trials["web-session"].courses)
    assert_costs_more(with_session(carrying, trial), carrying, "before-first-submit")


def test_what_is_carried_over_is_an_upload_and_a_read_back(carrying: Found, stopping: Found) -> None:
    """The shortest ones are compared: with an upload of nothing, and with a read-back of next to nothing."""
    run = carrying.calls.summary.runs[-1]
    assert min(run.uploaded_bytes, run.read_bytes) >= CARRIED_BYTES
    much, little = carrying.parts("replay-web"), stopping.parts("replay-web")
    assert min(much.uploading_ms) > 2 * min(much.answering_ms)
    assert min(much.reading_ms) > 2 * min(little.reading_ms)
    for name, words in (("upload", "What a run writes"), ("read-back", "What a run reads at its end")):
        row = carrying.row(name)
        assert row.factor is not None, row.why
        assert words in said(row)


def test_an_operator_on_the_processor_is_not_on_the_gpu(stopping: Found) -> None:
    placed = stopping.calls.placed
    assert [node.op_type for node in placed if is_elsewhere(node)] == ["Det"]
    assert sorted(node.op_type for node in placed if is_copy(node)) == ["MemcpyFromHost", "MemcpyToHost"]
    assert stopping.calls.summary.runs[-1].inner_reads == 1
    row, native = stopping.row("not-on-gpu"), stopping.parts("replay-native")
    assert row.factor is not None, row.why
    beside = zip(native.whole_ms, native.unbroken_ms, strict=True)
    assert row.factor.point == pytest.approx(1 / median(unbroken / whole for whole, unbroken in beside))
    assert "Not on the GPU: Det (1 node)." in said(row)
    assert stopping.row("inner-reads").factor is not None
    for rung in ("replay-web", "replay-native"):
        parts = stopping.parts(rung)
        assert len(parts.unbroken_ms) == len(parts.whole_ms) > 0
        assert min(parts.inner_waits_ms) > 0


@pytest.mark.long
def test_a_pipeline_of_every_run_is_made_anew(anew: Found) -> None:
    run = anew.calls.summary.runs[-1]
    assert run.pipelines > 0
    assert run.labels == ("anew",)
    row = anew.row("pipelines-made-anew")
    assert row.factor is not None, row.why
    assert row.factor.point > 1.5, "most of a run is compiling, in a replay as well"
    assert anew.row("pipelines").factor is not None
    assert f"Every run makes {run.pipelines} pipelines anew: anew" in said(row)
    anew.parts("replay-web")


def test_clearing_the_memory_of_workgroups_is_found_by_its_switch(guard: Guard, folder: Path) -> None:
    path = folder / "large.calls"
    path.write_bytes(large_memory())
    calls = RecordedCalls(
        took_s=1.0, build=assets.GPU_BUILD, wasm_file="", summary=summary(parsed(path.read_bytes()))
    )
    job, dawns = on_gpu(job_of("matmul", folder), samples=5), dawn.BACKEND.open(Settings(), guard)
    trials = {}
    for rung, off in (("replay-native-unsafe", QUICK.enabled), ("replay-native", ())):
        setting = replace(job.setting, toggles=off, browser_args=())
        trials[rung] = timed(dawns, replace(job, setting=setting, calls_path=str(path)))
    cleared, left = (min(trials[rung].samples_ms) for rung in ("replay-native", "replay-native-unsafe"))
    assert cleared > 1.5 * left
    safety = Found(calls=calls, trials=trials, report=report_of(calls, trials)).row("wgsl-safety")
    assert safety.verdict == "costs", safety.why
