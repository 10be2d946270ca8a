"""Operators that multiply bytes: what is said of both sides' instructions, and what 128 bits cost them."""

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, PlantedNode, ladder_ms
from gapprof.explain.report import build
from gapprof.facts.byte_products import KIND
from gapprof.records.inside import WasmBuild
from gapprof.records.recording import Recording
from gapprof.records.report import Evidence
from gapprof.records.settings import Settings
from gapprof.records.trial import Trial
from tests.truth.recorder import record

NODES = (
    PlantedNode(name="conv", op_type="QLinearConv", share=0.5, factors={"native-128": 4.0}),
    PlantedNode(name="add", op_type="QLinearAdd", share=0.5),
)


def recorded(*flags: str, nodes: tuple[PlantedNode, ...] = NODES) -> Recording:
    machine = Machine(latency_ms=ladder_ms({"native-128": 2.5, "native-all-128": 2.5}), nodes=nodes)
    found = record(machine, Settings(threads=1), page_threads=1)
    seen = replace(found.begin.machine, cpu_flags=flags)
    return replace(found, begin=replace(found.begin, machine=seen))


def told(recording: Recording) -> list[Evidence]:
    simd = next(row for row in build(recording).causes if row.id == "simd")
    return [one for one in simd.evidence if one.kind == KIND]


def built(**instructions: int) -> WasmBuild:
    return WasmBuild(
        file="ort.wasm",
        sha256="ab",
        functions=9,
        instructions={name.replace("__", "."): count for name, count in instructions.items()},
        shared_memory=True,
        browser={},
        products=(),
    )


def test_how_much_of_the_time_they_are_and_what_128_bits_cost_them_is_measured() -> None:
    (one,) = told(recorded("avx2"))
    assert one.value == pytest.approx(0.5, abs=0.01)
    assert one.text.startswith(
        "1 operator of int8 (QLinearConv): 50 % of what operators take in the browser."
    )
    assert one.text.endswith(
        "Held to 128 bits, native takes 4.0x as long for them, and 1.00x for the others."
    )


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("avx2", "avx512bw", "avx512_vnni"), "has vpdpbusd on 512 bits (AVX-512 VNNI), 64 products"),
        (("avx2", "avx_vnni"), "has vpdpbusd on 256 bits (AVX-VNNI), 32 products"),
        (("avx2", "avx512bw"), "has vpmaddubsw on 512 bits (no VNNI)"),
        (("avx2",), "has vpmaddubsw on 256 bits (AVX2, no VNNI)"),
        (("amx_int8", "avx512_vnni"), "has tdpbusd on tiles (AMX) and vpdpbusd on 512 bits"),
        (("asimddp",), "has sdot and udot on 128 bits"),
        (("sse2",), "This processor's flags name no instruction for products of bytes"),
        ((), "What this processor has for products of bytes is not known"),
    ],
)
def test_what_native_has_is_what_the_flags_say(flags: tuple[str, ...], words: str) -> None:
    (one,) = told(recorded(*flags))
    assert words in one.text


def with_build(build_seen: WasmBuild) -> str:
    found = recorded("avx2")
    (one,) = told(replace(found, entries=(*found.entries, build_seen)))
    return one.text


def test_what_the_build_holds_is_said_where_somebody_counted() -> None:
    text = with_build(built(i32x4__dot_i16x8_s=19))
    assert "this build holds 19 i32x4.dot_i16x8_s, 8 products of 16-bit numbers at a time" in text
    assert "and none of the relaxed dot products of bytes that the int8 path would need" in text
    text = with_build(built(i32x4__dot_i16x8_s=19, i32x4__relaxed_dot_i8x16_i7x16_add_s=2))
    assert "and 2 relaxed dot products of bytes" in text
    (one,) = told(recorded("avx2"))
    assert "--instrument counts the relaxed dot products" in one.text


def test_a_build_without_vectors_has_none_of_them() -> None:
    found = recorded("avx2")
    entries = tuple(
        replace(one, seen=replace(one.seen, wasm_simd=False)) if isinstance(one, Trial) else one
        for one in found.entries
    )
    (one,) = told(replace(found, entries=entries))
    assert "the wasm that is served has no vectors at all" in one.text


def test_of_a_model_without_such_operators_nothing_is_said() -> None:
    assert told(recorded("avx2", nodes=NODES[1:])) == []
