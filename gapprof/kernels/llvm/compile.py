"""Kernels to machine code in this process, with llvmlite."""

import ctypes
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from gapprof.kernels.ir import Kernel, repeated
from gapprof.kernels.llvm.binding import binding
from gapprof.kernels.llvm.lower import function, repeating
from gapprof.kernels.llvm.target import Target, available

_SPEED_LEVEL = 2
Call = Callable[..., None]
"""Takes as many addresses as the kernel has parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineCode:
    """Code of a module, alive as long as this is."""

    engine: Any
    machine: Any

    def address_of(self, function: str) -> int:
        """Where it begins; 0 for one that does not exist."""
        found: int = self.engine.get_function_address(function)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """Machine code, alive as long as this is."""

    calls: tuple[Call, ...]
    """In the order of the kernels."""
    repeats: tuple[Call, ...]
    """The same, called over and over: how often, the address of a table of arguments, and its rows."""
    engine: MachineCode
    """Owns the code."""


def host_targets() -> tuple[Target, ...]:
    """Instruction sets that this CPU has. Raises EnvironmentUnusable where there is no llvmlite."""
    features: dict[str, bool] = dict(binding().get_host_cpu_features())
    return available(platform.machine(), features)


def compiled(kernels: Sequence[Kernel], target: Target) -> Compiled:
    """All kernels in one module, optimised but for what would make another loop of them.

    No vectoriser and no unrolling: the loop nest is what is compared. Raises EnvironmentUnusable where
    there is no llvmlite.
    """
    code = machine_code(text_of(kernels, target), target)
    return Compiled(
        calls=tuple(_callable(code, kernel.name, kernel.parameters) for kernel in kernels),
        repeats=tuple(_callable(code, repeated(kernel.name), 3) for kernel in kernels),
        engine=code,
    )


def text_of(kernels: Sequence[Kernel], target: Target) -> str:
    """LLVM IR of a module with all kernels, each followed by what repeats it."""
    return "".join(function(kernel, target) + repeating(kernel) for kernel in kernels)


def machine_code(text: str, target: Target) -> MachineCode:
    """LLVM IR as code of this process. No vectoriser and no unrolling: loops stay as they are.

    Raises EnvironmentUnusable where there is no llvmlite, and RuntimeError for text that is no sound IR.
    """
    module, machine = _optimised(text, target)
    engine = binding().create_mcjit_compiler(module, machine)
    engine.finalize_object()
    return MachineCode(engine=engine, machine=machine)


def assembly(text: str, target: Target) -> str:
    """The same code as text, for audits: writing it takes as long again as making it. Raises as that does."""
    module, machine = _optimised(text, target)
    return str(machine.emit_assembly(module))


def version() -> str:
    """Of LLVM."""
    return "LLVM " + ".".join(str(part) for part in binding().llvm_version_info)


def _optimised(text: str, target: Target) -> tuple[Any, Any]:
    """The module, and the machine that code is made for."""
    llvm = binding()
    module = llvm.parse_assembly(_declared_once(text))
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=target.cpu, features=target.feature_text, opt=_SPEED_LEVEL, jit=True
    )
    module.triple, module.data_layout = llvm.get_default_triple(), str(machine.target_data)
    module.verify()
    options = llvm.create_pipeline_tuning_options(speed_level=_SPEED_LEVEL)
    options.loop_vectorization = options.slp_vectorization = False
    options.loop_unrolling = options.loop_interleaving = False
    passes = llvm.create_pass_builder(machine, options)
    passes.getModulePassManager().run(module, passes)
    return module, machine


def _callable(code: MachineCode, name: str, parameters: int) -> Call:
    return ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * parameters)(code.address_of(name))


def _declared_once(text: str) -> str:
    """Every function declares its intrinsics; a module may do so once."""
    seen: set[str] = set()
    lines = []
    for line in text.splitlines():
        if line.startswith("declare "):
            if line in seen:
                continue
            seen.add(line)
        lines.append(line)
    return "\n".join(lines) + "\n"
