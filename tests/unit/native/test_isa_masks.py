"""What each ceiling hides."""

import pytest

from gapprof.native.isa.masks import HIDDEN, hides_anything, mask_rows

ALL = 0xFFFF_FFFF


def _kept(isa: str, leaf: int, register: str) -> int:
    kept = ALL
    for row in mask_rows(isa):
        if row.leaf == leaf:
            kept &= getattr(row, register)
    return kept


def test_a_lower_ceiling_hides_all_that_a_higher_one_hides() -> None:
    assert set(HIDDEN["avx2"]) < set(HIDDEN["avx"]) < set(HIDDEN["128"])


@pytest.mark.parametrize("isa", HIDDEN)
def test_osxsave_stays_because_onnxruntime_asks_for_it_first(isa: str) -> None:
    assert _kept(isa, 1, "ecx") & 1 << 27


@pytest.mark.parametrize("isa", HIDDEN)
def test_sse_stays_at_every_ceiling(isa: str) -> None:
    sse41, sse42, ssse3 = 1 << 19, 1 << 20, 1 << 9
    assert _kept(isa, 1, "ecx") & (sse41 | sse42 | ssse3) == sse41 | sse42 | ssse3
    assert _kept(isa, 1, "edx") == ALL


def test_each_ceiling_removes_what_its_name_says() -> None:
    avx, fma, avx2, avx512f = 1 << 28, 1 << 12, 1 << 5, 1 << 16
    assert _kept("avx2", 1, "ecx") & (avx | fma) == avx | fma
    assert _kept("avx2", 7, "ebx") & (avx2 | avx512f) == avx2
    assert _kept("avx", 1, "ecx") & (avx | fma) == avx
    assert _kept("avx", 7, "ebx") & avx2 == 0
    assert _kept("128", 1, "ecx") & (avx | fma) == 0


def test_no_feature_bit_is_listed_twice() -> None:
    places = [(bit.word, bit.position) for bit in HIDDEN["128"]]
    assert len(set(places)) == len(places)


@pytest.mark.parametrize(
    ("isa", "flags", "hides"),
    [
        ("128", {"sse4_1", "sse4_2"}, False),
        ("128", {"sse4_1", "avx"}, True),
        ("avx", {"avx", "f16c"}, False),
        ("avx", {"avx", "f16c", "avx2", "fma"}, True),
        ("avx2", {"avx", "f16c", "avx2", "fma"}, False),
        ("avx2", {"avx", "f16c", "avx2", "fma", "vaes", "gfni"}, False),
        ("avx2", {"avx", "f16c", "avx2", "fma", "avx_vnni"}, True),
        ("avx2", {"avx", "f16c", "avx2", "fma", "avx512f"}, True),
    ],
)
def test_a_ceiling_above_what_the_cpu_has_hides_nothing(isa: str, flags: set[str], hides: bool) -> None:
    assert hides_anything(isa, frozenset(flags)) is hides
