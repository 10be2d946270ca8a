import pytest
from msgspec.structs import replace

from gapprof.browser.trouble import VisitError, failure, reading, trouble_of
from gapprof.records.job import Job
from gapprof.records.wire.trouble import Broke
from tests.unit.browser.test_tasks import JOB


def broke(name: str, message: str) -> Broke:
    return Broke(phase="create", name=name, message=message, stack="at somewhere")


@pytest.mark.parametrize(
    ("name", "message", "kind"),
    [
        ("RangeError", "WebAssembly.Memory(): could not allocate memory", "out-of-memory"),
        ("RuntimeError", "Aborted(OOM). Build with -sASSERTIONS for more info.", "out-of-memory"),
        ("Error", "failed to allocate a buffer: std::bad_alloc", "out-of-memory"),
        ("RuntimeError", "Aborted(). Build with -sASSERTIONS for more info.", "crash"),
        ("RuntimeError", "unreachable", "crash"),
        ("RuntimeError", "memory access out of bounds", "crash"),
        ("Error", "Failed to allocate memory for requested buffer of size 9", "out-of-memory"),
        ("TypeError", "Failed to fetch", "page"),
    ],
)
def test_what_the_page_threw_is_sorted(name: str, message: str, kind: str) -> None:
    told = trouble_of(broke(name, message))
    assert told.kind == kind
    assert told.phase == "create"
    assert told.detail == "at somewhere"
    assert message in told.message


@pytest.mark.parametrize(
    ("message", "api"),
    [
        ("no available backend found. ERR: [webgpu] Error: Failed to get GPU adapter.", "WebGPU"),
        ("no available backend found. ERR: [webgl] Error: WebGL is not supported", "WebGL"),
    ],
)
def test_a_browser_without_a_gpu_is_no_fault_of_the_model(message: str, api: str) -> None:
    told = trouble_of(broke("Error", message))
    assert told.kind == "environment"
    assert f"gives the page no {api}" in told.message
    assert f"--backend {api.lower()},wasm" in told.hint


@pytest.mark.parametrize(
    ("name", "message", "said"),
    [
        ("GPUOutOfMemoryError", "no memory for a buffer", "the GPU is out of memory: no memory for a buffer"),
        (
            "RangeError",
            "createBuffer failed, size (70368744177664) is too large for the implementation when "
            "mappedAtCreation == true",
            "the GPU is out of memory",
        ),
        (
            "Error",
            "Buffer size (4294967296) exceeds the max buffer size limit (1073741824).",
            "a larger buffer than this GPU allows",
        ),
    ],
)
def test_a_gpu_without_memory_is_named_with_what_to_do(name: str, message: str, said: str) -> None:
    told = trouble_of(broke(name, message))
    assert told.kind == "environment"
    assert said in told.message
    assert "--backend wasm" in told.hint


@pytest.mark.parametrize("call", ["Can't create a session", "failed to call OrtRun()"])
def test_what_onnxruntime_says_of_a_model_is_told_without_its_frame(call: str) -> None:
    told = trouble_of(broke("Error", f"{call}. ERROR_CODE: 9, ERROR_MESSAGE: node 'zoom' is of no use"))
    assert (told.kind, told.message) == ("model", "node 'zoom' is of no use")


@pytest.mark.parametrize("error", [KeyError("product"), ValueError("not a number"), TypeError("a list")])
def test_what_cannot_be_made_sense_of_ends_the_visit(error: Exception) -> None:
    with pytest.raises(VisitError) as caught, reading("trace"):
        raise error
    assert caught.value.kind == "page"
    assert "trace" in caught.value.message
    assert caught.value.hint


SPLIT = replace(JOB, setting=replace(JOB.setting, build="served"), external_data=("weights.bin",))
WHOLE = replace(SPLIT, external_data=())
OLD = replace(WHOLE, setting=replace(JOB.setting, build="1.18-simd"))


def test_an_exception_that_tells_nothing_gets_a_hint_where_the_model_has_weights_beside_it() -> None:
    thrown = trouble_of(broke("TypeError", "Re[a] is not a function"))
    told = failure(SPLIT, thrown, phase="create")
    assert (told.kind, told.message) == ("page", "TypeError: Re[a] is not a function")
    assert "up to 1.18 end so on a model with weights outside its file" in told.hint
    assert failure(WHOLE, thrown, phase="create").hint == ""


@pytest.mark.parametrize(
    ("job", "phase", "kind"),
    [(OLD, "create", "model"), (OLD, "steady", "page"), (WHOLE, "create", "page")],
    ids=["1.18 makes a session", "in the midst of runs", "another build"],
)
def test_a_mere_number_is_a_refusal_only_where_1_18_makes_a_session(job: Job, phase: str, kind: str) -> None:
    told = failure(job, VisitError("Error: 8463488", kind="page"), phase=phase)
    assert told.kind == kind
    assert ("refuses the model without words" in told.message) == (kind == "model")
    assert "8463488" in told.message + told.detail


@pytest.mark.parametrize(
    ("build", "library"), [("1.18-scalar", "onnxruntime-web 1.18"), ("served", "onnxruntime-web")]
)
def test_an_operator_that_a_build_lacks_is_told_with_the_release_where_it_is_known(
    build: str, library: str
) -> None:
    message = (
        "Can't create a session. ERROR_CODE: 6, ERROR_MESSAGE: Fatal error: com.microsoft:Frob(-1) is not a "
        "registered function/op"
    )
    job = replace(WHOLE, setting=replace(WHOLE.setting, build=build))
    told = failure(job, trouble_of(broke("Error", message)), phase="create")
    assert (told.kind, told.message) == ("model", f"{library} has no Frob in com.microsoft")


def test_anything_else_stays_as_it_was_told() -> None:
    thrown = VisitError("the browser did not answer in time", kind="timeout", hint="wait")
    told = failure(SPLIT, thrown, phase="load")
    assert (told.kind, told.message, told.hint, told.detail) == ("timeout", thrown.message, "wait", "")
