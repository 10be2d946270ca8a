"""Arguments of a session by onnxruntime-web's names."""

from msgspec.structs import replace

from gapprof.facts.session_options import DEFAULTS, to_feed
from gapprof.watch.heard import SessionLine
from gapprof.watch.session_options import options_of, unread_of

USUAL = SessionLine(
    session="7",
    created=True,
    blob=0,
    size_bytes=9,
    began_ms=0.0,
    took_ms=5.0,
    level=99,
    arena=False,
    mem_pattern=False,
    mode=0,
    profiling=False,
    severity=2,
    verbosity=0,
    entries=(("session.use_ort_model_bytes_directly", "1"),),
)


def named(**changes: object) -> dict[str, str]:
    return {one.name: one.value for one in options_of(replace(USUAL, **changes))}


def test_what_the_library_takes_where_nobody_says_is_its_defaults() -> None:
    assert named() == DEFAULTS
    assert to_feed(options_of(USUAL)) == {}


def test_every_argument_has_its_name() -> None:
    found = named(
        level=1,
        arena=True,
        mem_pattern=True,
        mode=1,
        profiling=True,
        log_id="mine",
        severity=4,
        verbosity=1,
        saved_path="/out.onnx",
        entries=(("session.set_denormal_as_zero", "0"), ("session.set_denormal_as_zero", "1")),
        free_dims=(("batch", "2"),),
        providers=("WebGPU",),
        provider_options=(("WebGPU", "preferredLayout", "NHWC"),),
    )
    assert found == {
        "graphOptimizationLevel": "basic",
        "enableCpuMemArena": "true",
        "enableMemPattern": "true",
        "executionMode": "parallel",
        "enableProfiling": "true",
        "logId": "mine",
        "logSeverityLevel": "4",
        "logVerbosityLevel": "1",
        "optimizedModelFilePath": "/out.onnx",
        "executionProviders.WebGPU.preferredLayout": "NHWC",
        "freeDimensionOverrides.batch": "2",
        "session.set_denormal_as_zero": "1",
    }


def test_levels_and_modes_without_a_name_are_told_as_numbers() -> None:
    assert named(level=7, mode=5)["graphOptimizationLevel"] == "7"
    assert named(level=7, mode=5)["executionMode"] == "5"


def test_options_that_nobody_heard_being_made_are_none() -> None:
    assert options_of(replace(USUAL, arena=None)) == ()


def test_a_ladder_gets_what_changes_the_session_and_nothing_that_belongs_elsewhere() -> None:
    made = replace(
        USUAL,
        level=2,
        profiling=True,
        log_id="mine",
        entries=(("session.intra_op.allow_spinning", "0"), ("enableGraphCapture", "true")),
        provider_options=(("WebGPU", "preferredLayout", "NHWC"),),
    )
    assert to_feed(options_of(made)) == {
        "graphOptimizationLevel": "extended",
        "session.intra_op.allow_spinning": "0",
    }


def test_options_that_the_library_never_reads_are_apart_from_those_that_made_the_session() -> None:
    made = replace(USUAL, unread=(("intraOpNumThreads", "4"),))
    (one,) = unread_of(made)
    assert (one.name, one.value) == ("intraOpNumThreads", "4")
    assert "intraOpNumThreads" not in {option.name for option in options_of(made)}
    assert unread_of(USUAL) == ()
