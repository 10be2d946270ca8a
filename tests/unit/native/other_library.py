"""An onnxruntime that fresh processes find first, whose library is another one and asks CPUID nothing."""

import shutil
from pathlib import Path

import msgspec


def planted(folder: Path) -> str:
    """Lay it in `folder`; the value of PYTHONPATH under which it is found."""
    capi = folder / "found-first" / "onnxruntime" / "capi"
    capi.mkdir(parents=True)
    (capi.parent / "__init__.py").touch()
    shutil.copy(msgspec._core.__file__, capi / "onnxruntime_pybind11_state.so")
    return str(folder / "found-first")
