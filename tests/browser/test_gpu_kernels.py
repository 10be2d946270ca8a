"""Compute shaders of ours in real Chromium: each held to numpy on odd shapes, and the command whole.

Where the machine has no GPU the browser's software stands in for one. It leaves workgroups' memory as it is
where shaders are only compared: software compiles them several times faster so.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from msgspec import Struct
from msgspec.structs import replace

from gapprof import assets, cli
from gapprof.browser.visit import Equipment
from gapprof.errors import ExitCode
from gapprof.facts.adapters import SOFTWARE_SENTENCE
from gapprof.gpu import graphics
from gapprof.gpu.toggles import browser_args, without
from gapprof.gpu.visited import Gpu
from gapprof.gpu_kernels.database import read
from gapprof.gpu_kernels.family import Choice, Limits, Shader, tried
from gapprof.gpu_kernels.judged import best, is_right, settled, took_ms, was_run
from gapprof.gpu_kernels.page import Effort, Page
from gapprof.gpu_kernels.run import SETTINGS
from gapprof.gpu_kernels.shapes import families, family_of, key_of
from gapprof.guard import Guard
from gapprof.records.codec import decode_recording
from gapprof.records.gpu_kernels import GpuKernelPlan, GpuKernelTime, GpuKernelTrial
from gapprof.records.gpu_wire import GpuCandidate
from gapprof.records.recording import Recording
from gapprof.records.schema import PATH
from gapprof.subject.sketch import Sketch
from tests.unit.gpu_kernels.shapes import CONVOLUTIONS, DEPTHWISE, ELEMENTWISE, FUNCTIONS, PRODUCTS, SHAPES

BUDGET_S = 160.0
"""Within what a visit has, and many times what software takes."""
CHOICES = 3
ONCE = Effort(samples=1, given_up=0.0, budget_s=BUDGET_S)


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    executable = assets.find_browser()
    with Guard() as guard:
        equipment = Equipment(executable=executable, probes=assets.probes_web(), guard=guard)
        gpu = Gpu(equipment=equipment, graphics=graphics.here(executable))
        yield Page(gpu=gpu, toggles=without("zero-init"))


def choices(shape: Struct) -> tuple[Choice, ...]:
    return tried(family_of(shape), shape, Limits())


def first_and_last(shape: Struct) -> tuple[Choice, ...]:
    several = choices(shape)
    return (several[0], several[-1])


@pytest.mark.parametrize(
    "which",
    [pytest.param(first_and_last, id="few"), pytest.param(choices, id="all", marks=pytest.mark.long)],
)
def test_every_shader_gives_what_numpy_gives(
    page: Page, which: Callable[[Struct], tuple[Choice, ...]]
) -> None:
    """Choices of every odd shape, and every function by fours and one by one."""
    wanted: dict[str, Sequence[Choice]] = {key_of(shape): which(shape) for shape in SHAPES}
    wanted |= {key_of(shape): first_and_last(shape) for shape in FUNCTIONS.values()}
    assert {shape.__struct_config__.tag for shape in SHAPES} == set(families())
    trial = page.trial(wanted, ONCE, number=0, seed=1)
    assert len(trial.times) == sum(map(len, wanted.values()))
    assert [(time.shape, time.choice, time.why) for time in trial.times if not is_right(time)] == []
    assert all(
        time.difference is not None and time.difference < 1e-5 * max(1, time.largest) for time in trial.times
    )
    assert all(len(time.samples_ns) == 1 for time in trial.times)
    assert any(took_ms(time) for time in trial.times), "by a clock that may go backwards"
    assert trial.errors == ()


def planted(shader: Shader, right: str, wrong: str) -> GpuCandidate:
    """The same shader with a mistake in it."""
    assert right in shader.code
    return GpuCandidate(code=shader.code.replace(right, wrong, 1), grid=shader.grid)


PLANTS = (
    (PRODUCTS[1], "a_0.x * b_0", "a_0.y * b_0"),
    (PRODUCTS[0], "(four * 4u + 1u) < 10u", "(four * 4u + 1u) < 9u"),
    (CONVOLUTIONS[0], "x >= 0 &&", "x >= 2 &&"),
    (DEPTHWISE[0], "first_x + 1", "first_x + 0"),
    (DEPTHWISE[1], "if (column + 0u < 9u)", "if (column + 1u < 9u)"),
    (ELEMENTWISE[0], "if (i < 1027u)", "if (i < 1026u)"),
    (ELEMENTWISE[5], "% 5u", "% 4u"),
)


def test_a_planted_mistake_is_found_and_does_not_hide_behind_another_ones_output(page: Page) -> None:
    """The shader as it is, before and behind the spoilt one: both use the same buffer for their result."""
    problems = []
    for shape, right, wrong in PLANTS:
        first = choices(shape)[0]
        shader = family_of(shape).shader(shape, first)
        sound = GpuCandidate(code=shader.code, grid=shader.grid)
        spoilt = planted(shader, right, wrong)
        problems.append((key_of(shape), [(first, sound), (first, spoilt), (first, sound)]))
    trial = page.run(problems, ONCE, number=0, seed=1)
    verdicts = [is_right(time) for time in trial.times]
    assert verdicts == [True, False, True] * len(PLANTS)


def test_what_does_not_compile_or_is_refused_says_so_and_harms_no_other(page: Page) -> None:
    shape = PRODUCTS[0]
    first = choices(shape)[0]
    shader = family_of(shape).shader(shape, first)
    sound = GpuCandidate(code=shader.code, grid=shader.grid)
    candidates = [
        (first, GpuCandidate(code="fn main() { nonsense }", grid=(1, 1, 1))),
        (first, GpuCandidate(code=shader.code, grid=(70_000, 1, 1))),
        (first, sound),
    ]
    broken, refused, right = page.run([(key_of(shape), candidates)], ONCE, number=0, seed=1).times
    assert "does not compile" in broken.why
    assert "refuses" in refused.why
    assert [time.difference for time in (broken, refused)] == [None, None]
    assert [time.samples_ns for time in (broken, refused)] == [(), ()]
    assert is_right(right)


def test_when_the_time_is_over_what_was_not_tried_says_so(page: Page) -> None:
    wanted = {key_of(shape): choices(shape) for shape in PRODUCTS[:3]}
    times = page.trial(wanted, Effort(samples=1, given_up=0.0, budget_s=0.0), number=0, seed=1).times
    assert {(time.why, time.late) for time in times} == {("the time was over before it was tried", True)}
    assert not any(map(tells_something, times))


SPINNING = """
  var spin = f32(at);
  for (var turn = 0u; turn < 200000u; turn += 1u) { spin = fract(spin * 1.7 + 0.3); }
  if (spin > 2.0) { return; }"""
IDLE = "\n  if (at < 4096u) { return; }"


def test_what_is_far_behind_is_timed_once_and_what_is_wrong_gives_nobody_up(page: Page) -> None:
    """The one that does nothing is by far the fastest, and wrong."""
    shape = ELEMENTWISE[0]
    first = choices(shape)[0]
    shader = family_of(shape).shader(shape, first)
    begin = "@builtin(local_invocation_index) at: u32) {"
    slow, wrong = (planted(shader, begin, begin + more) for more in (SPINNING, IDLE))
    sound = GpuCandidate(code=shader.code, grid=shader.grid)
    candidates = [(first, one) for one in (slow, wrong, *(sound,) * 5)]
    effort = Effort(samples=4, given_up=5.0, budget_s=BUDGET_S)
    behind, odd, *rest = page.run([(key_of(shape), candidates)], effort, number=0, seed=1).times
    assert is_right(behind)
    assert len(behind.samples_ns) == 1
    assert odd.odd > 0
    assert any(len(one.samples_ns) == 4 for one in rest)


def tells_something(time: GpuKernelTime) -> bool:
    return bool(time.samples_ns) or time.difference is not None


@dataclass(frozen=True)
class Run:
    folder: Path
    code: ExitCode
    report: dict[str, Any]

    def recording(self) -> Recording:
        with (self.folder / "run.jsonl").open("rb") as lines:
            return decode_recording(lines, source="run.jsonl")


def _model(path: Path) -> None:
    """One convolution, one by channels, and what there is no shader for."""
    sketch = Sketch("small", seed=7)
    x = sketch.input("x", [1, 3, 24, 24])
    x = sketch.node("a", "Relu", [sketch.conv("a", x, sketch.filters(16, 3, 3, gain=1.4), stride=2, pad=1)])
    x = sketch.conv("b", x, sketch.filters(16, 1, 3, gain=1.4), pad=1, group=16)
    x = sketch.node("pool", "MaxPool", [x], kernel_shape=[2, 2], strides=[2, 2])
    sketch.output(x, "y", [1, 16, 6, 6])
    sketch.save(path)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Without cleared memory, the library's shaders and ours, and with few choices of each: most of the time
    would go to compiling."""
    folder = tmp_path_factory.mktemp("gpu-kernels")
    _model(folder / "small.onnx")
    with pytest.MonkeyPatch.context() as patch:
        quick = replace(SETTINGS, browser_args=browser_args(without("zero-init")))
        patch.setattr("gapprof.gpu_kernels.run.SETTINGS", quick)
        patch.setattr("gapprof.gpu_kernels.family.MOST", CHOICES)
        code = cli.run(
            [
                *("kernels", str(folder / "small.onnx"), "--backend", "webgpu", "--rounds", "2", "--quiet"),
                *("--json", str(folder / "kernels.json"), "--db", str(folder / "db.json")),
                *("--recording", str(folder / "run.jsonl")),
            ]
        )
    return Run(folder=folder, code=code, report=json.loads((folder / "kernels.json").read_text()))


