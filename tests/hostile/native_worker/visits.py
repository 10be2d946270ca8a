"""Visits of the native side that fail, and workers that are scripts of a test."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from gapprof.backends.native import BACKEND, NativeBackend
from gapprof.records.job import Job
from gapprof.records.trial import Failure

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX signals and limits")


def failed(job: Job, backend: NativeBackend = BACKEND) -> Failure:
    outcome = backend.timed(job)
    assert isinstance(outcome, Failure), outcome
    assert (outcome.rung, outcome.round) == (job.rung, job.round)
    assert psutil.Process().children() == []
    assert not list(Path(job.model_path).parent.glob("native-*"))
    return outcome


def script(code: str) -> NativeBackend:
    return NativeBackend(command=(sys.executable, "-c", code))


def wait_for(condition: Callable[[], object], *, within_s: float = 60.0) -> bool:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False
