"""Reports reach the disk whole or not at all, and a path that cannot be written is known before measuring."""

import errno
import os
import tempfile
from pathlib import Path

from gapprof.errors import EnvironmentUnusable, WrongUse


def refuse_unwritable(path: Path, *, option: str) -> None:
    """Raise WrongUse when `path` cannot be written; leaves nothing behind, and an existing file as it was."""
    hint = f"Give {option} a file in a folder that exists and that you may write to."
    target = _resolved(path, option)
    try:
        if target.is_dir():
            raise WrongUse(f"{option}: {path} is a folder, a file is wanted", hint=hint)
        if not target.parent.is_dir():
            raise WrongUse(f"{option}: the folder of {path} does not exist", hint=hint)
        if _is_special(target):
            # Opening a pipe would wait for its reader.
            if not os.access(target, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            return
        # A real file is the only proof: permission bits lie for root, on read-only and on network disks.
        with tempfile.TemporaryFile(dir=target.parent, prefix=".gapprof-"):
            pass
    except OSError as error:
        raise WrongUse(f"{option}: {path} cannot be written: {error.strerror}", hint=hint) from error


def is_file(path: str) -> bool:
    """Whether there is one; a name that no system would take is none."""
    try:
        return Path(path).is_file()
    except (OSError, ValueError):  # too long a name, a loop of links, a zero byte
        return False


def make_folder(path: Path) -> None:
    """Make a folder of gapprof's own and those above it; raises WrongUse where it may not."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WrongUse(
            f"the folder {path} cannot be made: {error.strerror}",
            hint="Give --recording FILE somewhere writable, or set GAPPROF_STATE_DIR.",
        ) from error


def write_atomically(path: Path, data: bytes) -> None:
    """Replace `path` in one step: the old file or the new one. Devices and pipes are written to."""
    target = _resolved(path, "output")
    try:
        if _is_special(target):
            target.write_bytes(data)
        else:
            _replace(target, data)
    except OSError as error:
        raise EnvironmentUnusable(
            f"{path} could not be written: {error.strerror}",
            hint="The recording is kept; `gapprof analyze` makes the report from it again.",
        ) from error


def _replace(target: Path, data: bytes) -> None:
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:40]}-")
    scratch = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        scratch.chmod(mode)
        scratch.replace(target)
    finally:
        scratch.unlink(missing_ok=True)


def _resolved(path: Path, option: str) -> Path:
    """Behind links, so that a link stays a link and its target is what is replaced."""
    try:
        return path.resolve()
    except (OSError, RuntimeError) as error:
        raise WrongUse(
            f"{option}: {path} leads nowhere", hint="Give a path without looping links."
        ) from error


def _is_special(target: Path) -> bool:
    """A device, pipe or socket: renaming a file over one would destroy it."""
    return target.exists() and not target.is_file() and not target.is_dir()


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
