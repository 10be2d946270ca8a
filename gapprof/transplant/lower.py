"""A function's body to LLVM IR.

What cannot be followed natively, as calls out of the module, ends the process where it is reached; most
such places are on paths of errors that no call takes.
"""

from collections.abc import Mapping
from functools import cache

from gapprof.transplant import lanes, reshaped, scalar, vectors
from gapprof.transplant.accesses import Access, accesses
from gapprof.transplant.blocks import Blocks
from gapprof.transplant.body import FUNCTION, GLOBAL_BYTES, OTHER, PLACE, Body, Surroundings
from gapprof.transplant.operation import Operation
from gapprof.transplant.shapes import SHAPES, picked
from gapprof.transplant.values import KINDS, Values, kinds, only_result
from gapprof.transplant.writer import TYPES, Writer
from gapprof.wasm.instructions import Immediate, Instruction, instructions
from gapprof.wasm.module import FunctionType, local_types

_FUSED = ("relaxed_madd", "relaxed_nmadd")
_HELD = {"prefer-vector-width": "128", "no-builtins": "true"}
"""LLVM would fill and copy by vectors of 256 bits, and make calls of the C library's memset out of loops."""


def lowered(around: Surroundings, function: int) -> Body:
    """Raises ValueError for a function of types that have no native counterpart."""
    return _Lowering(around, function).body()


