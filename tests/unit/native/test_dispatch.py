"""Getting from node to node, by a clock that nothing moves but the runs of a session."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gapprof.native import dispatch
from gapprof.native.dispatch import dispatch_us_per_node, profiler_us_per_node
from gapprof.native.runtime import Runtime
from gapprof.records.job import Chain

NODES, NODE_NS, RUN_NS, PROFILED_US = 64, 1_500, 20_000, 4
CHAIN = Chain(path="chain", first_link_path="first", nodes=NODES)
RUNTIME = Runtime(module=None, errors=(), cold_ms={}, ceiling_hits=None)
_EVENT = '{"cat" : "%s","pid" :1,"tid" :1,"dur" :%d,"ts" :%d,"ph" : "X","name" :"%s","args" : {%s}}'


@dataclass(slots=True, kw_only=True)
class Clock:
    """Of all sessions."""

    now_ns: int = 0

    def __call__(self) -> int:
        return self.now_ns


@dataclass(slots=True, kw_only=True)
class Links:
    """A session of that many nodes, each as long as the next one; profiled where there is a file for that."""

    clock: Clock
    nodes: int
    profile: Path | None = None
    runs: int = 0

    def run(self, _outputs: Sequence[str], _feed: Mapping[str, Any]) -> list[Any]:
        self.runs += 1
        self.clock.now_ns += RUN_NS + self.nodes * NODE_NS
        return []

    def get_inputs(self) -> Sequence[Any]:
        return ()

    def get_outputs(self) -> Sequence[Any]:
        return ()

    def end_profiling(self) -> str:
        assert self.profile is not None
        took_us = self.nodes * PROFILED_US
        events = [
            event
            for at_us in range(0, self.runs * took_us, took_us)
            for event in (
                *(
                    _EVENT
                    % (
                        "Node",
                        PROFILED_US,
                        at_us + node * PROFILED_US,
                        f"n{node}_kernel_time",
                        '"op_name" : "Neg"',
                    )
                    for node in range(self.nodes)
                ),
                _EVENT % ("Session", took_us, at_us, "model_run", ""),
            )
        ]
        self.profile.write_text("[\n" + ",\n".join(events) + "\n]\n")
        return str(self.profile)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Clock:
    clock = Clock()

    def opened(_runtime: Runtime, path: str, *, profile_prefix: str = "", **_options: object) -> Links:
        profile = Path(profile_prefix) if profile_prefix else None
        return Links(clock=clock, nodes={"chain": NODES, "first": 1}[path], profile=profile)

    monkeypatch.setattr(time, "perf_counter_ns", clock)
    monkeypatch.setattr(dispatch, "open_session", opened)
    return clock


def test_a_node_costs_what_a_chain_takes_longer_than_its_first_link() -> None:
    """And nothing of what every run costs; `benchmarks/observer_effect.py` prints it of real models."""
    assert dispatch_us_per_node(RUNTIME, CHAIN, threads=1) == pytest.approx(NODE_NS / 1e3)


def test_the_profiler_costs_what_a_node_takes_longer_by_it(tmp_path: Path) -> None:
    found = profiler_us_per_node(RUNTIME, CHAIN.path, threads=1, scratch=tmp_path, dispatch_us=NODE_NS / 1e3)
    assert found == pytest.approx(PROFILED_US - NODE_NS / 1e3)
