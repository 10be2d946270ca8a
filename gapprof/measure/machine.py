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

_KINDS = ("family", "model", "stepping")
"""As py-cpuinfo names them, on x86."""


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
    """By py-cpuinfo, one source among others and slow: asked once."""
    found: dict[str, Any] = cpuinfo.get_cpu_info()
    return found


def _brand() -> str:
    return str(_cpu().get("brand_raw", platform.processor() or "unknown"))


def _cgroup_cores() -> int | None:
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return None
    return None if quota == "max" else max(1, int(quota) // int(period))
