"""Whether this machine can have a ceiling at all, found without importing onnxruntime."""

import importlib.util
import os
import platform
import sys
from pathlib import Path

from gapprof.native.isa.handler import PAGE_BYTES
from gapprof.native.isa.masks import HIDDEN, hides_anything
from gapprof.native.isa.memory import EXECUTE, READ, WRITE, code_file, map_anonymous, protect, unmap

_CPUINFO = Path("/proc/cpuinfo")


def why_not(isa: str) -> str | None:
    """Why onnxruntime cannot be held to `isa` (a value of `Setting.isa`) on this machine; None when it can.

    Cheap: a millisecond. What only the loaded library refuses shows in a process of its own, see `proof`.
    """
    if isa == "full":
        return None
    if isa not in HIDDEN:
        return f"there is no instruction ceiling called {isa!r}; there are full, {', '.join(HIDDEN)}"
    return _wrong_platform() or _nothing_to_hide(isa) or _no_library() or _memory_is_locked()


def library_path() -> Path | None:
    """The shared object that holds onnxruntime's kernels; None when onnxruntime is not installed."""
    spec = importlib.util.find_spec("onnxruntime")
    folders = spec.submodule_search_locations if spec is not None else None
    for folder in folders or ():
        for path in sorted(Path(folder, "capi").glob("onnxruntime_pybind11_state*.so")):
            return path
    return None


def _wrong_platform() -> str | None:
    if sys.platform != "linux":
        return f"the instruction ceiling works on Linux only, not on {platform.system() or sys.platform}"
    if platform.machine() != "x86_64" or sys.maxsize < 2**32:
        return f"the instruction ceiling works on 64-bit x86 only, not on {platform.machine()}"
    if not _has_glibc():
        return "the instruction ceiling needs glibc; this Python runs on another C library"
    return None


def _has_glibc() -> bool:
    try:
        return bool(os.confstr("CS_GNU_LIBC_VERSION"))
    except ValueError:
        return False


def _nothing_to_hide(isa: str) -> str | None:
    flags = _cpu_flags()
    if not flags:
        return "/proc/cpuinfo does not say which instructions this CPU has"
    if not hides_anything(isa, flags):
        return f"this CPU has no wider instructions than that ({isa})"
    return None


def _cpu_flags() -> frozenset[str]:
    try:
        lines = _CPUINFO.read_text(errors="replace").splitlines()
    except OSError:
        return frozenset()
    flags = next((line.partition(":")[2] for line in lines if line.startswith("flags")), "")
    return frozenset(flags.split())


def _no_library() -> str | None:
    return None if library_path() is not None else "onnxruntime is not installed in this Python"


def _memory_is_locked() -> str | None:
    try:
        page = map_anonymous(PAGE_BYTES)
        try:
            protect(page, PAGE_BYTES, READ | EXECUTE)
            protect(page, PAGE_BYTES, READ | WRITE)
        finally:
            unmap(page, PAGE_BYTES)
    except OSError as by_mprotect:
        try:
            with code_file(bytes(PAGE_BYTES)):
                return None
        except OSError as by_mapping:
            return f"this system lets no process change its own code ({by_mprotect}; {by_mapping})"
    return None
