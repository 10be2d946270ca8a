from gapprof.instrument.chosen import MOST, hot_functions
from gapprof.records.inside import SampledFunction, WasmSamples


def sampled(*counts: int, others: int = 0) -> WasmSamples:
    return WasmSamples(
        where="worker",
        interval_us=1000,
        samples=sum(counts) + others,
        functions=tuple(SampledFunction(function=100 + at, samples=n) for at, n in enumerate(counts)),
        run_ms=(1.0,),
        engine="Chrome/1",
        started_s=0.0,
        ended_s=1.0,
    )


def test_the_hottest_that_hold_nearly_all_of_wasms_samples_are_chosen() -> None:
    assert hot_functions(sampled(600, 300, 80, 15, 5)) == (100, 101, 102)


def test_what_is_not_wasm_does_not_count() -> None:
    assert hot_functions(sampled(600, 300, 80, 15, 5, others=10_000)) == (100, 101, 102)


def test_functions_that_hold_next_to_nothing_are_not_worth_a_hook() -> None:
    assert hot_functions(sampled(900, *[5] * 20)) == (100,)


def test_there_are_not_too_many() -> None:
    assert len(hot_functions(sampled(*[10] * 40))) == MOST


def test_without_samples_there_is_none() -> None:
    assert hot_functions(sampled()) == ()
