import pytest

from gapprof import assets
from gapprof.wasm.encode import name, section, unsigned, vector
from gapprof.wasm.instructions import instructions
from gapprof.wasm.module import (
    CODE,
    CUSTOM,
    GLOBAL,
    MEMORY,
    FunctionType,
    Module,
    local_types,
    parsed,
    replaced,
)

I32, F64, V128 = 0x7F, 0x7C, 0x7B
OPENING = ("block", "loop", "if", "try", "try_table")


@pytest.fixture(scope="module")
def shipped() -> bytes:
    return (assets.web_dist() / "ort-wasm-simd-threaded.wasm").read_bytes()


def test_onnxruntime_web_is_put_together_again_as_it_was(shipped: bytes) -> None:
    assert replaced(parsed(shipped), {}) == shipped


def test_functions_of_onnxruntime_web(shipped: bytes) -> None:
    module = parsed(shipped)
    assert [one.shared for one in module.imports if one.kind == 2] == [True]
    assert module.imported_functions == sum(one.kind == 0 for one in module.imports)
    assert len(module.type_indices) == len(module.bodies)
    run = next(one for one in module.exports if one.kind == 0)
    assert isinstance(module.type_of(run.index), FunctionType)
    assert module.type_of(0).results in (b"", bytes([I32]), bytes([F64]))


def test_instructions_of_its_vector_code_end_where_the_body_ends(shipped: bytes) -> None:
    """A wrong length of one immediate would lead astray; blocks have to close as often as they open."""
    module, seen = parsed(shipped), set[str]()
    for body in module.bodies:
        runs, at = local_types(body)
        if not any(kind == V128 for _, kind in runs):
            continue
        depth = 1
        for one in instructions(body, at):
            assert depth > 0
            depth += (one.name in OPENING) - (one.name in ("end", "delegate"))
            seen.add(one.name)
        assert (depth, one.name, one.end) == (0, "end", len(body))
    assert {"v128.load32_splat", "i32x4.dot_i16x8_s", "f32x4.max", "f32x4.mul", "br_if"} <= seen
    assert not any("relaxed" in instruction for instruction in seen)


def test_a_body_is_found_by_its_index(shipped: bytes) -> None:
    module = parsed(shipped)
    assert module.body_of(module.imported_functions) == module.bodies[0]
    with pytest.raises(IndexError, match="imported"):
        module.body_of(0)


def test_a_section_that_lacks_comes_in_its_place() -> None:
    small = b"\0asm\1\0\0\0" + section(CUSTOM, name("x")) + section(10, vector([]))
    grown = parsed(replaced(parsed(small), {MEMORY: vector([b"\x00\x01"]), GLOBAL: vector([])}))
    assert [kind for kind, _ in grown.sections] == [CUSTOM, MEMORY, GLOBAL, CODE]


def test_new_contents_take_the_place_of_the_old() -> None:
    small = b"\0asm\1\0\0\0" + section(10, vector([])) + section(CUSTOM, name("x"))
    body = unsigned(2) + b"\x00\x0b"
    grown = parsed(replaced(parsed(small), {CODE: vector([body])}))
    assert [kind for kind, _ in grown.sections] == [CODE, CUSTOM]
    assert [bytes(one) for one in grown.bodies] == [b"\x00\x0b"]


@pytest.mark.parametrize("data", [b"", b"\0asm\2\0\0\0", b"\0asm\1\0\0\0\x01", b"\0asm\1\0\0\0\x01\x05\x00"])
def test_what_is_no_whole_module_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="WebAssembly module"):
        parsed(data)


def test_a_vector_longer_than_its_section_is_refused() -> None:
    module = parsed(b"\0asm\1\0\0\0" + section(CODE, b"\x01\x7f\x00"))
    with pytest.raises(ValueError, match="truncated"):
        _ = module.bodies


def test_sections_are_views_and_no_copies(shipped: bytes) -> None:
    module = parsed(shipped)
    assert isinstance(module, Module)
    assert all(content.obj is shipped for _, content in module.sections)
