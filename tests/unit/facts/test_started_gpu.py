"""Starts on a GPU: adapter and device among the stages, what is compiled, and what a cache of it spares."""

from typing import Any

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine
from gapprof.digest.cold import gpu_rows
from gapprof.errors import WrongUse
from gapprof.records.codec import decode_recording, encode_entry
from gapprof.records.cold import EVERY_WEB_STAGE, Cache, Start
from gapprof.records.gpu_runs import GpuMade
from gapprof.records.surface import Surface
from gapprof.render.markdown import RENDERER as MARKDOWN
from gapprof.render.terminal import RENDERER as TERMINAL
from tests.truth.recorder import record
from tests.unit.facts.started import STAGES, cold, report, said, start, web

ON_GPU = {
    stage: {**STAGES, "setup": 100.0, "adapter": 40.0, "device": 10.0, "session": 450.0}[stage]
    for stage in EVERY_WEB_STAGE
    if stage != "worker"
}


def made(stage: str, **changes: Any) -> GpuMade:
    nothing = GpuMade(
        stage=stage, shaders=0, shaders_ms=0.0, pipelines=0, pipelines_ms=0.0, submits=0, waits_ms=0.0
    )
    return replace(nothing, **changes)


def on_gpu(cache: Cache = "cold", *, compiling_ms: float = 60.0, **changes: Any) -> Start:
    """A start with two pipelines in the session and six in the first run."""
    asked = (
        *(made(stage) for stage in ON_GPU if stage not in ("session", "first-run")),
        made("session", shaders=2, shaders_ms=0.2, pipelines=2, pipelines_ms=8.0, submits=1),
        made(
            "first-run",
            shaders=6,
            shaders_ms=0.6,
            pipelines=6,
            pipelines_ms=compiling_ms,
            submits=3,
            waits_ms=30.0,
        ),
    )
    whole = web(
        cache, stages_ms=ON_GPU, gpu_made=asked, gpu_waits_ms=(5.0, 6.0, 50.0), code_kept=cache == "warm"
    )
    return replace(whole, **changes)


def test_adapter_and_device_are_stages_and_the_whole_adds_up_as_before() -> None:
    found = cold(on_gpu())
    assert [row.stage for row in start(found).rows] == list(ON_GPU)
    assert start(found).web_ms == pytest.approx(sum(STAGES.values()))
    assert found.closure == pytest.approx(1.0)
    titles = {row.stage: row.title for row in start(found).rows}
    wanted = {"setup": "library set up", "adapter": "GPU adapter", "device": "GPU device"}
    assert wanted.items() <= titles.items()
    (check,) = (one for one in report(on_gpu(observed_ms=1100.0)).checks if one.id == "start-stages")
    assert check.status == "fail", "the same bound as on the processor"


def test_pipelines_are_counted_and_timed_by_stage() -> None:
    found = start(cold(on_gpu(), on_gpu(compiling_ms=80.0)))
    rows = {row.stage: row for row in found.gpu}
    assert list(rows) == ["session", "first-run"]
    assert (rows["session"].pipelines, rows["first-run"].pipelines) == (2, 6)
    assert rows["first-run"].pipelines_ms == pytest.approx(70.0)
    assert found.gpu_steady_waits_ms == pytest.approx(6.0)
    text = said(cold(on_gpu()))
    assert "8 shaders and 8 pipelines made, for 68.0 ms of which" in text
    assert "The first run waits 30.0 ms for the GPU, at times while it waits for a pipeline as well;" in text
    assert "a steady one waits 6.00 ms" in text
    assert "Beside that" not in text, "these waits are no more time than that of the pipelines"
    assert gpu_rows(start(cold(on_gpu()))) == (
        ("session created", ("2", "8.00", "")),
        ("first run", ("6", "60.0", "30.0")),
    )


def test_on_the_processor_nothing_is_said_of_a_gpu() -> None:
    found = cold(web())
    assert (start(found).gpu, start(found).gpu_steady_waits_ms, found.gpu_cache) == ((), None, "")
    assert "GPU" not in said(found)


def test_a_start_that_finds_shaders_is_a_state_of_its_own() -> None:
    fast = {**ON_GPU, "first-run": 49.0}
    found = cold(
        on_gpu(),
        on_gpu("warm"),
        on_gpu("gpu-cached", stages_ms=fast, observed_ms=950.0, compiling_ms=10.0, gpu_kept=8),
    )
    assert [one.cache for one in found.starts] == ["cold", "warm", "gpu-cached"]
    kept = start(found, "gpu-cached")
    assert sum(row.pipelines_ms for row in kept.gpu) == pytest.approx(18.0)
    text = said(found)
    assert "A start before had left 8 entries in the browser's cache of shaders and pipelines." in text
    assert "One that finds shaders and pipelines as well takes 0.95x" in text
    assert "told to keep what it had" not in text, "V8 is told nothing on a GPU"
    assert "had left nothing" in cold(on_gpu("gpu-cached", gpu_kept=0)).gpu_cache
    assert "does not know" in cold(on_gpu("gpu-cached")).gpu_cache


def test_every_format_shows_what_is_made_on_the_gpu() -> None:
    found = report(on_gpu(), on_gpu("gpu-cached", gpu_kept=8))
    for renderer in (TERMINAL, MARKDOWN):
        text = renderer.render(found, Surface(width=100))
        for words in ("GPU, cold", "GPU, cached", "waits ms", "GPU adapter", "Shaders cached, ms"):
            assert words in text


def test_a_start_on_a_gpu_is_read_again_as_it_was_written() -> None:
    lines = [encode_entry(one) for one in (record(Machine()).begin, on_gpu("gpu-cached", gpu_kept=8))]
    assert decode_recording(lines, source="x.jsonl").entries == (on_gpu("gpu-cached", gpu_kept=8),)


@pytest.mark.parametrize(
    ("said", "entry"),
    [
        ("made in impossible times", on_gpu(gpu_made=(made("session", pipelines_ms=-1.0),))),
        ("made in impossible times", on_gpu(gpu_made=(made("session", pipelines=-1),))),
        ("waited for impossible times", on_gpu(gpu_waits_ms=(-1.0,))),
        ("a cache of an impossible size", on_gpu(gpu_kept=-1)),
    ],
)
def test_what_no_gpu_can_have_made_is_refused(said: str, entry: Start) -> None:
    lines = [encode_entry(one) for one in (record(Machine()).begin, entry)]
    with pytest.raises(WrongUse, match=said):
        decode_recording(lines, source="x.jsonl")
