"""Where the real onnxruntime executes CPUID."""

from functools import cache
from pathlib import Path

import pytest

from gapprof.native.isa.decoder import length
from gapprof.native.isa.elf import Elf, ElfError, build_id, bytes_at, function_around, read_elf
from gapprof.native.isa.host import library_path
from gapprof.native.isa.sites import CPUID, Sites, find_sites, scan


@cache
def _library() -> tuple[Path, Elf, Sites]:
    path = library_path()
    if path is None:
        pytest.skip("no onnxruntime library here")
    try:
        elf = read_elf(path.read_bytes())
    except ElfError as error:
        pytest.skip(f"not an x86-64 Linux onnxruntime: {error}")
    return path, elf, scan(elf)


def test_onnxruntime_executes_cpuid_in_many_places_and_not_all_such_bytes_are_code() -> None:
    _, _, sites = _library()
    assert len(sites.addresses) > 10
    assert sites.rejected > 0


def test_every_site_holds_cpuid_inside_a_function_that_decodes_to_its_very_end() -> None:
    _, elf, sites = _library()
    for address in sites.addresses:
        assert bytes_at(elf, address, 2) == CPUID
        function = function_around(elf, address)
        assert function is not None
        start, code = function
        at, boundaries = 0, set()
        while at < len(code):
            boundaries.add(start + at)
            at += length(code, at)
        assert at == len(code)
        assert address in boundaries


def test_a_scan_is_kept_for_the_same_build(tmp_path: Path) -> None:
    path, elf, sites = _library()
    assert find_sites(path, tmp_path) == sites
    (kept,) = tmp_path.iterdir()
    assert build_id(elf) in kept.name
    assert find_sites(path, tmp_path) == sites
    assert list(tmp_path.iterdir()) == [kept]


@pytest.mark.parametrize("spoiled", [b"", b"{}", b'{"version": 1, "build_id": null, "size_bytes": 1}'])
def test_a_spoiled_cache_is_scanned_again(spoiled: bytes, tmp_path: Path) -> None:
    path, _, sites = _library()
    find_sites(path, tmp_path)
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(spoiled)
    assert find_sites(path, tmp_path) == sites


def test_a_cache_that_points_at_other_bytes_is_scanned_again(tmp_path: Path) -> None:
    path, _, sites = _library()
    find_sites(path, tmp_path)
    (kept,) = tmp_path.iterdir()
    first = str(sites.addresses[0])
    kept.write_text(kept.read_text().replace(first, str(sites.addresses[0] + 1), 1))
    assert find_sites(path, tmp_path) == sites


def test_a_cache_folder_that_cannot_be_made_costs_a_scan_and_nothing_else(tmp_path: Path) -> None:
    path, _, sites = _library()
    (tmp_path / "file").write_text("in the way")
    assert find_sites(path, tmp_path / "file" / "cache") == sites


@pytest.mark.parametrize("content", [b"", b"MZ\x90", b"\x7fELF\x01" + bytes(60), b"\x7fELF\x02" + bytes(100)])
def test_another_kind_of_file_is_refused(content: bytes) -> None:
    with pytest.raises(ElfError):
        read_elf(content)


def test_a_library_cut_off_in_its_headers_is_refused() -> None:
    _, elf, _ = _library()
    for size in (20, 64, 200, 5000):
        with pytest.raises(ElfError):
            read_elf(elf.data[:size])
