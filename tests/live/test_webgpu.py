"""A model on WebGPU, from command to report: on software where there is no GPU, and then it says so."""

from pathlib import Path

import pytest

from gapprof import Report, explain
from gapprof.errors import EnvironmentUnusable, ExitCode
from gapprof.facts.adapters import SOFTWARE_SENTENCE, is_software
from gapprof.facts.case import Case
from gapprof.facts.estimates import mean_difference_ms
from gapprof.facts.gpu_build import WORDS
from gapprof.facts.gpu_runs import waits_ms
from gapprof.records.calls import RecordedCalls
from gapprof.records.crossing import TracedCrossing
from gapprof.records.dispatches import TimedDispatches
from gapprof.records.gpu import GpuBuild
from gapprof.records.recording import Recording
from gapprof.records.report import CauseRow, RungRow
from gapprof.records.surface import Surface
from gapprof.records.trial import Trial
from gapprof.render.markdown import RENDERER as MARKDOWN
from tests.browser.gpu_models import NARROW, ROWS, job_of
from tests.browser.gpu_plants import library_of
from tests.browser.gpu_troubles import LOST, NO_SHADER, OUT_OF_MEMORY
from tests.live.conftest import Explained, Recorded
from tests.live.rounds import few_rounds

NO_WEBGPU = ("--disable-gpu", "--disable-software-rasterizer")
REPLAYS = ("replay-native-unsafe", "replay-native", "replay-web")


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two products of small matrices."""
    return Path(job_of("matmul", tmp_path_factory.mktemp("webgpu")).model_path)


@pytest.fixture(scope="module")
def report(explained: Explained, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Two products of tall matrices by tiny ones, in one round: nothing is claimed of several."""
    model = Path(job_of("tall", tmp_path_factory.mktemp("tall")).model_path)
    return explained(of=model, backend="webgpu", rounds=1)


@pytest.fixture(scope="module")
def recording(report: Report, recorded: Recorded) -> Recording:
    return recorded(report)


def cause(report: Report, name: str) -> CauseRow:
    return next(row for row in report.causes if row.id == name)


def rung(report: Report, name: str) -> RungRow:
    return next(row for row in report.rungs if row.id == name)


def test_calls_are_recorded_once_and_every_replay_gives_the_recorded_bytes(
    recording: Recording, report: Report
) -> None:
    (calls,) = recording.of(RecordedCalls)
    *_, before, last = calls.summary.runs
    assert before.calls == last.calls
    assert last.dispatches >= 2
    assert {node.provider for node in calls.placed} == {"WebGpuExecutionProvider"}
    for name in REPLAYS:  # a replay with other bytes is a failure, and has no time
        assert rung(report, name).latency_ms is not None, rung(report, name).why


def test_steps_between_replays_and_the_library_have_their_causes(report: Report) -> None:
    layer = cause(report, "gpu-abstraction")
    assert [child.id for child in layer.children] == ["wgsl-safety", "browser-boundary"]
    assert all(child.factor is not None for child in layer.children)
    assert all(child.factor is not None for child in cause(report, "runtime").children)
    cannot = {row.id for row in report.causes if row.verdict == "not-applicable"}
    assert cannot == {"simd", "threads", "contention"}, "the page is quiet"


def test_the_way_through_the_browser_and_the_library_s_work_are_taken_apart(
    recording: Recording, report: Report
) -> None:
    (boundary,) = (one for one in cause(report, "gpu-abstraction").children if one.id == "browser-boundary")
    assert [one.id for one in boundary.children] == ["upload", "submission", "read-back", "same-work"]
    (work,) = (one for one in cause(report, "runtime").children if one.id == "library-work")
    assert [one.id for one in work.children] == ["before-first-submit", "submission-gaps", "after-submits"]
    assert all(one.factor is not None for one in (*boundary.children, *work.children))
    told = " ".join(one.text for one in cause(report, "gpu-abstraction").evidence)
    for words in ("Each run makes", "Cold: "):
        assert words in told
    waits = waits_ms(Case(recording), "replay-web")
    queued = mean_difference_ms([waited - alone for waited, alone in waits.values()])
    assert ("is queued GPU work" in told) == (queued.low > 0)
    (kernels,) = cause(report, "library").children
    assert {one.id: one.verdict for one in kernels.children} == {
        "not-on-gpu": "not-applicable",
        "pipelines-made-anew": "not-applicable",
    }


