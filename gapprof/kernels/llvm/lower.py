"""From a kernel to LLVM IR as text. Variables are stack slots, which LLVM turns into registers."""

import struct
from collections.abc import Mapping

from gapprof.kernels.ir import (
    INDEX,
    Assign,
    Binary,
    Bits,
    ByteDot,
    Constant,
    Dot,
    Expression,
    Kernel,
    Lane,
    Load,
    LoadSplat,
    LoadWidened,
    Local,
    Loop,
    MulAdd,
    ShiftLeft,
    ShiftRight,
    Shuffle,
    Splat,
    Statement,
    Store,
    ToFloat,
    Type,
    Unary,
    Vector,
    repeated,
)
from gapprof.kernels.llvm.repeater import repeater
from gapprof.kernels.llvm.target import ByteDotForm, Target

_ELEMENTS = {"f32": "float", "i32": "i32", "i16": "i16", "i8": "i8"}
_INTRINSICS = {
    "min": "minimum",
    "max": "maximum",
    "sqrt": "sqrt",
    "abs": "fabs",
    "floor": "floor",
    "nearest": "roundeven",
}
_PRODUCTS_OF_BYTES = {
    128: "x86.ssse3.pmadd.ub.sw.128",
    256: "x86.avx2.pmadd.ub.sw",
    512: "x86.avx512.pmaddubs.w.512",
}
_SUMS_OF_PAIRS = {128: "x86.sse2.pmadd.wd", 256: "x86.avx2.pmadd.wd", 512: "x86.avx512.pmaddw.d.512"}
_LESS = {"pmin": ("right", "left"), "pmax": ("left", "right")}
_I64_BYTES = 8


def function(kernel: Kernel, target: Target) -> str:
    """The kernel's function and what it declares."""
    return _Lowering(kernel, target.byte_dot).function(target.attributes)


def repeating(kernel: Kernel) -> str:
    """The kernel, over and over: see `repeater`; arguments are i64."""
    arguments = [
        f"%a{number} = getelementptr i64, ptr %row, i64 {number}\n%v{number} = load i64, ptr %a{number}"
        for number in range(kernel.parameters)
    ]
    passed = ", ".join(f"i64 %v{number}" for number in range(kernel.parameters))
    body = "\n".join((*arguments, f"call void @{kernel.name}({passed})"))
    return repeater(repeated(kernel.name), row_bytes=_I64_BYTES * kernel.parameters, body=body)


