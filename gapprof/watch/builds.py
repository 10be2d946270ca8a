"""Which build of onnxruntime-web a module is: by its hash where gapprof has the file, else by its texts."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from gapprof import assets
from gapprof.errors import EnvironmentUnusable
from gapprof.watch.versions import flavour_of, version_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """Version and build, and how they are known; all empty for a module that is none of onnxruntime's."""

    version: str = ""
    name: str = ""
    """`plain`, `jsep`, `asyncify`, `jspi`, `training`."""
    known_by: Literal["", "hash", "texts"] = ""


def build_of(code: bytes) -> Build:
    """A file that gapprof has tells more than its texts: the very version, and the build's own name."""
    same = ours(len(code)).get(hashlib.sha256(code).hexdigest())
    if same is not None:
        package = msgspec.json.decode((same.parents[1] / "package.json").read_bytes(), type=_Package)
        return Build(version=package.version, name=name_of(same.name), known_by="hash")
    version = version_of(code)
    return Build(version=version, name=flavour_of(code), known_by="texts") if version else Build()


def ours(size_bytes: int) -> dict[str, Path]:
    """Files that gapprof has and that are so large, by their SHA-256."""
    alike = (path for path in _pinned() if path.stat().st_size == size_bytes)
    return {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in alike}


def name_of(file: str) -> str:
    """`ort-wasm-simd-threaded.jsep.wasm` is `jsep`; one without such a word is `plain`."""
    _, *words, _ = file.split(".")
    return words[0] if words else "training" if "training" in file else "plain"


class _Package(msgspec.Struct):
    version: str


def _pinned() -> Iterator[Path]:
    """Modules of the builds that `gapprof setup` fetches, as far as it was run."""
    for find in (assets.web_dist, assets.web_dist_118):
        try:
            yield from sorted(find().glob("*.wasm"))
        except EnvironmentUnusable:
            continue
