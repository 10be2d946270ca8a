"""The handler's machine code and its data."""

import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from gapprof.native.isa import handler
from gapprof.native.isa.masks import mask_rows

SOURCE = Path(handler.__file__).with_name("handler.S")


ASSEMBLER, OBJCOPY = shutil.which("as"), shutil.which("objcopy")


@pytest.mark.skipif(ASSEMBLER is None or OBJCOPY is None, reason="needs binutils' as and objcopy")
def test_the_bytes_are_what_the_annotated_source_assembles_to(tmp_path: Path) -> None:
    made, raw = tmp_path / "handler.o", tmp_path / "handler.bin"
    assemble = [ASSEMBLER, "--64", "-o", made, SOURCE]
    assembled = subprocess.run(assemble, capture_output=True, text=True, timeout=60)
    if "unrecognized option" in assembled.stderr:
        pytest.skip("this assembler is not for x86-64")
    assert assembled.returncode == 0, assembled.stderr
    subprocess.run([OBJCOPY, "-O", "binary", "-j", ".text", made, raw], check=True, timeout=60)
    assert raw.read_bytes() == handler.CODE


def test_the_code_leaves_room_for_the_data_behind_it() -> None:
    assert len(handler.CODE) < handler.PAGE_BYTES


def test_the_data_block_points_at_its_own_tables() -> None:
    address, sites, masks = 0x7000_0000_0000, [0x1000, 0x2000, 0x3000], mask_rows("128")
    data = handler.data_block(address, sites, masks, previous=0x1234)
    site_count, sites_at, mask_count, masks_at, hits, log_size, log_at, previous = struct.unpack_from(
        "<8Q", data
    )
    assert struct.unpack_from("<3Q", data, sites_at - address) == tuple(sites)
    first_mask = struct.unpack_from("<IiIIII", data, masks_at - address)
    assert first_mask == tuple(masks[0])
    assert (site_count, mask_count, hits, previous) == (3, len(masks), 0, 0x1234)
    assert log_at - address + log_size * 16 == len(data)
    assert data[64:96] == bytes(32)  # SIG_DFL for the kernel


def test_the_log_is_read_back_in_order_and_stops_where_it_is_full() -> None:
    data = bytearray(handler.data_block(0, [1, 2], [], previous=0))
    log_at, log_size = len(data) - 1024 * 16, 1024
    struct.pack_into("<8I", data, log_at, 1, 7, 0, 99, 0, 1, 5, 42)
    struct.pack_into("<Q", data, 32, 2)
    assert handler.hit_count(bytes(data)) == 2
    assert handler.logged(bytes(data)) == (handler.Logged(1, 7, 0, 99), handler.Logged(0, 1, 5, 42))
    struct.pack_into("<Q", data, 32, 5000)
    assert handler.hit_count(bytes(data)) == 5000
    assert len(handler.logged(bytes(data))) == log_size
