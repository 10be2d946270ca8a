"""Vectors whose lanes become wider, narrower or others: extend, narrow, convert, products, tables."""

from collections.abc import Callable, Iterator

from gapprof.transplant.operation import Operation, Write
from gapprof.transplant.shapes import SHAPES, Lanes, V, integers, picked, seen, whole
from gapprof.transplant.writer import WHOLE, Writer

_EXTENSIONS = {"s": "sext", "u": "zext"}
_NEXT = {"i16x8": "i8x16", "i32x4": "i16x8", "i64x2": "i32x4"}
"""Lanes → those half as wide."""


def operations() -> dict[str, Operation]:
    """By the names of the instructions."""
    return dict([*_widened(), *_narrowed(), *_converted(), *_products(), *_chosen()])


def half(writer: Writer, lanes: Lanes, one: str, which: str) -> tuple[Lanes, str]:
    """The low or high half of the lanes, as a vector half as long."""
    count = lanes.count // 2
    first = 0 if which == "low" else count
    found = picked(writer, lanes, seen(writer, lanes, one), "poison", list(range(first, first + count)))
    return Lanes(lanes.element, count, ""), found


def _widened() -> Iterator[tuple[str, Operation]]:
    for wide, narrow in _NEXT.items():
        for sign, op in _EXTENSIONS.items():
            for which in ("low", "high"):
                yield f"{wide}.extend_{which}_{narrow}_{sign}", Operation((V,), V, _extended(wide, which, op))
                product = _extended_product(wide, which, op)
                yield f"{wide}.extmul_{which}_{narrow}_{sign}", Operation((V, V), V, product)
            if wide != "i64x2":
                pairwise = _pairwise(wide, op)
                yield f"{wide}.extadd_pairwise_{narrow}_{sign}", Operation((V,), V, pairwise)


def _narrowed() -> Iterator[tuple[str, Operation]]:
    for wide, narrow in _NEXT.items():
        for sign in ("s", "u"):
            yield f"{narrow}.narrow_{wide}_{sign}", Operation((V, V), V, _narrow(narrow, wide, sign))


def _converted() -> Iterator[tuple[str, Operation]]:
    i32, f32, f64 = SHAPES["i32x4"], SHAPES["f32x4"], SHAPES["f64x2"]
    pair, pair_f32 = integers(32, 2), Lanes("float", 2, "v2f32")

    for sign in ("s", "u"):

        def saturated(writer: Writer, one: str, sign: str = sign) -> str:
            operand = (f32.text, seen(writer, f32, one))
            return whole(writer, i32, writer.intrinsic(f"fpto{sign}i.sat.v4i32.v4f32", i32.text, operand))

        def saturated_zero(writer: Writer, one: str, sign: str = sign) -> str:
            operand = (f64.text, seen(writer, f64, one))
            found = writer.intrinsic(f"fpto{sign}i.sat.v2i32.v2f64", pair.text, operand)
            return whole(writer, i32, _zero_above(writer, pair, found))

        def converted(writer: Writer, one: str, sign: str = sign) -> str:
            return whole(
                writer, f32, writer.value(f"{sign}itofp {i32.text} {seen(writer, i32, one)} to {f32.text}")
            )

        def converted_low(writer: Writer, one: str, sign: str = sign) -> str:
            lanes, low = half(writer, i32, one, "low")
            return whole(writer, f64, writer.value(f"{sign}itofp {lanes.text} {low} to {f64.text}"))

        yield f"i32x4.trunc_sat_f32x4_{sign}", Operation((V,), V, saturated)
        yield f"i32x4.trunc_sat_f64x2_{sign}_zero", Operation((V,), V, saturated_zero)
        yield f"f32x4.convert_i32x4_{sign}", Operation((V,), V, converted)
        yield f"f64x2.convert_low_i32x4_{sign}", Operation((V,), V, converted_low)

    def demoted(writer: Writer, one: str) -> str:
        found = writer.value(f"fptrunc {f64.text} {seen(writer, f64, one)} to {pair_f32.text}")
        return whole(writer, f32, _zero_above(writer, pair_f32, found))

    def promoted(writer: Writer, one: str) -> str:
        lanes, low = half(writer, f32, one, "low")
        return whole(writer, f64, writer.value(f"fpext {lanes.text} {low} to {f64.text}"))

    yield "f32x4.demote_f64x2_zero", Operation((V,), V, demoted)
    yield "f64x2.promote_low_f32x4", Operation((V,), V, promoted)