class _Lowering:
    """One function in the making: its lines, and the next free name."""

    def __init__(self, kernel: Kernel, byte_dot: ByteDotForm) -> None:
        self._kernel, self._byte_dot_form = kernel, byte_dot
        self._lines: list[str] = []
        self._declared: dict[str, None] = {}
        self._names = 0

    def function(self, attributes: Mapping[str, str]) -> str:
        kernel = self._kernel
        types = (*(INDEX for _ in range(kernel.parameters)), *kernel.locals)
        for number, type_ in enumerate(types):
            self._line(f"%v{number} = alloca {_type(type_)}")
        for number in range(kernel.parameters):
            self._line(f"store i64 %p{number}, ptr %v{number}")
        self._statements(kernel.body)
        self._line("ret void")
        parameters = ", ".join(f"i64 %p{number}" for number in range(kernel.parameters))
        told = " ".join(f'"{key}"="{value}"' for key, value in attributes.items())
        body = "\n".join(self._lines)
        declared = "\n".join(self._declared)
        return (
            f"{declared}\ndefine void @{kernel.name}({parameters}) nounwind noinline {told} {{\n{body}\n}}\n"
        )

    def _statements(self, statements: tuple[Statement, ...]) -> None:
        for one in statements:
            match one:
                case Assign():
                    value = self._expression(one.value)
                    self._line(f"store {_type(one.local.type)} {value}, ptr %v{one.local.number}")
                case Store():
                    value, place = self._expression(one.value), self._pointer(one.address, one.offset)
                    self._line(f"store {_type(one.value.type)} {value}, ptr {place}, align 1")
                case Loop():
                    self._loop(one)

    def _loop(self, one: Loop) -> None:
        self._names += 1
        again, after = f"again{self._names}", f"after{self._names}"
        self._line(f"br label %{again}")
        self._line(f"{again}:")
        self._statements(one.body)
        left, right = self._expression(one.left), self._expression(one.right)
        differ = self._value(f"icmp ne i64 {left}, {right}")
        self._line(f"br i1 {differ}, label %{again}, label %{after}")
        self._line(f"{after}:")

    def _expression(self, one: Expression) -> str:
        kind = _type(one.type)
        match one:
            case Local():
                return self._value(f"load {kind}, ptr %v{one.number}")
            case Constant():
                return _constant(one)
            case Binary():
                return self._binary(one)
            case Unary(op="neg"):
                return self._value(f"fneg {kind} {self._expression(one.operand)}")
            case Unary():
                return self._call(_INTRINSICS[one.op], one.type, self._expression(one.operand))
            case MulAdd():
                return self._mul_add(one)
            case Dot():
                return self._dot(one)
            case ByteDot():
                return self._byte_dot(one)
            case Bits():
                operand = self._expression(one.operand)
                return self._value(f"bitcast {_type(one.operand.type)} {operand} to {kind}")
            case ShiftLeft() | ShiftRight():
                operand, bits = self._expression(one.operand), _constant(Constant(one.bits, one.type))
                return self._value(
                    f"{'shl' if isinstance(one, ShiftLeft) else 'ashr'} {kind} {operand}, {bits}"
                )
            case ToFloat():
                operand = self._expression(one.operand)
                return self._value(f"sitofp {_type(one.operand.type)} {operand} to {kind}")
            case Load():
                return self._value(f"load {kind}, ptr {self._pointer(one.address, one.offset)}, align 1")
            case LoadWidened():
                narrow = _type(Vector("i8", one.lanes))
                place = self._pointer(one.address, one.offset)
                loaded = self._value(f"load {narrow}, ptr {place}, align 1")
                return self._value(f"{'s' if one.signed else 'z'}ext {narrow} {loaded} to {kind}")
            case LoadSplat():
                return self._load_splat(one)
            case Splat():
                return self._spread(self._expression(one.operand), one.type)
            case Lane():
                return self._lane(one)
            case Shuffle():
                return self._shuffled(self._expression(one.left), self._expression(one.right), one)

    def _binary(self, one: Binary) -> str:
        kind, left, right = _type(one.type), self._expression(one.left), self._expression(one.right)
        if one.op in _LESS:
            sides = {"left": left, "right": right}
            lesser, greater = (sides[side] for side in _LESS[one.op])
            flags = self._value(f"fcmp olt {kind} {lesser}, {greater}")
            of = "i1" if _lanes(one.type) == 1 else f"<{_lanes(one.type)} x i1>"
            return self._value(f"select {of} {flags}, {kind} {right}, {kind} {left}")
        if isinstance(one.type, Vector) and one.type.element == "i8":
            return self._call({"max": "smax", "umax": "umax"}[one.op], one.type, left, right)
        if one.op in _INTRINSICS:
            return self._call(_INTRINSICS[one.op], one.type, left, right)
        floating = isinstance(one.type, Vector) and one.type.element == "f32"
        return self._value(f"{'f' if floating else ''}{one.op} {kind} {left}, {right}")

    def _mul_add(self, one: MulAdd) -> str:
        kind = _type(one.type)
        left, right, addend = (self._expression(part) for part in (one.left, one.right, one.addend))
        if one.fused and _lanes(one.type) > 1:  # as wasm, which has no fused scalar
            return self._call("fma", one.type, left, right, addend)
        product = self._value(f"fmul {kind} {left}, {right}")
        return self._value(f"fadd {kind} {addend}, {product}")

    def _dot(self, one: Dot) -> str:
        """The pattern in which LLVM sees pmaddwd: products of 32 bits, even and odd ones added."""
        narrow, pairs = one.left.type, one.type.lanes
        wide = _type(Vector("i32", 2 * pairs))
        widened = [
            self._value(f"sext {_type(narrow)} {self._expression(side)} to {wide}")
            for side in (one.left, one.right)
        ]
        product = self._value(f"mul nsw {wide} {widened[0]}, {widened[1]}")
        halves = []
        for first in (0, 1):
            mask = ", ".join(f"i32 {2 * pair + first}" for pair in range(pairs))
            halves.append(
                self._value(f"shufflevector {wide} {product}, {wide} poison, <{pairs} x i32> <{mask}>")
            )
        return self._value(f"add {_type(one.type)} {halves[0]}, {halves[1]}")

    def _byte_dot(self, one: ByteDot) -> str:
        """What V8 makes of the relaxed instruction on x86-64, one or three; else products of i32."""
        left, right, addend = (self._expression(part) for part in (one.left, one.right, one.addend))
        kind, bits, lanes = _type(one.type), 32 * one.type.lanes, one.type.lanes
        of_bytes, pairs = _type(Vector("i8", 4 * lanes)), _type(Vector("i16", 2 * lanes))
        match self._byte_dot_form:
            case "one":
                operands = [self._value(f"bitcast {of_bytes} {side} to {kind}") for side in (right, left)]
                return self._named(f"x86.avx512.vpdpbusd.{bits}", kind, kind, addend, *operands)
            case "three":
                products = self._named(_PRODUCTS_OF_BYTES[bits], pairs, of_bytes, right, left)
                ones = _constant(Constant(1, Vector("i16", 2 * lanes)))
                sums = self._named(_SUMS_OF_PAIRS[bits], kind, pairs, products, ones)
                return self._value(f"add {kind} {addend}, {sums}")
            case "none":
                return self._summed(one.type, left, right, addend)

    def _summed(self, wanted: Vector, left: str, right: str, addend: str) -> str:
        """Fours of products, in 32 bits each."""
        lanes, wide = wanted.lanes, _type(Vector("i32", 4 * wanted.lanes))
        of_bytes = _type(Vector("i8", 4 * lanes))
        widened = [self._value(f"sext {of_bytes} {side} to {wide}") for side in (left, right)]
        product = self._value(f"mul nsw {wide} {widened[0]}, {widened[1]}")
        for first in range(4):
            mask = ", ".join(f"i32 {4 * lane + first}" for lane in range(lanes))
            part = self._value(f"shufflevector {wide} {product}, {wide} poison, <{lanes} x i32> <{mask}>")
            addend = self._value(f"add {_type(wanted)} {addend}, {part}")
        return addend

    def _named(self, name: str, result: str, kind: str, *operands: str) -> str:
        """A call of an intrinsic of one instruction set."""
        self._declared[f"declare {result} @llvm.{name}({', '.join([kind] * len(operands))})"] = None
        return self._value(f"call {result} @llvm.{name}({', '.join(f'{kind} {one}' for one in operands)})")

    def _load_splat(self, one: LoadSplat) -> str:
        place = self._pointer(one.address, one.offset)
        if one.type.element != "i16":
            scalar = self._value(f"load {_ELEMENTS[one.type.element]}, ptr {place}, align 1")
            return self._spread(scalar, one.type)
        pairs = Vector("i32", one.type.lanes // 2)
        spread = self._spread(self._value(f"load i32, ptr {place}, align 1"), pairs)
        return self._value(f"bitcast {_type(pairs)} {spread} to {_type(one.type)}")

    def _spread(self, scalar: str, wanted: Vector) -> str:
        if wanted.lanes == 1:
            return scalar
        kind = _type(wanted)
        first = self._value(f"insertelement {kind} poison, {_ELEMENTS[wanted.element]} {scalar}, i32 0")
        zeros = f"<{wanted.lanes} x i32> zeroinitializer"
        return self._value(f"shufflevector {kind} {first}, {kind} poison, {zeros}")

    def _lane(self, one: Lane) -> str:
        operand = self._expression(one.operand)
        if _lanes(one.operand.type) == 1:
            return operand
        return self._value(f"extractelement {_type(one.operand.type)} {operand}, i32 {one.number}")

    def _shuffled(self, left: str, right: str, one: Shuffle) -> str:
        kind = _type(one.type)
        if _lanes(one.type) == 1:
            return (left, right)[one.order[0]]
        mask = ", ".join(f"i32 {lane}" for lane in one.order)
        return self._value(f"shufflevector {kind} {left}, {kind} {right}, <{len(one.order)} x i32> <{mask}>")

    def _call(self, name: str, type_: Type, *operands: str) -> str:
        kind, lanes = _type(type_), _lanes(type_)
        element = type_.element if isinstance(type_, Vector) else "i64"
        full = f"@llvm.{name}.{element if lanes == 1 else f'v{lanes}{element}'}"
        self._declared[f"declare {kind} {full}({', '.join([kind] * len(operands))})"] = None
        return self._value(f"call {kind} {full}({', '.join(f'{kind} {one}' for one in operands)})")

    def _pointer(self, address: Expression, offset: int) -> str:
        pointer = self._value(f"inttoptr i64 {self._expression(address)} to ptr")
        return self._value(f"getelementptr inbounds i8, ptr {pointer}, i64 {offset}") if offset else pointer

    def _value(self, instruction: str) -> str:
        self._names += 1
        self._line(f"%t{self._names} = {instruction}")
        return f"%t{self._names}"

    def _line(self, text: str) -> None:
        self._lines.append(text)


def _type(type_: Type) -> str:
    match type_:
        case Vector(lanes=1):
            return _ELEMENTS[type_.element]
        case Vector():
            return f"<{type_.lanes} x {_ELEMENTS[type_.element]}>"
        case _:
            return "i64"


def _lanes(type_: Type) -> int:
    return type_.lanes if isinstance(type_, Vector) else 1


def _constant(one: Constant) -> str:
    if not isinstance(one.type, Vector):
        return str(int(one.value))
    element = _ELEMENTS[one.type.element]
    if one.type.element == "f32":  # LLVM writes a float as the double that it equals
        (rounded,) = struct.unpack("<f", struct.pack("<f", one.value))
        text = "0x" + struct.pack(">d", rounded).hex().upper()
    else:
        text = str(int(one.value))
    return text if one.type.lanes == 1 else "<" + ", ".join([f"{element} {text}"] * one.type.lanes) + ">"
