"""Vectors of 128 bits: lanes seen as each instruction sees them (Core Specification, section 4.3.5)."""

from collections.abc import Iterator

from gapprof.transplant.operation import Operation, Write
from gapprof.transplant.scalar import COMPARED, COMPARED_F, ROUNDED
from gapprof.transplant.shapes import SHAPES, Lanes, V, integers, seen, spread, whole
from gapprof.transplant.writer import WHOLE, Writer

WHOLES = tuple(shape for shape in SHAPES if shape.startswith("i"))
FLOATS = ("f32x4", "f64x2")


def operations() -> dict[str, Operation]:
    """What goes lane by lane and keeps the shape, and what a whole vector comes to."""
    return dict([*_bitwise(), *_integer(), *_floating(), *_splats(), *_summed_up()])


def lanewise(lanes: Lanes, template: str) -> Write:
    """One instruction of LLVM on all lanes; `{t}` is their type."""

    def write(writer: Writer, *operands: str) -> str:
        names = [seen(writer, lanes, one) for one in operands]
        return whole(writer, lanes, writer.value(template.format(*names, t=lanes.text)))

    return write


def intrinsic(lanes: Lanes, name: str) -> Write:
    """An intrinsic on all lanes."""

    def write(writer: Writer, *operands: str) -> str:
        names = [(lanes.text, seen(writer, lanes, one)) for one in operands]
        return whole(writer, lanes, writer.intrinsic(f"{name}.{lanes.short}", lanes.text, *names))

    return write


def _bitwise() -> Iterator[tuple[str, Operation]]:
    ones = SHAPES["i8x16"].all("-1")

    def bitselect(writer: Writer, left: str, right: str, mask: str) -> str:
        first = writer.value(f"and {WHOLE} {left}, {mask}")
        inverse = writer.value(f"xor {WHOLE} {mask}, {ones}")
        second = writer.value(f"and {WHOLE} {right}, {inverse}")
        return writer.value(f"or {WHOLE} {first}, {second}")

    def andnot(writer: Writer, left: str, right: str) -> str:
        return writer.value(f"and {WHOLE} {left}, {writer.value(f'xor {WHOLE} {right}, {ones}')}")

    lanes = SHAPES["i8x16"]
    yield "v128.not", Operation((V,), V, lanewise(lanes, f"xor {{t}} {{0}}, {ones}"))
    for name in ("and", "or", "xor"):
        yield f"v128.{name}", Operation((V, V), V, lanewise(lanes, name + " {t} {0}, {1}"))
    yield "v128.andnot", Operation((V, V), V, andnot)
    yield "v128.bitselect", Operation((V, V, V), V, bitselect)


def _integer() -> Iterator[tuple[str, Operation]]:
    for shape in WHOLES:
        lanes = SHAPES[shape]
        for name in ("add", "sub", "mul"):
            yield f"{shape}.{name}", Operation((V, V), V, lanewise(lanes, name + " {t} {0}, {1}"))
        for name, condition in COMPARED.items():
            yield f"{shape}.{name}", Operation((V, V), V, _compared(lanes, f"icmp {condition}"))
        for name in ("min", "max"):
            for sign in ("s", "u"):
                yield f"{shape}.{name}_{sign}", Operation((V, V), V, intrinsic(lanes, sign + name))
        for name, op in (("shl", "shl"), ("shr_s", "ashr"), ("shr_u", "lshr")):
            yield f"{shape}.{name}", Operation((V, "i32"), V, _shifted(lanes, op))
        for name in ("add", "sub"):
            for sign in ("s", "u"):
                yield (
                    f"{shape}.{name}_sat_{sign}",
                    Operation((V, V), V, intrinsic(lanes, f"{sign}{name}.sat")),
                )
        yield f"{shape}.neg", Operation((V,), V, lanewise(lanes, "sub {t} zeroinitializer, {0}"))
        yield f"{shape}.abs", Operation((V,), V, _absolute(lanes))
        yield f"{shape}.avgr_u", Operation((V, V), V, _averaged(lanes))
    yield "i8x16.popcnt", Operation((V,), V, intrinsic(SHAPES["i8x16"], "ctpop"))


def _floating() -> Iterator[tuple[str, Operation]]:
    for shape in FLOATS:
        lanes = SHAPES[shape]
        for name in ("add", "sub", "mul", "div"):
            yield f"{shape}.{name}", Operation((V, V), V, lanewise(lanes, f"f{name} {{t}} {{0}}, {{1}}"))
        for name, condition in COMPARED_F.items():
            yield f"{shape}.{name}", Operation((V, V), V, _compared(lanes, f"fcmp {condition}"))
        for name, of_llvm in (("min", "minimum"), ("max", "maximum")):
            yield f"{shape}.{name}", Operation((V, V), V, intrinsic(lanes, of_llvm))
        for name, of_llvm in (*ROUNDED.items(), ("abs", "fabs")):
            yield f"{shape}.{name}", Operation((V,), V, intrinsic(lanes, of_llvm))
        yield f"{shape}.neg", Operation((V,), V, lanewise(lanes, "fneg {t} {0}"))
        yield f"{shape}.pmin", Operation((V, V), V, _lesser(lanes, "{1}, {0}", "{1}", "{0}"))
        yield f"{shape}.pmax", Operation((V, V), V, _lesser(lanes, "{0}, {1}", "{1}", "{0}"))
        # In relaxed form one instruction of x86 each, which gives the second operand where it is not sure.
        yield f"{shape}.relaxed_min", Operation((V, V), V, _lesser(lanes, "{0}, {1}", "{0}", "{1}"))
        yield f"{shape}.relaxed_max", Operation((V, V), V, _lesser(lanes, "{1}, {0}", "{0}", "{1}"))
        yield f"{shape}.relaxed_madd", Operation((V, V, V), V, intrinsic(lanes, "fma"))
        yield f"{shape}.relaxed_nmadd", Operation((V, V, V), V, _negated_madd(lanes))


