"""What there is to run a model natively on a GPU with, and where there is nothing how to get it."""

import platform
import sys
from collections.abc import Sequence

from gapprof.errors import EnvironmentUnusable
from gapprof.examination import Finding
from gapprof.native.interpreter import GPU_PROVIDERS, WEBGPU_PROVIDER, looked_at

_NEEDED = "numpy msgspec psutil"
"""Beside a build of onnxruntime."""
_BUILDS = {"Linux": "onnxruntime-gpu", "Windows": "onnxruntime-directml", "Darwin": "onnxruntime"}
_PROGRAMS = {"Windows": ("py", r"gpu-env\Scripts\python.exe")}
_ON_OTHERS = ("python3", "gpu-env/bin/python")


def here() -> Finding:
    """By the onnxruntime beside gapprof, which is asked in a process of its own."""
    try:
        providers = looked_at(sys.executable).providers
    except EnvironmentUnusable as error:
        return Finding(id="gpu-native", status="limited", what=error.message, mend=error.hint)
    return finding(providers, system=platform.system(), executable=sys.executable)


def finding(providers: Sequence[str], *, system: str, executable: str) -> Finding:
    """A run takes none of them unasked: what it is given is named by `--native-python` alone."""
    best = [name for name in (*GPU_PROVIDERS, WEBGPU_PROVIDER) if name in providers]
    if best:
        return Finding(
            id="gpu-native",
            status="limited",
            what=f"the onnxruntime beside gapprof has {', '.join(best)}, which a run uses if it is asked to",
            mend=f"--native-python {executable}",
        )
    return Finding(
        id="gpu-native",
        status="limited",
        what=(
            f"the onnxruntime beside gapprof has no provider for a GPU ({', '.join(providers)}): with "
            "--backend webgpu or webgl nothing native runs on one, and there is no gap to it"
        ),
        mend=_install(system),
    )


def _install(system: str) -> str:
    python, inside = _PROGRAMS.get(system, _ON_OTHERS)
    build = _BUILDS.get(system, _BUILDS["Linux"])
    return (
        f"{python} -m venv gpu-env, then {inside} -m pip install {build} {_NEEDED}, then gapprof explain "
        f"with --native-python {inside}"
    )
