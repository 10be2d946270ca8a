"""What tests of several folders share."""

import gc
import os
import signal
import sys
import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

_SHARED_MEMORY = "/dev/shm"
_ROOM_BYTES = 4 << 30

settings.register_profile(
    "any machine",
    deadline=None,  # per example, by the wall's clock: an example that lost its core would be a bug
    derandomize=True,  # what is claimed of a change is not decided by examples that no change has seen
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "new examples",
    settings.get_profile("any machine"),
    derandomize=False,  # what no change has seen is for `make test-long`
    print_blob=True,  # whoever reads that one failed can have it again
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "any machine"))


def pytest_collection_finish() -> None:
    """Ten thousand tests and all that they import stay: whoever looks for garbage need not look there."""
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def a_temporary_folder_of_its_own() -> Iterator[None]:
    """Of several workers each has one, and in it a lock of its own against measuring twice: see the Makefile.

    In memory where that has room: removing a browser's profile takes a disk longer than ending the browser.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ:
        yield
        return
    with (
        tempfile.TemporaryDirectory(prefix="gw", dir=_in_memory()) as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("TMPDIR", folder)
        patch.setenv("GAPPROF_LOCK_DIR", folder)
        patch.setattr(tempfile, "tempdir", folder)
        yield


def _in_memory() -> str | None:
    """Linux's folder of shared memory; None where it is small, as in containers, or nothing in it may run."""
    if not sys.platform.startswith("linux") or not os.access(_SHARED_MEMORY, os.W_OK):
        return None
    there = os.statvfs(_SHARED_MEMORY)
    roomy = there.f_bavail * there.f_frsize >= _ROOM_BYTES
    return _SHARED_MEMORY if roomy and not there.f_flag & os.ST_NOEXEC else None


@pytest.fixture(autouse=True)
def started_from_a_terminal() -> Iterator[None]:
    """Whoever ran the tests by nohup or in the background made them, and all they start, deaf to signals."""
    handlers = {"SIGINT": signal.default_int_handler, "SIGTERM": signal.SIG_DFL, "SIGHUP": signal.SIG_DFL}
    here = {getattr(signal, name): handler for name, handler in handlers.items() if hasattr(signal, name)}
    before = {number: signal.signal(number, handler) for number, handler in here.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def small_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No file grows beyond 30 kB: what a disk that has just become full does, without one.

    Python keeps no compiled modules meanwhile, nor do processes that are started: cut off, they would stay.
    """
    resource = pytest.importorskip("resource", reason="the size of files is not limited there")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
