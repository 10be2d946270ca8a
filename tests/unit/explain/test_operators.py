import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, PlantedNode, ladder_ms
from gapprof.explain.operators import operator_rows
from gapprof.explain.overhead import overhead
from gapprof.explain.report import build
from gapprof.facts.case import Case
from gapprof.records.model import NodeCensus
from gapprof.records.recording import Recording
from gapprof.records.trial import Profile
from tests.truth.recorder import record

FACTORS = {"native-128": 3.0, "native-all-128": 3.0, "web-worker": 1.5}
NODES = (
    PlantedNode(name="conv", share=8.0),
    PlantedNode(name="softmax", op_type="Softmax", share=1.0, factors={"web-worker": 4.0}),
    PlantedNode(name="add", op_type="Add", share=1.0),
)


def recorded(noise: float = 0.02) -> Recording:
    return record(Machine(latency_ms=ladder_ms(FACTORS), nodes=NODES, noise=noise))


def test_both_columns_sum_to_the_models_own_figures() -> None:
    report = build(recorded())
    figures = {rung.id: rung.latency_ms for rung in report.rungs}
    native, web = figures["native-extended"], figures["web-worker"]
    assert native is not None
    assert web is not None
    assert sum(row.native_ms for row in report.operators) == pytest.approx(native.point)
    assert sum(row.web_ms for row in report.operators) == pytest.approx(web.point)
    assert sum(row.share_of_web for row in report.operators) == pytest.approx(1.0)
    assert report.operators[-1].name == "weighting"


def test_every_rows_causes_sum_to_its_difference() -> None:
    for row in operator_rows(Case(recorded())):
        assert sum(row.causes.values()) == pytest.approx(row.web_ms - row.native_ms), row.name


def test_rows_come_by_what_they_add_to_the_gap() -> None:
    names = [row.name for row in operator_rows(Case(recorded(noise=0.0)))]
    assert names == ["conv", "softmax", "add", "marshalling", "dispatch", "weighting"]


def test_a_nodes_simd_is_its_own() -> None:
    row = next(row for row in operator_rows(Case(recorded(noise=0.0))) if row.name == "conv")
    assert row.causes["simd"] > 0
    assert set(row.causes) == {"simd", "residual"}


def test_a_row_has_the_type_that_the_census_has() -> None:
    census = NodeCensus(
        name="conv",
        op_type="Conv",
        domain="",
        flops=None,
        bytes=None,
        output_shapes=((1,), (2,)),
        output_dtypes=("uint8", "int64"),
    )
    found = build(record(Machine(latency_ms=ladder_ms(FACTORS), nodes=NODES), model_nodes=(census,)))
    assert {row.name: row.dtype for row in found.operators if row.dtype} == {"conv": "uint8"}


def edited(drop_on: str, name: str) -> Recording:
    recording = recorded()
    return replace(
        recording,
        entries=tuple(
            replace(e, nodes=tuple(n for n in e.nodes if n.name != name))
            if isinstance(e, Profile) and e.rung == drop_on
            else e
            for e in recording.entries
        ),
    )


@pytest.mark.parametrize("rung", ["native-extended", "web-worker"])
def test_a_node_of_one_side_goes_to_the_library_whole(rung: str) -> None:
    recording = edited(rung, "add")
    row = next(row for row in operator_rows(Case(recording)) if row.name == "add")
    assert row.ratio is None
    assert row.causes == {"library": pytest.approx(row.web_ms - row.native_ms)}
    assert overhead(Case(recording))["node_join_share"] == pytest.approx(2 / 3)
    assert any("found on both sides" in text for text in build(recording).warnings)


def test_without_a_profile_of_the_ceiling_the_node_is_not_split() -> None:
    recording = recorded()
    kept = tuple(e for e in recording.entries if not (isinstance(e, Profile) and e.rung == "native-128"))
    rows = operator_rows(Case(replace(recording, entries=kept)))
    assert set(rows[0].causes) == {"residual"}


def test_without_profiles_there_are_no_rows_and_every_overhead_is_null() -> None:
    case = Case(record(Machine(), passes=False))
    assert operator_rows(case) == ()
    assert set(overhead(case).values()) == {None}


def test_profiles_that_do_not_close_are_called_approximate() -> None:
    recording = recorded()
    slow = tuple(
        replace(e, unprofiled_ms=tuple(2 * v for v in e.unprofiled_ms)) if isinstance(e, Profile) else e
        for e in recording.entries
    )
    found = build(replace(recording, entries=slow)).warnings
    said = "operator times are approximate: operators, dispatch and marshalling sum to 50 % natively"
    assert [text for text in found if said in text]


def test_operators_that_were_scaled_are_told_of_from_five_percent_on() -> None:
    recording = recorded()

    def told(faster: float) -> list[str]:
        entries = tuple(
            replace(
                e,
                unprofiled_ms=tuple(faster * v for v in e.unprofiled_ms),
                profiler_us_per_node=50 * max(e.unprofiled_ms),
            )
            if isinstance(e, Profile)
            else e
            for e in recording.entries
        )
        warnings = build(replace(recording, entries=entries)).warnings
        return [text for text in warnings if "operator times were scaled to" in text]

    (text,) = told(0.6)
    assert " natively and " in text
    assert " in the browser of what the profiler reported" in text
    assert text.endswith("their order is more reliable than their ms")
    assert len(told(0.8)) == 1
    assert told(0.83) == told(0.85) == []
