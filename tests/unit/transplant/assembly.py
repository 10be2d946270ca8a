"""Small wasm modules put together by hand, carried out by V8 in Node and natively on the same memory."""

import ctypes
import json
import os
import platform
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gapprof import assets
from gapprof.kernels.llvm.compile import MachineCode, host_targets, machine_code
from gapprof.kernels.llvm.target import known_machine
from gapprof.transplant.body import GLOBAL_BYTES
from gapprof.transplant.native_text import REPEAT, Transplant, transplant
from gapprof.wasm.encode import HEADER, name, section, signed, unsigned, vector
from gapprof.wasm.instructions import opcode
from gapprof.wasm.module import Module, parsed

TYPE_BYTES = {"i32": b"\x7f", "i64": b"\x7e", "f32": b"\x7d", "f64": b"\x7c", "v128": b"\x7b"}
NOTHING = -64
PAGE = 65536
MOST_PAGES = 4
TARGETS = {target.id: target for target in host_targets()}
TARGET = TARGETS["avx128"]
FUSED = TARGETS.get("fma128")
_SIGNED = ("i32.const", "i64.const", "block", "loop", "if")
_ACCESS = ("load", "store", "atomic")
Part = str | tuple[str | int | bytes, ...]


def code(*parts: Part) -> bytes:
    """Instructions by name; those with immediates as tuples."""
    return b"".join(_one(part if isinstance(part, tuple) else (part,)) for part in parts)


def _one(part: tuple[str | int | bytes, ...]) -> bytes:
    what, *immediates = part
    number = signed if what in _SIGNED else unsigned
    return opcode(str(what)) + b"".join(
        one if isinstance(one, bytes) else number(int(one)) for one in immediates
    )


@dataclass(frozen=True)
class Function:
    """Types by name, and instructions without the last `end`."""

    parameters: Sequence[str]
    results: Sequence[str]
    body: bytes
    variables: Sequence[str] = ()


def module(
    functions: Sequence[Function],
    *,
    variables: Sequence[tuple[bool, int]] = (),
    table: Sequence[int] = (),
) -> bytes:
    """Functions are exported by number; memory is imported as the served one is; globals are i32.

    The table's functions stand from place 1 on.
    """
    types = [
        b"\x60"
        + vector(TYPE_BYTES[one] for one in f.parameters)
        + vector(TYPE_BYTES[one] for one in f.results)
        for f in functions
    ]
    bodies = []
    for f in functions:
        body = vector(b"\x01" + TYPE_BYTES[one] for one in f.variables) + f.body + b"\x0b"
        bodies.append(unsigned(len(body)) + body)
    numbers = range(len(functions))
    held = [b"\x7f" + bytes([mutable]) + b"\x41" + signed(value) + b"\x0b" for mutable, value in variables]
    memory = name("env") + name("memory") + b"\x02\x03\x01" + unsigned(MOST_PAGES)
    return HEADER + b"".join(
        (
            section(1, vector(types)),
            section(2, vector([memory])),
            section(3, vector(unsigned(number) for number in numbers)),
            section(4, vector([b"\x70\x00" + unsigned(1 + len(table))])),
            section(6, vector(held)),
            section(7, vector(name(str(number)) + b"\0" + unsigned(number) for number in numbers)),
            section(9, vector([b"\x00\x41\x01\x0b" + vector(unsigned(one) for one in table)])),
            section(10, vector(bodies)),
        )
    )


@dataclass(frozen=True)
class Ran:
    """Memory afterwards, and the numbers of calls that trapped."""

    memory: bytes
    trapped: tuple[int, ...] = ()


Call = tuple[int, tuple[int, ...]]
"""A function, and arguments that are i32."""


def in_node(wasm: bytes, image: bytes, batches: Sequence[Sequence[Call]], folder: Path) -> list[Ran]:
    """Each batch on memory of its own, which begins with the image."""
    script = Path(__file__).with_name("calls.mjs")
    (folder / "module.wasm").write_bytes(wasm)
    (folder / "image.bin").write_bytes(image)
    (folder / "calls.json").write_text(json.dumps([list(batch) for batch in batches]))
    subprocess.run([assets.node(), script, folder, str(MOST_PAGES)], check=True)
    trapped = json.loads((folder / "trapped.json").read_text())
    memory = (folder / "memory.bin").read_bytes()
    size = len(image)
    return [Ran(memory[at * size : (at + 1) * size], tuple(numbers)) for at, numbers in enumerate(trapped)]


class Native:
    """One function of a module as native code, on a memory of its own."""

    def __init__(
        self, wasm: bytes, function: int, *, fused: bool = False, places: Sequence[int] = ()
    ) -> None:
        target = FUSED if fused and FUSED is not None else TARGET
        self.module: Module = parsed(wasm)
        self.function = function
        self.text: Transplant = transplant(
            self.module,
            function,
            machine=known_machine(platform.machine()),
            attributes=target.attributes,
            places=places,
        )
        self.code: MachineCode = machine_code(self.text.text, target)
        self._types = self.module.type_of(function).parameters

    def run(self, image: bytes, rows: Sequence[tuple[int, ...]], variables: Sequence[int] = ()) -> bytes:
        """Memory after these calls; variables are i32 globals."""
        memory = ctypes.create_string_buffer(image, len(image))
        self.repeat(memory, rows, variables)
        return memory.raw

    def repeat(
        self, memory: "ctypes.Array[ctypes.c_char]", rows: Sequence[tuple[int, ...]], variables: Sequence[int]
    ) -> bytes:
        """The table of rows afterwards."""
        held = bytearray(GLOBAL_BYTES * (len(variables) + 3))
        for number, value in enumerate((*variables, len(memory) // PAGE)):
            held[GLOBAL_BYTES * number : GLOBAL_BYTES * number + 4] = (value & 0xFFFFFFFF).to_bytes(
                4, "little"
            )
        slots = len(self._types) + bool(self.module.type_of(self.function).results)
        flat = []
        for row in rows:
            flat += [value & (2**64 - 1) for value in row] + [0] * (slots - len(row))
        table = (ctypes.c_uint64 * max(1, len(flat)))(*flat)
        kept = ctypes.create_string_buffer(bytes(held), len(held))
        types = [ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p]
        function = ctypes.CFUNCTYPE(None, *types)(self.code.address_of(REPEAT))
        if rows:
            function(
                len(rows),
                ctypes.addressof(table),
                len(rows),
                ctypes.addressof(memory),
                ctypes.addressof(kept),
            )
        return bytes(table)

    def traps(self, image: bytes, row: tuple[int, ...]) -> bool:
        """Whether that call ends a process as a trap does."""
        process = os.fork()
        if process == 0:
            signal.signal(signal.SIGILL, signal.SIG_DFL)
            self.run(image, [row])
            os._exit(0)
        _, status = os.waitpid(process, 0)
        return os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGILL, signal.SIGTRAP)
