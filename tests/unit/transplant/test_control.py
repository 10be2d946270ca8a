"""Blocks, loops, branches, calls and variables: natively what V8 does."""

import math
from pathlib import Path

import pytest

from gapprof.kernels.llvm.compile import assembly
from gapprof.transplant.native_text import transplant
from gapprof.wasm.encode import unsigned, vector
from gapprof.wasm.module import parsed
from tests.unit.transplant.assembly import NOTHING, TARGET, Function, Native, code, in_node, module
from tests.unit.transplant.both_sides import GET, IMAGE, ONE, same, stored, words

I32 = -1


def test_a_loop_adds_up(tmp_path: Path) -> None:
    """Two parameters: where the sum goes, and how many words to add."""
    body = code(
        ("block", NOTHING),
        ("loop", NOTHING),
        *(("local.get", 1), "i32.eqz", ("br_if", 1)),
        *(("local.get", 1), ONE, "i32.sub", ("local.tee", 1), ("i32.const", 4), "i32.mul"),
        *(("i32.load", 2, 64), ("local.get", 2), "i32.add", ("local.set", 2)),
        *(("br", 0), "end", "end"),
    ) + stored(code(("local.get", 2)))
    memory = same([Function(["i32", "i32"], [], body, ["i32"])], [(4096, 10), (4100, 0)], tmp_path)
    wanted = sum(words(IMAGE, *range(64, 104, 4))) % 2**32
    assert words(memory, 4096, 4100) == [wanted, 0]


def test_a_branch_table_goes_where_it_says_and_beyond_to_the_default(tmp_path: Path) -> None:
    body = code(
        *([("block", NOTHING)] * 4),
        *(("local.get", 1), ("br_table", vector(map(unsigned, (0, 2, 1))), 3), "end"),
        *(GET, ("i32.const", 10), ("i32.store", 2, 0), "return", "end"),
        *(GET, ("i32.const", 11), ("i32.store", 2, 0), ("br", 1), "end"),
        *(GET, ("i32.const", 12), ("i32.store", 2, 0), "return", "end"),
        *(GET, ("i32.const", 13), ("i32.store", 2, 4)),
    )
    rows = [(1024 + 8 * at, number) for at, number in enumerate((0, 1, 2, 3, 4, -1))]
    memory = same([Function(["i32", "i32"], [], body)], rows, tmp_path)
    old = words(IMAGE, *(1024 + 8 * at for at in range(6)))
    assert words(memory, *(row[0] for row in rows)) == [10, 12, 11, *old[3:]]


def test_a_branch_table_carries_a_value_to_each_of_its_targets(tmp_path: Path) -> None:
    inner = code(
        *(("block", I32), ("block", I32), ("i32.const", 7), ("local.get", 1)),
        *(("br_table", vector([unsigned(0)]), 1), "end"),
        *(("i32.const", 100), "i32.add", "end"),
    )
    memory = same([Function(["i32", "i32"], [], stored(inner))], [(2048, 0), (2052, 9)], tmp_path)
    assert words(memory, 2048, 2052) == [107, 7]


def test_an_if_without_else_and_one_with_both_give_their_values(tmp_path: Path) -> None:
    chosen = code(
        *(("local.get", 1), ("if", I32), ("i32.const", 5), "else", ("i32.const", 6), "end"),
        *(("local.get", 1), ("if", NOTHING), GET, ("i32.const", 9), ("i32.store", 2, 4), "end"),
    )
    memory = same([Function(["i32", "i32"], [], stored(chosen))], [(512, 1), (528, 0)], tmp_path)
    assert words(memory, 512, 516, 528, 532) == [5, 9, 6, words(IMAGE, 532)[0]]


