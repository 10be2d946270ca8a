"""Rewritten modules do what they did before, and their logs say what was called. All of it runs in Node."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from gapprof import assets
from gapprof.instrument.visits import layout
from gapprof.wasm.encode import F64, HEADER, I32, name, section, unsigned, vector
from gapprof.wasm.hooks import LINE_BYTES, NOBODY, Hooked, hooked
from gapprof.wasm.module import parsed
from tests.unit.wasm.in_node import answer

END = b"\x0b"
HIT, FIB, SWAP, LEAF, THROUGH, MANY = range(6)
"""The first one is imported, and may throw."""
CALLS_OF_FIB_10 = 177


def _body(code: bytes, locals_: bytes = b"\x00") -> bytes:
    return unsigned(len(locals_ + code + END)) + locals_ + code + END


def _small() -> bytes:
    fib = (
        b"\x20\x00\x41\x02\x48\x04\x7f\x20\x00\x05"  # n < 2 ? n :
        b"\x20\x00\x41\x01\x6b\x10\x01\x20\x00\x41\x02\x6b\x10\x01\x6a\x0b"  # fib(n - 1) + fib(n - 2)
    )
    many = b"\x03\x40\x10\x03\x20\x00\x41\x01\x6b\x22\x00\x0d\x00\x0b"
    kinds = [
        b"\x60\x00\x00",
        b"\x60\x01" + I32 + b"\x01" + I32,
        b"\x60\x02" + I32 + F64 + b"\x02" + F64 + I32,
        b"\x60\x01" + I32 + b"\x00",
    ]
    bodies = [
        _body(fib),
        _body(b"\x20\x01\x20\x00"),
        _body(b"\x10\x00"),
        _body(b"\x41\x0a\x20\x00\x11\x01\x00"),
        _body(many),
    ]
    exports = {"fib": FIB, "swap": SWAP, "leaf": LEAF, "through": THROUGH, "many": MANY}
    return b"".join(
        [
            HEADER,
            section(1, vector(kinds)),
            section(2, vector([name("env") + name("hit") + b"\x00\x00"])),
            section(3, vector([b"\x01", b"\x02", b"\x00", b"\x01", b"\x03"])),
            section(4, vector([b"\x70\x00\x01"])),
            section(7, vector(name(one) + b"\x00" + unsigned(index) for one, index in exports.items())),
            section(9, vector([b"\x00\x41\x00\x0b" + vector([unsigned(FIB)])])),
            section(10, vector(bodies)),
        ]
    )


SMALL = _small()
OPENED = """
let hits = 0, angry = false;
const hit = () => { hits += 1; if (angry) throw new Error("angry"); };
const { instance } = await WebAssembly.instantiate(wasm, { env: { hit } });
const { fib, swap, leaf, through, many } = instance.exports;
"""
LOGGED = (
    OPENED
    + """
