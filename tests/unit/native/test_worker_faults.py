"""What a worker does not expect is a fault of ours: it ends at once, and its traceback says where."""

import subprocess

from gapprof.native.broken import expected
from gapprof.native.isa.ceiling import CeilingError
from gapprof.native.python import module_command


def test_a_fault_of_ours_ends_the_worker_with_its_traceback_and_no_answer() -> None:
    command = module_command("gapprof.native.worker")
    done = subprocess.run(command, input=b"no request\n", capture_output=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stdout == b""
    said = done.stderr.decode()
    assert said.startswith("Traceback")
    assert "DecodeError" in said.splitlines()[-1]


def test_mistakes_in_code_are_not_among_what_is_expected() -> None:
    assert issubclass(CeilingError, expected())
    assert issubclass(MemoryError, expected())
    for mistake in (KeyError, TypeError, AttributeError, AssertionError, Exception):
        assert not issubclass(mistake, expected())
