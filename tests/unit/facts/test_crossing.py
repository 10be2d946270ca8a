"""What a trace says of the way to the GPU's process: beside the clock's figure, never in its place."""

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.errors import WrongUse
from gapprof.explain.report import build
from gapprof.facts.adapters import SOFTWARE_SENTENCE
from gapprof.facts.case import Case
from gapprof.facts.crossing import Crossing, crossing
from gapprof.records.codec import decode_recording, encode_entry
from gapprof.records.crossing import EVENTS, MOST_SLICES, TracedCrossing
from gapprof.records.recording import Recording
from gapprof.records.report import CauseRow, Report, with_descendants
from gapprof.records.surface import Surface
from gapprof.records.trial import ThreadUse, TraceSlice, Trial
from gapprof.render.terminal import RENDERER as TERMINAL
from tests.truth.gpu_parts import SETTINGS, Runs, recording_of
from tests.truth.recorder import record
from tests.unit.facts.gpu_runs import AMPERE
from tests.unit.gpu.written import SWIFTSHADER

RUNS = 10
CPU_MS = {
    "DawnClientSerializer::Flush": 1.5,
    "CommandBufferHelper::Flush": 0.5,
    "WebGPUImplementation::OnGpuControlReturnData": 1.0,
    "CommandBuffer::Flush": 5.0,
    "WebGPUDecoderImpl::HandleDawnCommands": 35.0,
    "WebGPUDecoderImpl::PerformPollingWork": 5.0,
    "DawnServiceSerializer::Flush": 2.0,
}
"""Of ten runs together."""
SLICES = tuple(
    TraceSlice(thread="a thread", name=name, detail="", count=30, wall_ms=2 * ms, cpu_ms=ms)
    for name, ms in CPU_MS.items()
)
TRACED = TracedCrossing(
    rung="web-session",
    took_s=3.0,
    engine_version="Chrome/156.0.8078.79",
    adapter=SWIFTSHADER,
    stretch_ms=260.0,
    runs_ms=(25.0,) * RUNS,
    slices=SLICES,
)


def recording(found: TracedCrossing | None = TRACED) -> Recording:
    """Replays of 10 ms and 16 ms, runs of 24 ms in timed rounds, 1,000 dispatches each."""
    made = recording_of(Runs())
    *entries, end = made.entries
    return replace(made, entries=(*entries, *([found] if found is not None else []), end))


def boundary(report: Report) -> CauseRow:
    return next(one for one in with_descendants(report.causes) if one.id == "browser-boundary")


def said(found: TracedCrossing | None = TRACED) -> str:
    return " ".join(one.text for one in boundary(build(recording(found))).evidence)


def figures(found: TracedCrossing) -> Crossing:
    told = crossing(Case(recording(found)))
    assert told is not None
    return told


def without(*names: str) -> TracedCrossing:
    return replace(TRACED, slices=tuple(one for one in SLICES if one.name not in names))


def test_events_are_told_by_what_is_done_in_them_for_each_run() -> None:
    told = figures(TRACED)
    assert told.cpu_ms == pytest.approx(
        {"sending": 0.2, "hearing": 0.1, "decoding": 4.0, "polling": 0.5, "answering": 0.2}
    )
    assert (told.flushes, told.runs, told.run_ms) == (3.0, RUNS, 25.0)
    assert (told.page_ms, told.total_ms) == pytest.approx((0.3, 5.0))
    assert (told.absent, told.untimed) == ((), ())


def test_both_processes_are_told_and_what_a_dispatch_takes_of_it() -> None:
    text = said()
    assert "Traced apart (10 runs of 25.0 ms, 24" in text
    assert "the page's thread takes 0.200 ms to serialise and send commands (flushes: 3)" in text
    assert "and 0.100 ms to take answers in" in text
    assert "the GPU's process takes 4.00 ms to take commands in, decode, validate and record them" in text
    assert "(for each dispatch 0.0040 ms), 0.500 ms to poll for what is done and 0.200 ms to answer" in text


def test_a_trace_stands_beside_the_clock_and_changes_no_factor() -> None:
    with_it, without_it = (boundary(build(recording(found))) for found in (TRACED, None))
    assert with_it.factor == without_it.factor
    assert with_it.weights == without_it.weights
    assert with_it.children == without_it.children
    text = said()
    assert "These 5.00 ms, 6.0 % of them on the page's thread" in text
    assert "a replayed run in the browser takes 6.0" in text
    assert without_it.evidence == ()


@pytest.mark.parametrize(
    ("factor", "rounds", "words"),
    [
        (1.0, 6, "By the clock no difference was seen between a replayed run in the browser and one without"),
        (2.0, 6, "By the clock, a replayed run in the browser takes 1"),
        (0.5, 6, "] less than without one."),
        (2.0, 1, "one round alone does not tell."),
    ],
    ids=["none", "more", "less", "one-round"],
)
def test_the_clock_s_difference_is_told_as_far_as_there_is_one(
    factor: float, rounds: int, words: str
) -> None:
    latency_ms = ladder_ms({"replay-web": factor}, native_ms=10.0, backend="webgpu")
    made = record(Machine(latency_ms=latency_ms, launch_noise=0.05), SETTINGS, rounds=rounds)
    *entries, end = made.entries
    report = build(replace(made, entries=(*entries, TRACED, end)))
    (told,) = (one.text for one in boundary(report).evidence if "These 5.00 ms" in one.text)
    assert words in told
    assert told.startswith(f"{SOFTWARE_SENTENCE[0].upper()}{SOFTWARE_SENTENCE[1:]}. These 5.00 ms")
    assert ("more than without one" in told) == (factor > 1 and rounds > 1)


