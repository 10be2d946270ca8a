"""`gapprof qoe` on a small classifier, from the command line to the JSON: both directions and all metrics."""

import math
import subprocess
from itertools import pairwise
from pathlib import Path
from statistics import fmean, median, stdev

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from gapprof import Report, analyze
from gapprof.facts.felt import FRAME_MS
from gapprof.facts.model_threads import inference_of
from gapprof.facts.page_requests import RUNGS
from gapprof.recordings import read_run
from gapprof.records.codec import encode_report
from gapprof.records.qoe import Condition, FeltTrial
from gapprof.records.recording import Recording
from gapprof.records.sections.quality import QoE
from gapprof.records.trial import Trial
from gapprof.reports import read_report
from tests.live.in_few_rounds import GAPPROF, HOW_MANY, surroundings
from tests.live.rounds import CLICKS, REPEATS

CLASSES, CHANNELS, SIDE, POOL = 10, 64, 48, 8
SHAPE = (1, 3, SIDE, SIDE)
BUDGET_S = 1
"""Less than a round takes: there is one."""
LONGEST_S = 1200
"""On a machine that others use as well."""
DOUBT = 4.0
"""Standard errors of a mean: beyond so many nothing is chance."""
CLOCKS = 1.02
"""A run is read off a clock of steps."""


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two convolutions that keep a page's main thread for some frames, and a logit for each class."""
    rng = np.random.default_rng(1)
    widths = (SHAPE[1], CHANNELS, CHANNELS)
    weights, nodes, previous = [], [], "x"
    for layer, (wide, wider) in enumerate(pairwise(widths)):
        kernel = rng.standard_normal((wider, wide, 5, 5)) / np.sqrt(25 * wide)
        weights.append(numpy_helper.from_array(kernel.astype(np.float32), f"w{layer}"))
        name = f"c{layer}"
        nodes.append(helper.make_node("Conv", [previous, f"w{layer}"], [name], name=name, pads=[2] * 4))
        previous = name
    pooled = CHANNELS * (SIDE // POOL) ** 2
    last = rng.standard_normal((pooled, CLASSES)) / np.sqrt(pooled)
    weights.append(numpy_helper.from_array(last.astype(np.float32), "last"))
    window = {"kernel_shape": [POOL] * 2, "strides": [POOL] * 2}
    nodes.append(helper.make_node("AveragePool", [previous], ["pooled"], name="pool", **window))
    nodes.append(helper.make_node("Flatten", ["pooled"], ["flat"], name="flat"))
    nodes.append(helper.make_node("MatMul", ["flat", "last"], ["logits"], name="last"))
    graph = helper.make_graph(
        nodes,
        "classifier",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, SHAPE)],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, (1, CLASSES))],
        initializer=weights,
    )
    path = tmp_path_factory.mktemp("qoe") / "classifier.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


@pytest.fixture(scope="module")
def report(classifier: Path) -> Report:
    """With inputs of the user's, and what they are said to be."""
    inputs = np.random.default_rng(2).standard_normal((8, *SHAPE)).astype(np.float32)
    folder = classifier.parent
    np.savez(folder / "inputs.npz", x=inputs, labels=np.arange(8))
    command = [*GAPPROF, "qoe", classifier.name, "--inputs", "inputs.npz"]
    outputs = ["--json", "qoe.json", "--recording", "qoe.jsonl", "--budget", str(BUDGET_S), "--threads", "1"]
    done = subprocess.run(
        [*command, *outputs],
        cwd=folder,
        env=surroundings(**{HOW_MANY: "1"}),
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST_S,
    )
    assert done.returncode == 0, done.stderr
    for told in ("Responsiveness", "Smoothness", "Page → inference", "Accuracy", "By the 8 labels given"):
        assert told in done.stdout
    found = read_report(folder / "qoe.json")
    assert encode_report(analyze(folder / "qoe.jsonl")) == (folder / "qoe.json").read_bytes()
    return found


@pytest.fixture(scope="module")
def qoe(report: Report) -> QoE:
    assert report.qoe is not None, report.warnings
    assert report.qoe.why == ""
    return report.qoe


@pytest.fixture(scope="module")
def recording(report: Report, classifier: Path) -> Recording:
    return read_run(classifier.with_name("qoe.jsonl"))


@pytest.fixture(scope="module")
def felt(recording: Recording) -> dict[Condition, FeltTrial]:
    """What counts, of the one round."""
    return {trial.condition: trial for trial in recording.of(FeltTrial) if not trial.struck}


def test_the_page_is_felt_while_the_model_rests_and_runs(qoe: QoE, felt: dict[Condition, FeltTrial]) -> None:
    """How much that costs a page is the machine's matter: the rows say what was felt there."""
    rows = {row.id: row for row in qoe.rows}
    components, frames = rows["components"], rows["frame-p95"]
    assert (components.aspect, frames.aspect) == ("responsiveness", "smoothness")
    for condition, trial in felt.items():
        appeared = getattr(components, condition)
        assert appeared.point == pytest.approx(fmean(median(ms) for ms in trial.components_ms.values()))
        ordered = sorted(trial.frames_ms)
        assert getattr(frames, condition).point == ordered[math.ceil(0.95 * len(ordered)) - 1]
    assert felt.keys() == {"idle", "main", "worker"}
    assert (qoe.graph, qoe.visits) == ("own", 3)