const book = logBook([instance], layout);
const lines = () => {
  const view = new DataView(book.lines().buffer);
  return Array.from({ length: view.byteLength / 24 }, (_, at) => ({
    slot: view.getUint32(24 * at, true), caller: view.getUint32(24 * at + 4, true),
    begin: view.getFloat64(24 * at + 8, true), end: view.getFloat64(24 * at + 16, true),
  }));
};
"""
)


def run(build: Hooked, script: str, folder: Path, **changed: int) -> Any:
    return answer(build.wasm, LOGGED + script, folder, layout=msgspec.to_builtins(layout(build)) | changed)


def test_results_are_what_they_were(tmp_path: Path) -> None:
    script = OPENED + "many(3); return [fib(10), swap(7, 2.5), through(0), hits];"
    before = answer(SMALL, script, tmp_path)
    assert before == [55, [2.5, 7], 55, 3]
    every = hooked(parsed(SMALL), (FIB, SWAP, LEAF, THROUGH, MANY))
    assert answer(every.wasm, script, tmp_path) == before
    logging = run(
        every,
        "book.start(Array(20).fill(1)); many(3); return [fib(10), swap(7, 2.5), through(0), hits];",
        tmp_path,
    )
    assert logging == before


def test_recursion_and_tables_are_counted_call_by_call(tmp_path: Path) -> None:
    build = hooked(parsed(SMALL), (THROUGH, FIB))
    script = "book.start([]); fib(10); const once = book.calls(); through(0); return [once, book.calls()];"
    once, twice = run(build, script, tmp_path)
    assert once[:2] == [0, CALLS_OF_FIB_10]
    assert twice[:2] == [1, 2 * CALLS_OF_FIB_10]
    assert dict(zip(build.exports, twice[2:], strict=False)) == {
        "fib": 1,
        "swap": 0,
        "leaf": 0,
        "through": 1,
        "many": 0,
    }


def test_counts_are_those_of_what_a_function_calls(tmp_path: Path) -> None:
    build = hooked(parsed(SMALL), (LEAF,))
    script = "book.start([7]); many(100); leaf(); return [book.calls()[0], hits, lines().length];"
    calls, hits, timed = run(build, script, tmp_path)
    assert (calls, hits) == (101, 101)
    assert timed == 101 // 7


def test_nothing_is_counted_before_it_starts_or_after_it_stops(tmp_path: Path) -> None:
    script = "many(5); book.start([1]); many(2); book.stop(); many(5); return [book.calls(), lines().length];"
    calls, timed = run(hooked(parsed(SMALL), (LEAF,)), script, tmp_path)
    assert (calls[0], timed) == (2, 2)


def test_every_line_lies_in_its_callers(tmp_path: Path) -> None:
    build = hooked(parsed(SMALL), (MANY, LEAF))
    outside = 2 + build.exports.index("many")
    script = "book.start([1, 1, 1, 1, 1, 1, 1]); many(3); return lines();"
    *leaves, many, call = run(build, script, tmp_path)
    assert [(one["slot"], one["caller"]) for one in leaves] == [(1, 0)] * 3
    assert (many["slot"], many["caller"]) == (0, outside)
    assert (call["slot"], call["caller"]) == (outside, NOBODY)
    for inner, outer in [*((leaf, many) for leaf in leaves), (many, call)]:
        assert outer["begin"] <= inner["begin"] <= inner["end"] <= outer["end"]


def test_a_function_that_calls_itself_is_its_own_caller(tmp_path: Path) -> None:
    build = hooked(parsed(SMALL), (FIB,))
    found = run(build, "book.start([1]); fib(5); return lines();", tmp_path)
    callers = [one["caller"] for one in found if one["slot"] == 0]
    assert len(callers) == 15
    assert callers.count(0) == 14
    assert callers[-1] == 1 + build.exports.index("fib")


def test_what_is_thrown_passes_through_and_later_calls_count(tmp_path: Path) -> None:
    build = hooked(parsed(SMALL), (MANY, LEAF))
    script = """
    book.start([1, 1]);
    angry = true;
    let said = "";
    try { many(9); } catch (thrown) { said = thrown.message; }
    const after = [...book.calls().slice(0, 2), lines().length];
    angry = false;
    book.turn();
    many(2);
    return [said, after, book.calls().slice(0, 2), lines().filter(({ slot }) => slot < 2)];
    """
    said, after, calls, found = run(build, script, tmp_path)
    assert said == "angry"
    assert after == [1, 1, 0]
    assert calls == [2, 3]
    assert [(one["slot"], one["caller"]) for one in found[:2]] == [(1, 0), (1, 0)]


def test_lines_without_room_are_told(tmp_path: Path) -> None:
    build = hooked(parsed(SMALL), (LEAF,))
    script = "book.start([1]); many(5); return [lines().length, book.lost(), book.calls()[0]];"
    found = run(build, script, tmp_path, log_ends=build.log_begins + 3 * LINE_BYTES)
    assert found == [3, 2, 5]


def test_a_hook_that_does_nothing_else_is_called_as_often_as_asked(tmp_path: Path) -> None:
    build = hooked(parsed(SMALL), ())
    script = "book.start([]); book.repeat(1000); return book.calls();"
    assert run(build, script, tmp_path)[-1] == 1000


def test_onnxruntime_web_rewritten_is_valid_and_nothing_of_it_shifts(tmp_path: Path) -> None:
    stock = parsed((assets.web_dist() / "ort-wasm-simd-threaded.wasm").read_bytes())
    chosen = tuple(range(stock.imported_functions, stock.imported_functions + len(stock.bodies), 97))
    build = hooked(stock, chosen)
    assert answer(build.wasm, "return WebAssembly.validate(wasm);", tmp_path) is True
    found = parsed(build.wasm)
    last = stock.imported_functions + len(stock.bodies)
    for slot, function in enumerate(chosen):
        assert found.body_of(last + slot) == stock.body_of(function)
        assert found.type_of(function) == stock.type_of(function)
    kept = set(range(stock.imported_functions, last)) - set(chosen)
    assert all(found.body_of(function) == stock.body_of(function) for function in sorted(kept))


@pytest.mark.parametrize(
    ("functions", "why"), [((HIT,), "own functions"), ((99,), "own functions"), ((FIB, FIB), "twice")]
)
def test_what_cannot_be_hooked_is_refused(functions: tuple[int, ...], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        hooked(parsed(SMALL), functions)


def test_a_module_that_is_hooked_already_is_refused() -> None:
    with pytest.raises(ValueError, match="an export called"):
        hooked(parsed(hooked(parsed(SMALL), (FIB,)).wasm), (FIB,))
