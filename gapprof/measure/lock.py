"""One measuring gapprof per host: two of them would measure each other."""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import BaseFileLock, FileLock, Timeout

from gapprof.errors import EnvironmentUnusable
from gapprof.places import lock_dir


@contextmanager
def sole_measurer() -> Iterator[None]:
    """Hold the host's lock, or raise EnvironmentUnusable at once. The system frees it when gapprof dies."""
    lock = FileLock(lock_dir() / "gapprof-measuring.lock", mode=0o666)
    _take(lock)
    try:
        yield
    finally:
        lock.release()


def _take(lock: BaseFileLock) -> None:
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise EnvironmentUnusable(
            "another gapprof is measuring on this machine; both would measure each other",
            hint="Wait until it is done, then run this command again.",
        ) from None
    except OSError as error:
        raise EnvironmentUnusable(
            f"the lock against two measurements at once cannot be taken: {error.strerror} ({lock.lock_file})",
            hint="Have its owner remove that file if no gapprof is running, or set GAPPROF_LOCK_DIR to a "
            "folder of yours.",
        ) from error
