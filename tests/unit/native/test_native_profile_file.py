"""onnxruntime's profile, which is almost JSON."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gapprof.native.profile_file import ProfiledRun, ProfileError, node_times, refuse_longer, runs_of

Read = Callable[..., tuple[ProfiledRun, ...]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def write_and_read(profile: bytes, *, wanted: int, warmed_up: int = 0) -> tuple[ProfiledRun, ...]:
        file = tmp_path / "profile.json"
        file.write_bytes(profile)
        return runs_of(file, made=warmed_up + wanted, wanted=wanted)

    return write_and_read


def _event(category: str, name: str, start: int, duration: int, arguments: str = "") -> str:
    head = f'{{"cat" : "{category}","pid" :1,"tid" :1,"dur" :{duration},"ts" :{start},"ph" : "X"'
    return f'{head},"name" :"{name}","args" : {{{arguments}}}}}'


def _node(name: str, start: int, duration: int, op_type: str = "Neg") -> str:
    arguments = f'"node_index" : "0","op_name" : "{op_type}","provider" : "CPUExecutionProvider"'
    return _event("Node", f"{name}_kernel_time", start, duration, arguments)


def _run(start: int, duration: int) -> str:
    return _event("Session", "model_run", start, duration)


def _profile(*events: str) -> bytes:
    start = _event("Session", "session_initialization", 0, 500)
    return ("[\n" + ",\n".join((start, *events)) + "\n]\n").encode()


def test_each_run_holds_the_nodes_before_it(read: Read) -> None:
    profile = _profile(_node("a", 10, 3), _node("b", 14, 5), _run(9, 12), _node("a", 30, 4), _run(29, 7))
    first, second = read(profile, wanted=2)
    assert [(kernel.name, kernel.duration_us) for kernel in first.kernels] == [("a", 3), ("b", 5)]
    assert [(kernel.name, kernel.duration_us) for kernel in second.kernels] == [("a", 4)]
    assert (first.model_run_us, second.model_run_us) == (12, 7)


def test_warm_up_runs_are_left_out(read: Read) -> None:
    profile = _profile(*(part for i in range(5) for part in (_node("a", 10 * i, i), _run(10 * i, i + 1))))
    assert [run.model_run_us for run in read(profile, wanted=2, warmed_up=3)] == [4, 5]


def test_a_profile_with_too_few_runs_is_refused(read: Read) -> None:
    with pytest.raises(ProfileError, match="1 runs, 2 were made"):
        read(_profile(_node("a", 1, 1), _run(0, 3)), wanted=2)
    with pytest.raises(ProfileError):
        read(b"", wanted=1)


def test_a_profile_that_lost_its_last_runs_is_refused_although_as_many_are_left(read: Read) -> None:
    """Its warm-up would else be taken for them."""
    profile = _profile(*(part for i in range(4) for part in (_node("a", 10 * i, i), _run(10 * i, i + 1))))
    with pytest.raises(ProfileError, match="4 runs, 5 were made; the profiler's buffer is full"):
        read(profile, wanted=2, warmed_up=3)


@pytest.mark.parametrize(
    "events",
    [
        (_node("a", 10, -3), _run(9, 7)),
        (_node("a", -3, 2), _run(-4, 7)),
        (_node("a", 10, 2), _run(9, -7)),
        (_run(9, -7), _node("a", 10, 2), _run(9, 7)),
    ],
)
def test_a_clock_that_was_set_back_is_no_full_buffer_and_no_run_without_nodes(
    read: Read, events: tuple[str, ...]
) -> None:
    with pytest.raises(ProfileError, match="clock of the day, which was set meanwhile"):
        read(_profile(*events), wanted=1)


@pytest.mark.parametrize(("node_us", "run_us"), [(3, 3_600_000_000), (3_600_000_000, 5_000)])
def test_a_clock_that_was_set_forward_is_told_by_one_that_nobody_sets(
    read: Read, node_us: int, run_us: int
) -> None:
    events = (_node("a", 1, 3), _run(0, 5_000), _node("a", 6_000, node_us), _run(6_000, run_us))
    runs = read(_profile(*events), wanted=2)
    refuse_longer(runs[:1], [5.1])
    with pytest.raises(ProfileError, match="set meanwhile: it has 3600000 ms in a run of 5 ms"):
        refuse_longer(runs, [5.1, 5.2])


@pytest.mark.parametrize(
    "name",
    [
        'say "hi"',
        'x","args" : {"op_name" : "Fake"',
        "two\nlines",
        "back\\",
        "_kernel_time",
        "\x1b[0m",
        "漢",
        "",
    ],
)
def test_a_node_keeps_its_name_whatever_is_in_it(read: Read, name: str) -> None:
    profile = _profile(_node(name, 1, 2, "Conv"), _node("next", 5, 1), _run(0, 9))
    (run,) = read(profile, wanted=1)
    assert [kernel.name for kernel in run.kernels] == [name, "next"]
    assert run.kernels[0].op_type == "Conv"
    assert run.kernels[0].provider == "CPUExecutionProvider"


def test_other_events_are_not_nodes(read: Read) -> None:
    fence = _event("Node", "a_fence_before", 1, 1)
    executor = _event("Session", "SequentialExecutor::Execute", 0, 8)
    (run,) = read(_profile(fence, _node("a", 2, 3), executor, _run(0, 9)), wanted=1)
    assert [kernel.name for kernel in run.kernels] == ["a"]


def test_nodes_inside_a_loop_are_part_of_the_loop(read: Read) -> None:
    inner = [_node("body", 10, 2), _node("body", 13, 2)]
    (run,) = read(_profile(*inner, _node("loop", 9, 8, "Loop"), _node("after", 17, 1), _run(8, 12)), wanted=1)
    assert [kernel.name for kernel in run.kernels] == ["loop", "after"]


def test_times_are_per_run_zero_where_it_did_not_run_and_summed_where_it_ran_twice(read: Read) -> None:
    profile = _profile(
        _node("a", 1, 3), _run(0, 5), _node("a", 11, 4), _node("b", 16, 1), _node("b", 18, 2), _run(10, 12)
    )
    a, b = node_times(read(profile, wanted=2))
    assert (a.name, a.samples_ms) == ("a", (0.003, 0.004))
    assert (b.name, b.samples_ms) == ("b", (0.0, 0.003))
