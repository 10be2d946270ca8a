"""What recorded calls come to is found by running them natively."""

import hashlib
import struct
from pathlib import Path

from gapprof.transplant.discovery import Found, discovered
from gapprof.transplant.native_case import NativeCase
from tests.unit.transplant.assembly import PAGE, Function, code, module

IMAGE = bytes(range(256)) * (PAGE // 256)
GET = ("local.get", 0)


def found(folder: Path, wasm: bytes, *rows: int) -> Found:
    (folder / "module.wasm").write_bytes(wasm)
    (folder / "image.bin").write_bytes(IMAGE)
    (folder / "rows.bin").write_bytes(b"".join(struct.pack("<q", row) for row in rows))
    case = NativeCase(
        function=0,
        image=str(folder / "image.bin"),
        rows_file=str(folder / "rows.bin"),
        rows=len(rows),
        variables=(),
    )
    return discovered(folder / "module.wasm", case, scratch=folder, deadline_s=300.0)


def leading(count: int) -> list[Function]:
    """Each calls the next; the last one leaves a mark."""
    chain = [Function(["i32"], [], code(GET, ("call", at + 1))) for at in range(count - 1)]
    return [*chain, Function(["i32"], [], code(GET, ("i32.const", 77), ("i32.store", 2, 0)))]


def marked(*places: int) -> str:
    memory = bytearray(IMAGE)
    for place in places:
        memory[place : place + 4] = struct.pack("<I", 77)
    return hashlib.sha256(memory + b"".join(struct.pack("<q", place) for place in places)).hexdigest()


def test_functions_beyond_those_that_are_taken_along_anyway(tmp_path: Path) -> None:
    told = found(tmp_path, module(leading(35)), 64, 128)
    assert told.why == ""
    assert told.case.also
    assert told.sha256 == marked(64, 128)


def test_places_in_the_table_that_memory_leads_to(tmp_path: Path) -> None:
    """The place is what the argument says modulo 4: of three functions two are called."""
    main = Function(["i32"], [], code(GET, GET, ("i32.const", 3), "i32.and", ("call_indirect", 1, 0)))
    marking = Function(["i32"], [], code(GET, ("i32.const", 77), ("i32.store", 2, 0)))
    wasm = module([main, marking, marking, marking], table=[1, 2, 3])
    told = found(tmp_path, wasm, 65, 131)
    assert sorted(told.case.places) == [1, 3]
    assert told.sha256 == marked(65, 131)


def test_calls_that_do_not_come_to_an_end_natively_are_told(tmp_path: Path) -> None:
    trapping = Function(["i32"], [], code("unreachable"))
    growing = Function(["i32"], [], code(GET, ("memory.grow", 0), "drop"))
    missing = Function(["i32"], [], code(GET, ("i32.const", 9), ("call_indirect", 0, 0)))
    assert found(tmp_path, module([trapping]), 0).why == "its native code ended with signal 4"
    assert found(tmp_path, module([growing]), 0).why == "its native code ended with signal 4"
    assert found(tmp_path, module([missing]), 0).why == "its calls leave the module"


def test_a_place_whose_function_is_of_another_type_is_tried_once(tmp_path: Path) -> None:
    main = Function(["i32"], [], code(("i32.const", 1), ("call_indirect", 0, 0)))
    other = Function(["i32", "i32"], [], code("nop"))
    told = found(tmp_path, module([main, other], table=[1]), 0)
    assert told.why == "it comes to function 1 in a way that is not followed"


def test_memory_is_as_large_as_in_the_browser_where_rows_stand_behind_it(tmp_path: Path) -> None:
    sizing = Function(["i32"], [], code(GET, ("memory.size", 0), ("i32.store", 2, 0)))
    told = found(tmp_path, module([sizing]), 64)
    memory = bytearray(IMAGE)
    memory[64:68] = struct.pack("<I", 2)
    assert told.sha256 == hashlib.sha256(memory + struct.pack("<q", 64)).hexdigest()


def test_passes_that_go_on_from_the_one_before_are_told_and_two_of_them_are_compared(tmp_path: Path) -> None:
    adding = Function(
        ["i32"], [], code(GET, GET, ("i32.load", 2, 0), ("i32.const", 5), "i32.add", ("i32.store", 2, 0))
    )
    marking = Function(["i32"], [], code(GET, ("i32.const", 77), ("i32.store", 2, 0)))
    told = found(tmp_path, module([adding]), 64)
    memory = bytearray(IMAGE)
    memory[64:68] = struct.pack("<I", int.from_bytes(IMAGE[64:68], "little") + 2 * 5)
    assert told.goes_on
    assert told.sha256 == hashlib.sha256(memory + struct.pack("<q", 64)).hexdigest()
    assert not found(tmp_path, module([marking]), 64).goes_on
