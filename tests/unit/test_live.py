import io
import threading

from msgspec.structs import replace

from gapprof import live
from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.records.progress import Progress
from gapprof.records.surface import Surface
from gapprof.terminal.ink import Ink
from gapprof.terminal.printing import printed
from tests.truth.recorder import record
from tests.unit.render import reports

SURFACE = Surface(width=80)
ERASE_LINE, SHOW_CURSOR = "\x1b[2K", "\x1b[?25h"
STEP = Progress(
    phase="rounds",
    text="Native, as it comes",
    rung="native",
    round=2,
    rounds_planned=9,
    elapsed_s=31.2,
    projected_s=118.0,
)


class Counted(io.StringIO):
    """A stream that counts its writes."""

    writes = 0

    def write(self, text: str) -> int:
        self.writes += 1
        return super().write(text)


def test_a_frame_says_how_far_and_what_now() -> None:
    text = printed(iter((live.frame(STEP, None, Ink(SURFACE)),)), SURFACE)
    assert "measuring · round 3 of 9 · 31 s of about 1 min 58 s" in text
    assert "now: Native, as it comes" in text


def test_a_frame_shows_the_ranking_as_provisional() -> None:
    text = printed(iter((live.frame(STEP, reports.ok(), Ink(SURFACE)),)), SURFACE)
    assert "Provisional, 9 rounds" in text
    assert "2.44x" in text


def test_a_frame_says_that_a_visit_waits_and_for_how_long() -> None:
    text = printed(iter((live.frame(replace(STEP, waited_s=3.2), None, Ink(SURFACE)),)), SURFACE)
    assert "now: Native, as it comes" in text
    assert "has waited 3 s for a core that other work slows" in text
    assert "waited" not in printed(iter((live.frame(STEP, None, Ink(SURFACE)),)), SURFACE)


def test_a_name_in_a_step_does_nothing_to_the_terminal() -> None:
    text = printed(iter((live.frame(replace(STEP, text="\x1b[2J[red]x"), None, Ink(SURFACE)),)), SURFACE)
    assert "\\x1b[2J[red]x" in text


def test_a_completed_round_brings_a_ranking_on_screen() -> None:
    recording = record(Machine(latency_ms=ladder_ms({"native-128": 2.4, "web-worker": 1.5}), noise=0.01))
    stream = Counted()
    with live.watching(stream, SURFACE) as watch:
        watch(replace(STEP, recording=recording))
    assert "Provisional, 6 rounds" in stream.getvalue()


def test_a_recording_that_has_no_round_yet_is_no_reason_to_stop() -> None:
    stream = Counted()
    with live.watching(stream, SURFACE) as watch:
        watch(replace(STEP, recording=record(Machine(), rounds=0, passes=False, ended=None)))
    assert "measuring" in stream.getvalue()
    assert "Provisional" not in stream.getvalue()


def test_a_step_that_changes_nothing_is_not_drawn_again_at_once() -> None:
    stream = Counted()
    with live.watching(stream, SURFACE) as watch:
        watch(STEP)
        before = stream.writes
        watch(replace(STEP, elapsed_s=STEP.elapsed_s + 0.1))
        assert stream.writes == before
        watch(replace(STEP, elapsed_s=STEP.elapsed_s + 0.3))
        assert stream.writes > before


def test_a_new_rung_is_drawn_however_soon_it_comes() -> None:
    stream = Counted()
    with live.watching(stream, SURFACE) as watch:
        watch(STEP)
        before = stream.writes
        watch(replace(STEP, rung="web", text="In the browser, as deployed", elapsed_s=STEP.elapsed_s + 0.01))
        assert stream.writes > before


def test_nothing_is_drawn_between_steps() -> None:
    """A view that refreshes itself would use the processor while trials are timed."""
    before = set(threading.enumerate())
    with live.watching(Counted(), SURFACE) as watch:
        watch(STEP)
        assert set(threading.enumerate()) <= before


def test_off_a_terminal_there_is_one_plain_line_a_phase() -> None:
    stream = io.StringIO()
    tell = live.telling(stream)
    for phase in ("preflight", "rounds", "rounds", "side"):
        tell(replace(STEP, phase=phase))
        tell(replace(STEP, phase=phase, waited_s=3.2))
    assert stream.getvalue().splitlines() == [
        "gapprof: looking at the page and at native",
        "gapprof: measuring",
        "gapprof: measuring what-ifs",
    ]


def test_the_view_is_gone_when_the_run_is_over() -> None:
    stream = Counted()
    with live.watching(stream, SURFACE) as watch:
        watch(STEP)
        drawn = len(stream.getvalue())
    after = stream.getvalue()[drawn:]
    assert after.count(ERASE_LINE) >= 2
    assert "measuring" not in after.rpartition(ERASE_LINE)[2]
    assert SHOW_CURSOR in after
