import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, PlantedNode
from gapprof.facts.case import Case
from gapprof.facts.operators import join
from gapprof.facts.profiles import WEB, profile_of, profiles
from gapprof.records.recording import Recording
from gapprof.records.trial import NodeTime, Profile
from tests.truth.recorder import begin, record


def node(name: str, *ms: float, op_type: str = "Add") -> NodeTime:
    return NodeTime(name=name, op_type=op_type, provider="CPU", samples_ms=ms)


def passes(*changes: dict[str, object], rung: str = WEB) -> Case:
    model = next(p for p in record(Machine()).of(Profile) if p.rung == WEB)
    made = tuple(replace(model, rung=rung, **change) for change in changes)
    return Case(Recording(begin=begin(), entries=made))


def test_nodes_are_medians_over_runs_then_over_passes() -> None:
    case = passes(
        {"nodes": (node("a", 1.0, 1.0, 9.0),)},
        {"nodes": (node("a", 2.0, 2.0, 9.0),)},
        {"nodes": (node("a", 7.0, 7.0, 7.0),)},
    )
    found = profile_of(case, WEB)
    assert found is not None
    assert found.nodes["a"].ms == 2.0
    assert len(found.nodes["a"].uncut_samples_ms) == 9


def test_nodes_that_share_a_name_stay_two() -> None:
    found = profile_of(passes({"nodes": (node("a", 1.0), node("a", 2.0), node("b", 3.0))}), WEB)
    assert found is not None
    assert list(found.nodes) == ["a", "a (2)", "b"]
    assert found.kernels_ms == 6.0


def test_marshalling_is_the_wall_minus_the_runtimes_own_time() -> None:
    found = profile_of(passes({"profiled_ms": (5.0, 6.0, 9.0), "model_run_ms": (4.0, 5.5, 5.0)}), WEB)
    assert found is not None
    assert found.marshalling_ms == 1.0


def test_figures_that_do_not_belong_together_give_no_marshalling() -> None:
    found = profile_of(passes({"profiled_ms": (5.0, 6.0), "model_run_ms": (4.0,)}), WEB)
    assert found is not None
    assert found.marshalling_ms is None


def test_closure_and_observer_compare_with_the_unprofiled_run() -> None:
    found = profile_of(
        passes({"nodes": (node("a", 9.5),), "unprofiled_ms": (10.0,), "profiled_ms": (11.0,)}), WEB
    )
    assert found is not None
    assert (found.closure, found.observer_ratio) == (pytest.approx(0.95), pytest.approx(1.1))


def test_a_pass_without_nodes_is_no_profile() -> None:
    assert passes({"nodes": ()}).get(profiles) == {}


def test_a_synthetic_profile_closes() -> None:
    case = Case(record(Machine(noise=0.02)))
    found = profile_of(case, WEB)
    assert found is not None
    assert found.closure == pytest.approx(1.0, abs=0.05)


def test_nodes_of_one_side_only_are_kept_and_counted() -> None:
    recording = record(Machine(nodes=tuple(PlantedNode(name=n) for n in ("a", "b", "c"))))
    without = replace(
        recording,
        entries=tuple(
            replace(entry, nodes=entry.nodes[:2])
            if isinstance(entry, Profile) and entry.rung == WEB
            else entry
            for entry in recording.entries
        ),
    )
    found = Case(without).get(join)
    assert found is not None
    assert found.share == pytest.approx(2 / 3)
    assert [n.web_ms for n in found.nodes if n.name == "c"] == [0.0]
