"""What machine this is, without host, user or path."""

import os
import platform
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import cpuinfo
import psutil

from gapprof.records.recording import MachineFacts

_CPUINFO = Path("/proc/cpuinfo")
_KINDS = {"family": "cpu family", "model": "model", "stepping": "stepping"}
"""As py-cpuinfo names them, on x86, and as Linux does."""


def machine_facts() -> MachineFacts:
    """Read once per run."""
    cpu = _cpu()
    flags = tuple(sorted(str(flag) for flag in cpu.get("flags", ())))
    return MachineFacts(
        system=platform.system(),
        architecture=platform.machine(),
        cpu=_brand(),
        logical_cores=os.cpu_count() or 1,
        usable_cores=usable_cores(),
        memory_bytes=int(psutil.virtual_memory().total),
        cpu_flags=flags,
        kernel=platform.release(),
        python=platform.python_version(),
        load_1m=os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        hypervisor="hypervisor" in flags if flags else None,
    )


def processor() -> str:
    """The CPU's brand with its family, model and stepping, where the system tells: one brand may name many.

    As databases of schedules are keyed; what is not told, or 0, is left out.
    """
    cpu = _cpu()
    told = [f"{name} {cpu[name]}" for name in _KINDS if cpu.get(name)]
    return ", ".join((_brand(), *told))


def usable_cores() -> int:
    """Cores this process may really use: affinity and cgroup v2 quota, at least 1."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(allowed, _cgroup_cores() or allowed))


@cache
def _cpu() -> Mapping[str, Any]:
    """As Linux tells it, else by py-cpuinfo, and by its names: that keeps a core busy for a second on x86, to
    count a clock that nobody asks for. Asked once."""
    found: dict[str, Any] = _told_by_linux() or cpuinfo.get_cpu_info()
    return found


def _told_by_linux() -> dict[str, Any]:
    """Of the first core. Empty where there is no such file, and where it names no brand, as on ARM."""
    try:
        first = _CPUINFO.read_text(encoding="utf-8", errors="replace").partition("\n\n")[0]
    except OSError:
        return {}
    lines = (line.partition(":") for line in first.splitlines())
    told = {name.strip(): value.strip() for name, _, value in lines}
    if not (told.get("model name") and told.get("flags")):
        return {}
    kinds = {kind: int(told[name]) for kind, name in _KINDS.items() if told.get(name, "").isdecimal()}
    return {"brand_raw": told["model name"], "flags": told["flags"].split(), **kinds}


def _brand() -> str:
    return str(_cpu().get("brand_raw", platform.processor() or "unknown"))


def _cgroup_cores() -> int | None:
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return None
    return None if quota == "max" else max(1, int(quota) // int(period))
