"""Planted calls come back as times of functions, shares of operators and bounds; nothing is counted twice."""

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, PlantedNode, ladder_ms
from gapprof.errors import WrongUse
from gapprof.explain.report import build
from gapprof.facts.case import Case
from gapprof.facts.profiles import WEB, profile_of
from gapprof.records.codec import decode_recording, encode_entry
from gapprof.records.inside import WasmBuild, WasmSamples
from gapprof.records.model import NodeCensus
from gapprof.records.recording import Entry, Recording
from gapprof.records.report import Report
from gapprof.records.sections.inside import Inside
from gapprof.records.settings import Settings
from gapprof.records.trial import Profile
from gapprof.records.wire.instrument import SameOutput
from tests.truth.recorder import record
from tests.unit.facts.inside import (
    COUNTED_US,
    RATES,
    RELAXED_DOT,
    RUNS,
    TIMED_US,
    hooked_pass,
    part,
    with_inside,
)

KERNEL, CALLER = 1422, 1001
FLOPS = 400_000


def plain(op_type: str = "Conv") -> Recording:
    nodes = (PlantedNode(name="conv", op_type=op_type, share=1.0),)
    census = NodeCensus(
        name="conv", op_type=op_type, domain="", flops=FLOPS, bytes=4096, output_shapes=((1,),)
    )
    machine = Machine(latency_ms=ladder_ms({"native-128": 2.0, "web-worker": 2.0}), nodes=nodes)
    return record(machine, Settings(threads=1), page_threads=1, model_nodes=(census,))


def recording(op_type: str = "Conv", **changed: object) -> Recording:
    """1000 calls of a kernel in a run, one of ten timed, 2 µs each, all of them out of 10 of another one."""
    calls = {KERNEL: 1000, CALLER: 10}
    hooks_ms = (1000 * RUNS * TIMED_US * 0.1 + 1000 * RUNS * COUNTED_US * 0.9) / 1e3
    passes = [
        hooked_pass(
            40 + number,
            [
                part(KERNEL, 1.6 * luck, timed=800, caller=CALLER),
                part(KERNEL, 0.4 * luck, timed=200, caller=CALLER, node="gemm"),
                part(CALLER, (20.0 + 5.0) * luck + hooks_ms, timed=100),
            ],
            calls,
        )
        for number, luck in enumerate((0.9, 1.0, 1.1))
    ]
    return with_inside(plain(op_type), passes, samples={KERNEL: 80, CALLER: 5, 7: 2}, others=13, **changed)


def inside(found: Recording) -> Inside:
    section = build(found).inside
    assert section is not None
    return section


def evidence(report: Report, cause: str) -> str:
    row = next(one for one in report.causes if one.id == cause)
    return " ".join(one.text for one in row.evidence if one.kind == "inside")


def test_untimed_calls_count_as_much_as_timed_ones() -> None:
    kernel, _ = inside(recording()).functions
    assert (kernel.function, kernel.calls) == (KERNEL, 1000)
    assert kernel.ms.point == pytest.approx(2.0)
    assert kernel.ms.low < 1.8 < 2.2 < kernel.ms.high
    assert kernel.ms.rounds == 3


def test_what_a_hooked_function_spends_in_another_is_not_its_own() -> None:
    _, caller = inside(recording()).functions
    assert caller.ms.point == pytest.approx(2.5)
    assert caller.own_ms.point == pytest.approx(0.5)


def test_calls_of_a_function_out_of_itself_are_not_counted_twice() -> None:
    """10 ms, of which 8 lie in the same function again, and of those 3 in another one."""
    hooks_ms = 400 * TIMED_US / 1e3
    parts = [
        part(CALLER, 10.0 * RUNS + hooks_ms, timed=200),
        part(CALLER, 8.0 * RUNS + hooks_ms / 2, timed=200, caller=CALLER, node="gemm"),
        part(KERNEL, 3.0 * RUNS, timed=200, caller=CALLER, node="gemm"),
    ]
    passes = [hooked_pass(40 + n, parts, {CALLER: 40, KERNEL: 20}) for n in range(3)]
    caller, _ = inside(with_inside(plain(), passes, samples={CALLER: 5, KERNEL: 4})).functions
    assert caller.ms.point == pytest.approx(10.0)
    assert caller.own_ms.point == pytest.approx(7.0)
    assert caller.operators == {"Conv": 1.0}


def test_calls_that_are_in_no_figure_are_told() -> None:
    held_up = replace(part(KERNEL, 9.0), disturbed_ms=(1.5, 2.0))
    passes = [replace(hooked_pass(40 + n, [held_up], {KERNEL: 20}), lost=n) for n in range(3)]
    why = inside(with_inside(plain(), passes, samples={KERNEL: 9})).why
    assert "held up timed calls (6)" in why
    assert "10.5 ms together" in why
    assert "3 timed calls found no room" in why


