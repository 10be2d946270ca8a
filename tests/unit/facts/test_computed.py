import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, PlantedFailure, PlantedNode, ladder_ms
from gapprof.explain.report import build
from gapprof.facts.case import Case
from gapprof.facts.cells import measured
from gapprof.facts.computed import ESTIMATED_128, GOOD_128, KERNELS, VECTORISED, computed
from gapprof.facts.estimates import factor
from gapprof.facts.readings import chain, latencies, order, readable
from gapprof.records.recording import Preflight, Recording
from gapprof.records.report import CauseRow
from gapprof.records.trial import Profile
from tests.truth.recorder import record

NO_CEILING = {("native", "isa", "128"): "no ceiling", ("native", "isa", "avx"): "no ceiling"}
MIXED = (
    PlantedNode(name="conv", op_type="FusedConv", share=3.0),
    PlantedNode(name="add", op_type="Add", share=1.0),
)


def with_estimate(
    recording: Recording, ratio: float, why: str = "", rounds: tuple[float, ...] = ()
) -> Recording:
    return replace(
        recording,
        entries=tuple(
            replace(entry, estimated_isa_ratio=ratio, estimated_isa_why=why, estimated_isa_by_round=rounds)
            if isinstance(entry, Preflight)
            else entry
            for entry in recording.entries
        ),
    )


def test_web_kernels_is_the_worker_without_its_own_marshalling_and_dispatch() -> None:
    machine = Machine(
        latency_ms=ladder_ms({"web-worker": 2.0}),
        marshalling_ms={"native": 0.5, "web": 2.0},
        dispatch_us={"native": 100.0, "web": 350.0},
    )
    case = Case(record(machine, rounds=2))
    expected = 20.0 - (2.0 - 0.5) - 2 * (350.0 - 100.0) / 1000
    assert case.get(latencies)[KERNELS] == pytest.approx({0: expected, 1: expected})


def test_without_profiles_there_is_no_computed_rung() -> None:
    assert Case(record(Machine(), passes=False)).get(computed) == {}


def test_a_computed_rung_is_never_zero_or_less() -> None:
    machine = Machine(marshalling_ms={"native": 0.0, "web": 9.0}, dispatch_us={"native": 0.0, "web": 600.0})
    assert KERNELS not in Case(record(machine)).get(computed)


def test_where_no_ceiling_works_only_matrix_operators_are_scaled() -> None:
    machine = Machine(nodes=MIXED, refusals=NO_CEILING)
    case = Case(with_estimate(record(machine, rounds=1), 4.0))
    native = case.get(measured)["native-extended"][0]
    assert case.get(latencies)[ESTIMATED_128][0] == pytest.approx(native * (1 + 0.75 * 3.0))
    assert ESTIMATED_128 in case.get(chain)
    assert readable(case, ESTIMATED_128, KERNELS)


def with_node(op_type: str, share: float) -> Machine:
    """Beside nodes of float32 that have four shares."""
    return Machine(
        nodes=(*MIXED, PlantedNode(name="other", op_type=op_type, share=share)), refusals=NO_CEILING
    )


@pytest.mark.parametrize("ratio", [4.0, 1.0], ids=["measured", "by definition"])
@pytest.mark.parametrize(
    "op_type",
    [
        *("QLinearConv", "QLinearMatMul", "QLinearAdd", "QGemm", "QAttention"),
        *("MatMulInteger", "ConvInteger", "MatMulIntegerToFloat", "DynamicQuantizeMatMul", "MatMulNBits"),
    ],
)
def test_float32_tells_nothing_of_products_of_bytes_and_of_few_bits(op_type: str, ratio: float) -> None:
    recording = with_estimate(record(with_node(op_type, 1.0)), ratio, "GEMM ratios")
    assert ESTIMATED_128 not in Case(recording).get(computed)
    report = build(recording)
    simd = next(row for row in report.causes if row.id == "simd")
    assert (simd.verdict, simd.method, simd.factor) == ("not-measured", "measured", None)
    assert "native-128: no ceiling; not estimated either: 20 % of native-extended" in simd.why
    assert op_type in simd.why
    step = "native-extended → web-kernels: runtime, library and simd, not separated"
    assert report.residual.why.startswith(step)


