"""A process outside the browser that runs a model without pause, from its first run on until it is ended."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gapprof.native.python import own_environment
from gapprof.records.job import Job

LONGEST_S = 900.0
"""Should nobody end it, it ends by itself."""
BENCHMARKS = Path(__file__).parents[1]


def environment() -> dict[str, str]:
    """In which this package, gapprof and onnxruntime are found, and nothing runs but the model."""
    own = own_environment()
    return {**own, "PYTHONPATH": os.pathsep.join((str(BENCHMARKS), own["PYTHONPATH"]))}


def command(job: Job) -> tuple[str, ...]:
    """To run the job's model; the model is under way once it has written a line."""
    return (
        sys.executable, "-P", "-m", "busy.runs", job.model_path, job.inputs_path, f"{LONGEST_S:g}",
    )  # fmt: skip


@contextmanager
def running(job: Job) -> Iterator[None]:
    """It keeps one core busy meanwhile, and is gone at the end, whatever that end is. Raises SystemExit."""
    with _started(job) as process:
        try:
            if not process.stdout or not process.stdout.readline():
                raise SystemExit("the process outside the browser ended before its first run")
            yield
            if process.poll() is not None:
                raise SystemExit(f"the process outside the browser ended early ({process.returncode})")
        finally:
            process.kill()


def _started(job: Job) -> subprocess.Popen[bytes]:
    """In a process group of its own: Ctrl-C reaches us alone."""
    return subprocess.Popen(
        command(job),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(),
        process_group=0 if os.name == "posix" else None,
    )
