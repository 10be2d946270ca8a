"""A function's body to LLVM IR: structured control flow to basic blocks, locals to stack slots.

LLVM turns slots into registers. What cannot be followed natively, as calls out of the module, ends the
process where it is reached; most such places are on paths of errors that no call takes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gapprof.transplant import reshaped, scalar, vectors
from gapprof.transplant.accesses import Access, accesses
from gapprof.transplant.operation import Operation
from gapprof.transplant.writer import TYPES, Writer
from gapprof.wasm.globals import Global
from gapprof.wasm.instructions import Immediate, Instruction, instructions
from gapprof.wasm.module import FunctionType, Module, local_types

KINDS = {0x7F: "i32", 0x7E: "i64", 0x7D: "f32", 0x7C: "f64", 0x7B: "v128"}
GLOBAL_BYTES = 16
"""Every global has so many from `%globals` on; behind the last one stands how many pages memory has."""
_NOTHING = -64
_OPENING = ("block", "loop", "if", "try", "try_table")
_CATCHING = ("catch", "catch_all")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a body needs to know of its module and its machine."""

    module: Module
    globals: tuple[Global, ...]
    machine: str
    attributes: Mapping[str, str]
    followed: Callable[[int], bool]
    """Whether a function that is called has native code, too."""


@dataclass(frozen=True, slots=True)
class Body:
    """The text of one function, and what it declares."""

    text: str
    declared: tuple[str, ...]
    ends: tuple[str, ...]
    """Where it cannot be followed: instructions, each once."""
    fused: bool
    """Whether it multiplies and adds in one instruction."""


def lowered(around: Surroundings, function: int) -> Body:
    """Raises ValueError for a function of types that have no native counterpart."""
    return _Lowering(around, function).body()


def kinds(types: bytes) -> tuple[str, ...]:
    """Value types by name. Raises ValueError for references."""
    unknown = [one for one in types if one not in KINDS]
    if unknown:
        raise ValueError(f"a value of type {unknown[0]:#x}")
    return tuple(KINDS[one] for one in types)


def only_result(of: FunctionType) -> str:
    """LLVM's type of what a function gives. Raises ValueError for several."""
    found = kinds(of.results)
    if len(found) > 1:
        raise ValueError("a function of several results")
    return TYPES[found[0]] if found else "void"


@dataclass(slots=True, kw_only=True)
class _Frame:
    """A block that is open."""

    opened_by: str
    target: str
    """Where a branch to it goes."""
    carried: list[tuple[str, str]]
    """Kinds and slots of what a branch brings along."""
    results: list[tuple[str, str]]
    after: str
    height: int
    otherwise: str = ""
    """Where an `if` goes on whose `else` has not come yet."""
    parameters: list[tuple[str, str]] = field(default_factory=list)


