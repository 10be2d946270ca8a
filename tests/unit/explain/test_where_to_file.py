"""To whom a report of slow runs belongs, by what was planted; on software to nobody."""

from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.explain.report import build
from gapprof.records.gpu import AdapterIdentity
from gapprof.records.gpu_runs import RunParts
from gapprof.records.recording import Entry
from gapprof.records.report import Report
from gapprof.records.sections.gpu import WhereToFile
from gapprof.records.settings import Settings
from gapprof.records.surface import Surface
from gapprof.records.trial import Trial
from gapprof.render.markdown import RENDERER as MARKDOWN
from gapprof.render.terminal import RENDERER as TERMINAL
from tests.truth.recorder import record
from tests.unit.facts.gpu_runs import AMPERE, spans, timed
from tests.unit.gpu.written import SWIFTSHADER

NO_GPU = {("native", "device", "gpu"): "no execution provider for a GPU"}
STILL_MS = 10.0


def report(
    factors: Mapping[str, float],
    *,
    adapter: AdapterIdentity = AMPERE,
    busy_ms: float = 1.0,
    idle_ms: float = 0.0,
    compiling_ms: Mapping[str, float] = {},
    native: bool = True,
    launch_noise: float = 0.0,
    rounds: int = 6,
) -> Report:
    """Two dispatches, between which the GPU is idle."""
    machine = Machine(
        latency_ms=ladder_ms(factors, native_ms=STILL_MS, backend="webgpu"),
        noise=0.002,
        launch_noise=launch_noise,
        refusals={} if native else NO_GPU,
    )
    whole = record(machine, Settings(backend="webgpu"), rounds=rounds)

    def on(entry: Entry) -> Entry:
        if not isinstance(entry, Trial):
            return entry
        waited = compiling_ms.get(entry.rung)
        parts = None if waited is None else parts_of(waited)
        return replace(entry, seen=replace(entry.seen, adapter=adapter), parts=parts)

    *entries, end = map(on, whole.entries)
    first, second = spans((("MatMul", busy_ms / 2), ("MatMul", busy_ms / 2)))
    later = replace(
        second,
        begins_ns=tuple(at + idle_ms * 1e6 for at in second.begins_ns),
        ends_ns=tuple(at + idle_ms * 1e6 for at in second.ends_ns),
    )
    dispatches = timed(
        (("MatMul", busy_ms / 2), ("MatMul", busy_ms / 2)), adapter=adapter, dispatches=(first, later)
    )
    return build(replace(whole, entries=(*entries, dispatches, end)))


def parts_of(waited_ms: float) -> RunParts:
    return RunParts(end_waits_ms=(), inner_waits_ms=(), pipelines_ms=(), setup_pipelines_ms=waited_ms)


def filed(found: Report) -> WhereToFile:
    assert found.gpu_operators is not None
    assert found.gpu_operators.where_to_file is not None
    return found.gpu_operators.where_to_file


@pytest.mark.parametrize(
    ("planted", "project"),
    [
        ("replay-native-unsafe", "library"),
        ("web-session", "library"),
        ("replay-native", "browser"),
        ("replay-web", "browser"),
    ],
)
def test_the_part_that_costs_most_says_whose_it_is(planted: str, project: str) -> None:
    found = filed(report({planted: 2.0}))
    assert found.project == project
    assert "makes a run 2.0" in found.text
    assert {"library": "microsoft/onnxruntime", "browser": "crbug.com"}[project] in found.text


def test_who_the_adapter_is_stands_beside_it() -> None:
    found = filed(report({"replay-web": 2.0}))
    assert (found.vendor, found.architecture, found.fallback) == ("nvidia", "ampere", False)
    assert found.run_ms is not None
    assert found.run_ms.point == pytest.approx(2 * STILL_MS, rel=0.02)
    assert found.gpu_busy_ms is not None


def test_from_software_nothing_can_be_filed() -> None:
    found = filed(report({"replay-web": 2.0}, adapter=SWIFTSHADER))
    assert (found.project, found.fallback) == (None, True)
    assert found.text == (
        "Nothing can be filed from this: software adapter: shows the plumbing, not your GPU."
    )


def test_pipelines_that_take_as_long_without_a_browser_are_the_driver_s() -> None:
    both = dict.fromkeys(("replay-native", "replay-web"), 40 * STILL_MS)
    found = filed(report({}, compiling_ms=both))
    assert found.project == "driver"
    assert "pipelines take 400 ms" in found.text


def test_pipelines_that_take_longer_in_the_browser_alone_are_not_the_driver_s() -> None:
    times = {"replay-native": STILL_MS, "replay-web": 40 * STILL_MS}
    assert filed(report({}, compiling_ms=times)).project is None


def test_a_gpu_that_is_at_work_all_the_time_is_the_driver_s_where_native_is_as_slow() -> None:
    assert filed(report({}, busy_ms=9.8)).project == "driver"
    found = filed(report({}, busy_ms=9.8, native=False))
    assert found.project is None
    assert "--native-python" in found.text
    assert "`gapprof kernels MODEL --backend webgpu` measures that" in found.text, "no yardstick is read here"


def test_a_gpu_that_waits_between_dispatches_is_not_busy_meanwhile() -> None:
    found = report({}, busy_ms=2.0, idle_ms=8.0)
    assert found.gpu_operators is not None
    assert found.gpu_operators.span_ms is not None
    assert found.gpu_operators.span_ms.point == pytest.approx(10.0, rel=0.01), "from first to last dispatch"
    where = filed(found)
    assert where.gpu_busy_ms is not None
    assert where.gpu_busy_ms.point == pytest.approx(2.0)
    assert where.project is None
    assert "nothing to file yet" in where.text
    told = [one.text for cause in found.causes for one in cause.evidence if one.kind == "calls-parted"]
    assert ["the GPU is at work for 2.00 ms of a run" in text for text in told] == [True]
    text = " ".join(TERMINAL.render(found, Surface(width=200)).split())
    assert "the GPU is busy for 2.0" in text
    assert "(the GPU is at work for 2.00 ms of a run)" in text


def test_native_kernels_that_may_take_less_do_not_acquit_onnxruntime() -> None:
    found = filed(report({}, busy_ms=11.0, launch_noise=0.05))
    assert found.project is None
    assert "which of them cannot be told" in found.text
    assert "`gapprof kernels MODEL --backend webgpu` measures that" in found.text


def test_one_round_alone_files_nothing() -> None:
    both = dict.fromkeys(("replay-native", "replay-web"), 40 * STILL_MS)
    for found in (
        report({}, busy_ms=9.8, rounds=1),
        report({}, compiling_ms=both, rounds=1),
        report({"replay-web": 2.0}, rounds=1),
    ):
        assert filed(found).project is None
        assert "nothing to file yet" in filed(found).text


def test_where_nothing_costs_there_is_nothing_to_file() -> None:
    found = filed(report({}))
    assert found.project is None
    assert "nothing to file yet" in found.text


def test_every_format_shows_it() -> None:
    found = report({"replay-web": 2.0})
    for renderer in (TERMINAL, MARKDOWN):
        text = " ".join(renderer.render(found, Surface(width=200)).split())
        assert "Where to file it" in text
        assert "no fallback adapter" in text
