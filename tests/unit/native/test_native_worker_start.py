"""What a worker may not do before it has its ceiling."""

import subprocess
import sys

from gapprof.native.python import module_command, own_environment

HEAVY = ("numpy", "onnx", "onnxruntime", "scipy", "pandas")


def test_a_worker_starts_without_loading_what_is_timed_or_asks_cpuid() -> None:
    script = f"import sys, gapprof.native.worker; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=own_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_the_backend_is_imported_without_onnxruntime() -> None:
    script = "import sys, gapprof.backends.native; print('onnxruntime' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=own_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.strip() == "False"


def test_a_worker_imports_nothing_from_the_working_directory() -> None:
    assert "-P" in module_command("gapprof.native.worker")