class _Lowering:
    """One function in the making."""

    def __init__(self, around: Surroundings, function: int) -> None:
        self._around, self._function = around, function
        self._module = around.module
        self._type = self._module.type_of(function)
        self._writer = Writer()
        self._slots: list[str] = []
        self._stack: list[tuple[str, str]] = []
        self._frames: list[_Frame] = []
        self._live, self._skipped = True, 0
        self._ends: dict[str, None] = {}
        self._fused = False
        self._plain = _operations(around.machine)

    def body(self) -> Body:
        result = only_result(self._type)
        code = self._module.body_of(self._function)
        runs, at = local_types(code)
        parameters = kinds(self._type.parameters)
        own = kinds(bytes(kind for count, kind in runs for _ in range(count)))
        self._locals = (*parameters, *own)
        begin = [f"%l{number} = alloca {TYPES[kind]}" for number, kind in enumerate(self._locals)]
        begin += [f"store {TYPES[kind]} %p{number}, ptr %l{number}" for number, kind in enumerate(parameters)]
        begin += [
            f"store {TYPES[kind]} zeroinitializer, ptr %l{number}"
            for number, kind in enumerate(self._locals)
            if number >= len(parameters)
        ]
        self._open("function", [], self._slots_of(kinds(self._type.results)))
        for one in instructions(code, at):
            self._step(one, code)
        passed = ", ".join(
            [
                "ptr noalias %memory, ptr noalias %globals",
                *(f"{TYPES[kind]} %p{number}" for number, kind in enumerate(parameters)),
            ]
        )
        told = " ".join(f'"{key}"="{value}"' for key, value in self._around.attributes.items())
        self._writer.declared["declare void @llvm.trap()"] = None
        lines = [*self._slots, *begin, "br label %begin", "begin:", *self._writer.lines]
        lines += ["trap:", "call void @llvm.trap()", "unreachable"]
        text = "\n".join(lines)
        return Body(
            f"define {result} @f{self._function}({passed}) nounwind noinline {told} {{\n{text}\n}}\n",
            tuple(self._writer.declared),
            tuple(self._ends),
            self._fused,
        )

    def _step(self, one: Instruction, code: memoryview) -> None:
        name = one.name
        if not self._live:
            if name in _OPENING:
                self._skipped += 1
                return
            if self._skipped:
                self._skipped -= name in ("end", "delegate")
                return
            if name not in ("end", "else", "delegate"):
                return
        operation, access = self._plain.get(name), _ACCESSES.get(name)
        if operation is not None:
            operands = self._popped(len(operation.operands))
            self._fused = self._fused or name.endswith("madd")
            self._push(operation.result, operation.write(self._writer, *operands))
        elif access is not None:
            result = access.write(self._writer, one.immediates, *self._popped(len(access.operands)))
            if access.result:
                self._push(access.result, result)
        elif name.endswith(("extract_lane", "extract_lane_s", "extract_lane_u", "replace_lane")):
            self._lane(name, int(one.immediates[0]))
        else:
            self._other(one, code)

    def _other(self, one: Instruction, code: memoryview) -> None:
        at = one.immediates
        match one.name:
            case "nop":
                pass
            case "drop":
                self._stack.pop()
            case "select":
                self._select()
            case "local.get":
                kind = self._locals[int(at[0])]
                self._push(kind, self._writer.value(f"load {TYPES[kind]}, ptr %l{int(at[0])}"))
            case "local.set" | "local.tee":
                kind, value = self._stack[-1]
                self._writer.line(f"store {TYPES[kind]} {value}, ptr %l{int(at[0])}")
                if one.name == "local.set":
                    self._stack.pop()
            case "global.get":
                self._global_get(int(at[0]))
            case "global.set":
                kind, value = self._stack.pop()
                self._writer.line(f"store {TYPES[kind]} {value}, ptr {self._global(int(at[0]))}")
            case "memory.size":
                pages = self._global(len(self._around.globals))
                self._push("i32", self._writer.value(f"load i32, ptr {pages}"))
            case "i32.const" | "i64.const":
                self._push(one.name[:3], str(at[0]))
            case "f32.const" | "f64.const":
                self._constant(one, code)
            case "v128.const":
                self._push("v128", "<" + ", ".join(f"i8 {byte}" for byte in _bytes(at[0])) + ">")
            case "i8x16.shuffle":
                left, right = self._popped(2)
                order = list(_bytes(at[0]))
                lanes = vectors.SHAPES["i8x16"]
                self._push("v128", vectors.picked(self._writer, lanes, left, right, order))
            case _:
                self._control(one)

    def _control(self, one: Instruction) -> None:
        at = one.immediates
        match one.name:
            case "block" | "loop" | "if" | "try" | "try_table":
                self._open_block(one.name, int(at[0]))
            case "else":
                self._else()
            case "catch" | "catch_all":  # nothing is ever thrown natively
                self._leave(self._frames[-1])
            case "end" | "delegate":
                self._end()
            case "br":
                self._leave(self._frame(at[0]))
            case "br_if":
                self._branch_if(self._frame(at[0]))
            case "br_table":
                self._branch_table([self._frame(label) for label in at])
            case "return":
                self._leave(self._frames[0])
            case "call":
                self._call(int(at[0]))
            case "unreachable":
                self._trap()
            case name:
                self._cut_off(name)

    # Blocks

    def _open_block(self, opened_by: str, block_type: int) -> None:
        taken, given = self._block_type(block_type)
        flag = ""
        if opened_by == "if":
            (condition,) = self._popped(1)
            flag = self._writer.value(f"icmp ne i32 {condition}, 0")
        values = self._stack[len(self._stack) - len(taken) :]
        frame = self._open(opened_by, list(values), self._slots_of(given))
        if opened_by == "loop":
            frame.carried = self._slots_of(taken)
            self._store(frame.carried)
            frame.target = self._writer.label("loop")
            self._writer.line(f"br label %{frame.target}")
            self._writer.line(f"{frame.target}:")
            del self._stack[frame.height :]
            self._load(frame.carried)
        elif opened_by == "if":
            then = self._writer.label("then")
            frame.otherwise = self._writer.label("else")
            self._writer.line(f"br i1 {flag}, label %{then}, label %{frame.otherwise}")
            self._writer.line(f"{then}:")

    def _open(
        self, opened_by: str, parameters: list[tuple[str, str]], results: list[tuple[str, str]]
    ) -> _Frame:
        after = self._writer.label("after")
        frame = _Frame(
            opened_by=opened_by,
            target=after,
            carried=results,
            results=results,
            after=after,
            height=len(self._stack) - len(parameters),
            parameters=parameters,
        )
        self._frames.append(frame)
        return frame

    def _else(self) -> None:
        frame = self._frames[-1]
        self._onward(frame)
        self._writer.line(f"{frame.otherwise}:")
        frame.otherwise = ""
        self._stack[frame.height :] = frame.parameters
        self._live = True

    def _end(self) -> None:
        frame = self._frames[-1]
        self._onward(frame)
        if frame.otherwise:
            self._else()
            self._onward(frame)
        self._frames.pop()
        del self._stack[frame.height :]
        self._writer.line(f"{frame.after}:")
        self._live = True
        self._load(frame.results)
        if not self._frames:
            kind, value = self._stack.pop() if frame.results else ("", "")
            self._writer.line(f"ret {TYPES[kind]} {value}" if kind else "ret void")

    def _onward(self, frame: _Frame) -> None:
        """Out of a block at its end."""
        if self._live:
            self._store(frame.results)
            self._writer.line(f"br label %{frame.after}")

    def _leave(self, frame: _Frame) -> None:
        self._store(frame.carried)
        self._writer.line(f"br label %{frame.target}")
        self._live = False

    def _branch_if(self, frame: _Frame) -> None:
        (condition,) = self._popped(1)
        self._store(frame.carried)
        flag = self._writer.value(f"icmp ne i32 {condition}, 0")
        onward = self._writer.label("onward")
        self._writer.line(f"br i1 {flag}, label %{frame.target}, label %{onward}")
        self._writer.line(f"{onward}:")

    def _branch_table(self, frames: list[_Frame]) -> None:
        (number,) = self._popped(1)
        for frame in frames:
            self._store(frame.carried)
        cases = " ".join(f"i32 {case}, label %{frame.target}" for case, frame in enumerate(frames[:-1]))
        self._writer.line(f"switch i32 {number}, label %{frames[-1].target} [{cases}]")
        self._live = False

    def _trap(self) -> None:
        self._writer.line("br label %trap")
        self._live = False

    def _cut_off(self, where: str) -> None:
        """What comes here cannot be followed."""
        self._ends[where] = None
        self._trap()

    def _frame(self, label: Immediate) -> _Frame:
        return self._frames[-1 - int(label)]

    def _block_type(self, number: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        if number == _NOTHING:
            return (), ()
        if number < 0:
            return (), kinds(bytes([number & 0x7F]))
        found = self._module.types[number]
        return kinds(found.parameters), kinds(found.results)

    # Values

    def _call(self, function: int) -> None:
        called = self._module.type_of(function)
        if not self._around.followed(function):
            self._cut_off(f"call {function}")
            return
        result = only_result(called)
        parameters = kinds(called.parameters)
        values = zip(parameters, self._popped(len(parameters)), strict=True)
        passed = ", ".join(
            ["ptr %memory, ptr %globals", *(f"{TYPES[kind]} {value}" for kind, value in values)]
        )
        text = f"call {result} @f{function}({passed})"
        if result == "void":
            self._writer.line(text)
        else:
            self._push(kinds(called.results)[0], self._writer.value(text))

    def _select(self) -> None:
        (condition,) = self._popped(1)
        kind, other = self._stack.pop()
        _, one = self._stack.pop()
        flag = self._writer.value(f"icmp ne i32 {condition}, 0")
        native = TYPES[kind]
        self._push(kind, self._writer.value(f"select i1 {flag}, {native} {one}, {native} {other}"))

    def _constant(self, one: Instruction, code: memoryview) -> None:
        """By its bits: a float that passes through Python might lose those of a NaN."""
        kind, width = one.name[:3], int(one.name[1:3])
        bits = int.from_bytes(code[one.end - width // 8 : one.end], "little")
        self._push(kind, self._writer.value(f"bitcast i{width} {bits} to {TYPES[kind]}"))

    def _lane(self, name: str, number: int) -> None:
        shape, what = name.split(".")
        lanes, writer = vectors.SHAPES[shape], self._writer
        kind = {"float": "f32", "double": "f64", "i64": "i64"}.get(lanes.element, "i32")
        small = lanes.element in ("i8", "i16")
        if what == "replace_lane":
            vector, scalar_value = self._popped(2)
            if small:
                scalar_value = writer.value(f"trunc i32 {scalar_value} to {lanes.element}")
            into = f"{lanes.text} {vectors.seen(writer, lanes, vector)}"
            found = writer.value(f"insertelement {into}, {lanes.element} {scalar_value}, i32 {number}")
            self._push("v128", vectors.whole(writer, lanes, found))
            return
        (vector,) = self._popped(1)
        found = writer.value(
            f"extractelement {lanes.text} {vectors.seen(writer, lanes, vector)}, i32 {number}"
        )
        if small:
            op = "sext" if what.endswith("_s") else "zext"
            found = writer.value(f"{op} {lanes.element} {found} to i32")
        self._push(kind, found)

    def _global(self, number: int) -> str:
        return self._writer.value(f"getelementptr i8, ptr %globals, i64 {GLOBAL_BYTES * number}")

    def _global_get(self, number: int) -> None:
        one = self._around.globals[number]
        kind = KINDS[one.kind]
        if one.mutable:
            self._push(kind, self._writer.value(f"load {TYPES[kind]}, ptr {self._global(number)}"))
        elif one.initial is not None:
            self._push(kind, str(one.initial))
        else:
            self._cut_off(f"global {number}")

    def _slots_of(self, carried: tuple[str, ...]) -> list[tuple[str, str]]:
        found = []
        for kind in carried:
            name = f"%s{len(self._slots)}"
            self._slots.append(f"{name} = alloca {TYPES[kind]}")
            found.append((kind, name))
        return found

    def _store(self, slots: list[tuple[str, str]]) -> None:
        """What is on top of the stack, which stays there."""
        values = self._stack[len(self._stack) - len(slots) :]
        for (kind, slot), (_, value) in zip(slots, values, strict=True):
            self._writer.line(f"store {TYPES[kind]} {value}, ptr {slot}")

    def _load(self, slots: list[tuple[str, str]]) -> None:
        for kind, slot in slots:
            self._push(kind, self._writer.value(f"load {TYPES[kind]}, ptr {slot}"))

    def _push(self, kind: str, value: str) -> None:
        self._stack.append((kind, value))

    def _popped(self, count: int) -> list[str]:
        found = [value for _, value in self._stack[len(self._stack) - count :]]
        del self._stack[len(self._stack) - count :]
        return found


def _operations(machine: str) -> Mapping[str, Operation]:
    return {
        **scalar.operations(),
        **vectors.operations(),
        **reshaped.operations(),
        **reshaped.for_machine(machine),
    }


def _bytes(immediate: Immediate) -> bytes:
    if not isinstance(immediate, bytes):
        raise ValueError(f"not the bytes of a vector: {immediate!r}")
    return immediate


_ACCESSES: Mapping[str, Access] = accesses()