def test_a_functions_time_is_told_by_operator() -> None:
    kernel, caller = inside(recording()).functions
    assert kernel.operators == pytest.approx({"Conv": 0.8, "Gemm": 0.2})
    assert caller.operators == {"Conv": 1.0}


def test_samples_are_shares_of_all_that_was_seen() -> None:
    found = inside(recording())
    assert [one.sampled for one in found.functions] == [0.8, 0.05]
    assert found.hot == pytest.approx(0.85)


def test_time_outside_of_nodes_is_not_joined() -> None:
    passes = [
        hooked_pass(40 + n, [part(KERNEL, 9.0), part(KERNEL, 1.0, node=None)], {KERNEL: 20}) for n in range(3)
    ]
    found = inside(with_inside(plain(), passes, samples={KERNEL: 9}))
    assert found.joined == pytest.approx(0.9)
    (kernel,) = found.functions
    assert kernel.operators == pytest.approx({"Conv": 0.9}, abs=3e-3)


def test_the_overhead_is_of_medians_side_by_side() -> None:
    found = inside(recording()).overhead
    assert found is not None
    assert found.point == pytest.approx(1.02)
    assert found.rounds == 3


@pytest.mark.parametrize(
    ("output", "same"),
    [
        (SameOutput(name="y", size_bytes=4, differing_bytes=0, unsteady_bytes=0), True),
        (SameOutput(name="y", size_bytes=4, differing_bytes=1, unsteady_bytes=0), False),
        (SameOutput(name="y", size_bytes=4, differing_bytes=1, unsteady_bytes=1), None),
    ],
)
def test_other_outputs_show_nothing_unless_they_never_stay_the_same(
    output: SameOutput, same: bool | None
) -> None:
    passes = [hooked_pass(40 + n, [part(KERNEL, 9.0)], {KERNEL: 20}, output=output) for n in range(3)]
    found = inside(with_inside(plain(), passes, samples={KERNEL: 9}))
    assert found.same_outputs is same
    assert bool(found.functions) is (same is not False)
    assert bool(found.why) is (same is not True)


def test_without_passes_what_the_build_holds_is_told_all_the_same() -> None:
    report = build(with_inside(plain(), [], samples={KERNEL: 9}))
    assert report.inside is not None
    assert (report.inside.vector_instructions, report.inside.atomic_instructions) == (1000, 7)
    assert (report.inside.functions, report.inside.overhead) == ((), None)
    assert "no function was timed" in report.inside.why
    assert "no relaxed dot product" in evidence(report, "library")


def test_products_of_bytes_bound_what_a_relaxed_dot_product_saves() -> None:
    found = recording("QLinearConv")
    web = profile_of(Case(found), WEB)
    assert web is not None
    expected = web.nodes["conv"].ms - FLOPS / RATES[RELAXED_DOT] * 1e3
    assert expected > 0
    assert inside(found).relaxed_dot_saving_ms == pytest.approx(expected)
    assert "at most" in evidence(build(found), "library")


def test_the_bound_counts_every_thread_that_the_nodes_ran_on() -> None:
    """Twice as fast with two of them: less time is needed, so more could be saved."""
    found = recording("QLinearConv")
    alone_ms = inside(found).relaxed_dot_saving_ms
    entries = tuple(
        replace(one, seen=replace(one.seen, threads=2)) if isinstance(one, Profile) else one
        for one in found.entries
    )
    both_ms = inside(replace(found, entries=entries)).relaxed_dot_saving_ms
    assert alone_ms is not None
    assert both_ms is not None
    assert both_ms - alone_ms == pytest.approx(FLOPS / RATES[RELAXED_DOT] * 1e3 / 2)


def test_a_model_without_products_of_bytes_would_save_nothing() -> None:
    assert inside(recording()).relaxed_dot_saving_ms == 0.0
    assert "save nothing" in evidence(build(recording()), "library")


@pytest.mark.parametrize("op_type", ["QAttention", "DynamicQuantizeLSTM", "QMoE"])
def test_operators_that_multiply_bytes_inside_are_nodes_that_do(op_type: str) -> None:
    saving_ms = inside(recording(op_type)).relaxed_dot_saving_ms
    assert saving_ms is not None
    assert saving_ms > 0