class _Lowering:
    """One function in the making."""

    def __init__(self, around: Surroundings, function: int) -> None:
        self._around, self._function = around, function
        self._type = around.module.type_of(function)
        self._code = around.module.body_of(function)
        runs, self._begin = local_types(self._code)
        self._parameters = kinds(self._type.parameters)
        own = kinds(bytes(kind for count, kind in runs for _ in range(count)))
        self._locals = (*self._parameters, *own)
        self._writer = Writer()
        self._values = Values(self._writer)
        self._blocks = Blocks(self._writer, self._values, around.module.types)
        self._ends: dict[str, None] = {}
        self._fused = False

    def body(self) -> Body:
        result = only_result(self._type)
        self._blocks.begin(kinds(self._type.results))
        for one in instructions(self._code, self._begin):
            if not self._blocks.skips(one.name) and not self._blocks.carries_out(one):
                self._compute(one)
        parameters = [f"{TYPES[kind]} %p{number}" for number, kind in enumerate(self._parameters)]
        passed = ", ".join(["ptr noalias %memory, ptr noalias %globals", *parameters])
        attributes = {**self._around.attributes, **_HELD}
        told = " ".join(f'"{key}"="{value}"' for key, value in attributes.items())
        lines = [*self._values.allocated, *self._held(), "br label %begin", "begin:", *self._writer.lines]
        text = "\n".join([*lines, "trap:", "call void @llvm.trap()", "unreachable"])
        return Body(
            text=f"define {result} @f{self._function}({passed}) nounwind noinline {told} {{\n{text}\n}}\n",
            declared=("declare void @llvm.trap()", *self._writer.declared),
            ends=tuple(self._ends),
            fused=self._fused,
        )

    def _held(self) -> list[str]:
        """Slots of the locals, which begin as what is passed, or as zero."""
        count, lines = len(self._parameters), []
        for number, kind in enumerate(self._locals):
            value = f"%p{number}" if number < count else "zeroinitializer"
            lines.append(f"%l{number} = alloca {TYPES[kind]}")
            lines.append(f"store {TYPES[kind]} {value}, ptr %l{number}")
        return lines

    def _compute(self, one: Instruction) -> None:
        if any(_named(one)):
            self._cut_off(f"{one.name} beside the first memory or table", OTHER, "0")
            return
        operation = _operations(self._around.machine).get(one.name)
        access = _ACCESSES.get(one.name)
        if operation is not None:
            self._fused = self._fused or one.name.endswith(_FUSED)
            operands = self._values.popped(len(operation.operands))
            self._values.push(operation.result, operation.write(self._writer, *operands))
        elif access is not None:
            operands = self._values.popped(len(access.operands))
            result = access.write(self._writer, one.immediates, *operands)
            if access.result:
                self._values.push(access.result, result)
        else:
            self._other(one)

    def _other(self, one: Instruction) -> None:
        at = one.immediates
        match one.name:
            case "nop":
                pass
            case "drop":
                self._values.pop()
            case "select":
                self._select()
            case "local.get":
                kind = self._locals[int(at[0])]
                self._values.load([(kind, f"%l{int(at[0])}")])
            case "local.set" | "local.tee":
                self._values.store([(self._locals[int(at[0])], f"%l{int(at[0])}")])
                if one.name == "local.set":
                    self._values.pop()
            case "global.get":
                self._global_get(int(at[0]))
            case "global.set":
                kind, value = self._values.pop()
                self._writer.line(f"store {TYPES[kind]} {value}, ptr {self._global(int(at[0]))}")
            case "memory.size":
                self._values.load([("i32", self._global(len(self._around.globals)))])
            case "call":
                self._call(int(at[0]))
            case "call_indirect":
                self._call_indirect(int(at[0]))
            case _ if one.name.endswith(".const"):
                self._constant(one)
            case _ if lanes.is_of_lane(one.name):
                number = int(at[0])
                operands = self._values.popped(lanes.operands(one.name))
                self._values.push(*lanes.written(self._writer, one.name, number, *operands))
            case "i8x16.shuffle":
                left, right = self._values.popped(2)
                order = list(_bytes(at[0]))
                found = picked(self._writer, SHAPES["i8x16"], left, right, order)
                self._values.push("v128", found)
            case name:
                self._cut_off(name, OTHER, "0")

    def _call(self, function: int) -> None:
        if not self._around.followed(function):
            self._cut_off(f"call {function}", FUNCTION, str(function))
            return
        called = self._around.module.type_of(function)
        operands = self._values.popped(len(called.parameters))
        value = self._called(function, called, operands)
        if value:
            self._values.push(kinds(called.results)[0], value)

    def _called(self, function: int, called: FunctionType, operands: list[str]) -> str:
        """What it gives; nothing where it gives nothing."""
        values = zip(kinds(called.parameters), operands, strict=True)
        passed = ["ptr %memory, ptr %globals", *(f"{TYPES[kind]} {value}" for kind, value in values)]
        text = f"call {only_result(called)} @f{function}({', '.join(passed)})"
        if called.results:
            return self._writer.value(text)
        self._writer.line(text)
        return ""

    def _call_indirect(self, type_index: int) -> None:
        """To whichever function was seen there; to any other, nowhere."""
        called = self._around.module.types[type_index]
        (place,) = self._values.popped(1)
        operands = self._values.popped(len(called.parameters))
        slots = self._values.slots(kinds(called.results))
        places = [at for at, one in self._around.table.items() if self._around.module.type_of(one) == called]
        known = [(at, self._writer.label("place")) for at in places]
        unknown, after = self._writer.label("nowhere"), self._writer.label("called")
        cases = " ".join(f"i32 {at}, label %{label}" for at, label in known)
        self._writer.line(f"switch i32 {place}, label %{unknown} [{cases}]")
        for at, label in known:
            self._writer.line(f"{label}:")
            value = self._called(self._around.table[at], called, operands)
            for kind, slot in slots:
                self._writer.line(f"store {TYPES[kind]} {value}, ptr {slot}")
            self._writer.line(f"br label %{after}")
        self._writer.line(f"{unknown}:")
        self._ends["call_indirect"] = None
        self._wanted(PLACE, place)
        self._writer.line("br label %trap")
        self._writer.line(f"{after}:")
        self._values.load(slots)

    def _cut_off(self, where: str, what: int, number: str) -> None:
        """What comes here cannot be followed."""
        self._ends[where] = None
        self._wanted(what, number)
        self._blocks.trap()

    def _wanted(self, what: int, number: str) -> None:
        """Leave word before the end."""
        first = len(self._around.globals) + 1
        for at, value in enumerate((str(what), number), start=first):
            self._writer.line(f"store i32 {value}, ptr {self._global(at)}")

    def _select(self) -> None:
        (condition,) = self._values.popped(1)
        kind, _ = self._values.last(1)[0]
        one, other = self._values.popped(2)
        flag, native = self._writer.value(f"icmp ne i32 {condition}, 0"), TYPES[kind]
        chosen = self._writer.value(f"select i1 {flag}, {native} {one}, {native} {other}")
        self._values.push(kind, chosen)

    def _constant(self, one: Instruction) -> None:
        """By its bits: a float that passes through Python might lose those of a NaN."""
        kind = one.name.removesuffix(".const")
        if kind == "v128":
            value = "<" + ", ".join(f"i8 {byte}" for byte in _bytes(one.immediates[0])) + ">"
        elif kind in ("i32", "i64"):
            value = str(int(one.immediates[0]))
        else:
            width = int(kind[1:])
            bits = int.from_bytes(self._code[one.end - width // 8 : one.end], "little")
            value = self._writer.value(f"bitcast i{width} {bits} to {TYPES[kind]}")
        self._values.push(kind, value)

    def _global(self, number: int) -> str:
        return self._writer.value(f"getelementptr i8, ptr %globals, i64 {GLOBAL_BYTES * number}")

    def _global_get(self, number: int) -> None:
        one = self._around.globals[number]
        if one.kind not in KINDS:
            self._cut_off(f"global {number}", OTHER, "0")
        elif one.mutable:
            self._values.load([(KINDS[one.kind], self._global(number))])
        elif one.initial is not None:
            self._values.push(KINDS[one.kind], str(one.initial))
        else:
            self._cut_off(f"global {number}", OTHER, "0")


@cache
def _operations(machine: str) -> Mapping[str, Operation]:
    tables = (scalar.operations(), vectors.operations(), reshaped.operations(), reshaped.for_machine(machine))
    return {name: one for table in tables for name, one in table.items()}


def _named(one: Instruction) -> tuple[Immediate, ...]:
    """Numbers of the memories and tables that an instruction says it is about."""
    match one.name:
        case "memory.copy" | "memory.fill" | "memory.size":
            return one.immediates
        case "call_indirect":
            return one.immediates[1:]
        case name:
            return one.immediates[2:3] if name in _ACCESSES else ()


def _bytes(immediate: Immediate) -> bytes:
    if not isinstance(immediate, bytes):
        raise ValueError(f"not the bytes of a vector: {immediate!r}")
    return immediate


_ACCESSES: Mapping[str, Access] = accesses()
