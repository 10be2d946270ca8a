"""Builds of onnxruntime-web: those that gapprof has are known by hash, all others by what stands in them."""

from pathlib import Path

import pytest

from gapprof import assets
from gapprof.watch.builds import build_of, name_of

PINNED = sorted(assets.web_dist().glob("*.wasm"))
OLD = sorted(path for path in assets.web_dist_118().glob("*.wasm") if "training" not in path.name)


@pytest.mark.parametrize("path", PINNED + OLD, ids=lambda path: path.name)
def test_a_file_that_gapprof_has_is_known_by_its_hash_and_its_texts_say_the_same(path: Path) -> None:
    code = path.read_bytes()
    ours = build_of(code)
    assert ours.known_by == "hash"
    assert ours.version == ("1.30.0" if path in PINNED else "1.18.0")
    assert ours.name == name_of(path.name)
    another = build_of(code + b"\x00\x08\x07gapprof")
    assert another.known_by == "texts"
    assert (another.version, another.name) == (ours.version, ours.name)


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("ort-wasm-simd-threaded.wasm", "plain"),
        ("ort-wasm-simd-threaded.jsep.wasm", "jsep"),
        ("ort-wasm-simd-threaded.asyncify.wasm", "asyncify"),
        ("ort-training-wasm-simd.wasm", "training"),
    ],
)
def test_a_build_has_the_name_of_its_file(file: str, name: str) -> None:
    assert name_of(file) == name


def test_a_module_that_is_none_of_onnxruntimes_is_no_build() -> None:
    found = build_of(b"\x00asm\x01\x00\x00\x00 wgpu \x001.30.0\x00")
    assert (found.version, found.name, found.known_by) == ("", "", "")
