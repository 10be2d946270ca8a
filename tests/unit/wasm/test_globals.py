import pytest

from gapprof.wasm.encode import HEADER, section, vector
from gapprof.wasm.globals import Global, globals_of
from gapprof.wasm.module import GLOBAL, parsed

I32, FUNCREF = 0x7F, 0x70


def only(content: bytes) -> Global:
    (found,) = globals_of(parsed(HEADER + section(GLOBAL, vector([content]))))
    return found


@pytest.mark.parametrize(
    ("expression", "initial"),
    [
        (b"\x41\x07\x0b", 7),
        (b"\x41\x07\x41\x02\x6a\x0b", None),  # 7 + 2
        (b"\x23\x00\x41\x02\x6a\x0b", None),  # another variable + 2
        (b"\x23\x00\x0b", None),
        (b"\x43\x00\x00\x80\x3f\x0b", None),  # 1.0
    ],
)
def test_only_an_integer_that_stands_alone_is_what_it_begins_with(
    expression: bytes, initial: int | None
) -> None:
    assert only(bytes([I32, 0]) + expression) == Global(I32, mutable=False, initial=initial)


def test_a_variable_that_holds_a_function() -> None:
    assert only(bytes([FUNCREF, 1]) + b"\xd2\x00\x0b") == Global(FUNCREF, mutable=True, initial=None)
