"""Numbers one by one: what wasm says of them, said in LLVM IR (Core Specification, section 4.3).

Where LLVM leaves a case open, as shifts by more than the width or conversions out of range, the case is
ruled out first, as wasm rules it.
"""

from collections.abc import Iterator

from gapprof.transplant.operation import Operation, Write, templated
from gapprof.transplant.writer import TYPES, Writer

_INTEGERS, _FLOATS = ("i32", "i64"), ("f32", "f64")
_PLAIN = {"add": "add", "sub": "sub", "mul": "mul", "and": "and", "or": "or", "xor": "xor"}
_SHIFTS = {"shl": "shl", "shr_s": "ashr", "shr_u": "lshr"}
COMPARED = {
    "eq": "eq",
    "ne": "ne",
    "lt_s": "slt",
    "lt_u": "ult",
    "gt_s": "sgt",
    "gt_u": "ugt",
    "le_s": "sle",
    "le_u": "ule",
    "ge_s": "sge",
    "ge_u": "uge",
}
COMPARED_F = {"eq": "oeq", "ne": "une", "lt": "olt", "gt": "ogt", "le": "ole", "ge": "oge"}
ROUNDED = {"ceil": "ceil", "floor": "floor", "trunc": "trunc", "nearest": "roundeven", "sqrt": "sqrt"}
BITS = {"i32": 32, "i64": 64}


def operations() -> dict[str, Operation]:
    """By the names of the instructions."""
    return dict([*_integer(), *_floating(), *_converted(), *_truncated()])


def _integer() -> Iterator[tuple[str, Operation]]:
    for kind in _INTEGERS:
        two, one = (kind, kind), (kind,)
        for name, op in _PLAIN.items():
            yield f"{kind}.{name}", Operation(two, kind, templated(f"{op} {kind} {{0}}, {{1}}"))
        for name, op in _SHIFTS.items():
            yield f"{kind}.{name}", Operation(two, kind, _shift(kind, op))
        for name, condition in COMPARED.items():
            yield f"{kind}.{name}", Operation(two, "i32", _flag(f"icmp {condition} {kind} {{0}}, {{1}}"))
        yield f"{kind}.eqz", Operation(one, "i32", _flag(f"icmp eq {kind} {{0}}, 0"))
        for name, funnel in (("rotl", "fshl"), ("rotr", "fshr")):
            yield f"{kind}.{name}", Operation(two, kind, _rotate(kind, funnel))
        for name in ("clz", "ctz"):
            yield f"{kind}.{name}", Operation(one, kind, _counted(kind, name))
        yield f"{kind}.popcnt", Operation(one, kind, _intrinsic("ctpop", kind, 1))
        for name in ("div_s", "div_u", "rem_s", "rem_u"):
            yield f"{kind}.{name}", Operation(two, kind, _divided(kind, name))


def _floating() -> Iterator[tuple[str, Operation]]:
    for kind in _FLOATS:
        native, two, one = TYPES[kind], (kind, kind), (kind,)
        for name in ("add", "sub", "mul", "div"):
            yield f"{kind}.{name}", Operation(two, kind, templated(f"f{name} {native} {{0}}, {{1}}"))
        for name, condition in COMPARED_F.items():
            yield f"{kind}.{name}", Operation(two, "i32", _flag(f"fcmp {condition} {native} {{0}}, {{1}}"))
        for name, intrinsic in (("min", "minimum"), ("max", "maximum"), ("copysign", "copysign")):
            yield f"{kind}.{name}", Operation(two, kind, _intrinsic(intrinsic, kind, 2))
        for name, intrinsic in (*ROUNDED.items(), ("abs", "fabs")):
            yield f"{kind}.{name}", Operation(one, kind, _intrinsic(intrinsic, kind, 1))
        yield f"{kind}.neg", Operation(one, kind, templated(f"fneg {native} {{0}}"))


def _converted() -> Iterator[tuple[str, Operation]]:
    yield "i32.wrap_i64", Operation(("i64",), "i32", templated("trunc i64 {0} to i32"))
    yield "i64.extend_i32_s", Operation(("i32",), "i64", templated("sext i32 {0} to i64"))
    yield "i64.extend_i32_u", Operation(("i32",), "i64", templated("zext i32 {0} to i64"))
    for kind, bits in (("i32", 8), ("i32", 16), ("i64", 8), ("i64", 16), ("i64", 32)):
        yield f"{kind}.extend{bits}_s", Operation((kind,), kind, _extended(kind, bits))
    for kind in _FLOATS:
        for whole in _INTEGERS:
            for sign, op in (("s", "sitofp"), ("u", "uitofp")):
                write = templated(f"{op} {whole} {{0}} to {TYPES[kind]}")
                yield f"{kind}.convert_{whole}_{sign}", Operation((whole,), kind, write)
    yield "f32.demote_f64", Operation(("f64",), "f32", templated("fptrunc double {0} to float"))
    yield "f64.promote_f32", Operation(("f32",), "f64", templated("fpext float {0} to double"))
    for kind, other in (("i32", "f32"), ("f32", "i32"), ("i64", "f64"), ("f64", "i64")):
        write = templated(f"bitcast {TYPES[other]} {{0}} to {TYPES[kind]}")
        yield f"{kind}.reinterpret_{other}", Operation((other,), kind, write)


