"""How much address space a worker may take: enough for a model that fits, too little to take all memory."""

from pathlib import Path

import psutil

_CGROUP = Path("/sys/fs/cgroup/memory.max")
_RESERVED_BYTES = 2 << 30  # address space that Python, BLAS and thread stacks reserve without using it


def default_limit_bytes() -> int:
    """The machine's memory, or the control group's if that is less, plus what is only reserved."""
    total: int = psutil.virtual_memory().total
    return min(total, _cgroup_bytes() or total) + _RESERVED_BYTES


def limit_this_process(limit_bytes: int) -> None:
    """Limit the address space and write no core file; does nothing where the system has no such limits."""
    try:
        import resource
    except ImportError:  # Windows
        return
    _, ceiling = resource.getrlimit(resource.RLIMIT_AS)
    allowed = limit_bytes if ceiling == resource.RLIM_INFINITY else min(limit_bytes, ceiling)
    resource.setrlimit(resource.RLIMIT_AS, (allowed, ceiling))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _cgroup_bytes() -> int | None:
    try:
        text = _CGROUP.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None