def test_everything_is_looked_at_as_often_as_it_was_to_be(felt: dict[Condition, FeltTrial]) -> None:
    for condition, trial in felt.items():
        assert min(trial.frames_ms) > 0
        assert sum(trial.frames_ms) <= trial.load.wall_ms
        assert 0 <= trial.video_ms <= trial.load.wall_ms
        assert len(trial.events_ms) == CLICKS
        assert set(trial.components_ms) == {"table", "form", "svg", "list"}
        assert {len(values) for values in trial.components_ms.values()} == {REPEATS}
        assert {len(values) for values in trial.steps_ms.values()} == {REPEATS}
        assert bool(trial.runs_ms) == (condition != "idle")
        assert bool(trial.step_runs_ms) == (condition != "idle")
    assert felt["idle"].video_frames > 0, "a page without a model has the time to show some"


def test_the_duty_that_the_model_reached_is_told_and_is_no_more_than_was_asked_for(
    qoe: QoE, felt: dict[Condition, FeltTrial]
) -> None:
    """How much less it is, is the machine's matter: it rests as long as it is to, or longer."""
    rows = {row.id: row for row in qoe.rows}
    for condition, trial in felt.items():
        for name, asked, runs_ms, over_ms in (
            ("duty", trial.duty, trial.runs_ms, trial.runs_over_ms),
            ("step-duty", trial.step_duty, trial.step_runs_ms, trial.step_runs_over_ms),
        ):
            assert over_ms is not None
            assert 0 < over_ms <= trial.load.wall_ms
            reached = getattr(rows[name], condition).point
            assert reached == pytest.approx(sum(runs_ms) / over_ms)
            assert (reached > 0) == (condition != "idle")
            assert reached <= asked * CLOCKS


def test_no_frame_is_made_while_the_model_runs_on_the_main_thread(felt: dict[Condition, FeltTrial]) -> None:
    """Whatever a run takes: the frame that was due when it began bears its own time, and the next is late."""
    assert felt["idle"].runs_ms == ()
    assert max(felt["main"].frames_ms) >= min(felt["main"].runs_ms) - FRAME_MS


def test_requests_were_made_on_quiet_busy_and_busier_pages(qoe: QoE) -> None:
    found = {row.page: row for row in qoe.pages}
    assert list(found) == ["quiet", "busy", "busier"]
    assert all(row.request_ms is not None and row.visits >= 1 for row in found.values())
    for page in ("busy", "busier"):
        quiet, here, times = found["quiet"].request_ms, found[page].request_ms, found[page].times
        assert quiet is not None
        assert here is not None
        assert times is not None
        assert times.point == pytest.approx(here.point / quiet.point)


def test_each_page_is_what_it_is_called_and_beyond_doubt_no_sooner_free_than_a_calmer_one(
    recording: Recording,
) -> None:
    """Were two pages mixed up, that would be beyond doubt the other way round.

    By how late runs begin: how long they take depends on what else the cores have to do meanwhile.
    """
    last = max(one.round for one in recording.of(Trial))
    trials = {one.rung: one for one in recording.of(Trial) if one.round == last and not one.struck}
    seen = {page: trials[RUNGS[page]] for page in ("quiet", "busy", "busier")}
    assert [one.seen.page_kind for one in seen.values()] == list(seen)
    files = [(one.seen.page_url or "").rpartition("/")[2] for one in seen.values()]
    assert files == ["quiet.html", "busy.html", "busy.html?twice"]
    for calmer, other in pairwise(seen.values()):
        assert len(calmer.requests_ms) == len(other.requests_ms)
        assert bounds_ms(calmer)[0] < bounds_ms(other)[1]


def bounds_ms(trial: Trial) -> tuple[float, float]:
    """Between which the mean wait for the page lies; of it none for a core, which others may have had."""
    late_ms = [ms - run for ms, run in zip(trial.requests_ms, trial.runs_ms, strict=True)]
    mean, error = fmean(late_ms), stdev(late_ms) / math.sqrt(len(late_ms))
    model = inference_of(trial.load)
    core_ms = 0.0 if model is None else model.run_queue_ms / len(late_ms)
    return mean - core_ms - DOUBT * error, mean + DOUBT * error


def test_answers_of_the_page_as_deployed_are_natives_and_lose_by_coming_late(qoe: QoE) -> None:
    found = qoe.answers
    assert found is not None
    assert (found.web_graph, found.native_graph, found.web_where) == ("own", "own", "main")
    assert (found.frames, found.scenes, found.given, found.output) == (8, 8, True, "logits")
    assert found.cosine > 0.9999
    assert (found.top1, found.nearest, found.nearest_scenes) == (1.0, 1.0, 8)
    assert found.labelled is not None
    assert found.labelled.native == found.labelled.web
    rates = {row.answers_per_s: row.nearest for row in found.late if row.who == "rate"}
    often, seldom = rates[30.0], rates[1.0]
    assert often is not None
    assert seldom is not None
    assert often.point == 1.0 > seldom.high
    assert {row.who for row in found.late} == {"rate", "native", "web"}


def test_one_round_is_all_that_a_small_budget_buys_and_that_is_said(report: Report) -> None:
    assert any("one round of visits took longer than the whole budget" in one for one in report.warnings)
