"""Which file a path of the server means; nothing outside a mount is reachable, and no hidden file."""

import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

_TYPES = {
    ".mjs": "text/javascript",
    ".js": "text/javascript",
    ".wasm": "application/wasm",
    ".onnx": "application/octet-stream",
    ".json": "application/json",
    ".html": "text/html; charset=utf-8",
    ".htm": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webm": "video/webm",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder of which every file may be fetched, or only those named in `only`."""

    root: Path
    only: frozenset[str] | None = None

    def find(self, below: str) -> Path | None:
        """The file of that relative URL path; None for anything else: outside, hidden by `only`, a folder."""
        if self.only is not None and below not in self.only:
            return None
        if any(part.startswith(".") for part in below.split("/")):
            return None
        if below == "" or below.endswith("/"):
            below += "index.html"
        root = self.root.resolve()
        try:
            file = (root / below).resolve()  # follows links, so that one that leads out is seen to
            return file if file.is_relative_to(root) and file.is_file() else None
        except (OSError, ValueError):  # a name too long, or with a zero byte
            return None


def find(mounts: Mapping[str, Folder], path: str) -> Path | None:
    """The file behind a decoded URL path; the longest mount that fits decides, `/` being the last."""
    for prefix in sorted(mounts, key=len, reverse=True):
        if path.startswith(prefix):
            return mounts[prefix].find(path[len(prefix) :])
    return None


def decoded(target: str) -> str:
    """The path of a request line, without its query."""
    return unquote(target.partition("?")[0].partition("#")[0])


def content_type(file: Path) -> str:
    """By the suffix; the ones that matter do not depend on the system's tables."""
    suffix = file.suffix.lower()
    return _TYPES.get(suffix) or mimetypes.types_map.get(suffix, "application/octet-stream")
