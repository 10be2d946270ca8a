"""Chromium's cache of shaders and pipelines, on profiles made up for it."""

from pathlib import Path

from gapprof.cold import shader_cache


def test_chromiums_cache_is_counted_by_its_index_and_forgotten_alone(tmp_path: Path) -> None:
    cache = tmp_path / "Default" / "DawnWebGPUCache"
    other = tmp_path / "Default" / "Cache"
    for folder in (cache, other):
        folder.mkdir(parents=True)
    assert shader_cache.entries(tmp_path) == 0, "a browser that keeps nothing makes no index"
    head = 0xC103CAC3.to_bytes(4, "little") + (3).to_bytes(4, "little")
    (cache / "index").write_bytes(head + (17).to_bytes(4, "little") + bytes(500))
    assert shader_cache.entries(tmp_path) == 17
    for unknown in (bytes(512), b"", head + (-1).to_bytes(4, "little", signed=True)):
        (cache / "index").write_bytes(unknown)
        assert shader_cache.entries(tmp_path) is None
    shader_cache.forget(tmp_path)
    assert not cache.exists()
    assert other.exists()
