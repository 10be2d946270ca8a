"""`explain` without a MODEL, whole: what a page runs by itself, and the ladder about it. Signs, no sizes."""

import hashlib
import shutil
from pathlib import Path

import pytest

from gapprof import Report
from gapprof.assets import web_dist
from gapprof.records.surface import Surface
from gapprof.render.markdown import MarkdownRenderer
from gapprof.terminal.sheet import drawn
from tests.live.conftest import CHANNELS, SIDE, Explained

LIBRARY = ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
PAGE = f"""<!doctype html><meta charset=utf-8><title>An app</title>
<script type=module>
import * as ort from "./ort.wasm.bundle.min.mjs";
ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = new URL("./", location.href).href;
const session = await ort.InferenceSession.create("./cnn.onnx");
const values = new Float32Array({CHANNELS * SIDE * SIDE}).fill(0.25);
for (;;) {{
  await session.run({{ x: new ort.Tensor("float32", values, [1, {CHANNELS}, {SIDE}, {SIDE}]) }});
  await new Promise((done) => setTimeout(done, 5));
}}
</script>"""
SEEN_MS = 500.0


@pytest.fixture(scope="module")
def report(explained: Explained, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder = tmp_path_factory.mktemp("app")
    for name in LIBRARY:
        shutil.copy(web_dist() / name, folder)
    shutil.copy(model, folder)
    (folder / "index.html").write_text(PAGE)
    return explained(of=None, page=str(folder), isolation=False, observed_ms=SEEN_MS)


def test_the_report_is_about_the_pages_own_model(report: Report, model: Path) -> None:
    page = report.observed
    assert page is not None
    assert page.model_sha256 == hashlib.sha256(model.read_bytes()).hexdigest() == report.model.sha256
    assert report.model.name == "cnn"
    assert page.fed
    assert page.runs >= 2
    assert page.version == report.versions["onnxruntime-web"]
    assert report.gap.ratio is not None, report.status_why
    assert report.gap.ratio.low > 0


def test_the_ladder_has_the_conditions_of_the_page(report: Report) -> None:
    settings = report.settings
    assert (settings.page, settings.isolation, settings.where, settings.threads) == (
        "quiet",
        False,
        "main",
        1,
    )


def test_the_pages_runs_are_held_against_the_ladders(report: Report) -> None:
    page = report.observed
    assert page is not None
    assert page.run_ms is not None
    assert page.times_deployed is not None
    looped = next(row for row in report.rungs if row.id == "web-main")
    assert looped.latency_ms is not None
    found = page.run_ms / looped.latency_ms.point  # a median over a mean
    assert page.times_deployed.low / 1.2 < found < page.times_deployed.high * 1.2


def test_a_latency_that_somebody_saw_is_held_against_every_condition(report: Report) -> None:
    """Nobody names a rung: the latency alone asks for them."""
    found = report.reproduction
    assert found is not None
    assert report.settings.rungs == "main"
    assert found.observed_ms == SEEN_MS
    alone = {one.conditions for one in found.rows if len(one.conditions) <= 1}
    assert {
        (),
        ("the first run",),
        ("in a worker",),
        ("a busy page",),
        ("DevTools open (wasm in the baseline tier)",),
        ("cross-origin isolated",),
    } <= alone
    assert found.not_measured == ()


def test_the_nearest_conditions_are_made_all_at_once(report: Report) -> None:
    """No run of this small model takes half a second, whatever is done: several at once come nearest."""
    found = report.reproduction
    assert found is not None
    made = [one for one in found.rows if len(one.conditions) > 1]
    assert made
    assert made[0].measured_ms is not None, made[0].why_not_measured
    assert made[0].measured_ms.point > found.rows[0].ms.point
    text = drawn(report, Surface(width=100, colour=False, unicode=True))
    assert "the same, all at once (measured)" in text


def test_it_can_be_read(report: Report) -> None:
    text = drawn(report, Surface(width=100, colour=False, unicode=True))
    assert "What the page does by itself" in text
    assert "cnn.onnx" in text
    assert "Where 500 ms could come from" in text
    assert "What the page does by itself" in MarkdownRenderer().render(report, Surface())
