"""How another Python is started that imports this very gapprof."""

import os
import sys
from pathlib import Path

import gapprof


def module_command(module: str) -> tuple[str, ...]:
    """Command line that runs a module of gapprof, without the working directory on its import path."""
    return (sys.executable, "-P", "-m", module)


def own_environment() -> dict[str, str]:
    """The environment as it is, in which this very gapprof can be imported, installed or not.

    onnxruntime from 1.30 on reports its use from a thread of its own, with files in the temporary folder and
    in the user's home. That thread would be timed, and the files left behind, so it is told not to. numpy's
    OpenBLAS starts a thread per core, each of which spins for some 100 ms before it sleeps: one is enough.
    """
    here = str(Path(gapprof.__file__).parents[1])
    inherited = os.environ.get("PYTHONPATH")
    path = here if not inherited else os.pathsep.join((here, inherited))
    return {**os.environ, "PYTHONPATH": path, "ORT_DISABLE_TELEMETRY": "1", "OPENBLAS_NUM_THREADS": "1"}