def test_nodes_that_the_profile_lacks_leave_no_bound() -> None:
    """One of two that multiply bytes was merged away: what it takes is not nothing."""
    found = recording("QLinearConv")
    (conv,) = found.begin.model.nodes
    model = replace(found.begin.model, nodes=(conv, replace(conv, name="merged")))
    found = replace(found, begin=replace(found.begin, model=model))
    assert inside(found).relaxed_dot_saving_ms is None
    told = evidence(build(found), "library")
    assert "no relaxed dot product" in told
    assert "save" not in told


def test_a_function_whose_time_is_less_than_its_hooks_cost_is_not_told() -> None:
    passes = [
        hooked_pass(40 + n, [part(CALLER, 0.1), part(KERNEL, 9.0, caller=CALLER)], {CALLER: 10, KERNEL: 10})
        for n in range(3)
    ]
    told = evidence(build(with_inside(plain(), passes, samples={CALLER: 5, KERNEL: 4})), "library")
    assert "function 1422" in told
    assert "function 1001" not in told


def test_a_build_that_has_them_has_nothing_to_save() -> None:
    found = recording("QLinearConv", instructions={RELAXED_DOT: 3})
    assert inside(found).relaxed_dot_saving_ms is None
    assert inside(found).relaxed_dot_products == 3
    assert "holds 3 relaxed dot products" in evidence(build(found), "library")


def test_a_browser_without_them_is_said() -> None:
    found = recording("QLinearConv", browser={"relaxed-dot": False}, rates={})
    assert inside(found).relaxed_dot_saving_ms is None
    assert "this browser has none" in evidence(build(found), "library")
    assert evidence(build(found), "runtime") == ""


def test_hot_functions_and_multiply_adds_are_evidence() -> None:
    report = build(recording())
    library = evidence(report, "library")
    assert "function 1422 of the wasm takes 2.00 ms of a run, in 1000 calls" in library
    assert "80 % in Conv and 20 % in Gemm; 80 % of the samples fell into it" in library
    assert "function 1001 of the wasm takes 0.500 ms of a run without other hot functions" in library
    assert library.count("In one thread, under the profiler") == 2
    assert "1.1x as much a second" in evidence(report, "runtime")


def test_recordings_without_it_have_no_such_section() -> None:
    report = build(plain())
    assert report.inside is None
    assert evidence(report, "library") == evidence(report, "runtime") == ""


def test_a_function_that_was_never_timed_has_no_figures() -> None:
    passes = [hooked_pass(40 + n, [part(KERNEL, 9.0)], {KERNEL: 20, 7: 0}) for n in range(3)]
    found = inside(with_inside(plain(), passes, samples={KERNEL: 9, 7: 1}))
    assert [one.function for one in found.functions] == [KERNEL]


def damaged() -> list[tuple[str, Entry]]:
    one = hooked_pass(40, [part(KERNEL, 9.0)], {KERNEL: 20})
    build, samples = (next(recording().of(kind)) for kind in (WasmBuild, WasmSamples))
    (hooks,) = one.functions
    (time,) = one.parts
    return [
        ("beside a rewritten build", replace(one, stock_ms=(1.0, 0.0))),
        ("hooks without runs", replace(one, runs=0)),
        ("impossible costs", replace(one, inside_us=-1.0)),
        ("other runs than there were", replace(one, runs=RUNS + 1)),
        ("other runs than there were", replace(one, functions=(replace(hooks, calls=(-1,) * RUNS),))),
        ("cannot have taken", replace(one, functions=())),
        ("cannot have taken", replace(one, functions=(replace(hooks, timed=0),))),
        ("cannot have taken", replace(one, parts=(replace(time, timed=-1),))),
        ("not those of its timed calls", replace(one, parts=(replace(time, timed=101),))),
        ("not those of its timed calls", replace(one, parts=())),
        ("more timed calls", replace(one, functions=(replace(hooks, timed=20 * RUNS + 1),))),
        ("more timed calls", replace(one, functions=(replace(hooks, timed=-1),))),
        ("cannot have taken", replace(one, parts=(replace(time, ms=1e300),))),
        ("products without times", replace(build, products=(replace(build.products[0], samples_us=()),))),
        ("samples that are less", replace(samples, samples=3)),
    ]


@pytest.mark.parametrize(("said", "entry"), damaged())
def test_what_cannot_have_been_counted_is_refused(said: str, entry: Entry) -> None:
    found = plain()
    lines = [encode_entry(one) for one in (found.begin, entry)]
    with pytest.raises(WrongUse, match=said):
        decode_recording(lines, source="x.jsonl")


def test_what_was_counted_is_read_again_as_it_was_written() -> None:
    found = recording()
    lines = [encode_entry(one) for one in (found.begin, *found.entries)]
    assert decode_recording(lines, source="x.jsonl") == found