def test_the_way_to_the_gpus_process_is_traced_apart(recording: Recording, report: Report) -> None:
    (traced,) = recording.of(TracedCrossing)
    assert traced.why == ""
    (boundary,) = (one for one in cause(report, "gpu-abstraction").children if one.id == "browser-boundary")
    told = " ".join(one.text for one in boundary.evidence)
    assert f"Traced apart ({len(traced.runs_ms)} runs of" in told
    assert "a replayed run" in told, "by the clock: longer, or no difference seen, or one round alone"
    assert (SOFTWARE_SENTENCE[1:] in told) == (traced.adapter is not None and is_software(traced.adapter))


def test_without_a_native_provider_there_is_no_gap_and_the_reason_is_given(report: Report) -> None:
    assert rung(report, "native").refusal
    assert report.gap.ratio is None
    assert "builds for GPUs are distributions of their own" in report.gap.why
    assert report.latency_ms.native is None
    assert report.latency_ms.web is not None


def test_outputs_agree_with_native_s_on_the_processor(report: Report) -> None:
    (check,) = (one for one in report.checks if one.id == "outputs")
    assert (check.status, "native-cpu" in check.text) == ("pass", True)


def test_every_gpu_node_has_its_dispatches_and_rows_sum_to_the_gpu_s_time(
    recording: Recording, report: Report
) -> None:
    (calls,) = recording.of(RecordedCalls)
    (timed,) = recording.of(TimedDispatches)
    found = report.gpu_operators
    assert found is not None
    assert timed.timeline is not None, timed.why
    assert found.dispatches == calls.summary.runs[-1].dispatches == len(timed.timeline.dispatches)
    assert {name for row in found.rows for name in row.nodes} == {node.name for node in calls.placed}
    assert all(row.dispatches or row.why for row in found.rows if row.provider == "gpu")
    assert sum(row.dispatches for row in found.rows) + found.unnamed_dispatches == found.dispatches
    assert found.gpu_ms is not None
    assert found.unnamed_ms is not None
    rows = sum(row.gpu_ms.point for row in found.rows if row.gpu_ms is not None)
    assert rows + found.unnamed_ms.point == pytest.approx(found.gpu_ms.point)
    products = [row for row in found.rows if "MatMul" in row.op_types]
    assert len(products) == 2
    assert all(row.gpu_ms is not None and row.gpu_ms.point > 0 for row in products)
    assert found.joined_share == pytest.approx(1.0)
    assert found.software == is_software(calls.summary.adapter)
    assert not (found.software and any(row.bound for row in found.rows))


def test_the_wait_for_a_result_is_told_apart_from_bringing_it_over(report: Report) -> None:
    found = report.gpu_operators
    assert found is not None
    assert found.waits is not None
    waits = found.waits
    assert waits.count >= 1
    assert waits.read_bytes == ROWS * NARROW * 4
    assert waits.transfer_ms.point > 0
    assert waits.queue_ms.point == pytest.approx(waits.wait_ms.point - waits.count * waits.transfer_ms.point)
    text = MARKDOWN.render(report, Surface())
    assert ("go to work that was queued before" in text) == (waits.queue_ms.low > 0)
    assert ("no more than as many read-backs take" in text) == (waits.queue_ms.low <= 0)
    assert (f"Operators on the GPU ({SOFTWARE_SENTENCE})" in text) == found.software


def test_software_is_called_so_in_the_first_words(recording: Recording, report: Report) -> None:
    (calls,) = recording.of(RecordedCalls)
    software = is_software(calls.summary.adapter)
    assert report.headline.lower().startswith(SOFTWARE_SENTENCE.lower()) == software
    statuses = {one.id: one.status for one in report.checks}
    assert statuses["adapter"] == ("fail" if software else "pass")
    assert statuses["adapter-same"] == "pass"


def test_the_build_that_ran_and_the_adapter_are_named(report: Report) -> None:
    assert report.versions["build"] == "asyncify"
    assert report.versions["adapter"]
    (check,) = (one for one in report.checks if one.id == "gpu-build")
    assert check.status == "pass"
    assert "ort-wasm-simd-threaded.asyncify.wasm" in check.text


def test_replays_say_that_they_ran_where_the_page_runs_its_model(recording: Recording) -> None:
    where = {one.rung: one.seen.where for one in recording.of(Trial) if one.rung in REPLAYS}
    assert where == {"replay-native-unsafe": None, "replay-native": None, "replay-web": "main"}


