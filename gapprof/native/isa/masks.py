"""What each ceiling hides: CPUID feature bits by name, and the AND-masks the handler applies.

Bit positions after the Intel SDM, volume 2, CPUID, and AMD's APM, volume 3, appendix E; names as in
/proc/cpuinfo.
OSXSAVE (leaf 1 ecx 27) stays: onnxruntime looks at SSE3 and SSE4.1 only where it is set.
"""

from typing import Literal, NamedTuple

Register = Literal["eax", "ebx", "ecx", "edx"]
REGISTERS: tuple[Register, ...] = ("eax", "ebx", "ecx", "edx")
ANY_SUBLEAF = -1
_ALL_BITS = 0xFFFF_FFFF


class Word(NamedTuple):
    """One register of one CPUID answer."""

    leaf: int
    subleaf: int
    register: Register


class Bit(NamedTuple):
    """One feature bit. `decides` is false for what no kernel of onnxruntime asks about."""

    name: str
    word: Word
    position: int
    decides: bool


class MaskRow(NamedTuple):
    """What the handler applies to one leaf; the layout of the struct in handler.S."""

    leaf: int
    subleaf: int
    eax: int
    ebx: int
    ecx: int
    edx: int


def _bits(
    leaf: int, subleaf: int, register: Register, decides: bool = True, **positions: int
) -> tuple[Bit, ...]:
    word = Word(leaf, subleaf, register)
    return tuple(Bit(name, word, at, decides) for name, at in positions.items())


_BEYOND_AVX2 = (
    *_bits(7, 0, "ebx", avx512f=16, avx512dq=17, avx512ifma=21, avx512pf=26, avx512er=27),
    *_bits(7, 0, "ebx", avx512cd=28, avx512bw=30, avx512vl=31),
    *_bits(7, 0, "ecx", avx512vbmi=1, avx512_vbmi2=6, avx512_vnni=11, avx512_bitalg=12, avx512_vpopcntdq=14),
    *_bits(7, 0, "ecx", decides=False, gfni=8, vaes=9, vpclmulqdq=10),
    *_bits(7, 0, "edx", avx512_4vnniw=2, avx512_4fmaps=3, avx512_vp2intersect=8, avx512_fp16=23),
    *_bits(7, 0, "edx", amx_bf16=22, amx_tile=24, amx_int8=25),
    *_bits(7, 1, "eax", avx_vnni=4, avx512_bf16=5, amx_fp16=21, avx_ifma=23),
    *_bits(7, 1, "eax", decides=False, sha512=0, sm3=1, sm4=2),
    *_bits(7, 1, "edx", avx_vnni_int8=4, avx_ne_convert=5, amx_complex=8, avx_vnni_int16=10, avx10=19),
)
_BEYOND_AVX = (
    *_BEYOND_AVX2,
    *_bits(1, ANY_SUBLEAF, "ecx", fma=12),
    *_bits(7, 0, "ebx", avx2=5),
    *_bits(0x8000_0001, ANY_SUBLEAF, "ecx", decides=False, xop=11, fma4=16),
)
_BEYOND_128 = (*_BEYOND_AVX, *_bits(1, ANY_SUBLEAF, "ecx", avx=28, f16c=29))

HIDDEN: dict[str, tuple[Bit, ...]] = {"avx2": _BEYOND_AVX2, "avx": _BEYOND_AVX, "128": _BEYOND_128}
"""Value of `Setting.isa` → the bits its ceiling clears; `full` has no ceiling and no entry."""


def mask_rows(isa: str) -> tuple[MaskRow, ...]:
    """The handler's table for one ceiling: one row per leaf and subleaf, all other bits kept."""
    masks: dict[tuple[int, int], dict[Register, int]] = {}
    for bit in HIDDEN[isa]:
        row = masks.setdefault((bit.word.leaf, bit.word.subleaf), dict.fromkeys(REGISTERS, _ALL_BITS))
        row[bit.word.register] &= ~(1 << bit.position)
    return tuple(MaskRow(leaf, subleaf, **row) for (leaf, subleaf), row in masks.items())


def hides_anything(isa: str, host_flags: frozenset[str]) -> bool:
    """Whether this ceiling would change what onnxruntime sees on a CPU with these /proc/cpuinfo flags."""
    return any(bit.decides and bit.name in host_flags for bit in HIDDEN[isa])