def test_the_command_ends_well_and_its_json_is_valid(run: Run) -> None:
    assert run.code == ExitCode.OK
    assert run.report["status"] == "ok"
    jsonschema.validate(run.report, json.loads(PATH.with_name("gpu-kernels.schema.json").read_text()))


def test_every_operator_with_a_shader_stands_beside_it(run: Run) -> None:
    """Where one of them was ready in time; else the row says that none was."""
    rows = {row["nodes"][0].split("_token")[0]: row for row in run.report["rows"]}
    for name, what in (
        ("/a/Conv", "3x3 by 2, 3 to 16 channels, 24x24"),
        ("/b/Conv", "depthwise 3x3, 16 channels, 12x12"),
    ):
        assert rows[name]["what"] == what
        assert rows[name]["library_ms"] > 0
        there = rows[name]["tuned_ms"] is not None
        assert len(rows[name]["choices"]) == there
        assert there or rows[name]["why"]
    assert "no shader of ours" in rows["/pool/MaxPool"]["why"]
    assert rows["/pool/MaxPool"]["library_ms"] > 0
    beside = any(row["tuned_ms"] for row in run.report["rows"])
    assert (0 < run.report["summary"]["covered"] < 1) == beside


def test_what_was_written_tried_and_wrong_is_counted(run: Run) -> None:
    recording = run.recording()
    trials = list(recording.of(GpuKernelTrial))
    tuning = [time for trial in trials if trial.round < 0 for time in trial.times]
    assert run.report["written"] == len(tuning) > 0
    assert run.report["tried"] == sum(map(was_run, tuning))
    assert run.report["wrong"] == 0
    ran = {time.shape for trial in trials for time in trial.times if was_run(time)}
    plan = next(recording.of(GpuKernelPlan))
    assert run.report["unmeasured"] == len({part for node in plan.nodes for part in node.parts} - ran)


