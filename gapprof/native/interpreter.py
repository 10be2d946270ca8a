"""Another Python, named by `--native-python`, whose onnxruntime runs the native side: what it is and how a
worker of ours runs there. Builds of onnxruntime for GPUs are distributions of their own."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

import gapprof
from gapprof.errors import EnvironmentUnusable

GPU_PROVIDERS = ("CUDAExecutionProvider", "DmlExecutionProvider", "CoreMLExecutionProvider")
"""The best first. TensorRT is none of them: it builds engines of its own, which is another question."""
WEBGPU_PROVIDER = "WebGpuExecutionProvider"
_LEAST = (3, 11)
_LOOK_S = 120.0
"""A first import of a build for GPUs reads gigabytes."""
_LOOK = """
import sys
sys.path[:] = [place for place in sys.path if place]  # what lies in the working directory is nobody's package
import importlib.util, json
wanted = ("onnxruntime", "numpy", "msgspec", "psutil")
missing = [name for name in wanted if importlib.util.find_spec(name) is None]
found = {"python": sys.version_info[:3], "missing": missing, "onnxruntime": "", "providers": []}
if not missing:
    import onnxruntime
    found["onnxruntime"] = onnxruntime.__version__
    found["providers"] = onnxruntime.get_available_providers()
print(json.dumps(found))
"""


class Interpreter(Struct, frozen=True, kw_only=True):
    """A Python and the onnxruntime in it."""

    executable: str
    onnxruntime: str
    providers: tuple[str, ...]
    """Execution providers that this build has; whether one works, only a session shows."""

    def provider(self, wanted: str) -> str | None:
        """The one that a GPU rung asks for, `best` or `webgpu`; None where this build has it not."""
        order = (WEBGPU_PROVIDER,) if wanted == "webgpu" else GPU_PROVIDERS
        return next((name for name in order if name in self.providers), None)

    def command(self, module: str) -> tuple[str, ...]:
        """Command line that runs a module of gapprof there."""
        return (self.executable, "-P", "-m", module)

    def environment(self, folder: Path, variables: Mapping[str, str]) -> dict[str, str]:
        """For such a command: of our packages it sees gapprof alone, by way of `folder`, which is empty."""
        package = Path(gapprof.__file__).parent
        try:
            (folder / "gapprof").symlink_to(package, target_is_directory=True)
        except OSError:  # not everybody may make links on Windows
            shutil.copytree(package, folder / "gapprof", ignore=shutil.ignore_patterns("__pycache__"))
        quiet = {"PYTHONDONTWRITEBYTECODE": "1"}  # by way of the link it would write among our own files
        return {**_outside(), **variables, **quiet, "PYTHONPATH": str(folder)}


class _Looked(Struct, frozen=True, kw_only=True):
    python: tuple[int, int, int]
    missing: tuple[str, ...]
    onnxruntime: str
    providers: tuple[str, ...]


def looked_at(executable: str) -> Interpreter:
    """Ask it. Raises EnvironmentUnusable with what it lacks."""
    found = _asked(executable)
    if found.python < _LEAST:
        version = ".".join(map(str, found.python))
        raise EnvironmentUnusable(
            f"--native-python {executable} is Python {version}, and gapprof needs 3.11",
            hint="Make an environment with a newer Python, and install the build of onnxruntime there.",
        )
    if found.missing:
        raise EnvironmentUnusable(
            f"--native-python {executable} has no {', '.join(found.missing)}",
            hint=f"{executable} -m pip install {' '.join(found.missing)}",
        )
    # A name without a folder would be looked for on the PATH; links stay, they are what an environment is.
    there = str(Path(executable).absolute())
    return Interpreter(executable=there, onnxruntime=found.onnxruntime, providers=found.providers)


def _asked(executable: str) -> _Looked:
    try:
        done = subprocess.run(
            [str(Path(executable).absolute()), "-"],
            input=_LOOK,
            env=_outside(),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_LOOK_S,
            check=False,
        )
        *_, last = done.stdout.splitlines() or [""]
        return msgspec.convert(json.loads(last), _Looked)
    except (OSError, subprocess.TimeoutExpired) as error:
        said = str(error)
    except (json.JSONDecodeError, msgspec.ValidationError):
        said = (done.stderr.strip().splitlines() or ["it said nothing of its onnxruntime"])[-1]
    raise EnvironmentUnusable(
        f"--native-python {executable} cannot be used: {said}",
        hint="Give the interpreter of an environment with a build of onnxruntime, such as env/bin/python.",
    )


def _outside() -> dict[str, str]:
    """Our own environment without what is about our own Python."""
    ours = ("PYTHONPATH", "PYTHONHOME")
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return {**kept, "ORT_DISABLE_TELEMETRY": "1", "OPENBLAS_NUM_THREADS": "1"}