def test_blocks_that_take_and_give_several_values(tmp_path: Path) -> None:
    """A loop that takes two numbers: Fibonacci's, until the second is large enough."""
    pair = Function(["i32", "i32"], ["i32", "i32"], code(GET, ("local.get", 1)))
    body = code(
        *(ONE, ONE, ("loop", 0), ("local.set", 2), ("local.set", 1)),
        *(("local.get", 2), ("local.get", 1), ("local.get", 2), "i32.add"),
        *(("local.get", 2), ("i32.const", 1000), "i32.lt_u", ("br_if", 0), "end"),
        *("i32.sub", ("local.set", 1), GET, ("local.get", 1), ("i32.store", 2, 0)),
    )
    keeper = Function(["i32"], [], body, ["i32", "i32"])
    wasm = module([pair, keeper])
    (ran,) = in_node(wasm, IMAGE, [[(1, (64,))]], tmp_path)
    found = Native(wasm, 1).run(IMAGE, [(64,)])
    assert found == ran.memory
    assert words(found, 64) == [(1597 - 2584) % 2**32]


def test_what_comes_after_a_branch_is_dead_whatever_it_holds(tmp_path: Path) -> None:
    body = code(
        *(("block", I32), ("i32.const", 3), ("br", 0)),
        *("i32.add", ("block", NOTHING), ("loop", NOTHING), "unreachable", "end", "end"),
        *(
            ONE,
            ("if", I32),
            ONE,
            "else",
            ONE,
            "end",
            "drop",
            "drop",
            "f64.add",
            "drop",
            ONE,
            "end",
            ("local.set", 1),
        ),
        *(("block", NOTHING), ("br", 0), ("if", NOTHING), "return", "else", "nop", "end", "end"),
    ) + stored(code(("local.get", 1)))
    assert words(same([Function(["i32"], [], body, ["i32"])], [(8,)], tmp_path), 8) == [3]


def test_an_else_that_is_left_early_and_a_then_that_falls_through(tmp_path: Path) -> None:
    body = code(
        *(("block", NOTHING), ("local.get", 1), ("if", NOTHING)),
        *(GET, ("i32.const", 1), ("i32.store", 2, 0), "else", ("br", 1), "end"),
        *(GET, ("i32.const", 2), ("i32.store", 2, 4), "end"),
    )
    memory = same([Function(["i32", "i32"], [], body)], [(256, 1), (264, 0)], tmp_path)
    assert words(memory, 256, 260) == [1, 2]
    assert memory[264:272] == IMAGE[264:272]


def test_functions_call_each_other_and_themselves(tmp_path: Path) -> None:
    main = Function(["i32", "i32"], [], stored(code(("local.get", 1), ("call", 1))))
    factorial = Function(
        ["i32"],
        ["i32"],
        code(
            *(GET, "i32.eqz", ("if", I32), ONE, "else", GET, GET, ONE, "i32.sub", ("call", 1)),
            *("i32.mul", "end"),
        ),
    )
    memory = same([main, factorial], [(128, 10), (132, 0)], tmp_path)
    assert words(memory, 128, 132) == [math.factorial(10), 1]


def test_several_kinds_of_values_are_passed_and_come_back(tmp_path: Path) -> None:
    main = Function(
        ["i32"],
        [],
        code(
            *(GET, ("f32.const", b"\x00\x00\xc0\x3f"), ("f64.const", b"\0" * 6 + b"\x04\x40")),
            *(("i64.const", b"\x7f"), GET, ("v128.load", 0, 0), ("call", 1), ("v128.store", 0, 0)),
        ),
    )
    mixer = Function(
        ["f32", "f64", "i64", "v128"],
        ["v128"],
        code(
            *(("local.get", 3), GET, "f64.promote_f32", ("local.get", 1), "f64.mul", "f32.demote_f64"),
            *(("f32x4.replace_lane", b"\x01"), ("local.get", 2), ("i64x2.replace_lane", b"\x01")),
        ),
    )
    assert same([main, mixer], [(320,)], tmp_path)[320:336] != IMAGE[320:336]


def test_variables_of_the_module_are_read_and_written(tmp_path: Path) -> None:
    body = code(("global.get", 1), ("i32.const", 3), "i32.add", ("global.set", 1)) + stored(
        code(("global.get", 0), ("global.get", 1), "i32.mul")
    )
    memory = same([Function(["i32"], [], body)], [(0,), (4,)], tmp_path, variables=(5, 40))
    assert words(memory, 0, 4) == [5 * 43, 5 * 46]


def test_a_variable_that_never_changes_is_a_constant() -> None:
    wasm = module([Function(["i32"], [], stored(code(("global.get", 0))))], variables=[(False, 77)])
    assert words(Native(wasm, 0).run(IMAGE, [(16,)], (0,)), 16) == [77]


