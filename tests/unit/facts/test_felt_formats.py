"""How both directions read, the page that the model slows down and the model that the page does."""

from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.digest.qoe import felt_rows
from gapprof.explain.report import build
from gapprof.records.settings import Settings
from gapprof.records.surface import Surface
from gapprof.render.markdown import RENDERER as MARKDOWN
from gapprof.render.terminal import RENDERER as TERMINAL
from tests.truth.recorder import record
from tests.unit.facts.felt import answered, report, three_rounds


def test_every_format_has_the_other_direction_too() -> None:
    machine = Machine(latency_ms=ladder_ms({"web-busy": 1.4, "web-busier": 2.2}), noise=0.0)
    settings = Settings(threads=1, qoe=True)
    recording = record(
        machine, settings, page_threads=1, side_rounds=4, side=("web-busy", "web-busier"), passes=False
    )
    made = build(replace(recording, entries=(*recording.entries, *three_rounds())))
    for text in (TERMINAL.render(made, Surface()), MARKDOWN.render(made, Surface())):
        assert "Page → inference" in text
        quiet, busy, busier = (
            next(line for line in text.splitlines() if title in line)
            for title in ("A quiet page", "The built-in busy page", "The same, at twice its load")
        )
        assert "ms [" in quiet
        assert "1.40x [" in busy
        assert "2.20x [" in busier
        assert "The built-in busy page slows inference 1.40x" in text
        assert "(unclear)" not in f"{busy}{busier}"
    assert "Page → inference" not in MARKDOWN.render(report(*three_rounds()), Surface()), (
        "nobody asked for it"
    )


def test_a_busy_page_that_may_not_slow_anything_is_said_to_be_unclear() -> None:
    settings = Settings(threads=1, qoe=True)
    pages = ("web-busy", "web-busier")
    recording = record(
        Machine(launch_noise=0.3), settings, page_threads=1, side_rounds=4, side=pages, passes=False
    )
    made = build(replace(recording, entries=(*recording.entries, *three_rounds())))
    for text in (TERMINAL.render(made, Surface()), MARKDOWN.render(made, Surface())):
        busy = next(line for line in text.splitlines() if "The built-in busy page" in line)
        assert "(unclear)" in busy


def test_every_format_has_the_section() -> None:
    made = report(*three_rounds(frames_ms=(100.0,) * 20), answered((0, 0), (1, 1)))
    for text in (TERMINAL.render(made, Surface()), MARKDOWN.render(made, Surface())):
        assert "Responsiveness" in text
        assert "Smoothness" in text
        assert "5.99x" in text  # between frames, 100 ms for 16.7
        assert "Inference on the main thread costs 83 %" in text
        assert "Inference in a worker costs" not in text
        assert "Both sides name the same class of logits" in text
    assert made.qoe is not None
    assert felt_rows(made.qoe, "smoothness")