def test_times_of_a_software_adapter_are_headed_so_and_those_of_a_gpu_are_not() -> None:
    heading = f"{SOFTWARE_SENTENCE[0].upper()}{SOFTWARE_SENTENCE[1:]}. Traced apart"
    assert heading in said()
    assert "oftware adapter" not in said(replace(TRACED, adapter=AMPERE))


def test_an_event_that_another_browser_has_not_is_named_and_never_zero() -> None:
    found = without("WebGPUDecoderImpl::PerformPollingWork", "DawnClientSerializer::Flush")
    told, text = figures(found), said(found)
    assert told.flushes is None
    assert "polling" not in told.cpu_ms
    assert told.cpu_ms["sending"] == pytest.approx(0.05)
    assert "to poll" not in text
    assert "flushes" not in text
    assert (
        "the trace of this browser (Chrome/156.0.8078.79) has no such events: "
        "DawnClientSerializer::Flush, WebGPUDecoderImpl::PerformPollingWork." in text
    )


def test_a_trace_without_any_of_them_has_no_times_and_says_so() -> None:
    found = replace(TRACED, slices=())
    assert figures(found).absent == tuple(EVENTS)
    assert "CPU time of a run" not in said(found)
    assert "These" not in said(found)
    assert "has no such events" in said(found)


def test_events_without_thread_time_are_left_out_by_name() -> None:
    bare = tuple(replace(one, cpu_ms=None) if "Handle" in one.name else one for one in SLICES)
    found = replace(TRACED, slices=bare)
    assert figures(found).cpu_ms["decoding"] == pytest.approx(0.5)
    assert "has no thread time of them: WebGPUDecoderImpl::HandleDawnCommands." in said(found)


def test_of_a_way_that_was_not_traced_the_reason_is_told() -> None:
    found = TracedCrossing(rung="web-session", took_s=1.0, why="in the browser: \x1b[31mthe device was lost.")
    assert crossing(Case(recording(found))) is None
    assert "The way to the GPU's process was not traced: in the browser: " in said(found)
    assert "the device was lost." in said(found)
    assert "\x1b" not in said(found)


def test_threads_that_carry_messages_are_told_by_the_kernel_of_timed_rounds() -> None:
    uses = tuple(
        ThreadUse(process=process, thread=thread, cpu_ms=ms, run_queue_ms=0.0)
        for process, thread, ms in (
            ("renderer", "Chrome_ChildIOT", 3.0),
            ("gpu", "Chrome_ChildIOT", 6.0),
            ("gpu", "VizCompositorTh", 99.0),
            ("other renderer", "Chrome_ChildIOT", 99.0),
        )
    )
    made = recording(None)
    entries = [
        replace(one, load=replace(one.load, threads=uses))
        if isinstance(one, Trial) and one.rung == "web-session"
        else one
        for one in made.entries
    ]
    trial = next(one for one in entries if isinstance(one, Trial) and one.rung == "web-session")
    runs = trial.batch * (len(trial.samples_ms) + 1)
    (evidence,) = boundary(build(replace(made, entries=tuple(entries)))).evidence
    assert evidence.kind == "threads"
    assert evidence.value == pytest.approx(9.0 / runs)
    assert "in the page's process and" in evidence.text


def test_the_terminal_shows_it_below_the_step_that_it_is_about() -> None:
    text = TERMINAL.render(build(recording()), Surface(width=400, detail=True))
    assert "Traced apart (10 runs" in text
    assert text.index("The way from the page to the GPU") < text.index("Traced apart (10 runs")


def test_it_is_read_again_as_it_was_written_and_gives_the_same_report() -> None:
    found = recording()
    lines = [encode_entry(found.begin), *(encode_entry(entry) for entry in found.entries)]
    again = decode_recording(lines, source="test")
    assert again == found
    assert build(again) == build(found)


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"runs_ms": (-1.0,)}, "impossible times"),
        ({"runs_ms": (1e10,)}, "impossible times"),
        ({"runs_ms": ()}, "without runs, and without a reason"),
        ({"stretch_ms": 1e300}, "impossible times"),
        ({"slices": (replace(SLICES[0], cpu_ms=-0.1),)}, "impossible times"),
        ({"slices": (replace(SLICES[0], wall_ms=1e308),)}, "impossible times"),
        ({"slices": (replace(SLICES[0], count=10**18),)}, "1000000000000000000 events"),
        ({"slices": (replace(SLICES[0], count=-1),)}, "-1 events"),
        ({"slices": (SLICES[0],) * (MOST_SLICES + 1)}, "too many kinds"),
    ],
)
def test_what_no_trace_can_have_said_is_refused(changes: dict[str, object], wrong: str) -> None:
    found = recording(replace(TRACED, **changes))
    lines = [encode_entry(found.begin), *(encode_entry(entry) for entry in found.entries)]
    with pytest.raises(WrongUse, match=wrong):
        decode_recording(lines, source="test")


def test_names_from_another_browser_reach_no_report() -> None:
    strange = TraceSlice(
        thread="\x1b]0;x\x07", name="x" * 100_000, detail="", count=1, wall_ms=1.0, cpu_ms=1.0
    )
    found = replace(TRACED, slices=(*SLICES, strange), engine_version="\x1b[2J" + "y" * 100_000)
    assert said(found) == said()
    absent = replace(found, slices=SLICES[1:])
    assert "\x1b" not in said(absent)
    assert len(said(absent)) < len(said()) + 500