def test_select_takes_the_first_where_the_last_is_not_zero(tmp_path: Path) -> None:
    body = code(
        *(GET, GET, ("v128.load", 0, 16), GET, ("v128.load", 0, 40), ("local.get", 1), "select"),
        *(("v128.store", 0, 0), GET, ("i32.const", 3), ("i32.const", 4), ("local.get", 1)),
    )
    body += b"\x1c\x01\x7f" + code(("i32.store", 0, 16))
    memory = same([Function(["i32", "i32"], [], body)], [(8192, 1), (16384, 0), (24576, -5)], tmp_path)
    assert memory[8192:8208] == IMAGE[8208:8224]
    assert memory[16384:16400] == IMAGE[16424:16440]
    assert words(memory, 8208, 16400, 24592) == [3, 4, 3]


def test_a_path_that_cannot_be_followed_ends_the_process_only_when_it_is_taken() -> None:
    body = code(
        *(("local.get", 1), ("if", NOTHING), ("i32.const", 1), ("memory.grow", 0), "drop", "end"),
    ) + stored(code(("i32.const", 4)))
    native = Native(module([Function(["i32", "i32"], [], body)]), 0)
    assert native.text.ends == ("memory.grow",)
    assert words(native.run(IMAGE, [(4, 0)]), 4) == [4]
    assert native.traps(IMAGE, (4, 1))


def test_nothing_is_wider_than_a_vector_of_wasm_and_no_loop_becomes_a_call() -> None:
    """Left alone, LLVM fills by 256 bits, and takes the C library's memset for loops."""
    body = code(
        *(GET, ("v128.const", bytes(16)), ("v128.store", 0, 0), GET, ("v128.const", bytes(16))),
        *(("v128.store", 0, 16), ("loop", NOTHING), GET, ("i32.const", 0), ("i32.store", 2, 64)),
        *(GET, ("i32.const", 4), "i32.add", ("local.tee", 0), ("i32.const", 9000), "i32.lt_u"),
        *(("br_if", 0), "end"),
    )
    text = assembly(Native(module([Function(["i32"], [], body)]), 0).text.text, TARGET)
    assert "xmm" in text
    assert "ymm" not in text
    assert "memset" not in text


def test_a_call_through_the_table_goes_to_what_was_seen_there_and_nowhere_else(tmp_path: Path) -> None:
    """Functions 1 and 3 stand in places 1 and 3; what place 2 holds has another type."""
    main = Function(
        ["i32", "i32"], [], stored(code(("i32.const", 6), ("local.get", 1), ("call_indirect", 1, 0)))
    )
    twice = Function(["i32"], ["i32"], code(GET, GET, "i32.add"))
    other = Function(["i64"], ["i32"], code(("i32.const", 1)))
    square = Function(["i32"], ["i32"], code(GET, GET, "i32.mul"))
    wasm = module([main, twice, other, square], table=[1, 2, 3])
    rows = [(64, 1), (68, 3)]
    (ran,) = in_node(wasm, IMAGE, [[(0, row) for row in rows]], tmp_path)
    native = Native(wasm, 0, places=(1, 2, 3))
    assert native.run(IMAGE, rows) == ran.memory
    assert words(ran.memory, 64, 68) == [12, 36]
    for place in (0, 2, 9):
        assert native.traps(IMAGE, (64, place))
    assert Native(wasm, 0, places=(1,)).traps(IMAGE, rows[1])


def test_only_so_many_functions_are_taken_along() -> None:
    chain = [Function(["i32"], [], code(GET, ("call", at + 1))) for at in range(5)]
    chain.append(Function(["i32"], [], stored(code(("i32.const", 4)))))
    whole = parsed(module(chain))
    found = transplant(whole, 0, machine="x86_64", attributes=TARGET.attributes, most=3)
    assert found.functions == (0, 1, 2)
    assert found.ends == ("call 3",)


def test_a_function_that_takes_a_vector_cannot_be_called_from_outside() -> None:
    whole = parsed(module([Function(["v128"], [], b"")]))
    with pytest.raises(ValueError, match="0x7b"):
        transplant(whole, 0, machine="x86_64", attributes=TARGET.attributes)
