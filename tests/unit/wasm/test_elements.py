import pytest

from gapprof import assets
from gapprof.wasm.elements import functions_in_table
from gapprof.wasm.encode import section, unsigned, vector
from gapprof.wasm.module import ELEMENT, parsed

HEADER = b"\0asm\1\0\0\0"


def table(*segments: bytes) -> dict[int, int]:
    return functions_in_table(parsed(HEADER + section(ELEMENT, vector(segments))))


def test_segments_of_numbers_and_of_expressions() -> None:
    numbers = b"\x00\x41\x05\x0b" + vector(unsigned(one) for one in (300, 7))
    expressions = b"\x04\x41\x80\x01\x0b" + vector([b"\xd2\x09\x0b", b"\xd0\x70\x0b"])
    assert table(numbers, expressions) == {5: 300, 6: 7, 128: 9, 129: -1}


@pytest.mark.parametrize(
    "segment", [b"\x01\x00\x00", b"\x00\x23\x00\x0b\x00", b"\x00\x41\x05\x41\x02\x6a\x0b\x00"]
)
def test_what_is_put_nobody_knows_where_is_refused(segment: bytes) -> None:
    with pytest.raises(ValueError, match="segment of elements"):
        table(segment)


def test_the_table_of_onnxruntime_web() -> None:
    module = parsed((assets.web_dist() / "ort-wasm-simd-threaded.wasm").read_bytes())
    found = functions_in_table(module)
    assert min(found) == 1
    assert max(found.values()) < module.imported_functions + len(module.bodies)
    assert len(found) > 10000