@pytest.mark.long
@pytest.mark.parametrize("build", ["jspi", "jsep"])
def test_a_folder_with_another_build_alone_has_a_report_of_that_one(
    build: GpuBuild, explained: Explained, recorded: Recorded, product: Path, tmp_path: Path
) -> None:
    library_of(build, tmp_path / "dist")
    found = explained(of=product, backend="webgpu", web_dist=str(tmp_path / "dist"), rounds=1)
    assert found.versions["build"] == build
    statuses = {one.id: one.status for one in found.checks}
    assert (statuses["gpu-build"], statuses["outputs"]) == ("pass", "pass")
    (calls,) = recorded(found).of(RecordedCalls)
    assert (calls.build, calls.wasm_file) == (build, f"ort-wasm-simd-threaded.{build}.wasm")
    for name in (*REPLAYS, "web-session", "web-paced"):
        assert rung(found, name).latency_ms is not None, rung(found, name).why
    assert all(child.factor is not None for child in cause(found, "gpu-abstraction").children)
    section = found.gpu_operators
    assert section is not None
    assert section.joined_share == pytest.approx(1.0)
    assert WORDS[build] in MARKDOWN.render(found, Surface(detail=True))


@pytest.mark.long
def test_without_webgpu_the_next_backend_of_the_list_is_taken(explained: Explained, product: Path) -> None:
    found = explained(of=product, backend="webgpu,wasm", browser_args=NO_WEBGPU, rungs="ends", rounds=1)
    assert found.settings.backend == "wasm"
    assert found.settings.backend_tried == ("webgpu", "wasm")
    assert any(
        "for webgpu could not be had: this browser gives the page no WebGPU" in w for w in found.warnings
    )
    assert found.gap.ratio is not None


def test_without_webgpu_alone_nothing_can_be_measured(product: Path) -> None:
    with few_rounds(), pytest.raises(EnvironmentUnusable, match="no WebGPU") as caught:
        explain(product, backend="webgpu", browser_args=NO_WEBGPU, budget_s=1.0)
    assert "--backend webgpu,wasm" in caught.value.hint


@pytest.mark.long
def test_a_browser_with_the_gpu_s_process_inside_its_own_replays_the_recorded_bytes(
    explained: Explained, recorded: Recorded, product: Path
) -> None:
    name = "replay-web-in-process"
    found = explained(of=product, backend="webgpu", rungs=name, rounds=1)
    assert rung(found, name).latency_ms is not None, rung(found, name).why
    (trial,) = (one for one in recorded(found).of(Trial) if one.rung == name)
    assert trial.parts is not None
    assert trial.parts.control_differing_bytes > 0
    told = " ".join(one.text for one in cause(found, "gpu-abstraction").evidence)
    assert "The GPU's process of its own alone costs" in told


TROUBLES = {
    "memory": (OUT_OF_MEMORY, "the GPU is out of memory: no memory for a buffer"),
    "lost": (LOST, "the GPU device was lost"),
    "shader": (NO_SHADER, "a shader does not compile"),
}
in_trouble = pytest.mark.parametrize(("script", "said"), TROUBLES.values(), ids=TROUBLES)


def page_with(script: str, folder: Path) -> str:
    """A page whose GPU does so."""
    page = folder / "page.html"
    page.write_text(f"<!doctype html><title>trouble</title><script>{script}</script>")
    return str(page)


@pytest.mark.long
@in_trouble
def test_in_trouble_with_the_gpu_the_next_backend_of_the_list_is_taken(
    script: str, said: str, explained: Explained, product: Path, tmp_path: Path
) -> None:
    page = page_with(script, tmp_path)
    found = explained(of=product, backend="webgpu,wasm", page=page, rungs="ends", rounds=1)
    assert found.settings.backend == "wasm"
    assert any(f"for webgpu could not be had: {said}" in text for text in found.warnings)
    assert found.gap.ratio is not None


@pytest.mark.long
@in_trouble
def test_in_trouble_with_the_gpu_alone_the_environment_is_at_fault(
    script: str, said: str, product: Path, tmp_path: Path
) -> None:
    page = page_with(script, tmp_path)
    with few_rounds(), pytest.raises(EnvironmentUnusable, match=said) as told:
        explain(product, backend="webgpu", page=page, budget_s=1.0)
    assert "--backend wasm" in told.value.hint
    assert told.value.exit_code == ExitCode.ENVIRONMENT_UNUSABLE
