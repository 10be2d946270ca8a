"""Which instructions native twins are made of: one row per instruction set. Pure data.

The 128-bit AVX encodings are the counterparts of what V8 emits on x86-64. SSE4.1 is what onnxruntime's
kernels are made of under the 128-bit ceiling; on Zen 5 the same loop is 1.2 to 1.3 times slower in it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

_SSE41 = ("sse3", "ssse3", "sse4.1")
_AVX = (*_SSE41, "sse4.2", "popcnt", "avx")
_AVX2 = (*_AVX, "avx2", "fma", "f16c", "bmi", "bmi2")
_AVX512 = (*_AVX2, "avx512f", "avx512vl", "avx512bw", "avx512dq")
_WIDEST = 512
ByteDotForm = Literal["one", "three", "none"]
"""Instructions that a product of four bytes and its sum take; none: there are no such instructions."""
_VNNI = ("avxvnni", "avx512vnni")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One instruction set: how wide its vectors are, and whether a multiply-add is one instruction."""

    id: str
    title: str
    machine: str
    """As `platform.machine()` has it, in lower case."""
    cpu: str
    """LLVM's name of the plainest CPU that it builds on."""
    features: tuple[str, ...]
    without: tuple[str, ...] = ()
    """Features that are switched off even where the CPU has them."""
    optional: tuple[str, ...] = ()
    """Features that it has where the CPU has them: those that V8 asks for before it uses them."""
    bits: int
    fused: bool

    @property
    def lanes(self) -> int:
        """Of f32; a scalar has one."""
        return max(1, self.bits // 32)

    @property
    def byte_dot(self) -> ByteDotForm:
        """How a relaxed dot product of bytes is carried out."""
        if self.machine != _X86:
            return "none"
        return "one" if any(one in self.features for one in _VNNI) else "three"

    @property
    def feature_text(self) -> str:
        """As LLVM reads it."""
        return ",".join((*(f"+{one}" for one in self.features), *(f"-{one}" for one in self.without)))

    @property
    def attributes(self) -> Mapping[str, str]:
        """What every function is told, beside the target machine: neither alone is enough."""
        return {
            "target-cpu": self.cpu,
            "target-features": self.feature_text,
            "prefer-vector-width": str(_WIDEST),
            "min-legal-vector-width": str(max(128, self.bits)),
        }


_X86, _ARM = "x86_64", "aarch64"
TARGETS = (
    Target(
        id="scalar",
        title="scalar",
        machine=_X86,
        cpu="x86-64",
        features=_SSE41,
        without=("avx",),
        bits=32,
        fused=False,
    ),
    Target(
        id="sse41",
        title="128-bit SSE4.1",
        machine=_X86,
        cpu="x86-64",
        features=_SSE41,
        without=("avx",),
        bits=128,
        fused=False,
    ),
    Target(
        id="avx128",
        title="128-bit, AVX encoding",
        machine=_X86,
        cpu="x86-64",
        features=_AVX,
        without=("avx2", "fma"),
        bits=128,
        fused=False,
    ),
    Target(
        id="fma128",
        title="128-bit, AVX encoding, FMA",
        machine=_X86,
        cpu="x86-64",
        features=_AVX2,
        optional=("avxvnni",),
        bits=128,
        fused=True,
    ),
    Target(
        id="avx2",
        title="256-bit AVX2, FMA",
        machine=_X86,
        cpu="x86-64",
        features=_AVX2,
        optional=("avxvnni",),
        bits=256,
        fused=True,
    ),
    Target(
        id="avx512",
        title="512-bit AVX-512",
        machine=_X86,
        cpu="x86-64",
        features=_AVX512,
        optional=("avx512vnni",),
        bits=512,
        fused=True,
    ),
    Target(id="neon-scalar", title="scalar", machine=_ARM, cpu="generic", features=(), bits=32, fused=False),
    Target(
        id="neon", title="128-bit NEON, FMA", machine=_ARM, cpu="generic", features=(), bits=128, fused=True
    ),
    Target(
        id="neon-mul-add",
        title="128-bit NEON",
        machine=_ARM,
        cpu="generic",
        features=(),
        bits=128,
        fused=False,
    ),
)


def available(machine: str, features: Mapping[str, bool]) -> tuple[Target, ...]:
    """Those that a CPU with these features carries out, the plainest first."""
    return tuple(
        replace(one, features=(*one.features, *(name for name in one.optional if features.get(name))))
        for one in TARGETS
        if one.machine == known_machine(machine) and _has(one.features, features)
    )


def known_machine(machine: str) -> str:
    """One name for each, whatever the system calls it."""
    lower = machine.lower()
    return {"amd64": _X86, "arm64": _ARM}.get(lower, lower)


def _has(wanted: Iterable[str], features: Mapping[str, bool]) -> bool:
    return all(features.get(one, False) for one in wanted)
