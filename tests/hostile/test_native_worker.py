"""Whatever a model, a worker or a user does, the native side answers in time and leaves nothing running."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import onnx
import psutil
import pytest
from msgspec.structs import replace
from onnx import TensorProto, helper

from gapprof.backends.native import BACKEND, NativeBackend
from gapprof.native.python import own_environment
from gapprof.records.codec import encode_entry
from gapprof.records.job import Job
from gapprof.records.trial import Failure, Profile, Trial
from tests.unit.native.models import plain_job, save, value

GIB = 1 << 30
posix = pytest.mark.skipif(os.name != "posix", reason="POSIX signals and limits")


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return plain_job(tmp_path)


@pytest.fixture
def endless(job: Job) -> Job:
    """A visit that would be timed for hours."""
    return replace(job, pace=replace(job.pace, samples=10**7))


def _failed(job: Job, backend: NativeBackend = BACKEND) -> Failure:
    outcome = backend.timed(job)
    assert isinstance(outcome, Failure), outcome
    assert (outcome.rung, outcome.round) == (job.rung, job.round)
    assert psutil.Process().children() == []
    assert not list(Path(job.model_path).parent.glob("native-*"))
    return outcome


def _script(code: str) -> NativeBackend:
    return NativeBackend(command=(sys.executable, "-c", code))


def _with_node(job: Job, node: onnx.NodeProto) -> Job:
    model = onnx.load(job.model_path)
    model.graph.node[-1].CopyFrom(node)
    onnx.save(model, job.model_path)
    return job


def _wait_for(condition: Callable[[], object], *, within_s: float = 60.0) -> bool:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


# What a model can do


@pytest.mark.parametrize("content", [b"", b"not an ONNX file", b"\x08\x08" * 500, b"\xff" * 4096])
def test_a_file_that_is_no_model_is_the_models_fault(content: bytes, job: Job) -> None:
    Path(job.model_path).write_bytes(content)
    failure = _failed(job)
    assert (failure.kind, failure.phase) == ("model", "create")
    assert failure.message
    assert job.model_path not in failure.message


def test_an_unknown_operator_is_named(job: Job) -> None:
    unknown = helper.make_node("NoSuchOperator", ["t2"], ["file"], name="odd one")
    failure = _failed(_with_node(job, unknown))
    assert (failure.kind, failure.phase) == ("model", "create")
    assert "NoSuchOperator" in failure.message


def test_a_node_that_fails_when_it_runs_is_named(job: Job) -> None:
    graph = helper.make_graph(
        [helper.make_node("Reshape", ["x", "shape"], ["y"], name="impossible reshape")],
        "g",
        [value("x", [64, 128]), helper.make_tensor_value_info("shape", TensorProto.INT64, [1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
    )
    save(graph, Path(job.model_path))
    np.savez(job.inputs_path, x=np.zeros((64, 128), np.float32), shape=np.array([7], np.int64))
    failure = _failed(job)
    assert (failure.kind, failure.phase) == ("model", "warmup")
    assert "impossible reshape" in failure.message


def test_a_model_on_something_other_than_tensors_is_refused_by_name(job: Job) -> None:
    tensor = helper.make_tensor_type_proto(TensorProto.FLOAT, [64, 128])
    listed = helper.make_value_info("listed", helper.make_sequence_type_proto(tensor))
    node = helper.make_node("SequenceConstruct", ["x"], ["listed"], name="list")
    save(helper.make_graph([node], "g", [value("x", [64, 128])], [listed]), Path(job.model_path))
    failure = _failed(job)
    assert failure.kind == "model"
    assert "'listed'" in failure.message


def test_an_input_without_data_is_named(job: Job) -> None:
    np.savez(job.inputs_path, y=np.zeros(3, np.float32))
    failure = _failed(job)
    assert failure.kind == "model"
    assert "'x'" in failure.message


def test_inputs_of_the_wrong_shape_or_type_are_refused(job: Job) -> None:
    for wrong in (np.zeros((64, 127), np.float32), np.zeros((64, 128), np.int64)):
        np.savez(job.inputs_path, x=wrong)
        failure = _failed(job)
        assert (failure.kind, failure.phase) == ("model", "warmup")


@pytest.mark.parametrize("missing", ["model_path", "inputs_path"])
def test_a_file_that_vanished_is_not_the_models_fault(missing: str, job: Job) -> None:
    Path(getattr(job, missing)).unlink()
    failure = _failed(job)
    assert (failure.kind, failure.phase) == ("environment", "load")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 torn", b"\x80\x04N."])
def test_an_inputs_file_that_is_none_is_not_the_models_fault(content: bytes, job: Job) -> None:
    Path(job.inputs_path).write_bytes(content)
    failure = _failed(job)
    assert (failure.kind, failure.phase) == ("environment", "load")


@posix
@pytest.mark.parametrize("limit_bytes", [100 << 20, 2 * GIB])
def test_memory_that_is_not_there_is_said_to_be_missing(limit_bytes: int, job: Job) -> None:
    graph = helper.make_graph(
        [
            helper.make_node("ConstantOfShape", ["shape"], ["huge"], name="huge one"),
            helper.make_node("ReduceSum", ["huge"], ["y"], name="sum", keepdims=0),
        ],
        "g",
        [helper.make_tensor_value_info("shape", TensorProto.INT64, [2])],
        [value("y", [])],
    )
    save(graph, Path(job.model_path))
    np.savez(job.inputs_path, shape=np.array([40_000, 40_000], np.int64))
    failure = _failed(job, NativeBackend(memory_limit_bytes=limit_bytes))
    assert failure.kind == "out-of-memory"
    assert failure.phase == ("warmup" if limit_bytes > GIB else "start")


def test_node_names_of_any_kind_survive_the_profiler(job: Job) -> None:
    names = [
        'a "quoted" one',
        "back\\slash",
        "\x1b[31mred\x1b[0m",
        "two\nlines",
        "<b>[bold]",
        "x" * 10_000,
        "漢字 ü",
    ]
    values = ["x", *(f"v{i}" for i in range(len(names)))]
    nodes = [helper.make_node("Neg", [values[i]], [values[i + 1]], name=name) for i, name in enumerate(names)]
    save(
        helper.make_graph(nodes, "g", [value("x", [64, 128])], [value(values[-1], [64, 128])]),
        Path(job.model_path),
    )
    profile = BACKEND.profiled(job, lambda _: None)
    assert isinstance(profile, Profile), profile
    assert [node.name for node in profile.nodes] == names
    assert {node.op_type for node in profile.nodes} == {"Neg"}
    assert {len(node.samples_ms) for node in profile.nodes} == {len(profile.profiled_ms)}


# What a worker can do


def test_a_worker_that_takes_too_long_is_ended_and_says_where_it_was(endless: Job) -> None:
    failure = _failed(replace(endless, pace=replace(endless.pace, deadline_s=3.0)))
    assert (failure.kind, failure.phase) == ("timeout", "timed")
    assert "3 s" in failure.message


def test_a_worker_that_never_listens_is_ended(job: Job) -> None:
    deaf = _script("import time; time.sleep(600)")
    failure = _failed(replace(job, pace=replace(job.pace, deadline_s=1.0)), deaf)
    assert (failure.kind, failure.phase) == ("timeout", "start")


@posix
def test_a_worker_that_ignores_being_asked_to_end_is_killed(job: Job) -> None:
    stubborn = _script("import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)")
    failure = _failed(replace(job, pace=replace(job.pace, deadline_s=1.0)), stubborn)
    assert failure.kind == "timeout"


@posix
@pytest.mark.parametrize("name", ["SIGSEGV", "SIGABRT", "SIGILL", "SIGKILL"])
def test_a_worker_that_crashes_says_by_which_signal(name: str, job: Job) -> None:
    failure = _failed(job, _script(f"import os, signal; os.kill(os.getpid(), signal.{name})"))
    assert (failure.kind, failure.phase) == ("crash", "start")
    assert name in failure.message


def test_a_worker_that_ends_without_an_answer_is_a_crash_with_its_last_words(job: Job) -> None:
    failure = _failed(job, _script("import sys; sys.stderr.write('last words'); sys.exit(3)"))
    assert failure.kind == "crash"
    assert "3" in failure.message
    assert "last words" in failure.detail


@pytest.mark.parametrize(
    "written", ["b'hello'", "b'{}\\n' * 3", "b'\\xff' * 5_000_000", 'b\'{"entry":"trial"}\\n\'']
)
def test_an_answer_that_is_none_is_a_crash(written: str, job: Job) -> None:
    failure = _failed(job, _script(f"import sys; sys.stdout.buffer.write({written})"))
    assert failure.kind == "crash"
    assert "cannot be read" in failure.message


def test_an_answer_to_another_question_is_a_crash(job: Job) -> None:
    profile = BACKEND.profiled(job, lambda _: None)
    assert isinstance(profile, Profile)
    failure = _failed(job, _script(f"import sys; sys.stdout.buffer.write({encode_entry(profile)!r})"))
    assert failure.kind == "crash"


@posix
def test_a_c_plus_plus_program_that_dies_of_bad_alloc_ran_out_of_memory(job: Job) -> None:
    words = "terminate called after throwing an instance of 'std::bad_alloc'"
    failure = _failed(
        job, _script(f'import os, sys; sys.stderr.write("{words}"); sys.stderr.flush(); os.abort()')
    )
    assert failure.kind == "out-of-memory"


def test_a_worker_may_flood_its_standard_error(job: Job) -> None:
    failure = _failed(job, _script("import sys; sys.stderr.write('x' * 50_000_000); sys.exit(1)"))
    assert failure.kind == "crash"
    assert len(failure.detail) < 100_000


def test_last_words_are_kept_however_many_pieces_follow(job: Job) -> None:
    """A crash handler writes its stack word by word, and each may be read on its own."""
    dying = (
        "import os, time\n"
        "os.write(2, b'Assertion failed: it is so\\n')\n"
        "for _ in range(200): os.write(2, b'x'); time.sleep(0.001)\n"
        "os.abort()"
    )
    assert "Assertion failed: it is so" in _failed(job, _script(dying)).detail


def test_what_is_printed_inside_a_worker_does_not_reach_the_answer(job: Job, tmp_path: Path) -> None:
    (tmp_path / "noise").mkdir()
    (tmp_path / "noise" / "noisy.py").write_text(
        "import os\n"
        "from gapprof.native import worker\n"
        "send = worker.send\n"
        "def noisily(channel, line):\n"
        "    os.write(1, b'printed by a library\\n')\n"
        "    print('and by Python', flush=True)\n"
        "    send(channel, line)\n"
        "worker.send = noisily\n"
        "worker.main()\n"
    )
    noisy = NativeBackend(command=(sys.executable, str(tmp_path / "noise" / "noisy.py")))
    assert isinstance(noisy.timed(job), Trial)


def test_a_worker_that_cannot_be_started_is_a_failure_of_the_environment(job: Job) -> None:
    failure = _failed(job, NativeBackend(command=(str(Path(job.model_path).parent / "no such python"),)))
    assert (failure.kind, failure.phase) == ("environment", "start")


def test_a_folder_that_vanished_is_a_failure_of_the_environment(job: Job) -> None:
    failure = _failed(replace(job, model_path=str(Path(job.model_path).parent / "gone" / "model.onnx")))
    assert failure.kind == "environment"


# What a user can do

PARENT = """
import sys
from pathlib import Path
import msgspec
from gapprof.backends.native import BACKEND
from gapprof.records.job import Job
job = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Job)
getattr(BACKEND, sys.argv[2])(job)
"""


def _start_parent(job: Job, task: str, folder: Path) -> subprocess.Popen[bytes]:
    (folder / "job.json").write_bytes(msgspec.json.encode(job))
    return subprocess.Popen(
        [sys.executable, "-c", PARENT, str(folder / "job.json"), task],
        env=own_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _worker_of(parent: subprocess.Popen[bytes], *, busy_s: float) -> psutil.Process:
    """The worker, once it has used that much processor time: 0 is right after its start, 1.5 in its runs."""

    def found() -> list[psutil.Process]:
        children = psutil.Process(parent.pid).children()
        return [child for child in children if sum(child.cpu_times()[:2]) >= busy_s]

    assert _wait_for(found)
    return found()[0]


@pytest.mark.parametrize("busy_s", [0.0, 0.1, 1.5])
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM] if os.name == "posix" else [signal.SIGTERM])
def test_no_worker_outlives_a_killed_gapprof(how: int, busy_s: float, endless: Job, tmp_path: Path) -> None:
    with _start_parent(endless, "timed", tmp_path) as parent:
        worker = _worker_of(parent, busy_s=busy_s)
        parent.send_signal(how)
        parent.wait(timeout=60)
        assert _wait_for(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)


@posix
def test_an_interrupt_ends_the_worker_and_is_passed_on(endless: Job, tmp_path: Path) -> None:
    with _start_parent(endless, "timed", tmp_path) as parent:
        worker = _worker_of(parent, busy_s=1.0)
        parent.send_signal(signal.SIGINT)
        assert parent.wait(timeout=60) != 0
        assert not worker.is_running()
    assert not list(tmp_path.glob("native-*"))


def _held(deadline_s: float) -> subprocess.Popen[bytes]:
    hold = f"from gapprof.native.lifeline import hold; hold({deadline_s}); print('held', flush=True)"
    code = f"{hold}; import time; time.sleep(600)"
    command = [sys.executable, "-c", code]
    process = subprocess.Popen(command, env=own_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == b"held"
    return process


def test_the_end_of_the_pipe_ends_the_worker() -> None:
    with _held(600) as process:
        assert process.poll() is None
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(timeout=60) == 1


@posix
def test_a_worker_ends_itself_soon_after_its_deadline() -> None:
    with _held(-9) as process:  # nine seconds ago: the grace of ten is nearly over
        assert process.wait(timeout=60) == -signal.SIGALRM
