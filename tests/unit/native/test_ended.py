"""What is said of a worker that ended without an answer, by what it wrote before."""

from pathlib import Path

import pytest

from gapprof.native.ended import failure_without_answer, of_its_own_making
from gapprof.native.process import Ended
from gapprof.records.death import Death
from gapprof.records.trial import Failure
from tests.unit.native.models import plain_job

SIGSEGV = -11


def failed(folder: Path, stderr: str, *, exit_status: int) -> Failure:
    ended = Ended(
        answer=None, phase="load", exit_status=exit_status, timed_out=False, garbage=False, stderr=stderr
    )
    return failure_without_answer(ended, plain_job(folder), 60.0)


@pytest.mark.parametrize(
    "logged",
    [
        "[W:onnxruntime:, bfc_arena.cc:26] memory allocation pattern differs from the one that was planned",
        "arena: memory allocation strategy kNextPowerOfTwo",
    ],
)
def test_who_logs_how_memory_is_allocated_and_crashes_crashed(logged: str, tmp_path: Path) -> None:
    found = failed(tmp_path, f"{logged}\n", exit_status=SIGSEGV)
    assert (found.kind, found.message) == ("crash", "the native worker was killed by SIGSEGV")


@pytest.mark.parametrize(
    "said", ["memory allocation failed", "Memory allocation still failed after 10 tries"]
)
def test_who_says_that_an_allocation_failed_ran_out_of_memory(said: str, tmp_path: Path) -> None:
    assert failed(tmp_path, f"{said}\n", exit_status=SIGSEGV).kind == "out-of-memory"


def test_last_words_name_the_model_and_not_where_it_lies(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    raised = f"Traceback (most recent call last):\nFileNotFoundError: no such file: '{path}'\n"
    found = failed(tmp_path, raised, exit_status=1)
    assert found.message == (
        "the native worker ended with exit code 1 and no answer: "
        "FileNotFoundError: no such file: 'the model file'"
    )


@pytest.mark.parametrize(
    ("exit_status", "stderr", "own"),
    [
        (-6, "a.h:1: f(): Assertion 'true' failed.\n", True),
        (SIGSEGV, "", True),
        (-8, "", True),
        (-9, "", False),
        (-15, "", False),
        (-6, "terminate called after throwing an instance of 'std::bad_alloc'\n", False),
        (1, "", False),
    ],
)
def test_only_a_signal_that_the_worker_raised_is_of_its_own_making(
    exit_status: int, stderr: str, own: bool, tmp_path: Path
) -> None:
    assert of_its_own_making(failed(tmp_path, stderr, exit_status=exit_status)) == own


@pytest.mark.parametrize(
    ("exit_status", "death"),
    [
        (-6, Death(by="SIGABRT", last_words="Assertion 'true' failed")),
        (-35, Death(by="signal 35", last_words="Assertion 'true' failed")),
        (1, Death(by="exit code 1", last_words="Assertion 'true' failed")),
    ],
)
def test_a_death_is_told_as_such_and_in_the_message(exit_status: int, death: Death, tmp_path: Path) -> None:
    found = failed(tmp_path, "a.h:1: f(): Assertion 'true' failed.\n", exit_status=exit_status)
    assert found.death == death
    assert death.by in found.message
    assert found.message.endswith(": Assertion 'true' failed")


@pytest.mark.parametrize(
    "ended",
    [
        Ended(answer=None, phase="load", exit_status=-9, timed_out=True, garbage=False, stderr=""),
        Ended(answer=None, phase="load", exit_status=-11, timed_out=False, garbage=True, stderr=""),
        Ended(
            answer=None,
            phase="load",
            exit_status=-6,
            timed_out=False,
            garbage=False,
            stderr="std::bad_alloc\n",
        ),
    ],
    ids=["too slow", "garbage", "no memory"],
)
def test_who_is_known_to_have_failed_otherwise_has_no_death(ended: Ended, tmp_path: Path) -> None:
    assert failure_without_answer(ended, plain_job(tmp_path), 60.0).death is None
