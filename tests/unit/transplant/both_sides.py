"""What V8 and native code, called alike, leave in memory."""

from pathlib import Path

from tests.unit.transplant.assembly import PAGE, Function, Native, code, in_node, module

IMAGE = bytes(range(256)) * (PAGE // 256)
GET, ONE = ("local.get", 0), ("i32.const", 1)


def same(
    functions: list[Function], rows: list[tuple[int, ...]], folder: Path, variables: tuple[int, ...] = ()
) -> bytes:
    """Memory after calls of the first function, on which both sides agree."""
    wasm = module(functions, variables=[(True, value) for value in variables])
    (ran,) = in_node(wasm, IMAGE, [[(0, row) for row in rows]], folder)
    native = Native(wasm, 0)
    assert not native.text.ends
    found = native.run(IMAGE, [row for at, row in enumerate(rows) if at not in ran.trapped], variables)
    assert found == ran.memory
    for at in ran.trapped:
        assert native.traps(IMAGE, rows[at])
    return found


def words(memory: bytes, *places: int) -> list[int]:
    return [int.from_bytes(memory[at : at + 4], "little") for at in places]


def stored(*value: bytes) -> bytes:
    """The number at the address that the first parameter names."""
    return code(GET) + b"".join(value) + code(("i32.store", 2, 0))
