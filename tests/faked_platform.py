"""Another platform's words before gapprof is imported: `pytest -p tests.faked_platform --platform darwin`.

What a library asked when it was imported it asked here: it carries this platform's machine code. gapprof, and
whatever asks while it runs, is told the other platform's name and finds nothing of what Linux alone has.
"""

import errno
import importlib
import os
import platform
import sys

import pytest

SYSTEMS = {"darwin": ("Darwin", "arm64"), "win32": ("Windows", "AMD64")}
LIBRARIES = (
    "asyncio",
    "click",
    "cpuinfo",
    "filelock",
    "hypothesis",
    "jsonschema",
    "msgspec",
    "multiprocessing",
    "numpy.testing",
    "onnx",
    "onnxruntime",
    "pandas",
    "platformdirs",
    "psutil",
    "pyppeteer",
    "rich.live",
    "scipy.stats",
    "subprocess",
    "tempfile",
)
LINUX_NAMES = ("sched_getaffinity", "sched_setaffinity", "memfd_create", "pidfd_open", "posix_fadvise")
POSIX_NAMES = ("fork", "getloadavg", "getpgid", "geteuid", "getuid", "killpg", "mkfifo", "setsid")
POSIX_MODULES = ("fcntl", "grp", "pty", "pwd", "resource", "termios")
LINUX_FOLDERS = ("/proc", "/sys", "/dev/shm")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--platform", choices=sorted(SYSTEMS), help="Run on a faked platform.")


def pytest_configure(config: pytest.Config) -> None:
    name = config.getoption("--platform")
    if name:
        fake(name)


def fake(name: str) -> None:
    """For the rest of this process. Raises where gapprof was there before."""
    if "gapprof" in sys.modules:
        raise RuntimeError("gapprof was imported on the real platform")
    for library in LIBRARIES:
        importlib.import_module(library)
    system, processor = SYSTEMS[name]
    sys.platform = name
    platform.system = lambda: system
    platform.machine = lambda: processor
    platform.release = lambda: "24.0"
    for missing in (*LINUX_NAMES, *(POSIX_NAMES if name == "win32" else ())):
        if hasattr(os, missing):
            delattr(os, missing)
    if name == "win32":
        for module in POSIX_MODULES:
            sys.modules[module] = None
    sys.addaudithook(_no_such_folder)
    real_stat = os.stat

    def stat(path: object, **how: object) -> os.stat_result:
        _refuse(path)
        return real_stat(path, **how)

    os.stat = stat


def _no_such_folder(event: str, arguments: tuple[object, ...]) -> None:
    """Everything that opens a file or lists a folder asks here first; psutil is of this platform."""
    if event in ("open", "os.listdir", "os.scandir"):
        asking = str(sys._getframe(1).f_globals.get("__name__"))
        if not asking.startswith("psutil"):
            _refuse(arguments[0])


def _refuse(path: object) -> None:
    if isinstance(path, str | bytes | os.PathLike) and os.fsdecode(path).startswith(LINUX_FOLDERS):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), os.fsdecode(path))
