"""Where gapprof keeps what it fetched and what it recorded, and where its own page code lies."""

import hashlib
import os
import stat
import tempfile
from pathlib import Path

import platformdirs

_NAME = "gapprof"
_EVERYBODY_S = ("/run/lock", "/dev/shm", "/tmp")


def cache_dir() -> Path:
    """Fetched things; `gapprof setup` can bring them back at any time."""
    named = os.environ.get("GAPPROF_CACHE_DIR")
    return Path(named).absolute() if named else platformdirs.user_cache_path(_NAME, appauthor=False)


def state_dir() -> Path:
    """Recordings: what was measured and cannot be fetched."""
    named = os.environ.get("GAPPROF_STATE_DIR")
    return Path(named).absolute() if named else platformdirs.user_state_path(_NAME, appauthor=False)


def lock_dir() -> Path:
    """Where a machine has its lock against two measurements: one place for every user, whatever TMPDIR is."""
    named = os.environ.get("GAPPROF_LOCK_DIR")
    if named:
        return Path(named).absolute()
    shared = (Path(folder) for folder in _EVERYBODY_S)
    return next((folder for folder in shared if _is_everybody_s(folder)), Path(tempfile.gettempdir()))


def probes_web() -> Path:
    """The page's code: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent
    inside = package / "probes_web"
    return inside if inside.is_dir() else package.parent / "probes_web"


def web_packages() -> Path:
    """Folder in the cache with onnxruntime-web and Node; its name changes with every pinned version."""
    return cache_dir() / f"web-{_fingerprint(probes_web() / 'package-lock.json')}"


def browser_package() -> Path:
    """Folder in the cache with the browser that comes as a package."""
    return cache_dir() / f"browser-{_fingerprint(probes_web() / 'browser-package' / 'package-lock.json')}"


def _is_everybody_s(folder: Path) -> bool:
    """By its mode: what this process may do, root or not, would send users to different folders."""
    try:
        mode = folder.stat().st_mode
    except OSError:
        return False
    return os.name == "posix" and bool(mode & stat.S_IWOTH) and os.access(folder, os.W_OK)


def _fingerprint(lock_file: Path) -> str:
    return hashlib.sha256(lock_file.read_bytes()).hexdigest()[:12]