def _splats() -> Iterator[tuple[str, Operation]]:
    for shape, lanes in SHAPES.items():
        scalar = {"float": "f32", "double": "f64", "i64": "i64"}.get(lanes.element, "i32")
        yield f"{shape}.splat", Operation((scalar,), V, _splat(lanes))


def _summed_up() -> Iterator[tuple[str, Operation]]:
    for shape in WHOLES:
        lanes = SHAPES[shape]
        yield f"{shape}.all_true", Operation((V,), "i32", _all_true(lanes))
        yield f"{shape}.bitmask", Operation((V,), "i32", _bitmask(lanes))

    def any_true(writer: Writer, one: str) -> str:
        flag = writer.value(f"icmp ne i128 {writer.value(f'bitcast {WHOLE} {one} to i128')}, 0")
        return writer.value(f"zext i1 {flag} to i32")

    yield "v128.any_true", Operation((V,), "i32", any_true)


def _compared(lanes: Lanes, comparison: str) -> Write:
    result = integers(lanes.bits, lanes.count)

    def write(writer: Writer, left: str, right: str) -> str:
        names = seen(writer, lanes, left), seen(writer, lanes, right)
        flags = writer.value(f"{comparison} {lanes.text} {names[0]}, {names[1]}")
        full = writer.value(f"sext <{lanes.count} x i1> {flags} to {result.text}")
        return whole(writer, result, full)

    return write


def _shifted(lanes: Lanes, op: str) -> Write:
    def write(writer: Writer, left: str, by: str) -> str:
        masked = writer.value(f"and i32 {by}, {lanes.bits - 1}")
        if lanes.bits != 32:
            masked = writer.value(f"{'zext' if lanes.bits > 32 else 'trunc'} i32 {masked} to {lanes.element}")
        counts = spread(writer, lanes, masked)
        return whole(writer, lanes, writer.value(f"{op} {lanes.text} {seen(writer, lanes, left)}, {counts}"))

    return write


def _absolute(lanes: Lanes) -> Write:
    def write(writer: Writer, one: str) -> str:
        operand = (lanes.text, seen(writer, lanes, one))
        found = writer.intrinsic(f"abs.{lanes.short}", lanes.text, operand, ("i1", "false"))
        return whole(writer, lanes, found)

    return write


def _averaged(lanes: Lanes) -> Write:
    wide = integers(2 * lanes.bits, lanes.count)

    def write(writer: Writer, *operands: str) -> str:
        left, right = (
            writer.value(f"zext {lanes.text} {seen(writer, lanes, one)} to {wide.text}") for one in operands
        )
        total = writer.value(f"add {wide.text} {left}, {right}")
        rounded = writer.value(f"add {wide.text} {total}, {wide.all('1')}")
        halved = writer.value(f"lshr {wide.text} {rounded}, {wide.all('1')}")
        return whole(writer, lanes, writer.value(f"trunc {wide.text} {halved} to {lanes.text}"))

    return write


def _lesser(lanes: Lanes, ordered: str, then: str, otherwise: str) -> Write:
    """Where the first of `ordered` is less than the second, `then`."""

    def write(writer: Writer, *operands: str) -> str:
        names = [seen(writer, lanes, one) for one in operands]
        flags = writer.value(f"fcmp olt {lanes.text} {ordered.format(*names)}")
        chosen = f"{lanes.text} {then.format(*names)}, {lanes.text} {otherwise.format(*names)}"
        return whole(writer, lanes, writer.value(f"select <{lanes.count} x i1> {flags}, {chosen}"))

    return write


def _negated_madd(lanes: Lanes) -> Write:
    def write(writer: Writer, left: str, right: str, addend: str) -> str:
        negated = writer.value(f"fneg {lanes.text} {seen(writer, lanes, left)}")
        rest = [(lanes.text, seen(writer, lanes, one)) for one in (right, addend)]
        found = writer.intrinsic(f"fma.{lanes.short}", lanes.text, (lanes.text, negated), *rest)
        return whole(writer, lanes, found)

    return write


def _splat(lanes: Lanes) -> Write:
    def write(writer: Writer, scalar: str) -> str:
        if lanes.element in ("i8", "i16"):
            scalar = writer.value(f"trunc i32 {scalar} to {lanes.element}")
        return whole(writer, lanes, spread(writer, lanes, scalar))

    return write


def _all_true(lanes: Lanes) -> Write:
    def write(writer: Writer, one: str) -> str:
        zero = writer.value(f"icmp eq {lanes.text} {seen(writer, lanes, one)}, zeroinitializer")
        flags = writer.value(f"bitcast <{lanes.count} x i1> {zero} to i{lanes.count}")
        none = writer.value(f"icmp eq i{lanes.count} {flags}, 0")
        return writer.value(f"zext i1 {none} to i32")

    return write


def _bitmask(lanes: Lanes) -> Write:
    def write(writer: Writer, one: str) -> str:
        negative = writer.value(f"icmp slt {lanes.text} {seen(writer, lanes, one)}, zeroinitializer")
        flags = writer.value(f"bitcast <{lanes.count} x i1> {negative} to i{lanes.count}")
        return writer.value(f"zext i{lanes.count} {flags} to i32")

    return write