def _products() -> Iterator[tuple[str, Operation]]:
    narrow, wide = SHAPES["i16x8"], integers(32, 8)
    result = SHAPES["i32x4"]

    def dot(writer: Writer, *operands: str) -> str:
        """The pattern in which LLVM sees pmaddwd."""
        left, right = (
            writer.value(f"sext {narrow.text} {seen(writer, narrow, one)} to {wide.text}") for one in operands
        )
        return whole(
            writer, result, _added_pairs(writer, wide, writer.value(f"mul {wide.text} {left}, {right}"))
        )

    def rounded(writer: Writer, *operands: str) -> str:
        left, right = (
            writer.value(f"sext {narrow.text} {seen(writer, narrow, one)} to {wide.text}") for one in operands
        )
        product = writer.value(f"mul {wide.text} {left}, {right}")
        more = writer.value(f"add {wide.text} {product}, {wide.all(str(1 << 14))}")
        high = writer.value(f"ashr {wide.text} {more}, {wide.all('15')}")
        bound = writer.intrinsic("smin.v8i32", wide.text, (wide.text, high), (wide.text, wide.all("32767")))
        return whole(writer, narrow, writer.value(f"trunc {wide.text} {bound} to {narrow.text}"))

    yield "i32x4.dot_i16x8_s", Operation((V, V), V, dot)
    yield "i16x8.q15mulr_sat_s", Operation((V, V), V, rounded)


def _chosen() -> Iterator[tuple[str, Operation]]:
    for shape in ("i8x16", "i16x8", "i32x4", "i64x2"):
        # V8 looks at the top bit of each byte where lanes have 16 bits: x86 has no other instruction.
        lanes = SHAPES["i8x16" if shape == "i16x8" else shape]
        yield f"{shape}.relaxed_laneselect", Operation((V, V, V), V, _laneselect(lanes))


def _extended(shape: str, which: str, op: str) -> Write:
    wide, narrow = SHAPES[shape], SHAPES[_NEXT[shape]]

    def write(writer: Writer, one: str) -> str:
        lanes, part = half(writer, narrow, one, which)
        return whole(writer, wide, writer.value(f"{op} {lanes.text} {part} to {wide.text}"))

    return write


def _extended_product(shape: str, which: str, op: str) -> Write:
    wide, narrow = SHAPES[shape], SHAPES[_NEXT[shape]]

    def write(writer: Writer, *operands: str) -> str:
        found = []
        for one in operands:
            lanes, part = half(writer, narrow, one, which)
            found.append(writer.value(f"{op} {lanes.text} {part} to {wide.text}"))
        return whole(writer, wide, writer.value(f"mul {wide.text} {found[0]}, {found[1]}"))

    return write


def _pairwise(shape: str, op: str) -> Write:
    wide, narrow = SHAPES[shape], SHAPES[_NEXT[shape]]
    long = integers(wide.bits, narrow.count)

    def write(writer: Writer, one: str) -> str:
        every = writer.value(f"{op} {narrow.text} {seen(writer, narrow, one)} to {long.text}")
        return whole(writer, wide, _added_pairs(writer, long, every))

    return write


def _added_pairs(writer: Writer, lanes: Lanes, value: str) -> str:
    """Even and odd lanes added."""
    half_text = f"<{lanes.count // 2} x {lanes.element}>"
    even = picked(writer, lanes, value, "poison", list(range(0, lanes.count, 2)))
    odd = picked(writer, lanes, value, "poison", list(range(1, lanes.count, 2)))
    return writer.value(f"add {half_text} {even}, {odd}")


def _zero_above(writer: Writer, lanes: Lanes, value: str) -> str:
    return picked(writer, lanes, value, "zeroinitializer", list(range(2 * lanes.count)))