def _truncated() -> Iterator[tuple[str, Operation]]:
    for kind in _INTEGERS:
        for source in _FLOATS:
            for sign in ("s", "u"):
                trapping = _truncated_or_trap(kind, source, sign)
                yield f"{kind}.trunc_{source}_{sign}", Operation((source,), kind, trapping)
                yield (
                    f"{kind}.trunc_sat_{source}_{sign}",
                    Operation((source,), kind, _saturated(kind, source, sign)),
                )


def _flag(comparison: str) -> Write:
    def write(writer: Writer, *operands: str) -> str:
        return writer.value(f"zext i1 {writer.value(comparison.format(*operands))} to i32")

    return write


def _shift(kind: str, op: str) -> Write:
    def write(writer: Writer, left: str, by: str) -> str:
        masked = writer.value(f"and {kind} {by}, {BITS[kind] - 1}")
        return writer.value(f"{op} {kind} {left}, {masked}")

    return write


def _rotate(kind: str, funnel: str) -> Write:
    def write(writer: Writer, left: str, by: str) -> str:
        return writer.intrinsic(f"{funnel}.{kind}", kind, (kind, left), (kind, left), (kind, by))

    return write


def _counted(kind: str, name: str) -> Write:
    def write(writer: Writer, one: str) -> str:
        return writer.intrinsic(
            f"{'ctlz' if name == 'clz' else 'cttz'}.{kind}", kind, (kind, one), ("i1", "false")
        )

    return write


def _intrinsic(name: str, kind: str, count: int) -> Write:
    native = TYPES[kind]

    def write(writer: Writer, *operands: str) -> str:
        return writer.intrinsic(f"{name}.{kind}", native, *((native, one) for one in operands[:count]))

    return write


def _divided(kind: str, name: str) -> Write:
    least = -(1 << BITS[kind] - 1)

    def write(writer: Writer, left: str, right: str) -> str:
        writer.trap_if(writer.value(f"icmp eq {kind} {right}, 0"))
        if name == "div_s":
            lowest = writer.value(f"icmp eq {kind} {left}, {least}")
            minus = writer.value(f"icmp eq {kind} {right}, -1")
            writer.trap_if(writer.value(f"and i1 {lowest}, {minus}"))
        if name == "rem_s":  # by -1 it is 0, as by 1, but LLVM leaves the lowest number by -1 open
            minus = writer.value(f"icmp eq {kind} {right}, -1")
            right = writer.value(f"select i1 {minus}, {kind} 1, {kind} {right}")
        op, sign = name.split("_")
        return writer.value(f"{sign}{op} {kind} {left}, {right}")

    return write


def _extended(kind: str, bits: int) -> Write:
    def write(writer: Writer, one: str) -> str:
        return writer.value(f"sext i{bits} {writer.value(f'trunc {kind} {one} to i{bits}')} to {kind}")

    return write


def _truncated_or_trap(kind: str, source: str, sign: str) -> Write:
    """In range are those whose whole part is; the bounds themselves are floats."""
    native = TYPES[source]
    above = 2.0 ** (BITS[kind] - (sign == "s"))
    if sign == "u":
        least, condition = -1.0, "ogt"
    elif (kind, source) == ("i32", "f64"):
        least, condition = -above - 1, "ogt"
    else:
        least, condition = -above, "oge"

    def write(writer: Writer, one: str) -> str:
        low = writer.value(f"fcmp {condition} {native} {one}, {least!r}")
        high = writer.value(f"fcmp olt {native} {one}, {above!r}")
        sound = writer.value(f"and i1 {low}, {high}")
        writer.trap_if(writer.value(f"xor i1 {sound}, true"))
        return writer.value(f"fpto{sign}i {native} {one} to {kind}")

    return write


def _saturated(kind: str, source: str, sign: str) -> Write:
    def write(writer: Writer, one: str) -> str:
        return writer.intrinsic(f"fpto{sign}i.sat.{kind}.{source}", kind, (TYPES[source], one))

    return write
