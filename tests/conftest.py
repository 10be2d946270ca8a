"""What tests of several folders share."""

import signal
from collections.abc import Iterator

import pytest


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
def small_disk() -> Iterator[None]:
    """No file grows beyond 30 kB: what a disk that has just become full does, without one."""
    resource = pytest.importorskip("resource", reason="the size of files is not limited there")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