def _narrow(narrow_shape: str, wide_shape: str, sign: str) -> Write:
    narrow, wide = SHAPES[narrow_shape], SHAPES[wide_shape]
    least, most = (
        (-(1 << narrow.bits - 1), (1 << narrow.bits - 1) - 1) if sign == "s" else (0, (1 << narrow.bits) - 1)
    )
    both = integers(wide.bits, narrow.count)

    def write(writer: Writer, *operands: str) -> str:
        left, right = (seen(writer, wide, one) for one in operands)
        joined = picked(writer, wide, left, right, list(range(both.count)))
        for name, bound in (("smax", least), ("smin", most)):
            sides = (both.text, joined), (both.text, both.all(str(bound)))
            joined = writer.intrinsic(f"{name}.{both.short}", both.text, *sides)
        return whole(writer, narrow, writer.value(f"trunc {both.text} {joined} to {narrow.text}"))

    return write


def _laneselect(lanes: Lanes) -> Write:
    def write(writer: Writer, left: str, right: str, mask: str) -> str:
        names = [seen(writer, lanes, one) for one in (left, right, mask)]
        flags = writer.value(f"icmp slt {lanes.text} {names[2]}, zeroinitializer")
        chosen = f"{lanes.text} {names[0]}, {lanes.text} {names[1]}"
        return whole(writer, lanes, writer.value(f"select <{lanes.count} x i1> {flags}, {chosen}"))

    return write


def for_machine(machine: str) -> dict[str, Operation]:
    """What LLVM has no plain words for, in instructions of x86-64 or AArch64. Empty for any other."""
    arm = machine == "aarch64"
    if machine not in ("x86_64", "aarch64"):
        return {}

    def looked_up(writer: Writer, table: str, index: str) -> str:
        if arm:
            return writer.intrinsic("aarch64.neon.tbl1.v16i8", WHOLE, (WHOLE, table), (WHOLE, index))
        beyond = (WHOLE, SHAPES["i8x16"].all("112"))
        far = writer.intrinsic("uadd.sat.v16i8", WHOLE, (WHOLE, index), beyond)
        return writer.intrinsic("x86.ssse3.pshuf.b.128", WHOLE, (WHOLE, table), (WHOLE, far))

    found: dict[str, Operation] = {"i8x16.swizzle": Operation((V, V), V, looked_up)}
    return found if arm else found | {name: Operation(*one) for name, one in _x86().items()}


def _x86() -> dict[str, tuple[tuple[str, ...], str, Callable[..., str]]]:
    """Relaxed instructions as V8 has them on x86-64; without VNNI, which 128-bit AVX code does not know."""
    i16, i32, f32 = SHAPES["i16x8"], SHAPES["i32x4"], SHAPES["f32x4"]

    def looked_up(writer: Writer, table: str, index: str) -> str:
        return writer.intrinsic("x86.ssse3.pshuf.b.128", WHOLE, (WHOLE, table), (WHOLE, index))

    def cut(writer: Writer, one: str) -> str:
        operand = (f32.text, seen(writer, f32, one))
        return whole(writer, i32, writer.intrinsic("x86.sse2.cvttps2dq", i32.text, operand))

    def rounded(writer: Writer, *operands: str) -> str:
        sides = [(i16.text, seen(writer, i16, one)) for one in operands]
        return whole(writer, i16, writer.intrinsic("x86.ssse3.pmul.hr.sw.128", i16.text, *sides))

    def paired(writer: Writer, left: str, right: str) -> str:
        sides = (WHOLE, right), (WHOLE, left)
        return writer.intrinsic("x86.ssse3.pmadd.ub.sw.128", i16.text, *sides)

    def dot(writer: Writer, left: str, right: str) -> str:
        return whole(writer, i16, paired(writer, left, right))

    def dot_added(writer: Writer, left: str, right: str, addend: str) -> str:
        sides = (i16.text, paired(writer, left, right)), (i16.text, i16.all("1"))
        four = writer.intrinsic("x86.sse2.pmadd.wd", i32.text, *sides)
        return whole(writer, i32, writer.value(f"add {i32.text} {four}, {seen(writer, i32, addend)}"))

    return {
        "i8x16.relaxed_swizzle": ((V, V), V, looked_up),
        "i32x4.relaxed_trunc_f32x4_s": ((V,), V, cut),
        "i16x8.relaxed_q15mulr_s": ((V, V), V, rounded),
        "i16x8.relaxed_dot_i8x16_i7x16_s": ((V, V), V, dot),
        "i32x4.relaxed_dot_i8x16_i7x16_add_s": ((V, V, V), V, dot_added),
    }