def test_nothing_is_claimed_of_software_and_something_of_a_gpu(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["kernels", str(run.folder / "run.jsonl"), "--no-color"]) == ExitCode.OK
    drawn = capsys.readouterr().out
    software = run.report["software"]
    assert drawn.startswith(SOFTWARE_SENTENCE) == software
    assert (run.report["summary"]["reachable_ms"] is None) == software
    told = [
        row["available"] for row in run.report["rows"] if row["tuned_ms"] and not row["too_small_to_tell"]
    ]
    assert all((available is None) == software for available in told)


def test_what_was_tuned_is_kept_by_adapter_and_browser(run: Run) -> None:
    """Where all shaders of a shape were ready in time, which software does not always manage."""
    tuning = next(run.recording().of(GpuKernelTrial))
    kept = read(run.folder / "db.json").entries
    assert tuning.round == -1
    assert {entry.shape for entry in kept} == settled(tuning.times) & best(tuning.times).keys()
    assert len({(entry.adapter, entry.browser) for entry in kept}) <= 1
    assert all(entry.browser.startswith("Chrome/") for entry in kept)


def test_reading_the_recording_gives_the_same_table(run: Run, tmp_path: Path) -> None:
    again = tmp_path / "again.json"
    code = cli.run(["kernels", str(run.folder / "run.jsonl"), "--quiet", "--json", str(again)])
    assert code == ExitCode.OK
    assert again.read_bytes() == (run.folder / "kernels.json").read_bytes()
