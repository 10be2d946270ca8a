"""More than narrower vectors can cost is told as kernels that native lacks at 128 bits."""

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, PlantedNode, ladder_ms
from gapprof.explain.report import build
from gapprof.facts.beyond_width import VectorBound, vector_bound
from gapprof.facts.case import Case
from gapprof.records.recording import Recording
from gapprof.records.report import CauseRow, Evidence, Report
from gapprof.records.settings import Settings
from tests.truth.recorder import record

SLOWED = 20.0
LACKING = {"native-128": 38.0, "web-worker": 38.0}
"""Neither side has a kernel."""
NODES = (
    PlantedNode(name="head", op_type="MatMulNBits", share=0.5, factors=LACKING),
    PlantedNode(name="up", op_type="MatMulNBits", share=0.25, factors=LACKING),
    PlantedNode(name="norm", op_type="LayerNormalization", share=0.25),
)
NARROW_ONLY = "Nothing in your page changes this: WebAssembly has 128-bit vectors."


def recorded(
    *flags: str, slowed: float = SLOWED, nodes: tuple[PlantedNode, ...] = NODES, web: float = 1.0
) -> Recording:
    planted = {"native-128": slowed, "native-all-128": slowed, "web-worker": web}
    found = record(Machine(latency_ms=ladder_ms(planted), nodes=nodes), Settings(threads=1), page_threads=1)
    seen = replace(found.begin.machine, cpu_flags=flags)
    return replace(found, begin=replace(found.begin, machine=seen))


def simd(report: Report) -> CauseRow:
    return next(row for row in report.causes if row.id == "simd")


def told(report: Report) -> list[Evidence]:
    return [one for one in simd(report).evidence if one.kind == "beyond-vectors"]


def test_operators_without_a_kernel_are_named_with_what_vectors_account_for() -> None:
    report = build(recorded("avx2", "fma"))
    (one,) = told(report)
    assert one.value == pytest.approx(2 * 2 * 1.3)
    counted = "256 bits against 128, one fused instruction in place of 2, 1.3x of SSE encoding, 5.2x at most"
    assert one.text.startswith(f"More than vectors account for: {counted}. ")
    assert "x as long for MatMulNBits (2 operators, 99 % of its time then)" in one.text
    assert "LayerNormalization" not in one.text
    assert "comes with 128-bit wasm and kernels missing at that width" in report.headline


def test_the_advice_names_who_can_do_something_and_says_so_once() -> None:
    row = simd(build(recorded("avx2", "fma")))
    words = "kernels that onnxruntime lacks at 128 bits for MatMulNBits: its engineers can write them."
    assert words in row.advice
    assert "Try the model quantised otherwise, or not at all. --twins measures" in row.advice
    children = {child.id: child.advice for child in row.children}
    assert children.pop("to-128") == row.advice
    assert set(children.values()) == {NARROW_ONLY}


def one_slowed(op_type: str, *, web: float = 1.0) -> Recording:
    """A model that loses at 128 bits what operators of one type lose; `web`: the page over native there."""
    nodes = (
        PlantedNode(name="slow", op_type=op_type, share=0.75, factors=LACKING),
        PlantedNode(name="add", op_type="Add", share=0.25),
    )
    return recorded("avx2", "fma", nodes=nodes, web=web)


def test_a_float_model_is_not_told_to_be_quantised_otherwise() -> None:
    advice = simd(build(one_slowed("LSTM"))).advice
    assert "for LSTM" in advice
    assert "quantised" not in advice


def test_instructions_that_wasm_lacks_are_no_missing_kernels() -> None:
    """Conversions of float16."""
    report = build(one_slowed("Cast"))
    assert told(report) == []
    assert simd(report).advice == NARROW_ONLY


def test_what_is_charged_to_the_library_already_is_not_named_again() -> None:
    """Beyond the browser's own kernel it is no matter of width."""
    assert told(build(one_slowed("QLinearConv")))
    report = build(one_slowed("QLinearConv", web=0.5))
    library = next(row for row in report.causes if row.id == "library")
    assert "no-128-kernel" in {child.id for child in library.children}
    assert told(report) == []


@pytest.mark.parametrize(
    ("flags", "slowed"),
    [
        (("avx2", "fma"), 4.0),
        (("avx2", "fma", "avx512f", "avx512_vnni"), 15.0),
        (("avx2", "fma", "avx512f", "amx_tile"), SLOWED),
        ((), SLOWED),
        (("asimd",), SLOWED),
    ],
    ids=["vectors alone", "wider ones", "tiles", "flags not known", "no wider vectors"],
)
def test_what_vectors_may_account_for_stays_theirs(flags: tuple[str, ...], slowed: float) -> None:
    report = build(recorded(*flags, slowed=slowed))
    assert told(report) == []
    assert simd(report).advice == NARROW_ONLY
    assert "kernels missing" not in report.headline


def test_without_profiles_no_operator_is_named() -> None:
    (one,) = told(build(recorded("avx2", "fma", nodes=())))
    assert one.text.endswith("The rest is kernels: native onnxruntime has no good ones of that width here.")


@pytest.mark.parametrize(
    ("flags", "bound"),
    [
        (("avx",), VectorBound(width_bits=256, fused=1)),
        (("avx", "avx2", "fma"), VectorBound(width_bits=256, fused=2)),
        (("avx2", "fma", "avx_vnni"), VectorBound(width_bits=256, fused=3)),
        (("avx2", "fma", "avx512f", "avx512_vnni"), VectorBound(width_bits=512, fused=3)),
    ],
)
def test_the_bound_is_counted_from_the_processors_flags(flags: tuple[str, ...], bound: VectorBound) -> None:
    assert Case(recorded(*flags)).get(vector_bound) == bound
