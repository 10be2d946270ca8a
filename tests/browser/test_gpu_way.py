"""What the way to the GPU may cost a model, planted in it: found under its name, only there.

Times are held against those of another model, or of the same one otherwise, from the same machine in the same
minute, which has many times as much of one thing to do; none against what this machine may need.
"""

from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest
from msgspec.structs import replace

from gapprof import assets
from gapprof.backends import dawn
from gapprof.browser import tasks, tensors
from gapprof.browser.visit import Equipment, Visit
from gapprof.facts.case import Case
from gapprof.facts.crossing import Crossing, crossing
from gapprof.facts.gpu_calls import is_copy, is_elsewhere
from gapprof.gpu import graphics, toggles
from gapprof.gpu.crossing import LEAST_RUNS, crossed_in
from gapprof.gpu.replaying import PARTS
from gapprof.gpu.steady import summary
from gapprof.gpu.trace import parsed
from gapprof.gpu.visited import Gpu, visited
from gapprof.guard import Guard
from gapprof.records.calls import RecordedCalls
from gapprof.records.crossing import TracedCrossing
from gapprof.records.job import Job
from gapprof.records.recording import Recording
from gapprof.records.settings import Settings
from gapprof.subject.chain import write_dispatch_chain
from gapprof.text import numbers
from tests.browser.gpu_found import Bench, Found, benched, on_gpu, timed
from tests.browser.gpu_models import MANY_LINKS, MOST_LINKS, job_of
from tests.browser.gpu_places import QUICK
from tests.browser.gpu_plants import CARRIED_BYTES, carrying_job, report_of, stopping_job
from tests.browser.gpu_zero_init import large_memory
from tests.truth.recorder import begin


@pytest.fixture(autouse=True, scope="module")
def as_many_parts_as_in_a_run(no_figure_counts_beside_other_tests: None) -> Iterator[None]:
    """The shortest of them are compared here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gapprof.gpu.replaying.PARTS", PARTS)
        yield


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with benched(tmp_path_factory.mktemp("way")) as found:
        yield found


@pytest.fixture(scope="module")
def tiny(bench: Bench) -> Found:
    """Hundreds of dispatches of next to no work."""
    return bench.unplaced(on_gpu(job_of("long-chain", bench.new("tiny"))))


@pytest.fixture(scope="module")
def stopping(bench: Bench) -> Found:
    job = on_gpu(stopping_job(bench.new("stopping")), samples=15)  # so short that each may be held up
    return bench.explained(job)


@pytest.fixture(scope="module")
def carrying(bench: Bench) -> Found:
    return bench.unplaced(on_gpu(carrying_job(bench.new("carrying"))))


def test_hundreds_of_tiny_dispatches_take_their_time_to_submit(tiny: Found, stopping: Found) -> None:
    assert f"Each run makes {MANY_LINKS} dispatches" in tiny.said("gpu-abstraction")
    take_their_time_to_submit(tiny, stopping)


@pytest.mark.long
def test_a_thousand_tiny_dispatches_do(bench: Bench, stopping: Found) -> None:
    tiny = bench.unplaced(on_gpu(job_of("longest-chain", bench.new("thousand"))))
    dispatches = numbers.many(MOST_LINKS, "dispatch", "dispatches")
    assert f"Each run makes {dispatches} in" in tiny.said("gpu-abstraction")
    take_their_time_to_submit(tiny, stopping)


def take_their_time_to_submit(tiny: Found, stopping: Found) -> None:
    """Software computes them in about as long, so little of it is seen to be waited for there.

    Other work makes runs longer, and never shorter: the shortest ones are compared.
    """
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
    anew = tiny.row("pipelines-made-anew")
    assert anew.verdict == "not-applicable", anew.why
    assert tiny.parts("replay-web").unbroken_ms == ()
    assert set(tiny.parts("replay-web").pipelines_ms) == {0.0}
    assert tiny.parts("replay-web").compiled_ms == ()


def test_a_read_back_is_told_apart_from_the_work_that_it_waits_for(tiny: Found) -> None:
    """Where it is longer than the same read-back from an idle queue, and not otherwise."""
    parts = tiny.parts("replay-web")
    waited, alone = median(parts.end_waits_ms), median(parts.reading_ms)
    assert alone > 0
    assert ("is queued GPU work" in tiny.said("gpu-abstraction")) == (waited > alone)


def test_pipelines_of_the_start_are_counted_and_waited_for(tiny: Found) -> None:
    summary = tiny.calls.summary
    assert summary.setup_pipelines + summary.runs[0].pipelines == summary.pipelines > 0
    assert "Cold: " in tiny.said("gpu-abstraction")
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
def test_hundreds_of_dispatches_take_the_gpus_process_longer_than_one(
    bench: Bench, tiny: Found, tmp_path: Path
) -> None:
    """Though nothing is validated: what is traced there is decoding and recording as well."""
    job = replace(tiny.job, chain=write_dispatch_chain(tmp_path))
    bare = toggles.browser_args(toggles.without("zero-init", "validation"))
    both = crossings(replace(job, setting=replace(job.setting, browser_args=bare)), bench.guard)
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
        assert words in carrying.said(name)


def test_an_operator_on_the_processor_is_not_on_the_gpu(stopping: Found) -> None:
    placed = stopping.calls.placed
    assert [node.op_type for node in placed if is_elsewhere(node)] == ["Det"]
    assert sorted(node.op_type for node in placed if is_copy(node)) == ["MemcpyFromHost", "MemcpyToHost"]
    assert stopping.calls.summary.runs[-1].inner_reads == 1
    row, native = stopping.row("not-on-gpu"), stopping.parts("replay-native")
    assert row.factor is not None, row.why
    beside = zip(native.whole_ms, native.unbroken_ms, strict=True)
    assert row.factor.point == pytest.approx(1 / median(unbroken / whole for whole, unbroken in beside))
    assert "Not on the GPU: Det (1 node)." in stopping.said("not-on-gpu")
    assert stopping.row("inner-reads").factor is not None
    for rung in ("replay-web", "replay-native"):
        parts = stopping.parts(rung)
        assert len(parts.unbroken_ms) == len(parts.whole_ms) > 0
        assert min(parts.inner_waits_ms) > 0


def test_clearing_the_memory_of_workgroups_is_found_by_its_switch(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "large.calls"
    path.write_bytes(large_memory())
    calls = RecordedCalls(
        took_s=1.0, build=assets.GPU_BUILD, wasm_file="", summary=summary(parsed(path.read_bytes()))
    )
    job, dawns = on_gpu(job_of("matmul", tmp_path), samples=5), dawn.BACKEND.open(Settings(), bench.guard)
    trials = {}
    for rung, off in (("replay-native-unsafe", QUICK.enabled), ("replay-native", ())):
        setting = replace(job.setting, toggles=off, browser_args=())
        trials[rung] = timed(dawns, replace(job, setting=setting, calls_path=str(path)))
    cleared, left = (min(trials[rung].samples_ms) for rung in ("replay-native", "replay-native-unsafe"))
    assert cleared > 1.5 * left
    safety = Found(job=job, calls=calls, trials=trials, report=report_of(calls, trials)).row("wgsl-safety")
    assert safety.verdict == "costs", safety.why