@pytest.mark.parametrize("op_type", ["QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "LSTM"])
def test_what_multiplies_floats_or_nothing_keeps_no_estimate_back(op_type: str) -> None:
    assert ESTIMATED_128 in Case(with_estimate(record(with_node(op_type, 1.0)), 4.0)).get(computed)


def test_products_of_bytes_too_few_to_matter_keep_no_estimate_back() -> None:
    assert ESTIMATED_128 in Case(with_estimate(record(with_node("QLinearConv", 0.004)), 4.0)).get(computed)


def test_a_model_without_a_single_matrix_product_has_no_estimate_and_is_not_called_innocent() -> None:
    bare = Machine(nodes=(PlantedNode(name="rnn", op_type="LSTM"),), refusals=NO_CEILING)

    def simd(ratio: float) -> CauseRow:
        report = build(with_estimate(record(bare), ratio, "the ratio"))
        return next(row for row in report.causes if row.id == "simd")

    assert simd(4.0).verdict == "not-measured"
    assert "no time in MatMul, Conv and Gemm nodes" in simd(4.0).why
    assert simd(1.0).verdict == "not-applicable"


def test_why_there_is_no_ratio_is_said() -> None:
    recording = record(Machine(refusals=NO_CEILING))
    preflight = next(recording.of(Preflight))
    told = replace(preflight, estimated_isa_why="numpy uses MKL here")
    entries = tuple(told if entry is preflight else entry for entry in recording.entries)
    simd = next(row for row in build(replace(recording, entries=entries)).causes if row.id == "simd")
    assert simd.why == "native-128: no ceiling; not estimated either: numpy uses MKL here"


def test_an_estimate_is_as_unsure_as_its_rounds_differ() -> None:
    recording = record(Machine(nodes=MIXED, refusals=NO_CEILING))

    def width(*rounds: float) -> float:
        report = build(with_estimate(recording, 4.0, rounds=rounds))
        factor = next(row.factor for row in report.causes if row.id == "simd")
        assert factor is not None
        return factor.high / factor.low

    assert width(4.0, 4.0, 4.0) == pytest.approx(1.0)
    assert 1.05 < width(3.9, 4.0, 4.1) < width(3.5, 4.0, 4.5)


def test_a_measured_ceiling_is_never_estimated() -> None:
    assert ESTIMATED_128 not in Case(with_estimate(record(Machine()), 4.0)).get(computed)


def test_good_kernels_need_a_node_that_is_beyond_doubt() -> None:
    even = Machine(latency_ms=ladder_ms({"native-128": 2.0}), nodes=MIXED, noise=0.02)
    assert GOOD_128 not in Case(record(even)).get(computed)


def test_a_scalar_wasm_adds_a_rung_below_the_kernels() -> None:
    factors = {"web-worker": 4.0, "web-scalar": 4.0}
    case = Case(record(Machine(latency_ms=ladder_ms(factors), wasm_simd=False), side_rounds=2))
    cells = case.get(latencies)
    assert cells[VECTORISED][0] == pytest.approx(cells[KERNELS][0] / 4.0)
    line = case.get(chain)
    assert line.index(VECTORISED) + 1 == line.index(KERNELS)


@pytest.mark.parametrize("first", [0, 3])
def test_what_a_scalar_build_costs_has_the_interval_of_the_rounds_that_tell_it(first: int) -> None:
    """Whatever the rounds are called in which profiles were taken: those with both builds are others."""
    machine = Machine(latency_ms=ladder_ms({"web-scalar": 3.0}), wasm_simd=False, launch_noise=0.05)
    recording = record(machine, side_rounds=3)
    profiled = tuple(
        replace(one, round=one.round + first) if isinstance(one, Profile) else one
        for one in recording.entries
    )
    case = Case(replace(recording, entries=profiled))
    told = factor(case, "web-simd-118", "web-scalar")
    computed_again = factor(case, VECTORISED, KERNELS)
    assert told is not None
    assert computed_again is not None
    assert told.high / told.low > 1.1
    assert (computed_again.low, computed_again.high) == pytest.approx((told.low, told.high))


def test_every_computed_rung_says_how() -> None:
    case = Case(record(Machine(), side_rounds=1))
    assert all(rung.changes.startswith("computed: ") for rung in case.get(computed).values())


def test_a_step_over_a_missing_rung_is_not_readable() -> None:
    machine = Machine(failures=(PlantedFailure(rung="web-graph", message="gone"),))
    case = Case(record(machine))
    assert not readable(case, "web-flags", "web-graph")
    assert readable(case, "web-flags", "web-main")  # now neighbours
    assert not readable(case, "web-worker", "web-main")


def test_the_order_names_every_place_once() -> None:
    line = Case(record(Machine())).get(order)
    assert len(line) == len(set(line))
    assert (line[0], line[-1]) == ("native", "web")
