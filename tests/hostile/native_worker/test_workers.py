"""Whatever a worker does, the native side answers in time, says how it went and leaves nothing running."""

import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from gapprof.backends.native import BACKEND, NativeBackend
from gapprof.records.codec import encode_entry
from gapprof.records.job import Job
from gapprof.records.trial import Profile, Trial
from tests.hostile.native_worker.visits import failed, posix, script


def test_a_worker_that_takes_too_long_is_ended_and_says_where_it_was(endless: Job) -> None:
    failure = failed(replace(endless, pace=replace(endless.pace, deadline_s=3.0)))
    assert (failure.kind, failure.phase) == ("timeout", "timed")
    assert "3 s" in failure.message


def test_a_worker_that_never_listens_is_ended(job: Job) -> None:
    deaf = script("import time; time.sleep(600)")
    failure = failed(replace(job, pace=replace(job.pace, deadline_s=0.3)), deaf)
    assert (failure.kind, failure.phase) == ("timeout", "start")


@posix
def test_a_worker_that_ignores_being_asked_to_end_is_killed(job: Job) -> None:
    stubborn = script("import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)")
    failure = failed(replace(job, pace=replace(job.pace, deadline_s=0.5)), stubborn)
    assert failure.kind == "timeout"


@posix
@pytest.mark.parametrize("name", ["SIGSEGV", "SIGABRT", "SIGILL", "SIGKILL"])
def test_a_worker_that_crashes_says_by_which_signal(name: str, job: Job) -> None:
    failure = failed(job, script(f"import os, signal; os.kill(os.getpid(), signal.{name})"))
    assert (failure.kind, failure.phase) == ("crash", "start")
    assert name in failure.message


def test_a_worker_that_ends_without_an_answer_is_a_crash_with_its_last_words(job: Job) -> None:
    failure = failed(job, script("import sys; sys.stderr.write('last words'); sys.exit(3)"))
    assert failure.kind == "crash"
    assert "3" in failure.message
    assert "last words" in failure.detail


@pytest.mark.parametrize(
    "written", ["b'hello'", "b'{}\\n' * 3", "b'\\xff' * 5_000_000", 'b\'{"entry":"trial"}\\n\'']
)
def test_an_answer_that_is_none_is_a_crash(written: str, job: Job) -> None:
    failure = failed(job, script(f"import sys; sys.stdout.buffer.write({written})"))
    assert failure.kind == "crash"
    assert "cannot be read" in failure.message


def test_an_answer_to_another_question_is_a_crash(job: Job) -> None:
    profile = BACKEND.profiled(job, lambda _: None)
    assert isinstance(profile, Profile)
    failure = failed(job, script(f"import sys; sys.stdout.buffer.write({encode_entry(profile)!r})"))
    assert failure.kind == "crash"


@posix
@pytest.mark.parametrize(
    "words",
    [
        "terminate called after throwing an instance of 'std::bad_alloc'",
        "OpenBLAS error: Memory allocation still failed after 10 retries, giving up.",
        "Fatal Python error: _PyRuntimeState_Init: memory allocation failed",
    ],
)
def test_a_program_that_dies_for_want_of_memory_ran_out_of_memory(words: str, job: Job) -> None:
    failure = failed(
        job, script(f'import os, sys; sys.stderr.write("{words}"); sys.stderr.flush(); os.abort()')
    )
    assert failure.kind == "out-of-memory"


def test_a_worker_without_memory_for_what_it_imports_ran_out_of_memory(job: Job) -> None:
    """Before it can answer anything: the interpreter itself says so."""
    failure = failed(job, script("raise MemoryError"))
    assert (failure.kind, failure.phase) == ("out-of-memory", "start")


def test_a_worker_may_flood_its_standard_error(job: Job) -> None:
    failure = failed(job, script("import sys; sys.stderr.write('x' * 50_000_000); sys.exit(1)"))
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
    assert "Assertion failed: it is so" in failed(job, script(dying)).detail


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
    failure = failed(job, NativeBackend(command=(str(Path(job.model_path).parent / "no such python"),)))
    assert (failure.kind, failure.phase) == ("environment", "start")


def test_a_folder_that_vanished_is_a_failure_of_the_environment(job: Job) -> None:
    failure = failed(replace(job, model_path=str(Path(job.model_path).parent / "gone" / "model.onnx")))
    assert failure.kind == "environment"
