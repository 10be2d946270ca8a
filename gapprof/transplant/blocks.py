"""Structured control flow to basic blocks: what is open, where branches go, and what nothing reaches."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from gapprof.transplant.values import Slots, Values, kinds
from gapprof.transplant.writer import TYPES, Writer
from gapprof.wasm.instructions import Immediate, Instruction
from gapprof.wasm.module import FunctionType

LOOP = "loop"
"""What names of blocks begin with to which loops go back."""
_NOTHING = -64
_OPENING = frozenset({"block", "loop", "if", "try", "try_table"})
_CLOSING = frozenset({"end", "delegate"})


@dataclass(slots=True, kw_only=True)
class _Frame:
    """A block that is open."""

    target: str
    """Where a branch to it goes."""
    carried: Slots
    """What a branch brings along."""
    results: Slots
    after: str
    height: int
    """How many values wait below its own."""
    otherwise: str = ""
    """Where an `if` goes on whose `else` has not come yet."""
    parameters: list[tuple[str, str]] = field(default_factory=list)


class Blocks:
    """The open blocks of one function."""

    def __init__(self, writer: Writer, values: Values, types: Sequence[FunctionType]) -> None:
        self._writer, self._values, self._types = writer, values, types
        self._frames: list[_Frame] = []
        self._live, self._skipped = True, 0
        self._carried_out: dict[str, Callable[[tuple[Immediate, ...]], None]] = {
            "else": lambda _: self._else(),
            "end": lambda _: self._end(),
            "delegate": lambda _: self._end(),
            "catch": lambda _: self._leave(self._frames[-1]),  # nothing is ever thrown natively
            "catch_all": lambda _: self._leave(self._frames[-1]),
            "br": lambda at: self._leave(self._frame(at[0])),
            "br_if": lambda at: self._branch_if(self._frame(at[0])),
            "br_table": lambda at: self._branch_table([self._frame(label) for label in at]),
            "return": lambda _: self._leave(self._frames[0]),
            "unreachable": lambda _: self.trap(),
        }

    def begin(self, results: tuple[str, ...]) -> None:
        """The block that is the function itself."""
        self._open([], self._values.slots(results))

    def skips(self, name: str) -> bool:
        """Whether an instruction is one that nothing reaches."""
        if self._live:
            return False
        if self._skipped or name in _OPENING:
            self._skipped += (name in _OPENING) - (name in _CLOSING)
            return True
        return name != "else" and name not in _CLOSING

    def carries_out(self, one: Instruction) -> bool:
        """Whether an instruction is about control, and thereby done."""
        if one.name in _OPENING:
            self._open_block(one.name, int(one.immediates[0]))
            return True
        known = self._carried_out.get(one.name)
        if known is not None:
            known(one.immediates)
        return known is not None

    def trap(self) -> None:
        """What comes here ends the process."""
        self._writer.line("br label %trap")
        self._live = False

    def _open_block(self, opened_by: str, block_type: int) -> None:
        taken, given = self._block_type(block_type)
        flag = self._flag() if opened_by == "if" else ""
        frame = self._open(self._values.last(len(taken)), self._values.slots(given))
        if opened_by == LOOP:
            frame.carried = self._values.slots(taken)
            self._values.store(frame.carried)
            frame.target = self._writer.label(LOOP)
            self._writer.line(f"br label %{frame.target}")
            self._writer.line(f"{frame.target}:")
            self._values.cut(frame.height)
            self._values.load(frame.carried)
        elif opened_by == "if":
            then, frame.otherwise = self._writer.label("then"), self._writer.label("else")
            self._writer.line(f"br i1 {flag}, label %{then}, label %{frame.otherwise}")
            self._writer.line(f"{then}:")

    def _open(self, parameters: list[tuple[str, str]], results: Slots) -> _Frame:
        after = self._writer.label("after")
        frame = _Frame(
            target=after,
            carried=results,
            results=results,
            after=after,
            height=self._values.count - len(parameters),
            parameters=parameters,
        )
        self._frames.append(frame)
        return frame

    def _else(self) -> None:
        frame = self._frames[-1]
        self._onward(frame)
        self._writer.line(f"{frame.otherwise}:")
        frame.otherwise = ""
        self._values.cut(frame.height, frame.parameters)
        self._live = True

    def _end(self) -> None:
        frame = self._frames[-1]
        self._onward(frame)
        if frame.otherwise:
            self._else()
            self._onward(frame)
        self._frames.pop()
        self._values.cut(frame.height)
        self._writer.line(f"{frame.after}:")
        self._live = True
        self._values.load(frame.results)
        if not self._frames:
            kind, value = self._values.pop() if frame.results else ("", "")
            self._writer.line(f"ret {TYPES[kind]} {value}" if kind else "ret void")

    def _onward(self, frame: _Frame) -> None:
        """Out of a block at its end."""
        if self._live:
            self._values.store(frame.results)
            self._writer.line(f"br label %{frame.after}")

    def _leave(self, frame: _Frame) -> None:
        self._values.store(frame.carried)
        self._writer.line(f"br label %{frame.target}")
        self._live = False

    def _branch_if(self, frame: _Frame) -> None:
        flag = self._flag()
        self._values.store(frame.carried)
        onward = self._writer.label("onward")
        self._writer.line(f"br i1 {flag}, label %{frame.target}, label %{onward}")
        self._writer.line(f"{onward}:")

    def _branch_table(self, frames: list[_Frame]) -> None:
        (number,) = self._values.popped(1)
        for frame in frames:
            self._values.store(frame.carried)
        cases = " ".join(f"i32 {case}, label %{frame.target}" for case, frame in enumerate(frames[:-1]))
        self._writer.line(f"switch i32 {number}, label %{frames[-1].target} [{cases}]")
        self._live = False

    def _flag(self) -> str:
        (condition,) = self._values.popped(1)
        return self._writer.value(f"icmp ne i32 {condition}, 0")

    def _frame(self, label: Immediate) -> _Frame:
        return self._frames[-1 - int(label)]

    def _block_type(self, number: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        if number == _NOTHING:
            return (), ()
        if number < 0:
            return (), kinds(bytes([number & 0x7F]))
        found = self._types[number]
        return kinds(found.parameters), kinds(found.results)
